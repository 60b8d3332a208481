"""pyinfra's Prepare of a deploy file for the default inventory, over the @fake connector: no host is reached."""

import json
import runpy
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pyinfra
from pyinfra.api.config import Config
from pyinfra.api.connect import connect_all
from pyinfra.api.inventory import Inventory
from pyinfra.api.state import State, StateStage
from pyinfra.connectors.fake import FakeConnector
from pyinfra.context import ctx_config, ctx_host, ctx_inventory, ctx_state
from pyinfra_cli.util import load_deploy_file

import webha.ground.render
import webha.machine.facts
import webha.programs.values
import webha.run.ending
import webha.run.keys
import webha.run.rotation
import webha.run.survey
from webha.ground.manifest import VALUES
from webha.machine.operations import File

from .captured_facts import BARE, text
from .stubs import ROOT

SECRETS = {
    "WEBHA_DRUPAL_DB_PASSWORD": "db secret it's",
    "WEBHA_DRUPAL_HASH_SALT": "salt secret",
    "WEBHA_DRUPAL_ADMIN_PASSWORD": "admin secret",
    "WEBHA_BACKUP_PASSWORD": "points' secret",
}
SYSTEM = "@@webha-begin distribution\ndebian {release} trixie\n\n@@webha-end distribution 0\n"
RUNS = "@@webha-begin lock\n\n@@webha-end lock 3\n@@webha-begin journal\n\n@@webha-end journal 0\n"


@dataclass
class Plan:
    """What would be run, in order, and what was rendered: host, template, values, text; each host's node.json."""

    operations: list[str] = field(default_factory=list)
    hosts: dict[str, set[str]] = field(default_factory=dict)
    rendered: list[tuple[str, str, dict[str, Any], str]] = field(default_factory=list)
    values: dict[str, dict[str, Any]] = field(default_factory=dict)


def _inventory(root: Path, overrides: dict[str, Any], machine: str, runs: str, control: bool) -> Inventory:
    listed = runpy.run_path(str(root / "inventory.py"))["nodes"]
    defaults = {k: v for k, v in runpy.run_path(str(root / "group_data/all.py")).items() if k[0] != "_"}
    defaults["drupal_feed"] = None  # no test asks drupal.org
    hosts = [
        (
            name,
            data
            | {
                "fake_delay": 0,
                "fake_delay_jitter": 0,
                "fake_responses": {
                    "timeout -k 1 45 ": text(BARE[0], "belongings"),
                    # What a bare node says of what a step would overwrite.
                    **{
                        f"@@webha-begin {question}'": text(BARE[0], fact)
                        for fact, question in (
                            ("galera", "grastate"),
                            ("cluster", "running key"),
                            ("gluster", "brick"),
                            ("drupal", "privileges"),
                            ("firewall", "in force"),
                            ("candidate", "update"),
                        )
                    },
                    "@@webha-begin lock'": runs,
                    "@@webha-begin os": machine.replace("10.0.0.133", data["ssh_hostname"]),
                    "@@webha-begin distribution": SYSTEM.format(release=13),
                },
            },
        )
        for name, data in listed
    ]
    groups = {"nodes": ([name for name, _ in hosts], {})}
    if control:
        hosts.append(("@local", {"fake_delay": 0, "fake_delay_jitter": 0}))
        groups["control"] = (["@local"], {})
    inventory = Inventory((hosts, defaults), override_data=overrides, **groups)
    for host in inventory:
        host.connector_cls = FakeConnector
    return inventory


def prepare(
    file: str, machine: str | None = None, runs: str = RUNS, control: bool = True, root: Path = ROOT, **overrides: Any
) -> Plan:
    """Load a deploy file of the folder ``root`` for every host, as pyinfra does before anything is changed."""
    plan = Plan()
    render = webha.ground.render.render

    def recorded(template: str, **values: Any) -> str:
        plan.rendered.append((ctx_host.get().name, template, values, render(template, **values)))
        return plan.rendered[-1][3]

    def noted(path: str, content: str | bytes) -> File:
        if path == VALUES:
            plan.values[ctx_host.get().name] = json.loads(content)
        return File(path, content)

    inventory = _inventory(root, overrides, machine or text(BARE[0], "machine"), runs, control)
    state = State(inventory, Config())
    state.cwd = str(root)
    contexts = [(ctx_state, state), (ctx_inventory, inventory), (ctx_config, state.config)]
    before = [context.get() for context, _ in contexts]
    for context, value in contexts:
        context.set(value)
    try:
        with (
            TemporaryDirectory() as secrets,
            patch.object(webha.run.keys, "SECRETS", Path(secrets)),
            patch.object(pyinfra, "is_cli", new=True),
            patch.object(webha.ground.render, "render", recorded),
            patch.object(webha.programs.values, "File", noted),
            patch.dict(webha.run.survey._seen, clear=True),
            patch.dict(webha.run.rotation._made, clear=True),
            patch.object(webha.run.ending, "say_at_end"),
            patch.object(webha.run.ending, "close_with"),
            patch.object(webha.machine.facts, "time", SimpleNamespace(time=lambda: 0.0)),  # one clock for all hosts
            patch.dict("os.environ", {"PYINFRA_PROGRESS": "off", **SECRETS}),
        ):
            state.set_stage(StateStage.Connect)
            connect_all(state)
            state.set_stage(StateStage.Prepare)
            load_deploy_file(state, str(root / file))
            for identity in state.get_op_order():
                (name,) = state.get_op_meta(identity).names
                plan.operations.append(name.rsplit("| ", 1)[-1])
                plan.hosts[plan.operations[-1]] = {one.name for one in inventory if identity in state.ops[one]}
    finally:
        for (context, _), value in zip(contexts, before, strict=True):
            context.set(value)
    return plan

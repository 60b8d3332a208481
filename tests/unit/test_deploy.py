"""deploy.py and every task, prepared by pyinfra for three nodes over the @fake connector."""

import re
from itertools import groupby
from pathlib import Path

import pytest
from pyinfra.api.exceptions import PyinfraError

from webha import reset

from .captured_facts import BARE, text
from .lock.runs import encoded, run
from .prepared import RUNS, prepare
from .stubs import NAMES, ROOT

LAYERS = ["Hosts", "Firewall", "Galera", "Apache", "Cluster", "Gluster", "Drupal", "Backup", "VIP"]
# reset needs a confirmation; guards and status only judge.
TASKS = sorted(one.stem for one in (ROOT / "tasks").glob("*.py") if one.stem not in ("reset", "guards", "status"))


@pytest.fixture(scope="module")
def plan():
    return prepare("deploy.py")


def test_the_deploy_follows_the_document(plan):
    layers = [layer for layer, _ in groupby(name.split(":")[0] for name in plan.operations)]
    assert layers == LAYERS


def test_the_document_of_a_converged_run_shows_every_operation(plan):
    shown = re.findall(r"^    tasks/\w+\.py \| (.+?)  +3 ", (ROOT / "docs/converged-run.md").read_text(), re.MULTILINE)
    assert shown == plan.operations


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("Galera: MariaDB takes its configuration", "Galera: configuration"),
        ("Apache: PHP takes its settings", "Apache: PHP settings, the health page, the resource agent"),
        ("Cluster: Corosync takes its configuration", "Cluster: configuration"),
        ("Galera: configuration", "Galera: a primary component exists"),
        ("Galera: a primary component exists", "Galera: the account of the state transfer"),
        ("Galera: the account of the state transfer", "Galera: join, one by one"),
        ("Galera: join, one by one", "Galera: the configuration on disk is in force"),
        ("Cluster: all nodes online", "Cluster: Galera's return after a loss of all"),
        ("Apache: sites", "Apache: not systemd's"),
        ("Cluster: no other cluster on the nodes", "Cluster: the ring's key exists"),
        ("Cluster: the ring's key exists", "Cluster: the ring's key is on every node"),
        ("Cluster: the ring's key is on every node", "Cluster: corosync"),
        ("Cluster: configuration", "Cluster: the configuration on disk is in force"),
        ("Cluster: corosync", "Cluster: pacemaker"),
        ("Cluster: stepping aside", "Cluster: a node that disturbs steps aside"),
        ("Cluster: a node that disturbs steps aside", "Cluster: fencing, quorum, failures and lost nodes as decided"),
        ("Cluster: Galera's keeper", "Cluster: Galera's return after a loss of all"),
        ("Gluster: the pool, from the first node", "Gluster: the pool, back from the second"),
        ("Gluster: the pool, back from the second", "Gluster: the volume"),
        ("Gluster: the volume", "Gluster: mounted at the docroot"),
        ("Gluster: mounted at the docroot", "Drupal: the release on the volume"),
        ("Drupal: the release on the volume", "Drupal: settings and site"),
        ("Drupal: settings and site", "VIP: resources and constraints"),
        ("VIP: readiness, guard and handover", "VIP: whether this node is ready"),
        ("VIP: readiness, guard and handover", "VIP: a guard over the address"),
        ("VIP: readiness, guard and handover", "VIP: handed over before a shutdown"),
        ("VIP: whether this node is ready", "VIP: resources and constraints"),
        ("VIP: a guard over the address", "VIP: resources and constraints"),
        ("VIP: handed over before a shutdown", "VIP: resources and constraints"),
        ("VIP: resources and constraints", "VIP: the web server everywhere, the address on one node"),
        ("VIP: the web server everywhere, the address on one node", "VIP: the page is served"),
    ],
)
def test_what_needs_another_step_comes_after_it(plan, first, then):
    last = len(plan.operations) - 1 - plan.operations[::-1].index(first)
    assert last < plan.operations.index(then)


def test_every_node_has_every_operation_so_that_all_wait_for_each_other(plan):
    assert {name: hosts for name, hosts in plan.hosts.items() if hosts != set(NAMES)} == {}


@pytest.mark.parametrize("name", ["Galera: join, one by one", "Galera: the configuration on disk is in force"])
def test_rolling_work_is_one_operation_for_each_node(plan, name):
    assert plan.operations.count(name) == len(NAMES)


DUMP = str(Path(__file__).parent / "site" / "mysql8.sql")


@pytest.mark.parametrize("task", TASKS)
def test_every_task_runs_alone(task):
    assert prepare(f"tasks/{task}.py", openstack_cloud="lab", part="ca", database=DUMP).operations


def test_the_cloud_comes_last_and_is_all_that_the_control_machine_has():
    """Operations of one host alone would run first: pyinfra orders by what hosts share."""
    plan = prepare("deploy.py", openstack_cloud="lab", openstack_security_group="webha")
    cloud = [name for name in plan.operations if name.startswith("Cloud: ")]
    assert [name for name, hosts in plan.hosts.items() if "@local" in hosts] == cloud
    assert {frozenset(plan.hosts[name]) for name in cloud} == {frozenset({*NAMES, "@local"})}
    assert plan.operations[-len(cloud) :] == cloud


def test_a_run_without_a_control_machine_does_not_leave_the_cloud_out_unsaid():
    with pytest.raises(PyinfraError, match="@local"):
        prepare("tasks/cloud.py", control=False, openstack_cloud="lab")
    assert prepare("deploy.py", control=False).operations


def test_the_guards_stop_before_anything_and_name_the_machines():
    machine = text(BARE[0], "machine").replace("debian 13", "ubuntu 24.04")
    with pytest.raises(PyinfraError, match="nothing was changed") as stopped:
        prepare("deploy.py", machine=machine)
    assert all(f"{name}: runs ubuntu" in str(stopped.value) for name in NAMES)


@pytest.mark.parametrize(
    ("overrides", "words"), [({"vip": "10.0.1.250"}, "outside"), ({"vip": "10.0.0.133"}, "is the vip")]
)
@pytest.mark.parametrize("file", ["deploy.py", "tasks/vip.py"])
def test_an_impossible_vip_stops_the_deploy_and_every_task(file, overrides, words):
    with pytest.raises(PyinfraError, match=words):
        prepare(file, **overrides)


@pytest.mark.parametrize("overrides", [{}, {"confirm": "yes"}, {"confirm": "hacloud", "layer": "nonsense"}])
def test_a_reset_without_its_confirmation_stops(overrides):
    with pytest.raises(PyinfraError):
        prepare("tasks/reset.py", **overrides)


def test_a_reset_takes_the_layers_down_from_the_top():
    names = prepare("tasks/reset.py", confirm="hacloud", openstack_cloud="lab").operations
    layers = [layer for layer, _ in groupby(name.split()[1].rstrip(":") for name in names)]
    assert layers == list(reset.LAYERS)


def test_a_reset_of_one_layer_touches_no_other():
    names = prepare("tasks/reset.py", confirm="hacloud", layer="apache").operations
    assert names
    assert all(name.startswith("Reset apache") for name in names)


LOCKED = RUNS.replace("\n\n@@webha-end lock 3", f"\n{encoded(run().raw)}\n@@webha-end lock 0")


@pytest.mark.parametrize(
    "task", ["deploy.py", "tasks/guards.py", "tasks/reset.py", *(f"tasks/{one}.py" for one in TASKS if one != "cloud")]
)
def test_a_lock_that_another_run_holds_stops_every_task_but_the_clouds(task):
    """OpenStack has its own; and nothing on a node is changed by it."""
    with pytest.raises(PyinfraError, match="nothing was changed on any node: a run of ana@control from /srv/ha"):
        prepare(task, runs=LOCKED, confirm="hacloud", part="ca", database=DUMP)


def test_the_cloud_alone_and_the_status_look_at_no_lock():
    assert prepare("tasks/cloud.py", runs=LOCKED, openstack_cloud="lab").operations
    with pytest.raises(PyinfraError, match=r"^not healthy: hosts"):
        prepare("tasks/status.py", runs=LOCKED)

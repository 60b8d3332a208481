import json
import os
import shlex
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest

from webha import cloud as decisions
from webha.cloud import floating as cloud_floating
from webha.cloud import groups as cloud_groups
from webha.cloud import neutron
from webha.cloud import operations as cloud
from webha.cloud import removal as cloud_removal
from webha.cloud.facts import Project
from webha.cloud.state import Cloud
from webha.ground.probe import ENGLISH

from ..stubs import execute, perform
from .test_cloud import PAIR, VIP, WANTED, foreign, instance, nodes, ours, tenant
from .test_cloud_floating import ADDRESS, elsewhere, on_vip
from .test_cloud_groups_and_removal import group
from .test_neutron import answer

ASKS = replace(WANTED, floating_ip=ADDRESS, security_group="web")
OPERATIONS = {
    cloud.port: decisions.port_requests,
    cloud.address_pairs: decisions.pair_requests,
    cloud.security_group: cloud_groups.group_requests,
    cloud.security_group_attached: cloud_groups.attach_requests,
    cloud.floating_ip: cloud_floating.requests,
    cloud.former_vip_removed: cloud_removal.leftovers,
}
ALL = [pytest.param(one, id=one._inner.__name__) for one in (*OPERATIONS, cloud.removed)]


@pytest.fixture(autouse=True)
def nothing_seen_yet(monkeypatch):
    cloud._seen.clear()
    monkeypatch.setattr(cloud, "on_control", lambda: True)


@pytest.fixture
def asked(monkeypatch):
    """What the fact was asked, look by look."""
    looks, command = [], Project.command

    def remember(self, **arguments):
        looks.append(arguments)
        return command(self, **arguments)

    monkeypatch.setattr(Project, "command", remember)
    return looks


def at_stage(monkeypatch, stage):
    monkeypatch.setattr(cloud, "state", SimpleNamespace(current_stage=stage))


def bare():
    return tenant(floating=())


def converged():
    port = {"groups": ("default", "sg"), "pairs": (PAIR,)}
    rules = cloud_groups.group_rules(ASKS, "sg")
    return tenant(ours(), ports=nodes(**port), floating=(on_vip(),), groups=(group(rules=rules),))


def run(operation, has, asks=ASKS):
    return perform(operation, "lab", asks, facts={Project: has})


@pytest.mark.parametrize("operation", [*OPERATIONS])
def test_what_is_as_it_should_be_is_left_alone(operation):
    assert run(operation, converged()).idle


@pytest.mark.parametrize("has", [tenant(), tenant(foreign(), ports=nodes(pairs=(PAIR,)), floating=(on_vip(),))])
def test_where_nothing_is_ours_nothing_is_removed(has):
    assert run(cloud.removed, has).idle


@pytest.mark.parametrize("operation", ALL)
@pytest.mark.parametrize("has", [None, bare(), tenant(ours("10.0.0.249"), groups=(group(),))])
def test_only_the_control_machine_asks_and_does_anything(monkeypatch, asked, operation, has):
    monkeypatch.setattr(cloud, "on_control", lambda: False)
    assert run(operation, has).idle
    assert asked == []


@pytest.mark.parametrize("operation", ALL)
def test_what_is_not_understood_is_refused(operation):
    assert "is not understood" in run(operation, None).refused


@pytest.mark.parametrize("operation", ALL)
def test_a_cloud_that_does_not_answer_is_refused_with_its_problem(operation):
    problem = "cloud 'lab' is not reached (it's down): is the service up? Then run this again"
    (command,) = run(operation, Cloud(problem=problem)).commands
    done = execute(command)
    assert (done.returncode, done.stderr) == (1, f"refused: {problem}\n")


@pytest.mark.parametrize(
    ("operation", "has", "words"),
    [
        (cloud.port, tenant(foreign(device="machine-9")), "machine-9"),
        (cloud.address_pairs, tenant(ports=nodes()[:2]), "nodoha3"),
        (cloud.security_group, tenant(groups=(group(tags=frozenset(), description=""),)), "not ours"),
        (cloud.security_group_attached, tenant(), "not there yet"),
        (
            cloud.floating_ip,
            tenant(ours(), instance("db", "10.0.0.7"), floating=(elsewhere(),)),
            "floating_ip_takeover",
        ),
    ],
)
def test_a_refusal_of_the_decision_is_said_and_nothing_is_sent(operation, has, words):
    done = run(operation, has)
    assert words in done.refused
    assert not done.stdin


@pytest.mark.parametrize(("operation", "decide"), OPERATIONS.items())
def test_the_requests_go_to_standard_input_and_the_command_line_names_only_the_cloud(operation, decide):
    has = replace(
        bare(), ports=(*nodes(), ours(), ours("10.0.0.249", id="port-former")), groups=(group(rules=frozenset()),)
    )
    has = bare() if operation is cloud.port else has
    done = run(operation, has)
    (text,) = done.texts
    assert shlex.split(text) == [
        *("sh", "-euc", f'umask 022; {ENGLISH}\nexec "$@"', "webha"),
        *(sys.executable, "-m", "webha.cloud.neutron", "apply", "--cloud", "lab"),
    ]
    assert json.loads(done.stdin) == json.loads(json.dumps([one.to_json() for one in decide(has, ASKS)]))
    assert json.loads(done.stdin)


def test_what_the_operation_sends_is_what_neutron_applies():
    said = []

    def request(path, verb, json, headers):
        said.append((verb, path, json, headers))
        return answer(201, {"port": {"id": "p-1"}})

    neutron.apply(SimpleNamespace(network=SimpleNamespace(request=request)), json.loads(run(cloud.port, bare()).stdin))
    assert [(verb, path) for verb, path, *_ in said] == [("POST", "/ports"), ("PUT", "/ports/p-1/tags/webha-hacloud")]
    assert said[0][2]["port"]["fixed_ips"] == [{"subnet_id": "sub-red", "ip_address": VIP}]


def test_a_cloud_that_nobody_described_fails_with_a_sentence_and_no_traceback(tmp_path):
    (command,) = run(cloud.port, bare()).commands
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("OS_")}
    done = execute(command, cwd=tmp_path, env=inherited | {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)})
    assert done.returncode == 1
    assert "cloud 'lab' is not in clouds.yaml" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_one_look_is_good_for_all_operations_of_a_stage(asked):
    for operation in OPERATIONS:
        run(operation, converged())
    assert len(asked) == 1
    assert asked[0] == {
        "cloud": "lab",
        "addresses": ASKS.addresses,
        "tag": "webha-hacloud",
        "floating_ip": ADDRESS,
        "groups": True,
    }


def test_after_a_change_openstack_is_asked_again(asked):
    run(cloud.address_pairs, replace(converged(), ports=(*nodes(), ours())))
    assert run(cloud.address_pairs, converged()).idle
    assert len(asked) == 2


def test_another_stage_another_cloud_and_other_wishes_are_looked_at_anew(asked, monkeypatch):
    for stage in ("prepare", "execute"):
        at_stage(monkeypatch, stage)
        run(cloud.port, converged())
    perform(cloud.port, "other", ASKS, facts={Project: converged()})
    run(cloud.port, converged(), replace(ASKS, floating_ip=None))
    assert [(one["cloud"], one["floating_ip"]) for one in asked] == [
        ("lab", ADDRESS),
        ("lab", ADDRESS),
        ("other", ADDRESS),
        ("lab", None),
    ]


@pytest.mark.parametrize(
    ("operation", "security_group", "groups"),
    [(cloud.port, None, False), (cloud.port, "web", True), (cloud.removed, None, True)],
)
def test_security_groups_are_looked_at_where_they_matter(asked, operation, security_group, groups):
    run(operation, converged(), replace(ASKS, security_group=security_group))
    assert [one["groups"] for one in asked] == [groups]


@pytest.mark.parametrize("dry", [True, False])
def test_a_dry_run_says_what_it_would_ask_for_and_what_it_refuses(monkeypatch, dry):
    sentences = []
    monkeypatch.setattr(cloud, "say_at_end", sentences.append)
    monkeypatch.setattr(sys, "argv", ["pyinfra", *(["--dry"] if dry else [])])
    run(cloud.port, bare())
    run(cloud.address_pairs, Cloud(problem="down"))
    said = [f"cloud lab, to do: make port vip-hacloud with {VIP}", "cloud lab: down"]
    assert sentences == (said if dry else [])

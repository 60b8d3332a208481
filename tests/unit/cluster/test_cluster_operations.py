import os
from base64 import b64encode
from unittest.mock import patch

import pytest

from webha.cluster import CrmNode, CrmResource, CrmStatus, Page, Peer
from webha.cluster import operations as cluster
from webha.cluster.cib import Colocation, Wanted, parse
from webha.cluster.facts import Cluster, LiveCib, SitePage
from webha.reset import operations as reset

from ..captured_facts import CONVERGED, fact, text
from ..stubs import NAMES, execute, fake_program, perform
from .test_cluster import BARE, configuration, peer

KEY = b64encode(b"the ring's key").decode()


def of(*peers):
    return dict(zip(NAMES, peers, strict=True))


def crm(*resources, online=NAMES):
    return CrmStatus("nodoha", True, tuple(CrmNode(name, name in online) for name in NAMES), resources)


def resource(name, *nodes, failed=False, blocked=False):
    return CrmResource(name, nodes, "Started" if nodes else "Stopped", failed, blocked)


def test_the_key_is_made_where_no_node_has_one():
    assert "corosync-keygen" in perform(cluster.key_made, NAMES, peers=of(BARE, BARE, BARE)).text
    assert perform(cluster.key_made, NAMES, peers=of(BARE, peer(), BARE)).idle
    assert perform(cluster.key_made, NAMES, peers=of(BARE, None, BARE)).refused


def carried(peers, on="nodoha3"):
    with patch.object(cluster, "read_secret", side_effect=lambda _name, _path: KEY) as read:
        return perform(cluster.key_carried, NAMES, on=on, peers=peers), read


def test_the_key_is_carried_on_standard_input_alone():
    done, read = carried(of(BARE, peer(), BARE))
    assert read.call_args.args == ("nodoha2", "/etc/corosync/authkey")
    assert done.stdin == KEY
    assert KEY not in done.text
    assert "the ring" not in done.text
    assert "chmod 400" in done.text


def test_a_key_that_is_there_is_not_read():
    done, read = carried(of(peer(), peer(), peer()))
    assert done.idle
    assert not read.called


@pytest.mark.parametrize(
    "peers", [of(peer(), None, BARE), of(peer(), peer(), None), of(BARE, BARE, BARE), of(peer(), peer(key="x"), BARE)]
)
def test_a_key_that_is_unknown_or_ambiguous_is_not_carried(peers):
    done, read = carried(peers)
    assert done.refused
    assert not read.called


@pytest.mark.parametrize("one", [peer(), BARE, peer(corosync="failed")])
def test_a_configuration_in_force_and_a_stopped_corosync_are_left_alone(one):
    assert perform(cluster.configuration_in_force, facts={Cluster: one}).idle


def test_a_token_is_reloaded_and_noted():
    (command,) = perform(
        cluster.configuration_in_force, facts={Cluster: peer(configuration=configuration(token=5000))}
    ).texts
    assert (
        command.index("corosync -t") < command.index("corosync-cfgtool -R") < command.index("/run/webha/corosync.conf")
    )
    assert "systemctl" not in command


def test_what_cannot_be_reloaded_restarts_this_node_and_waits_for_it():
    begin, wait = perform(
        cluster.configuration_in_force, on="nodoha2", facts={Cluster: peer(running_configuration=None)}
    ).texts
    assert begin.index("corosync -t") < begin.index("systemctl stop pacemaker corosync")
    assert "nodoha2 online with quorum" in wait


@pytest.mark.parametrize("one", [None, peer(running_key="old")])
def test_an_unknown_node_or_another_key_is_not_restarted(one):
    assert perform(cluster.configuration_in_force, facts={Cluster: one}).refused


def test_all_nodes_online_is_nothing_to_do_and_anything_else_is_waited_for():
    assert perform(cluster.online, NAMES, facts={Cluster: peer(status=crm())}).idle
    for one in (None, peer(), peer(status=crm(online=("nodoha",)))):
        (wait,) = perform(cluster.online, NAMES, facts={Cluster: one}).texts
        assert "nodoha, nodoha2, nodoha3 online with quorum" in wait


def test_a_stranger_in_the_cluster_is_not_waited_for():
    refused = perform(cluster.online, NAMES[:2], facts={Cluster: peer(status=crm())}).refused
    assert "nodoha3 is no node of ours" in refused
    assert "crm_node -R" in refused


LIVE = parse('<cib admin_epoch="0" epoch="7"><configuration><crm_config/></configuration></cib>')


def test_only_a_difference_is_sent_to_the_cib_in_one_transaction():
    done = perform(cluster.configured, Wanted(properties={"stonith-enabled": "false"}), facts={LiveCib: LIVE})
    assert len(done.commands) == 1
    assert done.text.endswith("webha 0.7")
    assert 'name="stonith-enabled" value="false"' in done.stdin
    assert perform(cluster.configured, Wanted(), facts={LiveCib: LIVE}).idle
    assert "unknown" in perform(cluster.configured, Wanted(), facts={LiveCib: None}).refused


@pytest.mark.parametrize("suite", CONVERGED)
@pytest.mark.parametrize(("drift", "code"), [(0, 0), (1, 1)])
def test_the_cib_is_replaced_only_while_nobody_else_has_changed_it(tmp_path, suite, drift, code):
    cib = text(suite, "cib").split("\n", 1)[1].rsplit("@@webha-end", 1)[0].strip()
    live = parse(cib)
    epoch = int(live.version.split(".")[1])
    (tmp_path / "cib").write_text(cib.replace(f' epoch="{epoch}"', f' epoch="{epoch + drift}"', 1))
    fake_program(
        tmp_path,
        "cibadmin",
        f'[ "$1" != --replace ] || cp "$5" {tmp_path}/sent; [ "$1" != --query ] || cat {tmp_path}/cib',
    )
    (command,) = perform(
        cluster.configured, Wanted(constraints=(Colocation("new", "a", "b"),)), facts={LiveCib: live}
    ).commands
    done = execute(command, env={"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert done.returncode == code
    assert (tmp_path / "sent").exists() is (code == 0)
    assert ("changed while it was read" in done.stderr) is (code == 1)
    if code == 0:
        assert 'id="new"' in (tmp_path / "sent").read_text()


@pytest.mark.parametrize("suite", CONVERGED)
@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("", "", 0),
        ('pending="false"', 'pending="true"', 1),
        ('with_quorum="true"', 'with_quorum="false"', 1),
        ('name="nodoha2" id="2" online="true"', 'name="nodoha2" id="2" online="false"', 1),
    ],
)
def test_the_wait_for_all_nodes_reads_crm_mon(tmp_path, suite, old, new, code):
    shown = text(suite, "cluster").split("@@webha-begin status\n")[1].rsplit("@@webha-end", 1)[0]
    assert old in shown
    (tmp_path / "shown").write_text(shown.replace(old, new) if old else shown)
    fake_program(tmp_path, "crm_mon", f"cat {tmp_path}/shown")
    fake_program(tmp_path, "journalctl", ":")
    done = execute(cluster._online(NAMES, 0), env={"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert done.returncode == code


RESOURCES = ("WebServer", "HA_VIP")
EVERYWHERE = tuple(resource("WebServer", name) for name in NAMES)
ON_ONE = resource("HA_VIP", "nodoha")


def running(*resources, **named):
    facts = {Cluster: peer(status=crm(*resources))}
    return perform(cluster.running, *RESOURCES, NAMES, facts=facts, **named)


def test_a_web_server_everywhere_and_an_address_on_one_node_are_left_alone():
    done = running(*EVERYWHERE, ON_ONE)
    assert done.idle
    assert done.noops == ["WebServer runs on all nodes, HA_VIP on nodoha"]


@pytest.mark.parametrize(
    "resources",
    [
        (*EVERYWHERE[:2], ON_ONE),
        (*EVERYWHERE[:2], resource("WebServer"), ON_ONE),
        (*EVERYWHERE, resource("HA_VIP")),
        (*EVERYWHERE, resource("HA_VIP", "nodoha", "nodoha2")),
        (*EVERYWHERE[:2], resource("WebServer", "nodoha3", failed=True), ON_ONE),
        (*EVERYWHERE, resource("HA_VIP", "nodoha", blocked=True)),
        EVERYWHERE,
        (ON_ONE,),
        (),
    ],
    ids=["one missing", "one stopped", "nowhere", "on two", "failed", "blocked", "no address", "no server", "nothing"],
)
def test_resources_that_do_not_run_as_they_should_are_cleaned_up_and_waited_for(resources):
    first, second, wait = running(*resources).texts
    assert [first, second] == [f"crm_resource --cleanup --resource {name}" for name in RESOURCES]
    assert "WebServer running on all nodes and HA_VIP on one" in wait


@pytest.mark.parametrize("suite", CONVERGED)
def test_a_converged_cluster_is_left_alone(suite):
    one = fact(suite, "cluster")
    assert perform(cluster.running, *RESOURCES, NAMES, facts={Cluster: one}).idle
    assert perform(cluster.online, NAMES, facts={Cluster: one}).idle
    assert perform(cluster.configuration_in_force, facts={Cluster: one}).idle


@pytest.mark.parametrize("one", [None, peer()])
def test_without_pacemaker_no_resource_is_touched(one):
    assert perform(cluster.running, *RESOURCES, NAMES, facts={Cluster: one}).refused


@pytest.mark.parametrize(
    ("web", "address", "code"),
    [
        (NAMES, NAMES[:1], 0),
        (NAMES, NAMES[2:], 0),
        (NAMES[:2], NAMES[:1], 1),
        (NAMES, (), 1),
        (NAMES, NAMES[:2], 1),
        ((), (), 1),
    ],
)
def test_the_wait_for_resources_counts_where_they_run(tmp_path, web, address, code):
    said = {"WebServer": web, "HA_VIP": address}
    lines = "; ".join(
        f'[ "$2" != {name} ] || echo "resource {name} is running on: {place} "'
        for name, places in said.items()
        for place in places
    )
    silent = "; ".join(
        f'[ "$2" != {name} ] || echo "resource {name} is NOT running"' for name, places in said.items() if not places
    )
    fake_program(tmp_path, "crm_resource", f'[ "$1 $3" = "--resource --locate" ] || exit 64\n{lines}\n{silent}')
    fake_program(tmp_path, "journalctl", ":")
    fake_program(tmp_path, "crm_mon", "echo what crm_mon shows >&2")
    *_, wait = running(seconds=0).commands
    done = execute(wait, env={"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert done.returncode == code
    assert ("what crm_mon shows" in done.stderr) is (code == 1)


@pytest.mark.parametrize(
    ("page", "idle"),
    [
        *((Page(status, "hacloud"), status < 500) for status in (200, 302, 404, 500, 503)),
        *((page, False) for page in (Page(0), Page(200), Page(200, "another"), None)),
    ],
)
def test_a_page_of_the_site_that_answers_is_not_waited_for(page, idle):
    told = []
    with patch.object(cluster.ending, "served", side_effect=lambda *words: told.append(words)):
        done = perform(
            cluster.served,
            "10.0.0.250",
            "HA_VIP",
            "hacloud",
            facts={SitePage: page, Cluster: fact("trixie", "cluster")},
        )
    assert told == [("10.0.0.250", "nodoha")]
    assert done.idle is idle
    assert idle or "a page of this site at http://10.0.0.250/" in done.text
    waits = perform(
        cluster.served,
        "10.0.0.250",
        "HA_VIP",
        "hacloud",
        empty=True,
        facts={SitePage: page, Cluster: fact("trixie", "cluster")},
    )
    assert waits.idle is (page is not None and page.status > 0 and page.site == "hacloud")
    both = ("10.0.0.250", "HA_VIP", "hacloud", ("http", "https"))
    with patch.object(cluster.ending, "served"):
        done = perform(cluster.served, *both, facts={SitePage: page, Cluster: fact("trixie", "cluster")})
    assert idle or "a page of this site at https://10.0.0.250/" in done.text


def test_objects_leave_the_cib_and_what_is_unknown_is_refused():
    live = parse(
        '<cib admin_epoch="0" epoch="7"><configuration><resources><primitive id="HA_VIP"/></resources></configuration></cib>'
    )
    done = perform(reset.unconfigured, ["HA_VIP"], facts={Cluster: peer(), LiveCib: live})
    assert "HA_VIP" not in done.stdin
    assert done.texts[1] == "crm_resource --wait --timeout 120s"
    assert perform(reset.unconfigured, ["other"], facts={Cluster: peer(), LiveCib: live}).idle
    assert perform(
        reset.unconfigured, ["HA_VIP"], facts={Cluster: Peer(False, "inactive", "inactive"), LiveCib: None}
    ).idle
    assert perform(reset.unconfigured, ["HA_VIP"], facts={Cluster: peer(), LiveCib: None}).refused
    assert perform(reset.unconfigured, ["HA_VIP"], facts={Cluster: None, LiveCib: live}).refused

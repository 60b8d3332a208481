"""What the audit makes of the nodes' answers, and what the fault tests call whole."""

import json

import pytest

from lab.loss import Loss, handles
from tests.faults.audit import judge, sections
from tests.faults.scenarios import command_of_status
from tests.faults.trial import after, unsaid
from tests.lab.nodes import ADDRESSES, resources_problem
from webha.galera import Grastate, Member, returning

NODE = '<node name="{}" online="{}" standby="{}" pending="false" unclean="false"/>'
RESOURCE = '<resource id="{}" role="Started" active="true" failed="{}" blocked="false"><node name="{}"/></resource>'


def crm(*, web=tuple(ADDRESSES), vip=("nodoha",), cloned=True, online="true", standby="false", failed="false"):
    nodes = "".join(NODE.format(name, online if name == "nodoha2" else "true", standby) for name in ADDRESSES)
    servers = "".join(RESOURCE.format("WebServer", failed, name) for name in web)
    addresses = "".join(RESOURCE.format("HA_VIP", "false", name) for name in vip)
    servers = f'<clone id="WebServer-clone">{servers}</clone>' if cloned else servers
    return f"<pacemaker-result><nodes>{nodes}</nodes><resources>{servers}{addresses}</resources></pacemaker-result>"


WSREP = "wsrep_cluster_size\t3\nwsrep_cluster_state_uuid\tu\nwsrep_cluster_status\tPrimary\nwsrep_local_state_comment\tSynced"
WHOLE = {
    "vip": "0",
    "cib": "abc -",
    "membership": "Total votes:      3\nQuorate:          Yes",
    "wsrep": WSREP,
    "checksum": "42",
    "rows": "1001\n1003",
    "files": ".\n..\n1001\n1003\n1005",
    "disk": " 41%\n 41%",
    "page": "200",
}
OF_ALL = {
    "crm": crm(),
    "heal": "Number of entries: 0\n" * 3,
    "split": "Number of entries in split-brain: 0\n" * 3,
}


def answers(**of_the_second):
    return {"nodoha": WHOLE | {"vip": "1"}, "nodoha2": WHOLE | of_the_second, "nodoha3": dict(WHOLE)}


def sentences(numbers=(1001, 1003), of_all=None, **of_the_second):
    return judge(answers(**of_the_second), OF_ALL | (of_all or {}), numbers).sentences


def test_a_whole_cluster_has_no_findings():
    assert sentences() == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"vip": "1"}, "nodoha and nodoha2 holds 10.0.0.250"),
        ({"cib": "abd -"}, "cluster configurations differ"),
        ({"checksum": "43"}, "checksums of the rows differ"),
        ({"membership": "Total votes: 2\nQuorate: Yes"}, "nodoha2: corosync's membership"),
        ({"wsrep": WSREP.replace("Synced", "Donor/Desynced")}, "nodoha2: the database is"),
        ({"wsrep": WSREP.replace("\tu", "\tv")}, "not of one cluster"),
        ({"page": "500"}, "nodoha2: the page answers 500"),
        ({"disk": "95%\n41%"}, "disks are [95, 41] % full"),
    ],
)
def test_a_finding_is_a_sentence(wrong, said):
    found = sentences(**wrong)
    assert len(found) == 1
    assert said in found[0]


def test_a_node_that_does_not_answer_is_found():
    seen = answers() | {"nodoha3": {}}
    assert "nodoha3: does not answer" in judge(seen, OF_ALL, []).sentences


def test_an_acknowledged_write_must_be_a_row_and_a_file_on_every_node():
    found = judge(answers(rows="1001"), OF_ALL, [1001, 1003, 1005])
    assert found.missing == {"nodoha": 1, "nodoha2": 2, "nodoha3": 1}
    assert "nodoha2 lacks 2 acknowledged writes" in found.sentences


def test_a_number_written_twice_is_found():
    seen = {name: said | {"rows": "1001\n1001\n1003"} for name, said in answers().items()}
    found = judge(seen, OF_ALL, [1001])
    assert found.duplicates == 1
    assert found.sentences == ["1 numbers were written more than once"]


def test_healing_and_split_brain_are_found_and_silence_is_not_health():
    assert sentences(of_all={"heal": "Number of entries: 3"}) == ["files wait for healing: 3"]
    assert sentences(of_all={"split": ""}) == ["whether files are in split-brain was not told"]


def test_answers_are_told_apart():
    assert sections("@@ vip\n1\n@@ rows\n@@ page\n200") == {"vip": "1", "rows": "", "page": "200"}
    assert sections("") == {}


class TestResources:
    def test_a_clone_on_every_node_with_one_address_is_whole(self):
        assert resources_problem(crm()) == ""

    def test_so_is_one_web_server_where_the_address_is(self):
        assert resources_problem(crm(web=("nodoha",), cloned=False)) == ""
        assert "active" in resources_problem(crm(web=("nodoha2",), cloned=False))

    @pytest.mark.parametrize(
        "shape",
        [{"web": ("nodoha", "nodoha2")}, {"vip": ()}, {"vip": ("nodoha", "nodoha3")}, {"online": "false"}, {"standby": "true"}],
    )  # fmt: skip
    def test_anything_less_or_more_is_not(self, shape):
        assert resources_problem(crm(**shape)) != ""

    def test_a_failed_resource_is_named(self):
        assert resources_problem(crm(failed="true")) == "failed: ['WebServer']"

    def test_no_answer_is_not_whole(self):
        assert resources_problem("crm_mon: Error: cluster is not available") == "crm_mon does not answer"


def test_the_command_that_the_status_names_is_understood():
    past = {
        name: Member(True, "activating", grastate=Grastate("772159c2", seqno, False))
        for name, seqno in (("nodoha2", 411), ("nodoha3", 412))
    }
    line = f"galera   PROBLEM  - no primary component: {returning({'nodoha': None, **past})}"
    name, command = command_of_status(f"hosts  fine\n{line}\n")
    assert name == "nodoha3"
    assert command.startswith("sed -i ")
    assert command.endswith("&& galera_new_cluster")
    assert command_of_status("hosts  fine") is None


def test_a_status_that_does_not_see_the_fault_is_a_finding():
    assert unsaid("galera", 1, "galera: nodoha3 is down") == []
    assert unsaid("galera", 1, "hosts: down") == ["while the fault lasted the status did not say 'galera'"]
    assert unsaid("galera", 0, "galera ok") == ["while the fault lasted the status found all well"]


def test_only_what_two_hold_after_a_resume_is_counted_as_such():
    held = {"old": [(0.0, 2.0), (62.0, 62.5)], "new": [(1.5, 90.0)]}
    assert after(held, [62.0]) == 0.5
    assert after(held, []) == 0


def test_lost_packets_are_told_in_nfts_words():
    assert Loss("nodoha", "all").match == 'iifname "nodoha" drop comment "nodoha all"'
    partial = Loss("all", "nodoha2", 5405, 5)
    assert partial.match == 'oifname "nodoha2" udp dport 5405 numgen random mod 100 < 5 drop comment "all nodoha2"'


def test_the_rules_of_a_node_are_found_whichever_end_it_is():
    rules = [
        {"rule": {"handle": 2, "comment": "nodoha all"}},
        {"rule": {"handle": 3, "comment": "nodoha3 nodoha"}},
        {"rule": {"handle": 4, "comment": "nodoha2 nodoha3"}},
    ]
    assert handles(json.dumps({"nftables": [{"metainfo": {}}, *rules]}), "nodoha") == [2, 3]

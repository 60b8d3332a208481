"""What lets two halves of the cluster serve at once, set by hand and said by the status."""

from dataclasses import replace

import pytest

from webha.cluster import parse_crm_mon, properties, unsafe
from webha.status import report

from ..captured_facts import CONVERGED, fact
from .whole_stack import EXPECTED, PEER, STORE, B, peer, with_

WANTED = properties(False, {"no-quorum-policy": "stop", "cluster-recheck-interval": "60s"})
OPTIONS = {"cluster.quorum-type": "auto", "cluster.server-quorum-type": "server", "cluster.heal-timeout": "29"}


def found(nodes):
    judged = report(nodes, replace(EXPECTED, properties=WANTED, options=OPTIONS))
    return {name: list(layer.problems) for name, layer in judged.layers.items() if layer.problems}


@pytest.mark.parametrize("suite", CONVERGED)
def test_of_a_cluster_that_nobody_touched_nothing_is_said(suite):
    assert unsafe(fact(suite, "cluster").status, WANTED) == []
    assert unsafe(None, WANTED) == []
    assert found(with_()) == {}


def having(**changes):
    names = {key.replace("_", "-"): value for key, value in changes.items()}
    return peer(properties={**PEER.status.properties, **names})


def test_a_minority_that_would_go_on_is_said_once_for_the_cluster():
    (said,) = found(with_(cluster=having(no_quorum_policy="ignore")))["cluster"]
    assert said.startswith(
        "no-quorum-policy is ignore and the data say stop (what a node without the majority does): run"
    )


def test_what_the_data_want_themselves_is_theirs():
    assert unsafe(having(no_quorum_policy="ignore").status, {"no-quorum-policy": "ignore"}) == []
    assert unsafe(having(no_quorum_policy="suicide").status, {"no-quorum-policy": "fence"}) == []


def test_fencing_without_a_device_starts_nothing():
    fenced = having(stonith_enabled="true")
    said = found(with_(cluster=fenced))["cluster"]
    assert said[0].startswith("stonith-enabled is true and the data say false")
    assert said[1].startswith("stonith-enabled is true and there is no fencing device, so nothing is started")
    assert unsafe(replace(fenced.status, fencing=True), {"stonith-enabled": "true"}) == []


def test_a_fencing_device_is_known_by_its_agent():
    one = '<resource id="f" resource_agent="{}" role="Started" active="true" failed="false" blocked="false"/>'
    text = "<pacemaker-result><summary/><nodes/><resources>{}</resources></pacemaker-result>"
    assert parse_crm_mon(text.format(one.format("stonith:fence_xvm"))).fencing
    assert not parse_crm_mon(text.format(one.format("ocf:heartbeat:IPaddr2"))).fencing


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"cluster.quorum-type": "none"}, "cluster.quorum-type of fs_ha is none and the data say auto (whether a minority"),
        ({"cluster.server-quorum-type": None}, "cluster.server-quorum-type of fs_ha is not set and the data say server"),
    ],
)  # fmt: skip
def test_a_volume_whose_quorum_was_taken_away_is_said_once(options, words):
    (volume,) = STORE.volumes
    now = {name: value for name, value in {**volume.options, **options}.items() if value is not None}
    (said,) = found(with_(gluster=replace(STORE, volumes=(replace(volume, options=now),))))["gluster"]
    assert said.startswith(words)
    assert B not in said

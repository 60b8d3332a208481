"""When Gluster's parts change how they speak, and what the filter makes of a real volfile."""

import subprocess
from pathlib import Path

import pytest

from webha.gluster import encrypts, management, not_yet, options
from webha.gluster import operations as gluster
from webha.gluster.facts import IN_CLEAR
from webha.gluster.rolling import _FILTER

from ..stubs import NAMES, perform
from .test_gluster import store, volume

TLS = options(NAMES, tls=True)
BRICKS = tuple(f"{name}:/gluster" for name in NAMES)
KNOWN = {"fs_ha": "0a"}
WHERE = {"brick": "/gluster", "root": "/srv/www"}


def node(*, tls, **changes):
    return store(
        volumes=(volume(bricks=BRICKS, **(TLS if tls else {})),), known=KNOWN, management=tls, secure=tls, **changes
    )


def of(*stores):
    return dict(zip(NAMES, stores, strict=True))


def test_the_volume_is_for_the_nodes_alone():
    assert TLS == {"client.ssl": "on", "server.ssl": "on", "auth.ssl-allow": "nodoha,nodoha2,nodoha3"}
    assert options(NAMES, tls=False) == {}
    assert encrypts(volume(**TLS))
    assert not encrypts(volume(**{"client.ssl": "on"}))


@pytest.mark.parametrize("tls", [True, False])
def test_a_node_without_a_volume_speaks_as_those_that_have_one(tls):
    bare = store(brick="absent")
    assert management(of(bare, bare, bare), tls=tls) == tls
    assert management(of(None, bare, bare), tls=tls) == tls
    assert management(of(bare, node(tls=not tls), node(tls=not tls)), tls=tls) != tls


def test_what_is_not_as_wished_is_named_and_what_is_not_said_is_not_judged():
    assert not_yet(of(*[node(tls=True)] * 3), "fs_ha", tls=True) == []
    assert not_yet(of(None, node(tls=True), node(tls=True)), "fs_ha", tls=True) == []
    found = not_yet(of(*[node(tls=False)] * 3), "fs_ha", tls=True)
    assert found[0] == "nodoha: glusterd speaks to the others in clear"
    assert found[-1] == "the volume fs_ha speaks in clear"
    (moving,) = not_yet(of(node(tls=True, moving=True), node(tls=True), node(tls=True)), "fs_ha", tls=True)
    assert moving.startswith("nodoha: its bricks and clients are on their way")


def encrypted(*stores, tls=True):
    return perform(
        gluster.encrypted, volume="fs_ha", nodes=NAMES, unit="u.mount", vip="10.0.0.250", options=TLS, tls=tls,
        peers=of(*stores), **WHERE,
    )  # fmt: skip


def test_a_volume_that_speaks_as_wished_is_left_alone_and_an_unknown_node_stops_it():
    assert encrypted(*[node(tls=True)] * 3).idle
    assert "nodoha2 does not answer" in encrypted(node(tls=False), None, node(tls=False)).refused


def test_keys_are_taken_where_something_runs_with_older_ones():
    def asked(*stores):
        return perform(
            gluster.keys_in_force,
            volume="fs_ha",
            nodes=NAMES,
            unit="u.mount",
            vip="10.0.0.250",
            peers=of(*stores),
            **WHERE,
        )

    assert asked(*[node(tls=True)] * 3).idle
    assert asked(node(tls=False, stale=("brick",)), node(tls=False), node(tls=False)).idle, "it reads no keys"
    assert asked(None, node(tls=True), node(tls=True)).refused


def managed(mine, *others, tls=True):
    return perform(gluster.management, NAMES, tls=tls, peers=of(mine, *others), **WHERE)


def test_glusterd_is_told_before_it_has_a_volume_and_not_after():
    bare = store(brick="absent", glusterd="inactive")
    assert "secure-access" in managed(bare, bare, bare).text
    assert "restart" not in managed(bare, bare, bare).text
    running = store(brick="absent", glusterd="active")
    assert "restart glusterd" in managed(running, bare, bare).text
    assert managed(node(tls=False), node(tls=False), node(tls=False)).idle
    assert managed(bare, node(tls=False), node(tls=False)).idle, "as the others, until all change"
    assert managed(None, bare, bare).refused


VOLFILE = """volume fs_ha-client-0
    type protocol/client
    option transport.socket.ssl-enabled off
    option remote-subvolume /gluster
    option remote-host nodoha
    option ping-timeout 10
end-volume

volume fs_ha-client-1
    type protocol/client
    option remote-host nodoha2
end-volume

volume fs_ha-server
    type protocol/server
    option transport.socket.ssl-enabled on
    subvolumes fs_ha-client-0
end-volume
"""


def test_the_filter_says_of_each_brick_how_it_speaks_and_leaves_all_else(tmp_path: Path):
    clear, script, file = tmp_path / "clear", tmp_path / "filter", tmp_path / "vols" / "fs_ha" / "volfile"
    file.parent.mkdir(parents=True)
    script.write_text(_FILTER.replace(IN_CLEAR, str(clear)).replace("@VOLUME@", "fs_ha"))

    def filtered(names: str) -> str:
        clear.write_text(f"{names}\nserver\n")
        file.write_text(VOLFILE)
        for _ in range(2):  # it goes over its own work again
            subprocess.run(["sh", str(script), str(file)], check=True)
        return file.read_text()

    with_both = filtered("nodoha2 nodoha3")
    first, second, server = with_both.split("end-volume\n")[:3]
    assert first.count("ssl-enabled") == second.count("ssl-enabled") == 1
    assert "option transport.socket.ssl-enabled on" in first
    assert "option transport.socket.ssl-enabled off" in second
    assert "ssl-enabled on" in server
    rest = [line for line in with_both.splitlines() if "ssl-enabled" not in line]
    assert rest == [line for line in VOLFILE.splitlines() if "ssl-enabled" not in line]
    assert filtered("").count("ssl-enabled on") == 3
    other = tmp_path / "vols" / "theirs" / "volfile"
    other.parent.mkdir()
    other.write_text(VOLFILE)
    subprocess.run(["sh", str(script), str(other)], check=True)
    assert other.read_text() == VOLFILE, "another volume's is left alone"

"""templates/gluster/docroot-keeper.py.j2: what it starts anew, and what it leaves alone."""

from types import SimpleNamespace

import pytest

from .node_scripts import loaded

A, B, C = "10.0.0.133", "10.0.0.134", "10.0.0.135"
NODES = [
    SimpleNamespace(name=name, address=address) for name, address in (("nodoha", A), ("nodoha2", B), ("nodoha3", C))
]
ROOT = "/var/www/html/drupal"
SHD, MOUNT, BRICK = "310", "9532", "9383"


def socket(pid, peer, port=57664):
    return f'0      0         {B}:49135   {peer}:{port} users:(("glusterfs",pid={pid},fd=11))'


def sockets(*lines):
    return "\n".join(lines)


ALL = sockets(*(socket(pid, peer) for pid in (SHD, MOUNT) for peer in (A, B, C)))


class Node:
    """What the script would do to a node, noted instead of done."""

    def __init__(self, keeper, sockets=ALL):
        self.keeper, self.sockets = keeper, sockets
        self.done = []
        self.mounted, self.dead, self.serves, self.glusterd = True, False, True, 0
        self.processes = {"shd": [SHD], "mount": [MOUNT], "brick": [BRICK]}
        keeper.run, keeper.gluster, keeper.pids = self.run, self.gluster, self.pids
        keeper.mounted = lambda: self.mounted
        keeper.dead = lambda: self.dead

    def result(self, text="", code=0):
        return SimpleNamespace(stdout=text, stderr="", returncode=code)

    def run(self, *words, seconds=30):  # noqa: ARG002 (as the script calls it)
        if words[0] == "ss":
            return self.result(self.sockets)
        if words[:2] == ("systemctl", "is-active"):
            return self.result(code=self.glusterd)
        if words[0] == "umount":
            self.mounted = False
        if words[:2] == ("systemctl", "start"):
            self.mounted = True
        self.done.append(" ".join(words))
        return self.result()

    def gluster(self, *words):
        if words[1] == "status":
            number = 1 if self.serves else 0
            return self.result(f"<node><path>/gluster</path><peerid/><status>{number}</status></node>")
        self.done.append("gluster " + " ".join(words))
        return self.result("volume start: fs_ha: success")

    def pids(self, pattern):
        kind = "shd" if "glustershd" in pattern else "brick" if "glusterfsd" in pattern else "mount"
        return self.processes[kind]

    def look(self, times=1):
        for _ in range(times):
            self.keeper.main()
        return self.done


@pytest.fixture
def node(tmp_path, monkeypatch):
    keeper = loaded(
        "gluster/docroot-keeper.py.j2", volume="fs_ha", brick="/gluster", root=ROOT, unit="drupal.mount", nodes=NODES
    )
    keeper.NOTES = tmp_path / "notes"
    keeper.identified = lambda: True
    monkeypatch.setattr(keeper.os.path, "isdir", lambda _: True)
    return Node(keeper)


def test_where_all_is_well_nothing_is_done(node):
    assert node.look(10) == []


def test_a_dead_client_is_replaced(node):
    node.dead = True
    assert node.look() == [f"umount -l {ROOT}", "systemctl reset-failed drupal.mount", "systemctl start drupal.mount"]


def test_a_missing_mount_is_made_and_nothing_is_unmounted(node):
    node.mounted = False
    assert node.look() == ["systemctl reset-failed drupal.mount", "systemctl start drupal.mount"]


def test_without_glusterd_nothing_is_mounted_or_started(node):
    node.mounted, node.glusterd, node.processes["brick"] = False, 3, []
    assert node.look(5) == []


def test_a_brick_that_does_not_run_is_started_at_the_second_look(node):
    node.processes["brick"] = []
    assert node.look() == []
    assert node.look() == ["gluster volume start fs_ha force"]


def test_a_brick_before_there_is_a_volume_is_not_missed(node, monkeypatch):
    monkeypatch.setattr(node.keeper.os.path, "isdir", lambda _: False)
    node.processes["brick"] = []
    assert node.look(5) == []


@pytest.mark.parametrize("identified", [False, None])
def test_a_brick_in_ruins_is_stopped_and_not_started_again(node, identified):
    node.keeper.identified = lambda: identified
    assert node.look() == [f"kill {BRICK}"]
    node.processes["brick"] = []
    assert node.look(5)[1:] == []


def test_a_directory_without_the_volumes_identity_is_no_brick(node, tmp_path):
    node.keeper.BRICK = str(tmp_path)
    fresh = loaded(
        "gluster/docroot-keeper.py.j2", volume="fs_ha", brick=str(tmp_path), root=ROOT, unit="x.mount", nodes=NODES
    )
    assert fresh.identified() is False
    fresh.BRICK = str(tmp_path / "gone")
    assert fresh.identified() is None


def without(pid, peer):
    return sockets(*(line for line in ALL.splitlines() if line != socket(pid, peer)))


def test_a_self_heal_daemon_that_stopped_trying_is_started_anew_at_the_third_look(node):
    node.sockets = without(SHD, A)
    assert node.look(2) == []
    assert node.look() == [f"kill {SHD}", "gluster volume start fs_ha force"]
    assert node.look(2)[2:] == []  # it is given its time again


def test_a_mount_that_stopped_trying_is_mounted_again(node):
    node.sockets = without(MOUNT, C)
    assert node.look(3)[:1] == [f"umount -l {ROOT}"]


def test_a_connection_to_the_peers_management_is_none_to_its_brick(node):
    node.sockets = sockets(without(SHD, A), socket(SHD, A, 24007))
    assert node.look(3) == [f"kill {SHD}", "gluster volume start fs_ha force"]


def test_a_brick_that_does_not_serve_is_nothing_to_start_its_clients_for(node):
    node.sockets, node.serves = without(SHD, A), False
    assert node.look(20) == []


def test_a_client_that_connects_again_is_forgiven(node):
    node.sockets = without(SHD, A)
    node.look(2)
    node.sockets = ALL
    node.look()
    node.sockets = without(SHD, A)
    assert node.look(2) == []


def test_another_process_with_a_longer_number_is_not_taken_for_it(node):
    node.sockets = sockets(without(SHD, A), socket(f"{SHD}7", A))
    assert node.look(3) == [f"kill {SHD}", "gluster volume start fs_ha force"]

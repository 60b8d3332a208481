"""The docroot's keeper: what it starts anew, and what it leaves alone."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from webha_node import address, docroot

A, B, C = "10.0.0.133", "10.0.0.134", "10.0.0.135"
NODES = {"nodoha": A, "nodoha2": B, "nodoha3": C}
ROOT, VIP = "/var/www/html/drupal", "10.0.0.250"
VALUES = docroot.Values("fs_ha", "/gluster", ROOT, "drupal.mount", VIP, NODES)
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
        self.holds, self.lets_go = False, True

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
        if words[0] == "attrd_updater" and self.lets_go:
            self.holds = False
        self.done.append(" ".join(words))
        return self.result()

    def gluster(self, *words):
        if words[1] == "status":
            number = 1 if self.serves else 0
            return self.result(f"<node><path>/gluster</path><peerid/><status>{number}</status></node>")
        self.done.append("gluster " + " ".join(words))
        return self.result("volume start: fs_ha: success")

    def pids(self, pattern, *options):
        kind = "shd" if "glustershd" in pattern else "brick" if "glusterfsd" in pattern else "mount"
        return self.processes[kind][-1:] if "-n" in options else self.processes[kind]

    def look(self, times=1):
        for _ in range(times):
            self.keeper.look()
        return self.done


@pytest.fixture
def node(tmp_path, monkeypatch):
    keeper = docroot.Keeper(VALUES)
    monkeypatch.setattr(docroot, "NOTES", tmp_path / "notes")
    keeper.identified = lambda: True
    one = Node(keeper)
    monkeypatch.setattr(address, "held", lambda _: one.holds)
    monkeypatch.setattr(address, "run", one.run)
    monkeypatch.setattr(docroot, "VOLUMES", tmp_path)
    (tmp_path / "fs_ha").mkdir()
    return one


def test_where_all_is_well_nothing_is_done(node):
    assert node.look(10) == []


def test_a_dead_client_is_replaced(node):
    node.dead, node.processes["mount"] = True, []
    assert node.look() == [f"umount -l {ROOT}", "systemctl reset-failed drupal.mount", "systemctl start drupal.mount"]


def test_a_client_without_a_majority_of_bricks_says_the_same_and_is_left_alone(node):
    node.dead, node.sockets = True, sockets(socket(MOUNT, B), socket(SHD, B))
    node.serves = False
    assert node.look(20) == []


def test_a_dead_client_is_replaced_although_an_older_one_lives_on(node):
    node.dead = True  # and the one that pgrep finds is connected to all
    assert node.look()[0] == f"umount -l {ROOT}"


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


def test_a_brick_before_there_is_a_volume_is_not_missed(node, tmp_path):
    (tmp_path / "fs_ha").rmdir()
    node.processes["brick"] = []
    assert node.look(5) == []


@pytest.mark.parametrize("identified", [False, None])
def test_a_brick_in_ruins_is_stopped_and_not_started_again(node, identified):
    node.keeper.identified = lambda: identified
    assert node.look() == [f"kill {BRICK}"]
    node.processes["brick"] = []
    assert node.look(5)[1:] == []


def test_a_directory_without_the_volumes_identity_is_no_brick(tmp_path):
    assert docroot.Keeper(replace(VALUES, brick=str(tmp_path))).identified() is False
    assert docroot.Keeper(replace(VALUES, brick=str(tmp_path / "gone"))).identified() is None


def without(pid, peer):
    return sockets(*(line for line in ALL.splitlines() if line != socket(pid, peer)))


def test_a_self_heal_daemon_that_stopped_trying_is_started_anew_at_the_second_look(node):
    node.sockets = without(SHD, A)
    assert node.look() == []
    assert node.look() == [f"kill {SHD}", "gluster volume start fs_ha force"]
    assert node.look()[2:] == []  # it is given its time again


def test_a_mount_that_stopped_trying_is_mounted_again(node):
    node.sockets = without(MOUNT, C)
    assert node.look(2)[:1] == [f"umount -l {ROOT}"]


def looks_between_the_starts(node, looks):
    """How many looks each kill of the self-heal daemon was after the one before it."""
    starts = []
    for number in range(1, looks + 1):
        before = node.done.count(f"kill {SHD}")
        if node.look().count(f"kill {SHD}") > before:
            starts.append(number)
    return [after - before for before, after in zip([0, *starts], starts, strict=False)]


def test_a_client_that_a_fresh_start_does_not_help_is_started_anew_ever_more_seldom(node):
    node.sockets = without(SHD, A)
    assert looks_between_the_starts(node, 130) == [2, 4, 8, 16, 32, 32, 32]


def test_a_client_that_was_whole_in_between_is_given_the_short_time_again(node):
    node.sockets = without(SHD, A)
    node.look(2 + 4)
    node.sockets = ALL
    node.look()
    node.sockets = without(SHD, A)
    assert looks_between_the_starts(node, 6) == [2, 4]


def test_a_connection_to_the_peers_management_is_none_to_its_brick(node):
    node.sockets = sockets(without(SHD, A), socket(SHD, A, 24007))
    assert node.look(2) == [f"kill {SHD}", "gluster volume start fs_ha force"]


def test_a_brick_that_does_not_serve_is_nothing_to_start_its_clients_for(node):
    node.sockets, node.serves = without(SHD, A), False
    assert node.look(20) == []


def test_a_client_is_given_its_time_from_when_the_brick_serves_again(node):
    node.sockets, node.serves = without(MOUNT, A), False
    node.look(20)
    node.serves = True
    assert node.look() == []
    assert node.look()[0] == f"umount -l {ROOT}"


def test_an_older_client_that_somebodys_shell_keeps_alive_is_not_judged(node):
    node.processes["mount"] = ["77", MOUNT]  # the old one has no connection at all
    assert node.look(12) == []


def test_the_node_with_the_address_hands_it_over_before_it_unmounts(node):
    node.holds, node.sockets = True, without(MOUNT, A)
    assert node.look(2)[:2] == ["attrd_updater -n webha-ready -U 0 -d 0", f"umount -l {ROOT}"]


def test_a_docroot_stays_where_the_address_does_not_leave(node, monkeypatch):
    monkeypatch.setattr(docroot, "HANDOVER", 0.05)
    node.holds, node.lets_go, node.sockets = True, False, without(MOUNT, A)
    assert set(node.look(4)) == {"attrd_updater -n webha-ready -U 0 -d 0"}
    node.lets_go = True
    assert node.look()[-3] == f"umount -l {ROOT}"  # at the next look, without two new ones


def test_the_mounts_client_is_known_by_the_docroot_alone():
    assert docroot.Keeper(VALUES).clients["mount"] == "^/usr/sbin/glusterfs .* /var/www/html/drupal$"


def test_a_client_that_connects_again_is_forgiven(node):
    node.sockets = without(SHD, A)
    node.look()
    node.sockets = ALL
    node.look()
    node.sockets = without(SHD, A)
    assert node.look() == []


def test_another_process_with_a_longer_number_is_not_taken_for_it(node):
    node.sockets = sockets(without(SHD, A), socket(f"{SHD}7", A))
    assert node.look(2) == [f"kill {SHD}", "gluster volume start fs_ha force"]


@pytest.mark.parametrize("on", [True, False])
def test_in_maintenance_mode_nothing_is_looked_after(monkeypatch, on):
    looked = []
    monkeypatch.setattr(docroot.maintenance, "on", lambda: on)
    monkeypatch.setattr(docroot.Keeper, "look", lambda _: looked.append(1))
    monkeypatch.setattr(docroot.Keeper, "follow", lambda _: looked.append(2))
    docroot.main(VALUES)
    assert bool(looked) is not on


@pytest.mark.parametrize(
    ("running", "answers", "follows"), [("11.2.10-b-local", True, True), (None, True, False), ("x", False, False)]
)
def test_the_release_that_runs_is_followed_where_the_volume_answers(node, monkeypatch, running, answers, follows):
    followed = []
    monkeypatch.setattr(docroot.layout, "running", lambda _: running)
    monkeypatch.setattr(docroot.program, "follow", followed.append)
    node.keeper.asked = lambda: node.result(code=0 if answers else 124)
    node.keeper.follow()
    assert bool(followed) is follows


def test_a_release_that_cannot_be_followed_is_said(node, monkeypatch, capsys):
    def running(_):
        raise docroot.layout.LayoutError("no link of ours")

    monkeypatch.setattr(docroot.layout, "running", running)
    node.keeper.asked = node.result
    node.keeper.follow()
    assert "cannot be followed: no link of ours" in capsys.readouterr().out

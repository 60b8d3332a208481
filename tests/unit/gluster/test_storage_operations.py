import pytest

from webha.gluster import PoolMember
from webha.gluster import operations as gluster
from webha.gluster.facts import Gluster, Pool

from ..captured_facts import CONVERGED, fact
from ..stubs import NAMES, execute, perform
from .test_gluster import pool, store, volume

ALIASES = {name: (f"10.0.0.{133 + i}",) for i, name in enumerate(NAMES)}
WHERE = {"brick": "/gluster", "root": "/srv/www"}
BRICKS = tuple(f"{name}:/gluster" for name in NAMES)
FULL = pool("nodoha2", "nodoha3")


def peers(one, on="nodoha"):
    return perform(gluster.peers, NAMES, ALIASES, on=on, facts={Pool: one})


def test_missing_nodes_are_probed_by_name_and_waited_for():
    first, second, wait = peers(()).texts
    assert first.endswith("webha nodoha2")
    assert second.endswith("webha nodoha3")
    assert "peer probe" in first
    assert "all peers connected" in wait


def test_the_second_node_teaches_the_pool_the_first_ones_name():
    probe, _ = peers(pool("10.0.0.133", "nodoha3"), on="nodoha2").texts
    assert probe.endswith("webha nodoha")


def test_a_pool_of_all_nodes_is_left_alone_and_a_disconnected_one_waited_for():
    assert peers(FULL).idle
    (wait,) = peers((FULL[0], PoolMember(("nodoha3",), False, "3"))).texts
    assert "all peers connected" in wait
    assert "peer probe" not in wait


@pytest.mark.parametrize("one", [None, pool("stranger")])
def test_an_unknown_or_strange_pool_is_refused(one):
    assert peers(one).refused


def volumes(*stores, options=None):
    everyone = dict(zip(NAMES, stores, strict=True))
    return perform(gluster.volume, "fs_ha", NAMES, options=options or {}, peers=everyone, **WHERE)


def test_a_volume_is_created_then_given_its_options_then_started():
    one = store(brick="empty")
    create, options, start = volumes(one, one, one, options={"b": "2", "a": "1"}).texts
    assert create.endswith(f"webha fs_ha replica 3 {' '.join(BRICKS)}")
    assert options.endswith("webha fs_ha a 1 b 2")
    assert "volume start" in start


def test_only_a_different_option_is_set():
    one = store(volumes=(volume(bricks=BRICKS, a="1", b="2"),))
    (command,) = volumes(one, one, one, options={"a": "1", "b": "3"}).texts
    assert command.endswith("webha fs_ha b 3")
    assert volumes(one, one, one, options={"a": "1", "b": "2"}).idle


def test_a_stopped_volume_is_started_and_a_started_one_left_alone():
    stopped = store(volumes=(volume("Stopped", BRICKS),))
    (command,) = volumes(stopped, stopped, stopped).texts
    assert "volume start" in command
    assert volumes(*[store(volumes=(volume(bricks=BRICKS),))] * 3).idle


@pytest.mark.parametrize(
    "one", [None, store(volumes=None), store(brick="foreign"), store(brick="used"), store(volumes=(volume(),))]
)
def test_no_volume_is_made_over_what_is_unknown_or_somebodys(one):
    assert volumes(store(brick="empty"), store(brick="empty"), one).refused


@pytest.mark.parametrize(("brick", "idle"), [("absent", False), ("empty", True), ("used", True), ("foreign", True)])
def test_a_brick_directory_is_made_once(brick, idle):
    done = perform(gluster.brick_directory, facts={Gluster: store(brick=brick)}, **WHERE)
    assert done.idle is idle
    assert idle or "mkdir" in done.text


def test_a_brick_directory_may_lie_deep(tmp_path):
    (command,) = perform(
        gluster.brick_directory, facts={Gluster: store(brick="absent")}, **WHERE | {"brick": str(tmp_path / "a/b/c")}
    ).commands
    done = execute(command)
    assert (done.returncode, done.stderr) == (0, "")
    assert [oct((tmp_path / one).stat().st_mode & 0o777) for one in ("a", "a/b", "a/b/c")] == ["0o755"] * 3


def seal(one, **where):
    return perform(gluster.mountpoint_sealed, facts={Gluster: one}, **WHERE | where)


def test_a_sealed_mountpoint_is_left_alone():
    assert seal(store(sealed=True)).idle
    assert seal(store(sealed=True, mounted="fuse.glusterfs")).idle


def test_under_a_mount_the_directory_is_sealed_through_another_way():
    assert "mount --bind" in seal(store(sealed=False, mounted="fuse.glusterfs")).text
    assert "mount --bind" not in seal(store(sealed=None)).text


def test_files_under_the_mountpoint_are_refused_and_stay(tmp_path):
    (tmp_path / "precious").write_text("x")
    (command,) = seal(store(sealed=False), root=str(tmp_path)).commands
    done = execute(command)
    assert done.returncode == 1
    assert f"refused: {tmp_path} holds files of this node alone" in done.stderr
    assert (tmp_path / "precious").exists()


def mounted(one):
    return perform(gluster.mounted, "srv-www.mount", facts={Gluster: one}, **WHERE)


def test_a_mount_that_answers_is_left_alone():
    assert mounted(store(mounted="fuse.glusterfs", reachable=True)).idle


@pytest.mark.parametrize(("kind", "detached"), [("fuse.glusterfs", True), (None, False)])
def test_a_dead_mount_is_detached_and_mounted_again(kind, detached):
    done = mounted(store(mounted=kind, reachable=False))
    assert ("umount -l /srv/www" in done.text) is detached
    assert "systemctl start" in done.texts[1]


@pytest.mark.parametrize("kind", ["ext4", "nfs4"])
def test_another_file_system_at_the_docroot_is_refused(kind):
    assert f"is a mount of type {kind}" in mounted(store(mounted=kind, reachable=True)).refused


@pytest.mark.parametrize("operation", [gluster.brick_directory, gluster.mountpoint_sealed])
def test_an_unknown_store_is_left_alone(operation):
    assert perform(operation, facts={Gluster: None}, **WHERE).refused
    assert mounted(None).refused


@pytest.mark.parametrize("suite", CONVERGED)
def test_a_converged_store_is_left_alone(suite):
    one = fact(suite, "gluster")
    assert peers(one.pool).idle
    assert seal(one).idle
    assert mounted(one).idle
    assert volumes(one, one, one, options={"network.ping-timeout": "10"}).idle

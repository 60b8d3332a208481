"""restic's words in ours, and what it is told: nothing of a secret on its command line."""

import json
import os
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webha_node.backup import record, repository, watch
from webha_node.backup.gather import Gathering
from webha_node.backup.repository import BackupError, OwnError, explained
from webha_node.backup.watch import Cluster

from ...stubs import fake_program


@pytest.fixture
def programs(tmp_path, monkeypatch):
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    environment = tmp_path / "backup.env"
    environment.write_text("# ours\nRESTIC_REPOSITORY='/srv/b b'\nRESTIC_PASSWORD='se'\"'\"'cret'\n")
    monkeypatch.setattr(repository, "ENVIRONMENT", environment)
    monkeypatch.setattr(repository, "CACHE", tmp_path / "cache")
    return folder


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("Fatal: wrong password or no key found", "the password is not this repository's"),
        (
            '{"message_type":"exit_error","code":12,"message":"Fatal: wrong password or no key found"}',
            "the password is not",
        ),
        (
            "Fatal: unable to open config file: stat /b/config: no such file or directory\nIs there a repository",
            "no repository is there",
        ),
        (
            '{"message_type":"exit_error","code":10,"message":"Fatal: repository does not exist: unable to open config file"}',
            "no repository is there",
        ),
        (
            "Fatal: unable to open config file: dial tcp 10.0.0.9:9000: connect: connection refused",
            "/b cannot be reached",
        ),
        ("subprocess ssh: x@h: Permission denied (publickey).", "does not take the cluster's key"),
        ("subprocess ssh: Host key verification failed.", "has another host key than backup_host_key says"),
        ("Stat: The specified key does not exist. unable to open config file", "no repository is there"),
        ("client.BucketExists: Access Denied.", "are not let in"),
        ("write /b/data/x: no space left on device", "/b is full"),
        ("open /b/locks/x: read-only file system", "/b is mounted read-only"),
        ("ciphertext verification failed", "/b is damaged"),
        ("Fatal: repository contains errors", "/b is damaged"),
        ("mkdir /b/x: permission denied", "/b cannot be written"),
        ("something else", "/b: something else"),
        ("", "said nothing"),
    ],
)
def test_what_restic_says_is_a_sentence(said, words):
    assert words in explained(said, "/b")


def test_the_password_is_in_its_environment_alone(programs, tmp_path):
    fake_program(
        programs,
        "restic",
        f'echo "$*" > {tmp_path}/words; echo "$RESTIC_REPOSITORY $RESTIC_PASSWORD" > {tmp_path}/told',
    )
    repository.restic("snapshots", limit=5)
    assert (tmp_path / "told").read_text() == "/srv/b b se'cret\n"
    assert "cret" not in (tmp_path / "words").read_text()
    assert "--limit-upload 5" in (tmp_path / "words").read_text()


def test_a_repository_is_there_or_not_or_nobody_knows(programs):
    fake_program(programs, "restic", "exit 0")
    assert repository.exists()
    fake_program(
        programs, "restic", "echo 'unable to open config file: stat /b/config: no such file or directory' >&2; exit 1"
    )
    assert not repository.exists()
    fake_program(programs, "restic", "echo 'unable to open config file: EOF Is there a repository there?' >&2; exit 1")
    with pytest.raises(BackupError, match="EOF"):  # nobody knows
        repository.exists()
    fake_program(programs, "restic", "echo 'wrong password' >&2; exit 1")
    with pytest.raises(BackupError, match="secrets/backup_password"):
        repository.exists()


def test_what_is_not_configured_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr(repository, "ENVIRONMENT", tmp_path / "none")
    with pytest.raises(BackupError, match="set backup_target"):
        repository.settings()


class Here(Cluster):
    """A node whose volume is a folder."""

    def holds(self):
        return False


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    root = tmp_path / "root"
    root.mkdir()
    monkeypatch.setattr(watch, "_LOOK", 0.0)
    monkeypatch.setattr(watch, "MOUNTED", 0.0)
    monkeypatch.setattr(type(root), "is_mount", lambda self: self == root)
    return Here("ha", "a", "10.0.0.250", Gathering(root, tmp_path / "brick", "v", "d", "a"), {})


def test_one_does_it_and_the_next_does_nothing_until_somebody_asks(cluster):
    made = []

    def make():
        made.append(1)
        record.remember(cluster.folder, last={"when": time.time()})

    for _ in range(2):
        watch.attend(cluster, ("last",), make)
    assert made == [1]
    (cluster.folder / record.ASKED).write_text(str(time.time()))
    watch.attend(cluster, ("last",), make)
    assert made == [1, 1]


@pytest.mark.parametrize(
    ("last", "again"),
    [
        ({"when": 10}, False),
        ({"when": 10, "tags": ["before-restore"]}, True),  # that of somebody who restores stands for no night's
        ({"when": 2 * 3600}, True),  # made by hand, some hours ago
        ({"when": -86400}, True),  # by a clock that was ahead
    ],
)
def test_what_stands_for_the_timers_own(cluster, monkeypatch, last, again):
    monkeypatch.setattr(watch, "up", lambda: 5 * 86400.0)
    watch.prepared(cluster)
    record.remember(cluster.folder, last=last | {"when": time.time() - last["when"]})
    made = []
    watch.attend(cluster, ("last",), lambda: made.append(1))
    assert bool(made) == again


def test_a_node_that_was_off_at_the_time_makes_none_alone(cluster, monkeypatch):
    monkeypatch.setattr(watch, "up", lambda: 60.0)
    watch.prepared(cluster)
    record.remember(cluster.folder, last={"when": time.time() - 4 * 3600})
    made = []
    watch.attend(cluster, ("last",), lambda: made.append(1))
    assert made == []


def test_how_long_a_node_is_up_is_told():
    assert 0 < watch.up() < time.clock_gettime(time.CLOCK_BOOTTIME) + 1


def test_what_failed_for_one_is_not_tried_by_the_next(cluster):
    watch.prepared(cluster)
    record.remember(cluster.folder, failed={"at": time.time()})
    watch.attend(cluster, ("last", "failed"), lambda: pytest.fail("tried"))


@pytest.mark.parametrize(("node", "tries"), [("b", True), ("a", False)])
def test_what_is_another_nodes_own_trouble_is_tried_by_the_next(cluster, node, tries):
    watch.prepared(cluster)
    record.remember(cluster.folder, failed={"at": time.time(), "node": node, "why": "no room", "own": True})
    made = []
    watch.attend(cluster, ("last", "failed"), lambda: made.append(1))
    assert bool(made) == tries


def test_whose_trouble_it_was_is_remembered(cluster, monkeypatch):
    monkeypatch.setattr(watch.repository, "exists", lambda: True)
    monkeypatch.setattr(watch.repository, "unlocked", lambda: None)
    monkeypatch.setattr(cluster.gathering, "abandoned", lambda: None)
    watch.prepared(cluster)
    for error, own in ((OwnError("MariaDB does not answer"), True), (BackupError("the target is full"), False)):

        def fails(error=error):
            raise error

        monkeypatch.setattr(cluster.gathering, "before", fails)
        with pytest.raises(BackupError, match=str(error)):
            watch.make(cluster, ())
        assert record.state(cluster.folder)["failed"]["own"] is own


def test_a_volume_that_is_not_mounted_is_refused(cluster, monkeypatch):
    monkeypatch.setattr(type(cluster.gathering.root), "is_mount", lambda _: False)
    with pytest.raises(BackupError, match="is not mounted here"):
        watch.attend(cluster, ("last",), lambda: None)


def test_a_member_is_desynced_where_two_others_are_left_and_never_stays_so():
    said = []

    def asked(words):
        said.append(words)
        return "3\n"

    with pytest.raises(ZeroDivisionError), watch.desynced(asked):
        1 / 0  # noqa: B018
    assert said[1:] == ["SET GLOBAL wsrep_desync=ON", "SET GLOBAL wsrep_desync=OFF"]
    said.clear()
    with watch.desynced(lambda words: said.append(words) or "2"):
        pass
    assert len(said) == 1


@pytest.mark.parametrize(
    ("whole", "name"),
    [
        ("7d20e1b9ffff", "7d20e1b9"),
        ("79648496ab01", "79648496a"),
        ("1234e5670000c1", "1234e5670000c"),
        ("9" * 64, "9" * 64),
    ],
)
def test_a_point_is_called_by_what_is_no_number(whole, name):
    assert repository.called(whole) == name


@given(st.text("0123456789e", min_size=8, max_size=60), st.sampled_from("abcdf"))
def test_no_point_is_one_for_pyinfras_command_line(digits, letter):
    whole = f"{digits}{letter}{digits}"
    name = repository.called(whole)
    assert whole.startswith(name)
    assert len(name) >= 8
    with pytest.raises(json.JSONDecodeError):
        json.loads(name)

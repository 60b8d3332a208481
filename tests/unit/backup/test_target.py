"""Where the repository may be, and how a machine is reached by ssh."""

import re
import shlex
import stat
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webha.backup import access
from webha.backup.manifest import HOST_KEYS, SSH_KEY
from webha.backup.target import remote, s3, sftp
from webha.run.data import KINDS
from webha.run.kinds import S3, SFTP
from webha_node.backup.repository import SFTP as COMMAND

FAR = "sftp://webha@backup.example.org//srv/points"


@pytest.mark.parametrize(
    "target", ["/srv/points", FAR, "sftp://a@10.0.0.1:2222//x", "s3:https://host/bucket", "s3:http://h:9000/b-1/p"]
)
def test_places_are_taken(target):
    assert KINDS["backup_target"].fits(target)
    assert remote(target) == (target[0] != "/")
    assert (sftp(target) is not None) == target.startswith("sftp")
    assert s3(target) == target.startswith("s3")


@pytest.mark.parametrize(
    "target",
    ["sftp:webha@host:/x", "sftp://host//x", "sftp://a@-oProxyCommand=x//y", "sftp://a@h//x'y", "sftp://a@h//x y", "s3:host/b", "s3:https://h/",
     "rest:https://h/", "sftp://-a b@h//x", "sftp://a@h:0//x", "/etc/x", "", "s3:https://-h/b"],
)  # fmt: skip
def test_what_is_none_is_refused(target):
    assert not KINDS["backup_target"].fits(target)


@given(st.from_regex(SFTP, fullmatch=True))
def test_whatever_is_taken_is_one_word_each_for_ssh(target):
    machine = sftp(target)
    words = shlex.split(machine.command)
    assert words[-3:] == [f"{machine.user}@{machine.host}", "-s", "sftp"]
    assert words[words.index("-i") + 1] == SSH_KEY
    assert not machine.host.startswith("-")


@given(st.from_regex(S3, fullmatch=True))
def test_s3_is_one_line(target):
    assert s3(target)
    assert "\n" not in target


def test_the_clusters_key_is_made_once_and_taken_by_ssh(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first = access.files(FAR, "ssh-ed25519 AAAA")
    assert first == access.files(FAR, "ssh-ed25519 AAAA")
    assert first[HOST_KEYS].splitlines()[1] == "backup.example.org ssh-ed25519 AAAA"
    assert sftp("sftp://a@h:2222//x").known("k") == "[h]:2222 k"
    key = tmp_path / "key"
    key.write_text(first[SSH_KEY])
    key.chmod(0o600)
    said = subprocess.run(["ssh-keygen", "-y", "-f", key], capture_output=True, text=True, check=True).stdout
    public = (tmp_path / "secrets/backup_ssh_key.pub").read_text()
    assert said.split()[:2] == public.split()[:2]
    assert stat.S_IMODE((tmp_path / "secrets/backup_ssh_key").stat().st_mode) == 0o600


def test_a_machine_of_no_known_key_is_not_trusted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="whoever answers as backup"):
        access.files(FAR, None)
    assert access.files("/srv/points", None) == {}


def test_s3_asks_for_its_two_secrets(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=re.escape("write it into secrets/backup_s3_id")):
        access.variables("s3:https://h/b")
    monkeypatch.setenv("WEBHA_BACKUP_S3_ID", "me")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/backup_s3_secret").write_text("word\n")
    assert access.variables("s3:https://h/b") == {"AWS_ACCESS_KEY_ID": "me", "AWS_SECRET_ACCESS_KEY": "word"}
    assert access.variables("/srv/points") == {}
    assert COMMAND in access.variables(FAR)

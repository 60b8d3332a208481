"""What lies in secrets/ while keys are made anew, stage by stage, and after a run that was cut off."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from webha import certificates
from webha.run import credentials, keys, rotation
from webha.run.inventory import Node

NODES = tuple(Node(name, f"10.0.0.{number}", f"{name}.example.org") for number, name in enumerate(("a", "b", "c"), 1))
DATA = SimpleNamespace(
    cluster_name="hacloud",
    galera_tls=True,
    gluster_tls=True,
    https="self-signed",
    server_name="www.example.org",
    vip="10.0.0.250",
    floating_ip=None,
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(rotation, "_made", {})
    monkeypatch.delenv("WEBHA_DRUPAL_DB_PASSWORD", raising=False)
    rotation.signed(NODES, DATA)
    return tmp_path / "secrets"


def signer(pair: str) -> str:
    return certificates.read(pair)[0].issuer


def by(folder: Path) -> list[bool]:
    """Whether each node's certificate and the site's is of the authority that signs."""
    authority, now = (folder / "ca.pem").read_text(), datetime.now(UTC)
    found = [
        certificates.due(
            (folder / f"node-{one.name}.pem").read_text(),
            authority,
            [one.name, one.fqdn, one.address],
            now,
            client=True,
        )
        for one in NODES
    ]
    return [said == "" for said in found]


def test_a_new_authority_is_trusted_before_it_signs_and_the_former_one_until_all_have_changed(folder: Path) -> None:
    first = certificates.public((folder / "ca.pem").read_text())
    one, two, three = (stage.folder for stage in rotation.stages("ca", NODES, DATA))
    following = certificates.public((one / "ca-next.pem").read_text())
    assert keys.trusted(one) == first + following
    assert keys.trusted(two) == following + first
    assert keys.trusted(three) == following
    assert by(one) == by(two) == by(three) == [True] * 3
    assert (one / "node-a.pem").read_text() == (folder / "node-a.pem").read_text() != (two / "node-a.pem").read_text()
    assert (two / "node-a.pem").read_text() == (three / "node-a.pem").read_text()
    assert [stage.steps for stage in rotation.stages("ca", NODES, DATA)] == [
        ("galera", "gluster"),
        ("galera", "apache", "gluster"),
        ("galera", "gluster"),
    ]
    assert {path.stat().st_mode & 0o777 for path in one.iterdir()} == {0o600}


def test_each_stage_takes_the_place_of_what_was_there_and_nothing_is_left(folder: Path) -> None:
    made = rotation.stages("ca", NODES, DATA)
    last = {path.name: path.read_text() for path in made[-1].folder.iterdir()}
    for stage in made:
        wanted = keys.trusted(stage.folder)
        rotation.adopt(stage.folder, folder)
        assert keys.trusted(folder) == wanted
    assert {path.name: path.read_text() for path in folder.iterdir()} == last
    assert by(folder) == [True] * 3


@pytest.mark.parametrize("done", [1, 2])
def test_a_run_that_was_cut_off_is_gone_on_with(folder: Path, monkeypatch: pytest.MonkeyPatch, done: int) -> None:
    made = rotation.stages("ca", NODES, DATA)
    for stage in made[:done]:
        rotation.adopt(stage.folder, folder)
    before = keys.trusted(folder)
    monkeypatch.setattr(rotation, "_made", {})
    again = rotation.stages("ca", NODES, DATA)
    assert len(again) == (3 if done == 1 else 1)
    with rotation.staged(again[0].folder):
        known = keys.node(NODES[0], "hacloud")
    held = certificates.read(before)
    assert certificates.of_another_authority({"a": held}, known.accepted) == []
    if done == 1:
        assert keys.trusted(again[0].folder) == before, "the one that was begun"


def test_new_certificates_are_of_the_same_authority(folder: Path) -> None:
    (stage,) = rotation.stages("certificates", NODES, DATA)
    assert (stage.folder / "ca.pem").read_text() == (folder / "ca.pem").read_text()
    for name in ("node-a.pem", "node-b.pem", "node-c.pem", "site.pem"):
        assert (stage.folder / name).read_text() != (folder / name).read_text()
    assert by(stage.folder) == [True] * 3


def test_a_new_password_is_the_only_thing_that_changes(folder: Path) -> None:
    (stage,) = rotation.stages("database", NODES, DATA)
    different = [
        path.name
        for path in folder.iterdir()
        if path.is_file() and path.read_text() != (stage.folder / path.name).read_text()
    ]
    assert different == ["drupal_db_password"]
    with rotation.staged(stage.folder):
        assert credentials.secret("drupal_db_password") == (stage.folder / "drupal_db_password").read_text().strip()
    assert credentials.secret("drupal_db_password") == (folder / "drupal_db_password").read_text().strip()


def test_every_node_of_a_run_gets_the_same(folder: Path) -> None:
    first = rotation.stages("certificates", NODES, DATA)
    assert rotation.stages("certificates", NODES, DATA) is first
    assert folder.exists()


@pytest.mark.parametrize("part", [None, "", "all"])
def test_what_is_made_anew_has_to_be_said(part: str | None) -> None:
    with pytest.raises(ValueError, match="certificates, ca, corosync, database"):
        rotation.asked(part)


def test_what_is_not_made_here_is_not_made_anew_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBHA_DRUPAL_DB_PASSWORD", "theirs")
    with pytest.raises(ValueError, match="WEBHA_DRUPAL_DB_PASSWORD"):
        rotation.asked("database")
    nothing = SimpleNamespace(**{**vars(DATA), "galera_tls": False, "gluster_tls": False, "https": "off"})
    with pytest.raises(ValueError, match="no certificate is in use"):
        rotation.stages("certificates", NODES, nothing)


def test_nodes_of_another_authority_are_not_given_ours(folder: Path) -> None:
    theirs = certificates.read(certificates.public(certificates.authority("hacloud", datetime.now(UTC))))
    _, said = certificates.of_another_authority(
        {"a": theirs, "b": (), "c": None}, keys.node(NODES[0], "hacloud").accepted
    )
    assert said.startswith("a: the nodes know each other by another authority")
    assert "galera_tls=False" in said
    assert folder.exists()

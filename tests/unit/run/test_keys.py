"""What is kept on the control machine of keys and certificates, and with which rights."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from webha import certificates
from webha.run import keys

NAMES = ["www.example.org", "10.0.0.250", "172.22.206.1"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ours(names: list[str] = NAMES) -> str:
    found = keys.site("self-signed", "hacloud", names, None, None)
    assert found is not None
    return found


def test_off_makes_nothing(folder: Path) -> None:
    assert keys.site("off", "hacloud", NAMES, None, None) is None
    assert not (folder / "secrets").exists()


def test_it_is_made_once_and_nobody_else_reads_it(folder: Path) -> None:
    before = os.umask(0)
    try:
        first = ours()
    finally:
        os.umask(before)
    assert ours() == first
    assert first.startswith("# Written by pyinfra-webha")
    found = {one.name: one.stat().st_mode & 0o777 for one in (folder / "secrets").iterdir()}
    assert found == {"ca.pem": 0o600, "ca.crt": 0o600, "site.pem": 0o600}
    assert (folder / "secrets").stat().st_mode & 0o777 == 0o700
    assert "PRIVATE KEY" not in (folder / "secrets/ca.crt").read_text()
    assert certificates.due(first, (folder / "secrets/ca.pem").read_text(), NAMES, datetime.now(UTC)) == ""


def test_other_names_and_a_near_end_make_it_anew_and_the_authority_stays(folder: Path) -> None:
    first, authority = ours(), (folder / "secrets/ca.pem").read_text()
    second = ours(["www.example.com"])
    assert second != first
    assert certificates.read(second)[0].names == {"www.example.com"}
    old = certificates.issue(authority, NAMES, datetime.now(UTC) - timedelta(days=800))
    (folder / "secrets/site.pem").write_text(old)
    assert old not in ours()
    assert (folder / "secrets/site.pem").stat().st_mode & 0o777 == 0o600
    assert (folder / "secrets/ca.pem").read_text() == authority


@pytest.mark.parametrize(("file", "content"), [("ca.pem", "no key"), ("ca.pem", ""), ("site.pem", "")])
def test_what_is_broken_is_a_sentence(folder: Path, file: str, content: str) -> None:
    ours()
    (folder / "secrets" / file).write_text(content)
    with pytest.raises(ValueError, match=f"secrets/{file}"):
        ours()


def test_what_is_given_away_holds_no_key_whatever_the_order(folder: Path) -> None:
    ours()
    key, begin, certificate = (folder / "secrets/ca.pem").read_text().partition("-----BEGIN CERTIFICATE-----")
    (folder / "secrets/ca.pem").write_text(begin + certificate + key)
    (folder / "secrets/ca.crt").unlink()
    ours()
    assert (folder / "secrets/ca.crt").read_text() == begin + certificate


def test_a_pair_of_somebodys_is_not_written_over(folder: Path) -> None:
    ours()
    theirs = certificates.issue(certificates.authority("theirs", datetime.now(UTC)), NAMES, datetime.now(UTC))
    (folder / "secrets/site.pem").write_text(theirs)
    with pytest.raises(ValueError, match=r"secrets/site.pem is signed by .*theirs.*https = 'files'"):
        ours()
    assert (folder / "secrets/site.pem").read_text() == theirs


def test_somebodys_files_become_one_with_the_key_first(folder: Path) -> None:
    pair = certificates.issue(certificates.authority("theirs", datetime.now(UTC)), NAMES, datetime.now(UTC))
    key, begin, chain = pair.partition("-----BEGIN CERTIFICATE-----")
    (folder / "key.pem").write_text(key)
    (folder / "chain.pem").write_text(f"some words\n{begin}{chain}")
    found = keys.site("files", "hacloud", NAMES, "chain.pem", "key.pem")
    assert found is not None
    assert found.partition("\n")[2] == pair
    assert not (folder / "secrets").exists()


@pytest.mark.parametrize(
    ("chain", "key", "words"),
    [
        (None, "key.pem", "https_certificate and https_key name the files"),
        ("nowhere.pem", "nowhere.pem", "nowhere.pem: cannot be read on this machine"),
        ("bad.pem", "bad.pem", "bad.pem with bad.pem cannot be the site's: no certificate"),
    ],
)
def test_what_cannot_be_the_sites_is_refused(folder: Path, chain: str | None, key: str, words: str) -> None:
    (folder / "bad.pem").write_text("bad")
    with pytest.raises(ValueError, match=words):
        keys.site("files", "hacloud", NAMES, chain, key)


def test_browsers_are_bound_to_https_by_a_certificate_that_they_know_alone() -> None:
    assert keys.lasting("files", 300) == 300
    assert keys.lasting("self-signed", None) is None
    with pytest.raises(ValueError, match="https_hsts goes with https = 'files'"):
        keys.lasting("self-signed", 300)

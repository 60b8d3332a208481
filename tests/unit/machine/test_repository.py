from base64 import b64decode, b64encode

import pytest

from webha.machine.facts import Files
from webha.machine.openpgp import fingerprints
from webha.machine.operations import File
from webha.machine.repository import repository

from ..stubs import perform
from .test_node_operations import ABSENT, in_place

KEY = """-----BEGIN PGP PUBLIC KEY BLOCK-----

mDMEawsBeBYJKwYBBAHaRw8BAQdACKr8UxzceAI6bn/9TK7uELPWHugE6jmi+JKc
pho2tmK0FHJlcG8gPGFAZXhhbXBsZS5vcmc+iJAEExYIADgWIQRmpt0uebQqRWai
HnDE5rSyC7SmwwUCawsBeAIbAwULCQgHAgYVCgkICwIEFgIDAQIeAQIXgAAKCRDE
5rSyC7Smw6zzAP9YG29jTCePn9TR0eHZAuQ+uh7Lv5fr0kw+Oh2DtURXYAD/WmPH
1bsElEg5ZoH8DW+1HFlw55Yn4gsx39SISS+JhQc=
=cGNn
-----END PGP PUBLIC KEY BLOCK-----
"""
FINGERPRINT = "66A6DD2E79B42A4566A21E70C4E6B4B20BB4A6C3"  # as gpg says it
PACKETS = b64decode("".join(line for line in KEY.splitlines()[2:-1] if line[0] != "="))
PATHS = ("/etc/apt/keyrings/mariadb.asc", "/etc/apt/sources.list.d/mariadb.sources")
EVIL = PACKETS.replace(b"\x40\x08", b"\x40\x09")
SOURCE = f"Types: deb\nURIs: https://x\nSuites: trixie\nComponents: main\nSigned-By: {PATHS[0]}\n"
OURS = File(PATHS[1], f"# Written by pyinfra-webha.\n{SOURCE}")
NEITHER = dict.fromkeys(PATHS, ABSENT)


def armoured(packets):
    text = b64encode(packets).decode()
    return f"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n{text}\n-----END PGP PUBLIC KEY BLOCK-----\n"


@pytest.fixture
def placed(tmp_path):
    """The operation, given what is in the key's file, the fingerprint and the node's files."""

    def perform_with(key, fingerprint=FINGERPRINT, files=NEITHER):
        path = tmp_path / "key.asc"
        if key is not None:
            path.write_text(key)
        return perform(repository, "mariadb", "https://x", "trixie", str(path), fingerprint, facts={Files: files})

    return perform_with


def test_it_needs_its_key_on_the_control_machine(placed):
    assert "no such key file on the control machine" in placed(None).refused
    done = perform(repository, "mariadb", "https://x", "trixie", None, None, facts={Files: NEITHER})
    assert "no such key file on the control machine" in done.refused


@pytest.mark.parametrize(
    "fingerprint", [FINGERPRINT, FINGERPRINT.lower(), "66A6 DD2E 79B4 2A45 66A2  1E70 C4E6 B4B2 0BB4 A6C3"]
)
def test_it_is_placed_with_its_key_and_its_lists_are_fetched_once(placed, fingerprint):
    done = placed(KEY, fingerprint)
    assert [path in text for path, text in zip(PATHS, done.texts, strict=False)] == [True, True]
    assert done.texts[-1] == "apt-get -q update"
    equal = {PATHS[0]: in_place(File(PATHS[0], KEY)), PATHS[1]: in_place(OURS)}
    assert placed(KEY, fingerprint, equal).idle
    before_the_header = equal | {PATHS[1]: in_place(File(PATHS[1], SOURCE), ours=False)}
    assert b64encode(OURS.raw).decode() in placed(KEY, fingerprint, before_the_header).stdin
    theirs = equal | {PATHS[1]: in_place(File(PATHS[1], "Types: deb\n"), ours=False)}
    assert "mariadb.sources is there and does not say" in placed(KEY, fingerprint, theirs).refused
    assert placed(KEY, fingerprint, None).refused


def test_a_key_that_is_in_place_already_needs_no_name(placed):
    assert placed(KEY, None, {PATHS[0]: in_place(File(PATHS[0], KEY)), PATHS[1]: in_place(OURS)}).idle


@pytest.mark.parametrize(
    ("key", "fingerprint", "words"),
    [
        (KEY, None, f"its fingerprint is {FINGERPRINT}: compare it"),
        (KEY, "A" * 40, f"it holds {FINGERPRINT}, and mariadb_repository_fingerprint is {'A' * 40}"),
        (armoured(PACKETS + EVIL), FINGERPRINT, f"it holds {FINGERPRINT}, "),
        (armoured(EVIL), FINGERPRINT, "and mariadb_repository_fingerprint is"),
        (armoured(PACKETS[:40]), FINGERPRINT, "it ends in the middle of a key"),
        (armoured(PACKETS[:1]), FINGERPRINT, "it ends in the middle of a key"),
        (armoured(b"\x9b"), FINGERPRINT, "no key is without a length"),
        (KEY.replace("mDME", "mD=E"), FINGERPRINT, "its armour is damaged"),
        ("<html>404</html>", FINGERPRINT, "it is not one block"),
        (armoured(b"\x98\x02\x03\x00"), FINGERPRINT, "a key of version 3 and 2 bytes is in it"),
        (armoured(b"\xcd\x02hi"), FINGERPRINT, "something else than public keys"),
        (armoured(b"hi"), FINGERPRINT, "something else than public keys"),
        (
            armoured(b"\x9a" + (70000).to_bytes(4, "big") + b"\x04" + bytes(69999)),
            FINGERPRINT,
            "a key of version 4 and 70000 bytes",
        ),
    ],
)
def test_a_key_that_nobody_has_named_is_refused(placed, key, fingerprint, words):
    done = placed(key, fingerprint)
    assert words in done.refused
    assert len(done.texts) == 1


# What apt's own readers (apt-key's awk on Debian 12, Sequoia on 13) take evil's key from, as it was tried.
SMUGGLED = {
    "a second block": KEY + armoured(EVIL),
    "a first line that is longer": armoured(EVIL).replace("BLOCK-----", "BLOCK-----x", 1) + KEY,
    "a first line with a space before it": " " + armoured(EVIL) + KEY,
    "another word for the block": KEY + armoured(EVIL).replace("PUBLIC KEY", "KEY"),
    "a line of spaces for an empty one": armoured(EVIL).replace("\n\n", "\n \n") + KEY,
    "a secret key's packet": armoured(PACKETS + bytes([0xC5]) + EVIL[1:]),
    "other ends of lines": KEY.replace("\n", "\r\n"),
}


@pytest.mark.parametrize("key", SMUGGLED.values(), ids=SMUGGLED)
def test_a_key_beside_the_named_one_is_seen_or_the_file_refused(placed, key):
    assert placed(key).refused


def test_a_packet_of_each_form_is_read():
    body = PACKETS[2:53]
    assert PACKETS[1] == len(body)
    size = len(body).to_bytes(4, "big")
    for header in (b"\xc6\x33", b"\xc6\xff" + size, b"\x99" + size[2:], b"\x9a" + size):
        assert fingerprints(armoured(header + body).encode()) == [FINGERPRINT]
    long = body + bytes(200)
    forms = (b"\xc6\xc0" + bytes([len(long) - 192]), b"\x99" + len(long).to_bytes(2, "big"))
    assert len({tuple(fingerprints(armoured(header + long).encode())) for header in forms}) == 1

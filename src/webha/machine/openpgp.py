"""Whose key a file holds: the fingerprints of OpenPGP's public keys, RFC 9580 §5.5.4 and §6."""

import binascii
import re
from base64 import b64decode
from hashlib import sha1, sha256

_ARMOUR = re.compile(
    rb"^-----BEGIN PGP PUBLIC KEY BLOCK-----[ \t]*\r?\n(?:[^\r\n]+\r?\n)*[ \t]*\r?\n(.*?)^-----END PGP",
    re.MULTILINE | re.DOTALL,
)
_PUBLIC_KEY = 6
_OLD_LENGTHS = (1, 2, 4)


def fingerprints(file: bytes) -> list[str]:
    """Return those of the primary keys in a file, armoured or not, in capitals. Raises ValueError where it holds anything else than keys."""
    blocks = [_binary(found[1]) for found in _ARMOUR.finditer(file)] or [file]
    found = [_fingerprint(body) for block in blocks for tag, body in _packets(block) if tag == _PUBLIC_KEY]
    if not found:
        raise ValueError("no public key is in it")
    return found


def _binary(armoured: bytes) -> bytes:
    lines = [line for line in armoured.split() if not line.startswith(b"=")]  # a checksum of no use
    try:
        return b64decode(b"".join(lines), validate=True)
    except binascii.Error as error:
        raise ValueError(f"its armour is damaged ({error})") from error


def _packets(block: bytes) -> list[tuple[int, bytes]]:
    found, at = [], 0
    while at < len(block):
        first = block[at]
        if not first & 0x80:
            raise ValueError("it is no OpenPGP key")
        try:
            tag, length, at = _new(block, at + 1, first) if first & 0x40 else _old(block, at + 1, first)
        except IndexError as error:
            raise ValueError("it ends in the middle of a key") from error
        if at + length > len(block):
            raise ValueError("it ends in the middle of a key")
        found.append((tag, block[at : at + length]))
        at += length
    return found


def _new(block: bytes, at: int, first: int) -> tuple[int, int, int]:
    tag, length = first & 0x3F, block[at]
    if length < 192:  # noqa: PLR2004 (RFC 9580 §4.2.1)
        return tag, length, at + 1
    if length < 224:  # noqa: PLR2004
        return tag, ((length - 192) << 8) + block[at + 1] + 192, at + 2
    if length < 255:  # noqa: PLR2004
        raise ValueError("it is no OpenPGP key: no key has a partial length")
    return tag, int.from_bytes(block[at + 1 : at + 5], "big"), at + 5


def _old(block: bytes, at: int, first: int) -> tuple[int, int, int]:
    kind = first & 3
    if kind == len(_OLD_LENGTHS):
        return first >> 2 & 0xF, len(block) - at, at
    size = _OLD_LENGTHS[kind]
    return first >> 2 & 0xF, int.from_bytes(block[at : at + size], "big"), at + size


def _fingerprint(body: bytes) -> str:
    version = body[0] if body else 0
    if version == 4:  # noqa: PLR2004
        told = sha1(b"\x99" + len(body).to_bytes(2, "big") + body, usedforsecurity=False)
        return told.hexdigest().upper()
    if version == 6:  # noqa: PLR2004
        return sha256(b"\x9b" + len(body).to_bytes(4, "big") + body).hexdigest().upper()
    raise ValueError(f"a key of version {version} is in it, only 4 and 6 are known")

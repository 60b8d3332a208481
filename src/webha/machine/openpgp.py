"""Whose key a file holds: the fingerprints of OpenPGP's public keys, RFC 9580 §5.5.4 and §6."""

import binascii
import re
from base64 import b64decode
from hashlib import sha1, sha256

# All of a file: what apt's own readers take for a key in a looser text must not be there beside.
_ARMOUR = re.compile(
    rb"-----BEGIN PGP PUBLIC KEY BLOCK-----\n(?:[A-Za-z]+: [^\r\n]*\n)*\n((?:[A-Za-z0-9+/=]+\n)+)-----END PGP PUBLIC KEY BLOCK-----\n?"
)
_SIGNATURE, _KEY, _NAME, _SUBKEY, _PICTURE = 2, 6, 13, 14, 17  # the packets of public keys, §5
_OLD_LENGTHS = (1, 2, 4)
_TWO_OCTETS, _PARTIAL, _FOUR_OCTETS = 192, 224, 255  # first octets of a length in the new form, §4.2.1
_VERSION_4, _VERSION_6 = 4, 6
_LONGEST = 0xFFFF  # what the length in a fingerprint of version 4 can say


def fingerprints(file: bytes) -> list[str]:
    """Return those of the primary keys in an armoured file, in capitals.

    Raises ValueError where the file is anything else than one block of public keys: text around it, a second block, another's packets.
    """
    found = _ARMOUR.fullmatch(file)
    if found is None:
        raise ValueError("it is not one block of an OpenPGP public key in text, and nothing else")
    packets = _packets(_binary(found[1]))
    tags = {tag for tag, _ in packets}
    if not packets or packets[0][0] != _KEY or tags - {_SIGNATURE, _KEY, _NAME, _SUBKEY, _PICTURE}:
        raise ValueError("it holds something else than public keys")
    return [_fingerprint(body) for tag, body in packets if tag == _KEY]


def _binary(armoured: bytes) -> bytes:
    *lines, last = armoured.split()
    try:
        # A line that begins with = is a checksum, which protects from nothing.
        return b64decode(b"".join([*lines, b"" if last.startswith(b"=") else last]), validate=True)
    except binascii.Error as error:
        raise ValueError(f"its armour is damaged ({error})") from error


def _packets(block: bytes) -> list[tuple[int, bytes]]:
    found, at = [], 0
    while at < len(block):
        first = block[at]
        if not first & 0x80:
            raise ValueError("it holds something else than public keys")
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
    if length < _TWO_OCTETS:
        return tag, length, at + 1
    if length < _PARTIAL:
        return tag, ((length - _TWO_OCTETS) << 8) + block[at + 1] + _TWO_OCTETS, at + 2
    if length < _FOUR_OCTETS:
        raise ValueError("it is no OpenPGP key: no key has a partial length")
    return tag, int.from_bytes(block[at + 1 : at + 5], "big"), at + 5


def _old(block: bytes, at: int, first: int) -> tuple[int, int, int]:
    kind = first & 3
    if kind == len(_OLD_LENGTHS):
        raise ValueError("it is no OpenPGP key: no key is without a length")
    size = _OLD_LENGTHS[kind]
    return first >> 2 & 0xF, int.from_bytes(block[at : at + size], "big"), at + size


def _fingerprint(body: bytes) -> str:
    version = body[0] if body else 0
    if version == _VERSION_4 and len(body) <= _LONGEST:
        told = sha1(b"\x99" + len(body).to_bytes(2, "big") + body, usedforsecurity=False)
        return told.hexdigest().upper()
    if version == _VERSION_6:
        return sha256(b"\x9b" + len(body).to_bytes(4, "big") + body).hexdigest().upper()
    raise ValueError(f"a key of version {version} and {len(body)} bytes is in it, only 4 and 6 are known")

"""Whether somebody's certificate and key can be the site's, and what is said of one that ends."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from webha.certificates.state import Certificate, read

SHORTEST_RSA = 2048  # bits; Debian's OpenSSL takes no less
WARNED = 30  # days before its end a certificate is a problem; of one for a short time the last quarter
_DAY = 86400
_KEYS = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")


def unfit(chain: str, key: str, name: str, now: float) -> list[str]:
    """Say what keeps the PEM texts ``chain`` (the site's certificate first) and ``key`` from being the site's for the host ``name``."""
    try:
        seen = read(chain)
        certificates = x509.load_pem_x509_certificates(chain.encode())
    except ValueError as error:
        return [f"no certificate in PEM can be read in it ({error})"]
    found = _of_the_key(key, seen)
    for one in dict.fromkeys(seen):
        if one.begins > now:
            found.append(f"{one.subject!r} begins only on {_date(one.begins)}")
        if one.ends <= now:
            found.append(f"{one.subject!r} ended on {_date(one.ends)}")
    if not seen[0].covers(name):
        listed = ", ".join(sorted(seen[0].names)) or "no host name at all"
        found.append(f"it is for {listed}, and server_name is {name}")
    return found + _broken(certificates)


def _of_the_key(key: str, chain: Sequence[Certificate]) -> list[str]:
    try:
        private = load_pem_private_key(key.encode(), None)
    except TypeError:
        return ["the key is kept under a password, and Apache starts where nobody types one: openssl pkey takes it off"]
    except (ValueError, UnsupportedAlgorithm) as error:
        return [f"no private key in PEM can be read ({error})"]
    found = []
    public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo).hex()
    if public != chain[0].key:
        same = next((f", but of {one.subject!r}: the site's comes first" for one in chain if one.key == public), "")
        found.append(f"the key is not that of its first certificate{same}")
    if isinstance(private, rsa.RSAPrivateKey) and private.key_size < SHORTEST_RSA:
        found.append(f"the key has {private.key_size} bits: {SHORTEST_RSA} are the least that OpenSSL takes")
    elif not isinstance(private, (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey)):
        found.append("the key is neither RSA's nor of an elliptic curve (ECDSA)")
    if len(_KEYS.findall(key)) > 1:
        found.append("there is more than one private key in the key's file")
    return found


def whole(chain: str, key: str) -> str:
    """Return key and certificates as one text in PEM, each once, whatever stands around them; for what :func:`unfit` takes."""
    private = load_pem_private_key(key.encode(), None)
    certificates = dict.fromkeys(x509.load_pem_x509_certificates(chain.encode()))
    texts = [private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())]
    return b"".join([*texts, *(one.public_bytes(Encoding.PEM) for one in certificates)]).decode()


def _broken(chain: list[x509.Certificate]) -> list[str]:
    """Say where a certificate of the chain is not signed by the next one."""
    for one, other in pairwise(dict.fromkeys(chain)):
        try:
            one.verify_directly_issued_by(other)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            subject, issuer, next_ = (name.rfc4514_string() for name in (one.subject, one.issuer, other.subject))
            return [f"the chain is out of order: {subject} is signed by {issuer}, and {next_} comes next"]
    return []


def ending(certificates: Iterable[Certificate], now: float) -> str:
    """Say that the first of them to end has ended, or ends within :data:`WARNED` days; empty where none does."""
    near = (one for one in certificates if one.ends - now < min(WARNED * _DAY, (one.ends - one.begins) / 4))
    first = min(near, key=lambda one: one.ends, default=None)
    if first is None:
        return ""
    if first.ends <= now:
        return f"the certificate {first.subject!r} ended on {_date(first.ends)}"
    return f"the certificate {first.subject!r} ends in {(first.ends - now) // _DAY:.0f} days, on {_date(first.ends)}"


def on_the_nodes(held: Mapping[str, Sequence[Certificate] | None], now: float) -> list[str]:
    """Say on which node the site's certificate cannot be read, is not there, or not that of most; and which ends.

    ``held``: of each node the site's certificate and those that sign it; None unknown, empty where there is none.
    """
    found = []
    chains = [chain for chain in held.values() if chain]
    usual = max(chains, key=chains.count, default=None)
    for name, chain in held.items():
        if chain is None:
            found.append(f"{name}: unknown, which certificate the site has")
        elif not chain:
            found.append(f"{name}: the site's key and certificate are not there: run tasks/apache.py")
        elif chain != usual:
            found.append(f"{name}: the site's certificates are not the other nodes': run tasks/apache.py")
    endings = {ending(chain, now) for chain in held.values() if chain} - {""}
    return [
        *found,
        *(f"{words}: run tasks/apache.py, with a new one where https is 'files'" for words in sorted(endings)),
    ]


def of_another_authority(held: Mapping[str, Sequence[Certificate] | None], ours: str) -> list[str]:
    """Say which nodes trust none of the authorities ``ours`` (in PEM): with new ones they would not know each other on the way."""
    own = {one.key for one in read(ours)}
    strangers = [name for name, chain in held.items() if chain and not own & {one.key for one in chain}]
    unread = [f"{name}: which authorities it trusts cannot be read" for name, chain in held.items() if chain is None]
    if not strangers:
        return unread
    return [
        *unread,
        f"{', '.join(strangers)}: the nodes know each other by another authority than the one in secrets/ca.pem here: bring back the secrets/ "
        "that this cluster was deployed with. Where they are lost: deploy.py --data galera_tls=False --data gluster_tls=False, and then deploy.py",
    ]


def of_the_nodes(held: Mapping[str, Sequence[Certificate] | None], step: str, now: float) -> list[str]:
    """Say on which node the certificates by which the nodes know each other cannot be read, are not there, or end soon; ``step`` mends it."""
    found = []
    for name, chain in held.items():
        if chain is None:
            found.append(f"{name}: unknown, by which certificate the other nodes know it")
        elif not chain:
            found.append(f"{name}: the certificate by which the other nodes know it is not there: run {step}")
        elif words := ending(chain, now):
            found.append(f"{name}: {words}: run {step}; that of the authority: tasks/rotate.py --data part=ca")
    return found


def _date(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")

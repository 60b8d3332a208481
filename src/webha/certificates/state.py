"""What a certificate says of itself."""

import re
from dataclasses import dataclass
from ipaddress import ip_address

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from webha.ground.forms import AsJson


@dataclass(frozen=True)
class Certificate(AsJson):
    """One certificate. ``names``: host names, lower case, and addresses that it is for; ``begins`` and ``ends`` in seconds since 1970.

    ``key``: the public key it is about, as DER in hex; ``serial`` tells it from another one of the same issuer.
    """

    names: frozenset[str]
    begins: float
    ends: float
    serial: int
    subject: str
    issuer: str
    key: str

    @property
    def patterns(self) -> tuple[str, ...]:
        """Regular expressions for the host names that it is for, without addresses."""
        asked = (
            one for one in sorted(self.names) if re.fullmatch(r"(\*\.)?[a-z0-9._-]+", one) and not _is_address(one)
        )
        return tuple(re.escape(one).replace(r"\*", "[a-z0-9_-]+") for one in asked)

    def covers(self, name: str) -> bool:
        """Whether it is for the host ``name``; a ``*`` in it stands for one label (RFC 6125, 6.4.3)."""
        wanted = name.lower()
        return wanted in self.names or (not _is_address(wanted) and f"*.{wanted.partition('.')[2]}" in self.names)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def read(pem: str) -> list[Certificate]:
    """Return the certificates in ``pem``, in its order. Raise ValueError where there is none, or one that cannot be read."""
    try:
        return [_named(one) for one in x509.load_pem_x509_certificates(pem.encode())]
    except (UnsupportedAlgorithm, x509.DuplicateExtension) as error:
        raise ValueError(str(error)) from error


def _named(one: x509.Certificate) -> Certificate:
    """Return what ``one`` says. Without alternative names the common one counts for nothing, as in a browser."""
    try:
        listed = one.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = {
            *(name.lower() for name in listed.get_values_for_type(x509.DNSName)),
            *map(str, listed.get_values_for_type(x509.IPAddress)),
        }
    except x509.ExtensionNotFound:
        names = set()
    return Certificate(
        names=frozenset(names),
        begins=one.not_valid_before_utc.timestamp(),
        ends=one.not_valid_after_utc.timestamp(),
        serial=one.serial_number,
        subject=_called(one.subject),
        issuer=_called(one.issuer),
        key=one.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo).hex(),
    )


def _called(name: x509.Name) -> str:
    common = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(common[0].value) if common else name.rfc4514_string()

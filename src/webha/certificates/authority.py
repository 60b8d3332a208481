"""The cluster's own certificate authority: made once, and what it signs.

A pair is one text in PEM: a private key, then its certificate, then the certificates between that and the authority's.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from webha.certificates.state import read

YEARS = 10  # of the authority's own certificate
DAYS = 825  # of what it signs: the longest that Apple's systems take of an authority that a person trusts
RENEWED = 90  # days before its end a run makes another one
_BEFORE = timedelta(days=1)  # clocks differ
_CURVE = ec.SECP256R1


def authority(cluster: str, now: datetime) -> str:
    """Return a new authority's pair, named after the ``cluster``."""
    key = ec.generate_private_key(_CURVE())
    name = _name(f"{cluster}: pyinfra-webha's authority")
    signed = (
        _builder(name, name, key, now, timedelta(days=365 * YEARS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    return _pair(key, signed)


def issue(of: str, names: Iterable[str], now: datetime, *, client: bool = False) -> str:
    """Return a new pair signed by the authority ``of`` for the host ``names`` and addresses; the first is its common name.

    ``client``: who has it may also call others, as the nodes do; with the site's nobody gets into the database or the volume.
    Raises ValueError where that cannot sign: no key of ours, another certificate's, or near its end.
    """
    listed = list(names)
    signing, certificate = _apart(of)
    left = certificate.not_valid_after_utc - now
    if left < timedelta(days=RENEWED):
        raise ValueError(f"it ends on {certificate.not_valid_after_utc:%Y-%m-%d}, too soon to sign anything")
    key = ec.generate_private_key(_CURVE())
    signed = (
        _builder(_name(listed[0]), certificate.subject, key, now, min(left, timedelta(days=DAYS)))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(_purposes(client=client)), critical=False)
        .add_extension(x509.SubjectAlternativeName([_alternative(one) for one in listed]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False)
        .sign(signing, hashes.SHA256())
    )
    return _pair(key, signed)


def due(pair: str, of: str, names: Iterable[str], now: datetime, *, client: bool = False) -> str:
    """Say why ``pair`` is to be made anew: of another authority than ``of``, for other ``names`` or purposes, near its end; empty where it is not."""
    try:
        _, certificate = _apart(pair)
        _, signer = _apart(of)
        certificate.verify_directly_issued_by(signer)
    except (ValueError, TypeError, InvalidSignature):
        return "it is not of this authority"
    seen = read(pair)[0]
    if seen.names != {one.lower() for one in names}:
        return "it is for other names"
    if set(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) != set(
        _purposes(client=client)
    ):
        return "it is for another purpose"
    return "it ends soon" if seen.ends - now.timestamp() < RENEWED * 86400 else ""


def public(of: str) -> str:
    """Return the certificate of the authority ``of`` alone. Raise ValueError where it has no key of ours, or another one's."""
    return _apart(of)[1].public_bytes(Encoding.PEM).decode()


def common_name(host: str) -> str:
    """Return the name that a certificate for ``host`` is issued to: X.520 has room for 64 characters."""
    return host[:64]


def key_and_certificate(pair: str) -> tuple[str, str]:
    """Return the key and the certificate of ``pair`` as two texts in PEM."""
    key, certificate = _apart(pair)
    return _pair(key, certificate).removesuffix(text := certificate.public_bytes(Encoding.PEM).decode()), text


def _purposes(*, client: bool) -> list[x509.ObjectIdentifier]:
    return [ExtendedKeyUsageOID.SERVER_AUTH, *([ExtendedKeyUsageOID.CLIENT_AUTH] if client else [])]


def _apart(pair: str) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = load_pem_private_key(pair.encode(), None)
    certificate = x509.load_pem_x509_certificate(pair.encode())
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("its key is of another kind than ours")  # noqa: TRY004 (a text of a person's)
    if key.public_key() != certificate.public_key():
        raise ValueError("its key is not that of its certificate")
    return key, certificate


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now.astimezone(UTC) - _BEFORE)
        .not_valid_after(now.astimezone(UTC) + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name(text))])


def _alternative(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(text))
    except ValueError:
        return x509.DNSName(text.lower())


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs, key_cert_sign=signs, crl_sign=signs, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _pair(key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> str:
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return (private + certificate.public_bytes(Encoding.PEM)).decode()

"""The cluster's authority and the site's key and certificate, kept on the control machine beside the secrets.

``secrets/ca.pem`` is the authority with its key, ``secrets/site.pem`` what it signed for the site, each in one file: a key and a
certificate that do not belong together are nowhere. ``secrets/ca.crt`` is the authority's certificate alone, to give away.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from webha import certificates
from webha.ground.manifest import HEADER
from webha.run import credentials

SECRETS = Path("secrets")
AUTHORITY, PUBLIC, SITE = "ca.pem", "ca.crt", "site.pem"


def site(https: str, cluster: str, names: Sequence[str], chain: str | None, key: str | None) -> str | None:
    """Return what Apache reads of key and certificates for the site, None where it has none (``https`` is ``off``).

    ``self-signed``: made for ``names`` by the cluster's authority, and anew where those changed or its end is near. ``files``: somebody's
    ``chain`` and ``key``, files on this machine. Raises ValueError for what cannot be the site's.
    """
    if https == "off":
        return None
    text = _theirs(chain, key, names[0]) if https == "files" else _ours(cluster, names, SECRETS)
    return (
        f"# {HEADER} (tasks/apache.py): the site's key, its certificate, and those that lead to its authority.\n{text}"
    )


def lasting(https: str, hsts: int | None) -> int | None:
    """Return ``hsts``; raise ValueError where browsers that were told to come by https alone would be shut out by the certificate."""
    if hsts is not None and https != "files":
        raise ValueError(
            f"https_hsts is {hsts} and https {https!r}: a browser that was told to come by https alone shows no way past a certificate that it does "
            "not know. https_hsts goes with https = 'files'"
        )
    return hsts


def _ours(cluster: str, names: Iterable[str], directory: Path) -> str:
    now, wanted = datetime.now(UTC), list(names)
    authority = credentials.kept(AUTHORITY, lambda: certificates.authority(cluster, now), directory)
    try:
        public = certificates.public(authority)
        pair = credentials.kept(SITE, lambda: certificates.issue(authority, wanted, now), directory)
        _refuse_somebodys(directory / SITE, pair, public)
        if certificates.due(pair, authority, wanted, now):
            pair = certificates.issue(authority, wanted, now)
            credentials.replace(SITE, pair, directory)
    except (TypeError, ValueError) as error:
        if str(directory / SITE) in str(error):
            raise
        raise ValueError(
            f"{directory / AUTHORITY} cannot sign ({error}): it is the cluster's authority, a key of an elliptic curve and its certificate in "
            "PEM. Bring back the one that was there, or remove it to have a new one made"
        ) from error
    if not (directory / PUBLIC).exists() or (directory / PUBLIC).read_text() != public:
        credentials.replace(PUBLIC, public, directory)
    return certificates.whole(pair, pair)


def _refuse_somebodys(path: Path, pair: str, public: str) -> None:
    """Refuse to write over a pair that is not of an authority called as ours."""
    try:
        issuer = certificates.read(pair)[0].issuer
    except ValueError:
        return  # no certificate, whatever it is
    if issuer != certificates.read(public)[0].subject:
        raise ValueError(
            f"{path} is signed by {issuer!r} and not by the cluster's authority: one of your own goes with https = 'files', at another place; "
            "remove this one to have it made"
        )


def _theirs(chain: str | None, key: str | None, name: str) -> str:
    if not chain or not key:
        raise ValueError(
            "https is 'files': https_certificate and https_key name the files of the site's certificate, with those that sign it, and of "
            "its key, on this machine"
        )
    certified, private = _text(chain), _text(key)
    if wrong := certificates.unfit(certified, private, name, datetime.now(UTC).timestamp()):
        raise ValueError(f"{chain} with {key} cannot be the site's: {'; '.join(wrong)}")
    return certificates.whole(certified, private)


def _text(path: str) -> str:
    try:
        return Path(path).expanduser().read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: cannot be read on this machine ({error})") from error

"""The cluster's authority, and the keys and certificates of the site and of the nodes, kept on the control machine beside the secrets.

``secrets/ca.pem`` is the authority with its key, ``secrets/site.pem`` what it signed for the site, ``secrets/node-NAME.pem`` for a
node, each in one file: a key and a certificate that do not belong together are nowhere. ``secrets/ca.crt`` is the authority's
certificate alone, to give away. While the authority is replaced the nodes trust one more: ``ca-next.pem``, or ``ca-former.crt``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from webha import certificates
from webha.ground.manifest import HEADER
from webha.run import credentials
from webha.run.inventory import Node

SECRETS = credentials.SECRETS
AUTHORITY, PUBLIC, SITE = "ca.pem", "ca.crt", "site.pem"
NEXT, FORMER = "ca-next.pem", "ca-former.crt"


@dataclass(frozen=True)
class Known:
    """By what a node is known to the others: its key and certificate as one text, each alone, and the authorities that it trusts; all in PEM.

    ``accepted``: of which authorities one the nodes may know each other by before a run; others' are not written over.
    """

    pair: str
    key: str
    certificate: str
    trusted: str
    accepted: str


def node(one: Node, cluster: str) -> Known:
    """Return by what the node ``one`` is known, made and signed where there is none, or its end is near. Raise ValueError as :func:`site`."""
    names = list(dict.fromkeys((one.name, one.fqdn, one.address)))
    folder = _folder()
    pair = _ours(cluster, names, folder, f"node-{one.name}.pem", client=True)
    key, certificate = certificates.key_and_certificate(pair)
    known = trusted(folder)
    return Known(pair, key, certificate, known, known if folder == SECRETS else known + trusted(SECRETS))


def _folder() -> Path:
    return credentials.STAGE.get() or SECRETS


def allowed(nodes: Iterable[Node]) -> list[str]:
    """Return the names that the nodes' certificates are issued to."""
    return [certificates.common_name(one.name) for one in nodes]


def trusted(directory: Path) -> str:
    """Return the certificates of the authorities that the nodes trust, the one that signs first."""
    found = [certificates.public((directory / AUTHORITY).read_text())]
    if (directory / NEXT).exists():
        found.append(certificates.public((directory / NEXT).read_text()))
    if (directory / FORMER).exists():
        found.append((directory / FORMER).read_text())
    return "".join(found)


def site(https: str, cluster: str, names: Sequence[str], chain: str | None, key: str | None) -> str | None:
    """Return what Apache reads of key and certificates for the site, None where it has none (``https`` is ``off``).

    ``self-signed``: made for ``names`` by the cluster's authority, and anew where those changed or its end is near. ``files``: somebody's
    ``chain`` and ``key``, files on this machine. Raises ValueError for what cannot be the site's.
    """
    if https == "off":
        return None
    text = _theirs(chain, key, names[0]) if https == "files" else _ours(cluster, names, _folder(), SITE)
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


def _ours(cluster: str, names: Iterable[str], directory: Path, file: str, *, client: bool = False) -> str:
    now, wanted = datetime.now(UTC), list(names)
    authority = credentials.kept(AUTHORITY, lambda: certificates.authority(cluster, now), directory)
    try:
        public = certificates.public(authority)
        pair = credentials.kept(file, lambda: certificates.issue(authority, wanted, now, client=client), directory)
        _refuse_somebodys(directory / file, pair, public)
        if certificates.due(pair, authority, wanted, now, client=client):
            pair = certificates.issue(authority, wanted, now, client=client)
            credentials.replace(file, pair, directory)
    except (TypeError, ValueError) as error:
        if str(directory / file) in str(error):
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

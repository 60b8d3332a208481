"""A repository of packages besides Debian's own."""

from hashlib import sha256
from pathlib import Path

from pyinfra.api.operation import operation
from pyinfra.context import host

from webha.ground import shell
from webha.ground.manifest import HEADER
from webha.machine import openpgp
from webha.machine.facts import Files
from webha.machine.operations import Commands, File, place


def _unnamed(file: bytes, fingerprint: str | None) -> str:
    """Say why this is not the key that was named; empty where it is."""
    try:
        found = sorted(set(openpgp.fingerprints(file)))
    except ValueError as error:
        return f"{error}: take it from the repository's owner again (gpg --no-default-keyring --keyring ./KEY.gpg --export --armor makes a text of a binary one)"
    if fingerprint is None:
        return f"its fingerprint is {', '.join(found)}: compare it with the one that the repository's owner publishes, and name it as mariadb_repository_fingerprint"
    wanted = fingerprint.replace(" ", "").upper()
    return "" if found == [wanted] else f"it holds {', '.join(found)}, and mariadb_repository_fingerprint is {wanted}"


@operation()
def repository(slug: str, uri: str, suite: str, key: str | None, fingerprint: str | None) -> Commands:
    """Own an apt repository with its own key in /etc/apt/keyrings (apt-key, the document's way, is gone).

    ``key`` is a file on the control machine, ASCII-armoured; ``fingerprint`` its key's, with or without spaces. Does nothing where
    source and key are in place; fetches the package lists when one of them changed. Refuses to place a key that has another
    fingerprint, or more keys in its file than that one, or one that nobody has named.
    """
    if key is None or not Path(key).is_file():
        yield shell.refusal(
            f"{key}: no such key file on the control machine; download the repository's signing key to it"
        )
        return
    keyring = File(f"/etc/apt/keyrings/{slug}.asc", Path(key).read_bytes())
    stanza = f"Types: deb\nURIs: {uri}\nSuites: {suite}\nComponents: main\nSigned-By: {keyring.path}\n"
    source = File(f"/etc/apt/sources.list.d/{slug}.sources", f"# {HEADER}.\n{stanza}")
    states = host.get_fact(Files, paths=(keyring.path, source.path))
    if states is None:
        yield shell.refusal("cannot read the state of the apt sources")
        return
    there = states[source.path]
    if (
        there.exists and not there.ours and there.sha256 != sha256(stanza.encode()).hexdigest()
    ):  # as we wrote it until 0.2
        yield shell.refusal(f"{source.path} is there and does not say that it is ours: move it away first")
        return
    different = [file for file in (keyring, source) if file.differs(states[file.path])]
    held = states[keyring.path].sha256
    if held != sha256(keyring.raw).hexdigest() and (wrong := _unnamed(keyring.raw, fingerprint)):
        yield shell.refusal(f"{key}: {wrong}")
        return
    if not different:
        host.noop(f"repository {uri} is configured")
        return
    for file in different:
        yield place(file)
    yield shell.run("apt-get", "-q", "update")

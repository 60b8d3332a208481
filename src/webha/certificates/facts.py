"""How a node says which certificates a file of it holds."""

from shlex import quote

from webha.certificates.state import Certificate, read
from webha.ground import probe


def certificates_of(path: str) -> str:
    """Return the shell that prints the certificates in the file ``path``, and no key; nothing where there is none."""
    return f"[ ! -e {quote(path)} ] || sed -n '/BEGIN CERTIFICATE/,/END CERTIFICATE/p' {quote(path)}"


def told(answer: probe.Answer) -> tuple[Certificate, ...] | None:
    """Read that answer: none at all where there is no file, None where it does not say, or what is there cannot be read."""
    if not answer.ok:
        return None
    try:
        return tuple(read(answer.text)) if answer.text.strip() else ()
    except ValueError:
        return None

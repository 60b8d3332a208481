"""What a layer puts on a node, said once: its task places it, the status watches it, a reset takes it off."""

from dataclasses import dataclass

from webha_node import values

HEADER = "Written by pyinfra-webha"  # stands in the first lines of every file of ours
LIBRARY = "/usr/local/lib/webha"  # programs
ARCHIVE = f"{LIBRARY}/node.pyz"  # the package webha_node
VALUES = str(values.PATH)
UNITS = "/etc/systemd/system"
NOTES = "/run/webha"  # what a daemon was started with, and what it said last


@dataclass(frozen=True)
class Part:
    """Files and units of ours that come and go together.

    ``files``: paths, a folder with all that is in it; ``units``: those of ours that are enabled, in the order of their stopping;
    ``companions``: unit files that those start; ``packages``: the datum that lists the packages of the part; ``stop``: shell that
    comes before anything is removed; ``folders``: of the packages or of systemd, gone when nothing is left in them.
    """

    name: str
    files: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    companions: tuple[str, ...] = ()
    packages: str | None = None
    stop: str = ":"
    folders: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """All that is ours by name: files, unit files, and the notes of what a daemon was started with."""
        return (
            *(f"{UNITS}/{unit}" for unit in (*self.units, *self.companions)),
            *self.files,
            *(f"{NOTES}/{unit}.sha256" for unit in self.units),
        )

    @property
    def stopping(self) -> str:
        """The shell that stops what runs."""
        return f"systemctl -q disable --now {' '.join(self.units)} || :; {self.stop}" if self.units else self.stop


def program(name: str, unit: str = "") -> str:
    """Return the command line of a program of ours on a node; with ``unit`` it notes what it was started with."""
    return f"/usr/bin/python3 -Iu {ARCHIVE} {name} {unit}".rstrip()


def drop_in(unit: str) -> str:
    """Return the path of our drop-in of a unit of Debian's."""
    return f"{UNITS}/{unit}.d/webha.conf"

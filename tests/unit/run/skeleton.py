"""What stands in a rendered file besides its values: sections, keys, directives. No value of a datum may change it."""

import json
import re
from configparser import RawConfigParser
from xml.etree import ElementTree as ET

from webha.cluster import flatten

_OPENING = re.compile(
    r"(?:(ip saddr \{ [0-9./, ]+ \}|ip6 saddr \{ [0-9a-f:./, ]+ \}) )?(ip daddr [0-9.]+ )?(tcp|udp) dport \d+(-\d+)? accept"
)
_PHP = re.compile(r"'(?:[^'\\]|\\.)*'|//[^\n]*|/\*.*?\*/", re.DOTALL)


class BrokenError(AssertionError):
    """The text is none of its format."""


def _my_cnf(text: str) -> list[str]:
    found = []
    for line in text.splitlines():
        key, _, value = line.partition(" = ")
        found.append(key if not line.startswith("#") else "#")
        if not re.fullmatch(r'"[^"\\]*"|[^"\'#;\\]*', value):
            raise BrokenError(line)
    return found


def _php_ini(text: str) -> list[str]:
    found = []
    for line in text.splitlines():
        key, _, value = line.partition(" = ")
        found.append(key)
        constants = r"~?[A-Z_]+( *[&|^] *~?[A-Z_]+)*"
        if not line.startswith("; ") and not re.fullmatch(rf"'[^']*'|[A-Za-z0-9_.,:/+-]*|{constants}", value):
            raise BrokenError(line)
    return found


def _unit(text: str) -> list[str]:
    parser = RawConfigParser(delimiters="=", comment_prefixes="#", strict=False, allow_no_value=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text)
    if re.search(r"%(?!N)", text) or re.search(r"\\$", text, re.MULTILINE):
        raise BrokenError("a specifier of systemd's, or a line that goes on")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [line.partition("=")[0] if "=" in line else line for line in lines]


def _nft(text: str) -> list[str]:
    """Openings are the data's; all else, and that each of them is one, is ours."""
    found = []
    for line in map(str.strip, text.splitlines()):
        if line.startswith("#"):
            if not line.isprintable():
                raise BrokenError(line)
        elif not _OPENING.fullmatch(line) and not re.fullmatch(r"udp sport \d+ accept", line):
            found.append(re.sub(r"[0-9.]{7,}|\{ \d+(, \d+)* \}", "*", line))
    return found


def _apache(text: str) -> list[str]:
    found = []
    for line in text.splitlines():
        if line.count('"') % 2:
            raise BrokenError(line)
        found.append(line.split()[0] if line.split() else "")
    return found


def _php(text: str) -> list[str]:
    left = _PHP.sub("''", text)
    if left.replace("''", "").count("'"):
        raise BrokenError(left)
    return re.sub(r"(''|\s)+", " ", left).split(",")


def _corosync(text: str) -> list[str]:
    for line in text.splitlines():
        if not re.fullmatch(r"\s*(#.*|[a-z_]+ \{|\}|[a-z_0-9]+: \S+)?", line):
            raise BrokenError(line)
    return [key for key in flatten(text) if key != "totem.token_coefficient"]


def _tmpfiles(text: str) -> list[str]:
    return [str(len(line.split())) for line in text.splitlines() if not line.startswith("#")]


def of(template: str, text: str) -> list[str]:
    """Return the skeleton of what ``template`` was rendered to; raise where it is broken."""
    kinds = {
        ".cnf.j2": _my_cnf,
        ".ini.j2": _php_ini,
        "corosync.conf.j2": _corosync,
        "tmpfiles.conf.j2": _tmpfiles,
        ".service.conf.j2": _unit,
        ".service.j2": _unit,
        ".timer.j2": _unit,
        ".mount.j2": _unit,
        ".conf.j2": _apache,
        ".nft.j2": _nft,
        ".php.j2": _php,
        ".sh.j2": str.splitlines,
    }
    return next(read for ending, read in kinds.items() if template.endswith(ending))(text)


def json_keys(text: str) -> list[str]:
    """Return the names in a JSON text."""
    return sorted(json.loads(text))


def xml_text(element: ET.Element) -> str:
    """Return an element as Pacemaker would get it, read back once."""
    return ET.tostring(ET.fromstring(ET.tostring(element)), encoding="unicode")  # noqa: S314 (our own)

"""The rules of the house that a machine can check."""

import re
import subprocess

import pytest

from .stubs import ROOT

LONGEST = 300
PURE = (
    "state",
    "decisions",
    "safety",
    "datadir",
    "returning",
    "components",
    "durability",
    "release",
    "cib",
    "references",
    "conflicts",
    "administration",
    "probe",
    "forms",
    "verdict",
    "inventory",
    "ports",
    "failover",
    "credentials",
    "corosync_conf",
)


def listed():
    done = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in done.stdout.splitlines() if (ROOT / name).is_file()]


def is_code(path):
    if path.suffix in (".py", ".sh"):
        return True
    with path.open("rb") as file:
        first = file.readline()
    return first.startswith(b"#!") and (b"sh" in first or b"python" in first)


def test_the_check_sees_python_and_shell():
    names = {path.name for path in listed() if is_code(path)}
    assert {"deploy.py", "galera.py", "lab", "setup", "test_house.py"} <= names


def test_no_file_is_longer_than_300_lines():
    long = {}
    for path in listed():
        if is_code(path):
            count = len(path.read_text().splitlines())
            if count > LONGEST:
                long[str(path.relative_to(ROOT))] = count
    assert long == {}


@pytest.mark.parametrize("name", ["utils", "util", "helpers", "misc"])
def test_no_module_is_a_drawer_for_everything(name):
    assert [path for path in listed() if path.stem == name or name in path.relative_to(ROOT).parts[:-1]] == []


def test_decisions_know_nothing_of_pyinfra():
    rooms = [path for path in (ROOT / "src/webha").rglob("*.py") if path.stem in PURE or path.parent.name == "cloud"]
    rooms = [path for path in rooms if path.stem not in ("facts", "operations")]
    assert len(rooms) > 20
    for path in rooms:
        assert "pyinfra" not in {
            word.split(".")[0]
            for line in path.read_text().splitlines()
            if line.startswith(("import ", "from "))
            for word in line.split()[1:2]
        }, path


FLOORS = ("ground", "lock", "run", "machine", "layers", "above")
ABOVE = ("programs", "reset", "status")


def floor(package):
    return FLOORS.index(package if package in FLOORS else "above" if package in ABOVE else "layers")


def test_imports_go_down_only_and_no_layer_uses_anothers_operations():
    """The ground knows nobody; what two layers need goes down a floor."""
    wrong = []
    for path in (ROOT / "src/webha").rglob("*/*.py"):
        own = path.parent.name
        for found in re.finditer(r"^from webha\.(\w+)(?:\.(\w+))? import (.+)$", path.read_text(), re.MULTILINE):
            package, module, names = found.groups()
            others = package != own and floor(package) == floor(own) and "operations" in (module, *names.split(", "))
            if floor(package) > floor(own) or others:
                wrong.append(f"{own}/{path.name}: {found[0]}")
    assert wrong == []

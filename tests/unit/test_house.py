"""The rules of the house that a machine can check."""

import subprocess

import pytest

from .stubs import ROOT

LONGEST = 300


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
    pure = [
        "probe",
        "site",
        "hosts",
        "galera",
        "cluster",
        "cib",
        "cloud",
        "cloud_floating",
        "cloud_groups",
        "cloud_removal",
        "neutron",
        "ports",
        "shown",
        "status",
        "seen",
        "tenant",
        "gluster",
        "drupal",
        "failover",
        "apache",
        "guards",
        "reset",
        "secrets",
    ]
    for name in pure:
        assert "pyinfra" not in {
            word.split(".")[0]
            for line in (ROOT / "src/webha" / f"{name}.py").read_text().splitlines()
            if line.startswith(("import ", "from "))
            for word in line.split()[1:2]
        }, name

"""Which Debian a machine runs, told apart from what its login has to say."""

import subprocess
from types import SimpleNamespace

import pytest
from pyinfra.api.exceptions import FactProcessError, PyinfraError

from webha.ground import probe
from webha.run import across, context
from webha.run.distribution import Distribution, System

BANNER = ["Authorised users only", "---", f"{probe.CLOSING} nothing 0"]


def framed(question, words, status=0):
    return [f"{probe.OPENING} {question}", *words, "", f"{probe.CLOSING} {question} {status}"]


@pytest.mark.parametrize(
    ("said", "system"),
    [
        ("debian 13 trixie", System("debian", 13, "trixie")),
        ("debian - forky", System("debian", None, "forky")),
        ("ubuntu 24.04 noble", System("ubuntu", None, "noble")),
        ("alpine - ", System("alpine", None, "")),
    ],
)
def test_what_a_login_prints_is_not_taken_for_the_distribution(said, system):
    assert Distribution().process([*BANNER, *framed("distribution", [said])]) == system


@pytest.mark.parametrize("lines", [BANNER, framed("distribution", ["cannot open /etc/os-release"], 2)])
def test_a_machine_that_does_not_say_is_unknown(lines):
    with pytest.raises(FactProcessError):
        Distribution().process(lines)


def test_it_asks_this_machine():
    done = subprocess.run(["sh", "-c", Distribution().command()], capture_output=True, text=True, check=True)
    assert Distribution().process(done.stdout.splitlines()).name


@pytest.fixture
def on(monkeypatch):
    def is_a(system):
        monkeypatch.setattr(context, "host", SimpleNamespace(name="nodoha2", get_fact=lambda _fact: system))

    return is_a


def test_only_the_debians_that_it_was_built_for_are_taken(on):
    on(System("debian", 12, "bookworm"))
    assert (context.debian(), context.codename()) == (12, "bookworm")
    for system, words in (
        (System("debian", 11, "bullseye"), "nodoha2 runs debian 11, not Debian 12 or 13"),
        (System("ubuntu", None, "noble"), "nodoha2 runs ubuntu, not"),
        (None, "nodoha2 runs an unknown system, not"),
    ):
        on(system)
        with pytest.raises(PyinfraError, match=words):
            context.debian()


def test_a_release_without_a_name_fits_no_repository(on):
    on(System("debian", None, ""))
    with pytest.raises(PyinfraError, match="nodoha2: /etc/os-release names no VERSION_CODENAME"):
        context.codename()


class TestASecretOfAnotherHost:
    @pytest.fixture
    def read(self, monkeypatch):
        def run(lines, errors=""):
            output = SimpleNamespace(stdout_lines=lines, stderr=errors)
            other = SimpleNamespace(run_shell_command=lambda *_words, **_arguments: (not errors, output))
            monkeypatch.setattr(across, "inventory", SimpleNamespace(get_host=lambda _name: other))
            monkeypatch.setattr(across, "pop_global_arguments", lambda *_: ({}, None))
            monkeypatch.setattr(across, "given", dict)
            monkeypatch.setattr(across, "state", None)
            return across.read_secret("nodoha", "/etc/corosync/authkey")

        return run

    def test_is_the_file_and_not_what_the_login_prints(self, read):
        assert read([*BANNER, *framed("secret", ["c2VjcmV0"]), "bye"]) == "c2VjcmV0"

    @pytest.mark.parametrize(
        "lines", [BANNER, framed("secret", []), framed("secret", ["base64: Permission denied"], 1)]
    )
    def test_that_cannot_be_read_is_said(self, read, lines):
        with pytest.raises(PyinfraError, match="nodoha: /etc/corosync/authkey cannot be read"):
            read(lines)

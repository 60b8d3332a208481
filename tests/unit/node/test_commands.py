"""How a program on a node runs another one."""

from webha_node.commands import run


def test_what_is_run_speaks_english_whatever_the_machine_speaks(monkeypatch):
    for name, value in (("LANG", "es_ES.UTF-8"), ("LC_ALL", "es_ES.UTF-8"), ("LANGUAGE", "es_ES:es"), ("KEPT", "yes")):
        monkeypatch.setenv(name, value)
    assert run("sh", "-c", 'echo "$LC_ALL [$LANGUAGE] $KEPT"').stdout == "C.UTF-8 [] yes\n"


def test_what_is_not_there_or_takes_too_long_is_said():
    assert run("no-such-program").returncode == 124
    assert run("sleep", "5", seconds=0.1).returncode == 124

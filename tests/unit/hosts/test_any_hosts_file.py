"""Any hosts file: the lines of others stay as they are, ours are there once."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyinfra.api.command import StringCommand
from pyinfra.api.exceptions import FactProcessError

from webha.hosts import BEGIN, CLOUD_INIT_NAMES, END, HIDDEN, operations, with_nodes, without_nodes
from webha.hosts.facts import Hosts

from ..stubs import execute, perform
from .test_hosts import BLOCK, NODES

modest = settings(max_examples=150, deadline=None)
LINES = st.sampled_from(
    [
        *(
            "127.0.0.1 localhost",
            "127.0.1.1 nodoha",
            "127.0.1.1\tx nodoha2 # mine",
            "10.9.9.9 printer",
            "::1 nodoha",
            "",
            " ",
            "\t",
        ),
        *(
            "# webha hides: 127.0.1.1 nodoha",
            f"{HIDDEN}x",
            BEGIN,
            END,
            f" {BEGIN}",
            f"{END}.",
            "127.0.1.1 {{fqdn}} {{hostname}}",
        ),
        *(
            "10.0.0.133 nodoha.gonzalonazareno.com nodoha",
            "127.0.1.1 nodoha\r",
            "# a\x0bb\x0cc\x1cd\x85e\u2028f",
            "# Jos\xe9",
            "#",
        ),
    ]
)
TEXTS = st.lists(LINES | st.text(max_size=6).filter(lambda text: "\n" not in text)).map(
    lambda lines: "".join(f"{one}\n" for one in lines)
)


def others(text):
    """The lines that are nobody's but the administrator's: outside of a whole block of ours, and not hidden by us."""
    kept, block = [], None
    for line in text.split("\n"):
        if line == BEGIN:
            kept += block or []
            block = []
        elif line == END and block is not None:
            block = None
        elif block is not None:
            block.append(line)
        else:
            kept.append(line)
    return [line.removeprefix(HIDDEN) for line in kept + (block or [])]


@modest
@given(TEXTS)
@example("127.0.1.1 nodoha\x85\n")
@example(f"{BEGIN}\n10.9.9.9 printer\n")
def test_the_lines_of_others_stay_and_ours_are_there_once(text):
    for own in ((), CLOUD_INIT_NAMES):
        done = with_nodes(text, NODES, own)
        assert others(done) == others(text)
        lines = done.split("\n")
        assert lines[-len(BLOCK) - 1 :] == [*BLOCK, ""]
        assert (lines.count(BEGIN), lines.count(END)) == (1, 1 + sum(one == END for one in others(text)))
        assert with_nodes(done, NODES, own) == done
        assert others(without_nodes(done)) == others(text)
        assert BEGIN not in without_nodes(done).split("\n")


@modest
@given(TEXTS)
def test_only_a_loopback_line_with_a_name_of_ours_is_hidden(text):
    plain = without_nodes(text)
    taken = {word for line in BLOCK[1:-1] for word in line.split()[1:]}
    for before, after in zip(plain.split("\n"), with_nodes(text, NODES).split("\n"), strict=False):
        if after != before and after not in BLOCK:
            assert after == HIDDEN + before
            assert before.split()[0].startswith("127.")
            assert taken & set(before.split("#")[0].split()[1:])


def test_a_file_that_is_no_text_is_not_written_back_without_what_was_lost(tmp_path):
    (tmp_path / "hosts").write_bytes(b"127.0.0.1 localhost\n# Jos\xe9\n")
    command = Hosts().command().replace("/etc/hosts", str(tmp_path / "hosts"))
    done = execute(StringCommand(command))
    with pytest.raises(FactProcessError, match="iconv"):
        Hosts().process(done.stdout.splitlines())
    refused = perform(operations.names, NODES, facts={Hosts: None}).refused
    assert "iconv -f latin1 -t utf-8 /etc/hosts" in refused


def test_a_file_of_any_language_is_read_as_it_is(tmp_path):
    text = "127.0.0.1 localhost\n# José\u2028\x85 impresora\n"
    (tmp_path / "hosts").write_text(text)
    command = Hosts().command().replace("/etc/hosts", str(tmp_path / "hosts"))
    done = execute(StringCommand(command))
    assert Hosts().process(done.stdout.split("\n")).hosts == text

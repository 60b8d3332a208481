"""What a script makes has Debian's own modes, and its programs speak English, whatever the login's umask and language are."""

import os
import stat
import subprocess
from unittest.mock import Mock

import pytest
from pyinfra.connectors.util import write_stdin

from webha.ground import probe, shell
from webha.ground.encoded import CHUNK
from webha.machine.operations import File, place, send

from ..stubs import execute, fake_program


@pytest.fixture(params=[0o022, 0o027, 0o077], ids=oct)
def login(request):
    """A login with this umask: root's on a hardened image is 027."""
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.usefixtures("login")
def test_files_and_folders_of_a_script_can_be_read_by_others(tmp_path):
    done = execute(shell.script('mkdir -p "$1/a/b"; : > "$1/a/b/c"', str(tmp_path)))
    assert (done.returncode, done.stderr) == (0, "")
    assert [mode(tmp_path / one) for one in ("a", "a/b", "a/b/c")] == [0o755, 0o755, 0o644]


@pytest.mark.usefixtures("login")
def test_a_placed_file_has_its_mode_and_its_new_folders_debians(tmp_path):
    owner = f"{os.getuid()}:{os.getgid()}"
    done = execute(place(File(str(tmp_path / "new/deep/file"), "text\n", "640", owner)))
    assert (done.returncode, done.stderr) == (0, "")
    assert [mode(tmp_path / one) for one in ("new", "new/deep", "new/deep/file")] == [0o755, 0o755, 0o640]


SPANISH = {"PATH": os.environ["PATH"], "LC_ALL": "es_ES.UTF-8", "LANG": "es_ES.UTF-8", "LANGUAGE": "es_ES:es"}
SAYS = 'echo "$LC_ALL ${LANGUAGE-none}"'


@pytest.mark.parametrize(
    "command",
    [
        shell.script(SAYS).get_raw_value(),
        shell.until(f"{SAYS}; true", 1, "said").get_raw_value(),
        probe.script({"it": SAYS}),
        probe.together({"it": SAYS}, 2),
    ],
    ids=["script", "until", "probe", "together"],
)
def test_whatever_the_login_speaks_programs_answer_in_english(command):
    done = subprocess.run(["sh", "-c", command], env=SPANISH, capture_output=True, text=True, check=True)
    assert "C.UTF-8 none" in done.stdout


@pytest.mark.parametrize("size", [0, 1, CHUNK, 3 * CHUNK + 7])
def test_a_file_of_any_size_is_sent_for_root_alone(tmp_path, size):
    content = os.urandom(size)
    (tmp_path / "local").write_bytes(content)
    remote = tmp_path / "remote.tar"
    (tmp_path / "remote.tar.abcdef").write_text("of a run that was cut off")
    done = execute(send(tmp_path / "local", str(remote)))
    assert (done.returncode, done.stderr) == (0, "")
    assert remote.read_bytes() == content
    assert mode(remote) == 0o600
    assert {one.name for one in tmp_path.iterdir()} == {"local", "remote.tar"}


def test_a_file_is_read_as_it_is_sent(tmp_path):
    """By pyinfra's own hand."""
    local = tmp_path / "local"
    local.write_bytes(b"")
    command = send(local, "/remote")
    local.write_bytes(b"x" * (2 * CHUNK))
    buffer = Mock()
    write_stdin(command.connector_arguments["_stdin"], buffer)
    assert [len(call.args[0]) for call in buffer.write.call_args_list] == [CHUNK * 4 // 3 + 1] * 2


def test_a_disk_without_room_is_heard_though_most_was_not_read(tmp_path):
    (tmp_path / "local").write_bytes(os.urandom(4 * CHUNK))
    fake_program(tmp_path / "bin", "base64", "exit 1")
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    done = execute(send(tmp_path / "local", str(tmp_path / "remote.tar")), env={"PATH": path})
    assert done.returncode == 1
    assert "%" in done.stderr  # df's
    assert {one.name for one in tmp_path.iterdir()} == {"local", "bin"}

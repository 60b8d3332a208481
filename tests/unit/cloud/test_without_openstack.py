"""Where openstacksdk is not installed: one sentence, and all but the cloud's step goes on as ever."""

import json
import subprocess
import sys

import pytest

from webha.cloud import neutron
from webha.cloud.state import parse

from ..stubs import ROOT

# What Python finds under these names is nothing, as in an environment without the extra.
BEGIN = "import runpy, sys; sys.modules |= dict.fromkeys(('openstack', 'keystoneauth1')); "
RUN = "sys.argv = ['neutron', *sys.argv[1:]]; runpy.run_module('webha.cloud.neutron', run_name='__main__')"


def python(code, *words, stdin=""):
    command = [sys.executable, "-c", BEGIN + code, *words]
    return subprocess.run(command, input=stdin, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_sentence_says_what_to_install():
    assert "pip install 'pyinfra-webha[openstack]'" in neutron.NOT_INSTALLED
    assert "\n" not in neutron.NOT_INSTALLED


def test_a_look_answers_with_the_sentence_which_the_step_refuses_with():
    done = python(RUN, "observe", "--cloud", "lab")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {"problem": neutron.NOT_INSTALLED}
    assert parse(done.stdout).problem == neutron.NOT_INSTALLED


def test_a_change_fails_with_the_sentence_and_nothing_else():
    done = python(RUN, "apply", "--cloud", "lab", stdin="[]")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"{neutron.NOT_INSTALLED}\n")


@pytest.mark.parametrize("module", ["webha.cloud.operations", "webha.cloud.facts", "webha.reset.operations"])
def test_everything_else_is_imported_without_it(module):
    done = python(f"import {module}")
    assert done.returncode == 0, done.stderr


def test_a_module_that_openstacksdk_itself_misses_is_not_taken_for_it(tmp_path):
    (tmp_path / "keystoneauth1.py").write_text("import missing_beneath")
    done = python(f"del sys.modules['keystoneauth1']; sys.path.insert(0, {str(tmp_path)!r}); {RUN}", "observe")
    assert "No module named 'missing_beneath'" in done.stderr

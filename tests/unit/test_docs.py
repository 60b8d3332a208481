"""What the documents say of the repository is so: links lead somewhere, the start page is short and names what scripts do."""

import re
import subprocess
import tomllib

import pytest

from .stubs import ROOT

PAGES = sorted(
    ROOT / name
    for name in subprocess.run(
        ["git", "-C", ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    if (ROOT / name).is_file()
)
START, SPANISH = ROOT / "README.md", ROOT / "README.es.md"
COMMANDS = ("script/demo", "script/test", "script/lab down", "inventory.py deploy.py", "inventory.py tasks/status.py")


def prose(page):
    """Return the page without its blocks of code and its code."""
    return re.sub(r"`[^`\n]*`", "`", re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL))


def anchors(page):
    """Return the names that GitHub gives the page's headings."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_there_are_pages():
    assert {START, SPANISH, ROOT / "CHANGELOG.md", ROOT / "docs/data.md", ROOT / "docs/converged-run.md"} <= set(PAGES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"https?://", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


def test_the_start_page_is_short():
    assert len(START.read_text().splitlines()) <= 150


@pytest.mark.parametrize("page", [START, SPANISH], ids=lambda page: page.name)
def test_a_start_page_has_the_commands_and_the_way_to_the_rest(page):
    text = page.read_text()
    assert [command for command in COMMANDS if command not in text] == []
    wanted = ("docs/data.md", "docs/machines.md", "docs/operations.md", "docs/deviations.md", "docs/failures.md")
    assert [name for name in wanted if f"({name}" not in text] == []


def test_the_start_page_names_every_package_that_setup_installs():
    setup = (ROOT / "script/setup").read_text()
    packages = [word for found in re.findall(r"packages\+?=\(([^)]+)\)", setup) for word in found.split()]
    assert len(packages) > 10
    said = " ".join(START.read_text().split())
    assert [name for name in packages if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", said)] == []


def test_the_start_page_shows_the_demos_last_lines():
    (shown,) = re.findall(r"^```\n(--- the page\n.*?)^```$", START.read_text(), re.MULTILINE | re.DOTALL)
    page, end = shown.split("\n\n")
    demo = (ROOT / "script/demo").read_text().splitlines()
    last = [line.removeprefix("echo ") for line in demo if line.startswith("echo ")][-2:]
    last += [
        line.removeprefix("printf '\\n").replace("\\n'", "").replace("%s", "$s")
        for line in demo
        if "script/lab down ends" in line
    ]
    patterns = [
        re.sub(r"\\\$\\\(\\\(.*?\\\)\\\)|\\\$\w+", r"[^\\n]+", re.escape(line.partition(" $((")[0].strip('"')))
        for line in last
    ]
    for pattern, line in zip(["--- the page", *patterns], [*page.splitlines(), end.splitlines()[0]], strict=True):
        assert re.fullmatch(pattern, line), line


def test_the_start_page_ends_the_demo_as_a_run_ends():
    (shown,) = re.findall(r"^--- \d+ s; .*?\n(virtual IP.*?)^```$", START.read_text(), re.MULTILINE | re.DOTALL)
    converged = (ROOT / "docs/converged-run.md").read_text()
    for line in shown.splitlines():
        assert f"\n{line.removesuffix('…').rstrip()}" in converged, line


@pytest.mark.parametrize("page", ["cases", "hands"])
def test_every_test_that_a_page_names_is_there(page):
    """A cell names a file, then tests of it; "the same file" is that of the row above."""
    named, file = 0, None
    for line in (ROOT / f"docs/{page}.md").read_text().splitlines():
        for path, test in re.findall(r"`((?:unit/|lab/)?[\w/]+\.py)`|\b(test_\w+)\b(?!\.py)", line):
            if path and re.search(r"(^|/)test_", path):
                found = [ROOT / "tests" / folder / path for folder in ("", "unit", "lab")]
                file = next((one for one in found if one.is_file()), None)
                assert file is not None, path
                named += 1
            elif test:
                assert file is not None, test
                assert f"def {test}(" in file.read_text(), f"{test} in {file}"
                named += 1
    assert named > 20


def test_the_version_heads_the_changes():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    changes = (ROOT / "CHANGELOG.md").read_text()
    assert re.search(r"^## (.+)$", changes, re.MULTILINE)[1] == version

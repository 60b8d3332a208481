"""What a restore point says of itself: rows as a dump has them, sums as sha256sum(1) checks them; and one table out of a dump."""

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webha_node.backup import record, restoring
from webha_node.backup.repository import BackupError, Point

HEAD = b"-- MariaDB dump 10.19\n/*!40101 SET NAMES utf8mb4 */;\n\n"
TAIL = b"\n/*!40103 SET TIME_ZONE=IFNULL(@OLD_TIME_ZONE, 'SYSTEM') */;\n-- Dump completed\n"


def section(name, rows):
    quoted = name.replace("`", "``").encode()
    text = (
        b"--\n-- Table structure for table `"
        + quoted
        + b"`\n--\nDROP TABLE IF EXISTS `"
        + quoted
        + b"`;\nCREATE TABLE `"
        + quoted
        + b"` (\n  `a` text\n);\n"
    )
    if rows:
        lines = b",\n".join(b"('" + row.encode() + b"')" for row in rows)
        text += b"INSERT INTO `" + quoted + b"` VALUES\n" + lines + b";\n"
    return text


# As mariadb-dump escapes them: a line break is two characters.
values = st.text(st.characters(codec="utf-8", exclude_characters="'\\\n\r\0\x1a"), max_size=20)
tables = st.dictionaries(
    st.text(
        st.characters(codec="utf-8", exclude_characters="\n\r\0/", exclude_categories=("Cs", "Cc", "Zl", "Zp")),
        min_size=1,
        max_size=12,
    ),
    st.lists(values, max_size=5),
    min_size=1,
    max_size=4,
)


@given(tables)
def test_rows_are_counted_as_they_were_written(tmp_path_factory, made):
    path = tmp_path_factory.mktemp("dump") / "d.sql"
    path.write_bytes(HEAD + b"".join(section(name, rows) for name, rows in made.items()) + TAIL)
    assert record.rows(path) == {name: len(rows) for name, rows in made.items()}


@given(tables, st.data())
def test_one_table_of_a_dump_is_all_of_it_and_nothing_else(made, data):
    name = data.draw(st.sampled_from(sorted(made)))
    dump = HEAD + b"".join(section(one, rows) for one, rows in made.items()) + TAIL
    head, own, tail = (dump[one] for one in restoring.section(dump, name))
    assert own.replace(b"--\n-- Table", b"-- Table").startswith(section(name, made[name])[3:].rstrip(b"-\n"))
    assert HEAD[:20] in head
    assert tail == TAIL
    for other in set(made) - {name}:
        assert b"CREATE TABLE `" + other.replace("`", "``").encode() + b"` (" not in own


def test_a_table_that_is_not_in_it_is_refused_with_those_that_are():
    with pytest.raises(BackupError, match="has no table nodes; it has node"):
        restoring.section(HEAD + section("node", []) + TAIL, "nodes")


@settings(deadline=None)  # it runs a program
@given(
    st.sets(
        st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=20).filter(
            lambda one: one not in (".", "..") and len(one.encode()) < 200
        ),
        min_size=1,
        max_size=6,
    )
)
def test_sha256sum_checks_the_list_whatever_files_are_called(tmp_path_factory, names):
    folder = tmp_path_factory.mktemp("tree")
    for name in names:
        (folder / name).write_text(f"of {name}")
    found = record.sums(folder, {})
    sums = folder.parent / f"{folder.name}.sha256"
    sums.write_text(record.listed(found), errors="surrogateescape")
    done = subprocess.run(
        ["sha256sum", "--quiet", "--strict", "-c", str(sums)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(found) == len(names)


def test_a_file_that_is_known_is_not_read_again(tmp_path):
    (tmp_path / "a").write_text("x")
    found = record.sums(tmp_path, {})
    size, when, _ = found["a"]
    assert record.sums(tmp_path, {"a": (size, when, "known")})["a"][2] == "known"
    assert record.sums(tmp_path, {"a": (size, when + 1, "known")})["a"] == found["a"]


def test_what_is_remembered_is_there_until_it_is_forgotten(tmp_path):
    assert record.state(tmp_path) == {}
    record.remember(tmp_path, last={"point": "x"}, failed={"why": "y"})
    record.remember(tmp_path, failed=None)
    assert record.state(tmp_path) == {"last": {"point": "x"}}
    assert record.asked(tmp_path) == 0
    (tmp_path / record.ASKED).write_text("12.5\n")
    assert record.asked(tmp_path) == 12.5


POINTS = [Point("0123abcd", "2026-11-24T03:15:00", "ha"), Point("0123ffff", "2026-11-25T03:15:00", "ha")]


def test_a_point_is_chosen_by_name_and_no_other_one():
    assert restoring.chosen(POINTS, "latest") is POINTS[1]
    assert restoring.chosen(POINTS, "0123abcd") is POINTS[0]
    for wanted, words in (("0123", "more than one"), ("ffff", "no restore point")):
        with pytest.raises(BackupError, match=words):
            restoring.chosen(POINTS, wanted)
    with pytest.raises(BackupError, match="no restore point"):
        restoring.chosen([], "latest")


@pytest.mark.parametrize("path", ["..", "../etc/passwd", "a/../../b", "/", "", "."])
def test_a_path_that_leads_out_is_refused(path):
    with pytest.raises(BackupError, match="below the docroot"):
        restoring._inside(path)


def test_a_path_is_below_the_docroot():
    assert restoring._inside("/sites//default/./files/x.jpg") == "sites/default/files/x.jpg"

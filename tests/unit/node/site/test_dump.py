"""Dumps of elsewhere: what becomes of their statements, and that their rows are never touched."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webha_node.site.dump import DumpError, adapted

KNOWN = frozenset(
    {b"utf8mb4_general_ci", b"utf8mb4_unicode_520_ci", b"utf8mb4_bin", b"utf8_general_ci", b"latin1_swedish_ci"}
)
MYSQL8 = Path(__file__).parents[2] / "site" / "mysql8.sql"


def taken(*lines: bytes) -> list[bytes]:
    return list(adapted(lines, KNOWN))


def test_a_dump_of_mysql_8_is_taken():
    text = b"".join(adapted(MYSQL8.open("rb"), KNOWN))
    assert b"`name` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci NOT NULL" in text
    assert b"`value` varchar(255) COLLATE utf8mb4_bin" in text
    assert b") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;" in text
    assert b"'COLLATE utf8mb4_0900_ai_ci ENGINE=MyISAM'" in text
    assert b"DEFINER" not in text
    assert [one for one in (b"LOCK TABLES", b"GTID_PURGED", b"SQL_LOG_BIN") if one in text] == []


@pytest.mark.parametrize(
    ("line", "becomes"),
    [
        (b"  `a` text COLLATE utf8mb4_uca1400_ai_ci,\n", b"  `a` text COLLATE utf8mb4_unicode_520_ci,\n"),
        (b"  `a` text COLLATE utf8mb3_general_ci,\n", b"  `a` text COLLATE utf8_general_ci,\n"),
        (b"  `a` text COLLATE latin1_swedish_ci,\n", b"  `a` text COLLATE latin1_swedish_ci,\n"),
        (
            b"/*!50003 SET collation_connection  = utf8mb4_0900_ai_ci */ ;\n",
            b"/*!50003 SET collation_connection  = utf8mb4_unicode_520_ci */ ;\n",
        ),
        (
            b"/*!50003 SET collation_connection  = @saved_col_connection */ ;\n",
            b"/*!50003 SET collation_connection  = @saved_col_connection */ ;\n",
        ),
        (b"DELIMITER ;;\n", b"DELIMITER ;;\n"),
        (b"CREATE DATABASE /*!32312 IF NOT EXISTS*/ `old` /*!40100 DEFAULT CHARACTER SET utf8mb4 */;\n", None),
        (b"USE `old`;\n", None),
        (b"/*M!999999\\- enable the sandbox mode */ \n", None),
    ],
)
def test_a_line_becomes(line, becomes):
    assert taken(line) == ([] if becomes is None else [becomes])


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ((b"USE `a`;\n", b"USE `b`;\n"), "of several databases"),
        ((b"CREATE DATABASE `a`;\n", b"USE `mysql`;\n"), "of several databases"),
        ((b"  `a` text COLLATE utf8mb4_sv_0900_ai_ci,\n",), "no collation utf8mb4_sv_0900_ai_ci"),
        ((b"\\! touch /tmp/x\n",), "a command for the client"),
        ((b"system touch /tmp/x\n",), "a command for the client"),
        ((b"source /etc/passwd\n",), "a command for the client"),
    ],
)
def test_what_is_no_dump_of_one_site_is_refused(lines, words):
    with pytest.raises(DumpError, match=words):
        taken(*lines)


@given(
    st.sampled_from([b"INSERT INTO `a` VALUES", b"REPLACE INTO `a` VALUES", b"insert into a values"]),
    st.lists(st.binary(max_size=80)),
)
def test_rows_are_never_touched_whatever_they_look_like(begins, rows):
    """As all dumps write them: a line each, the last one ends the statement; none of them ends with its sign."""
    lines = [begins + b"\n", *(row.replace(b"\n", b"\\n").rstrip() + b",\n" for row in rows), b"USE `x`');\n"]
    assert taken(*lines) == lines
    assert taken(*lines, b"LOCK TABLES `a`;\n") == lines


@pytest.mark.parametrize(
    "row", [b"\t(1, 'ROW_FORMAT=FIXED DEFINER=`a`@`b` ')", b"Use the form below", b"\\! ls", b") ENGINE=MyISAM"]
)
def test_a_row_that_looks_like_a_statement_is_a_row(row):
    lines = [b"INSERT INTO `a` VALUES\n", row + b",\n", b"(2);\n"]
    assert taken(*lines) == lines


def test_a_statement_that_is_left_out_goes_as_a_whole():
    assert taken(b"SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ 'a:1-5,\n", b"b:1-7';\n", b"CREATE TABLE x;\n") == [
        b"CREATE TABLE x;\n"
    ]
    assert taken(b"/*!40000 DROP DATABASE IF EXISTS `drupal`*/;\n") == []

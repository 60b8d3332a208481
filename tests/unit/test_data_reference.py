"""docs/data.md is made from group_data/all.py, and is what that makes."""

import runpy

import pytest

from tests.data_reference import PAGE, SOURCE, Datum, page, prose, sections

SAMPLE = '''\
"""A file of data."""

# Not of any key.

# --- the first ---------------
# Of all of them, in
# two lines.

a = 1  # of a
# Above b,
# twice.
b = "x#y"
c = _environ.get("C")  # noqa: S104 (the linter's)

# --- the second ---------------
# Above d.
d = {  # behind d
    # inside
    "e": 1,
}
e = [
    "f",
]  # fmt: skip
'''


def test_the_page_is_what_the_data_make_now():
    assert PAGE.read_text() == page(SOURCE.read_text()), "run: python -m tests.data_reference"


def test_every_key_is_there_in_the_files_order_and_says_what_it_means():
    data = [one for section in sections(SOURCE.read_text()) for one in section.data]
    assert [one.key for one in data] == [key for key in runpy.run_path(str(SOURCE)) if not key.startswith("_")]
    assert [one.key for one in data if not one.meaning] == []


def test_a_key_means_what_stands_above_it_and_behind_it():
    first, second = sections(SAMPLE)
    assert (first.title, first.text) == ("the first", "Of all of them, in two lines.")
    assert first.data == (
        Datum("a", "1", "of a"),
        Datum("b", '"x#y"', "Above b, twice."),
        Datum("c", 'environ.get("C")', ""),
    )
    assert (second.title, second.text) == ("the second", "")
    assert [(one.key, one.meaning) for one in second.data] == [("d", "Above d.; behind d"), ("e", "")]


def test_a_default_of_several_lines_stands_below_the_table_with_its_comments():
    made = page(SAMPLE)
    assert "| `d` | below | Above d.; behind d |" in made
    assert '```python\nd = {  # behind d\n    # inside\n    "e": 1,\n}\n```' in made


@pytest.mark.parametrize(
    ("comment", "text"),
    [
        ("see docs/decisions/0009-x.md; y.", "see [decisions/0009-x.md](decisions/0009-x.md); y"),
        ("evs.* | <b>", r"evs.\* \| \<b>"),
        ("beside gluster_options and tasks/reset.py", "beside `gluster_options` and `tasks/reset.py`"),
        ("in secrets/drupal_admin_password", "in secrets/drupal_admin_password"),
    ],
)
def test_a_comment_is_fit_for_the_table(comment, text):
    assert prose(comment) == text

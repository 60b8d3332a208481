"""A node's values: what is taken, and what is refused in a sentence."""

import json
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from webha_node.values import ValuesError, checked, read, section

ADDRESSES = {"nodoha": "10.0.0.133", "nodoha2": "10.0.0.134"}


@dataclass(frozen=True)
class Some:
    name: str
    port: int
    seconds: float
    nodes: dict[str, str]


GOOD = {"name": "nodoha", "port": 80, "seconds": 1.5, "nodes": ADDRESSES}


def test_values_are_read_as_their_dataclass(tmp_path):
    path = tmp_path / "node.json"
    path.write_text(json.dumps({"": "a note", "some": GOOD, "other": {}}))
    assert read(Some, "some", path) == Some(**GOOD)
    assert list(read(Some, "some", path).nodes) == list(ADDRESSES)  # in the inventory's order
    assert section("other", path) == {}


def test_what_a_newer_version_added_is_passed_over_in_the_file(tmp_path):
    path = tmp_path / "node.json"
    path.write_text(json.dumps({"some": GOOD | {"newer": 1}}))
    assert read(Some, "some", path) == Some(**GOOD)


def test_a_text_is_the_same_in_every_locale(tmp_path, monkeypatch):
    monkeypatch.setenv("LC_ALL", "es_ES.ISO-8859-1")
    path = tmp_path / "node.json"
    path.write_bytes(json.dumps({"some": GOOD | {"name": "año"}}, ensure_ascii=False).encode())
    assert read(Some, "some", path).name == "año"


def test_a_file_that_is_wrong_says_what_to_do(tmp_path):
    path = tmp_path / "node.json"
    path.write_text(json.dumps({"some": {}}))
    with pytest.raises(ValuesError, match=r"lacks name, port, seconds, nodes; deploy again$"):
        read(Some, "some", path)


def test_a_whole_number_is_a_number():
    assert checked(Some, GOOD | {"seconds": 2}).seconds == 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"port": "80"}, "values.port is '80', expected a whole number"),
        ({"port": True}, "values.port is True"),
        ({"port": 1.5}, "values.port is 1.5"),
        ({"seconds": "1"}, "expected a number"),
        ({"seconds": None}, "expected a number"),
        ({"name": ""}, "values.name is '', expected a text"),
        ({"name": None}, "expected a text"),
        ({"nodes": {}}, "expected names with their addresses"),
        ({"nodes": ["nodoha"]}, "expected names with their addresses"),
        ({"nodes": {"nodoha": 1}}, "expected names with their addresses"),
        ({"more": 1}, "values does not know more"),
    ],
)
def test_what_is_not_as_expected_is_named(changes, words):
    with pytest.raises(ValuesError) as refused:
        checked(Some, GOOD | changes)
    assert words in str(refused.value)


def test_what_is_missing_is_named():
    with pytest.raises(ValuesError, match="lacks port, nodes and does not know x"):
        checked(Some, {"name": "a", "seconds": 1, "x": 2})


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"other": {}}', '{"some": []}', "\x00"])
def test_a_file_that_is_damaged_or_of_another_kind_is_refused_by_its_name(tmp_path, text):
    path = tmp_path / "node.json"
    path.write_text(text)
    with pytest.raises(ValuesError, match=r"node\.json"):
        read(Some, "some", path)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ValuesError, match="cannot be read"):
        read(Some, "some", tmp_path / "gone")


ANYTHING = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(ADDRESSES)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from([*GOOD, "x", ""]), ANYTHING | st.lists(ANYTHING, max_size=2)))
def test_anything_at_all_is_taken_whole_or_refused_in_a_sentence(found):
    try:
        taken = vars(checked(Some, found))
        sentence = ""
    except ValuesError as error:
        taken, sentence = found, str(error)
    assert taken == found
    assert sentence.startswith("values") or not sentence

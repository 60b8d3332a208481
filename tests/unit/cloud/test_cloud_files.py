"""A clouds.yaml that cannot be used is said with file, line and reason, and not as a cloud that is missing."""

import pytest

from webha.cloud.files import unusable

GOOD = "clouds:\n  lab:\n    region_name: one\n"


@pytest.fixture
def written(tmp_path):
    def write(*contents):
        paths = []
        for number, content in enumerate(contents):
            path = tmp_path / f"clouds{number}.yaml"
            if isinstance(content, str):
                path.write_text(content)
            elif content is not None:
                path.mkdir()
            paths.append(str(path))
        return paths

    return write


@pytest.mark.parametrize("contents", [(), (None,), (GOOD,), (None, GOOD), ("clouds: [", GOOD), ("clouds: {}\n",)])
def test_a_file_that_has_the_cloud_or_simply_not_is_nothing_to_say(written, contents):
    assert unusable("lab", written(*contents)) == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("clouds:\n\tlab:\n", "clouds0.yaml, line 2: found character '\\t' that cannot start any token"),
        ("clouds:\n  lab: {auth: [\n", "clouds0.yaml, line 3: "),
        ("clouds: [lab]\n", "clouds0.yaml: it has no 'clouds:' with the clouds' names below it"),
        ("just text", "clouds0.yaml: it has no 'clouds:'"),
        (True, "clouds0.yaml cannot be read: Is a directory"),
    ],
)
def test_a_file_that_cannot_be_used_is_said_with_its_reason(written, content, words):
    (said,) = unusable("lab", written(content))
    assert words in said
    assert unusable("envvars", written()) == []


def test_the_file_that_is_used_may_lack_the_cloud_that_an_unusable_one_before_it_has(written):
    (said,) = unusable("lab", written("clouds:\n\tlab: {}\n", "clouds:\n  other: {}\n"))
    assert "clouds0.yaml, line 2" in said

"""Drupal's own list of its releases: which one a site gets, and what is refused or said of one that is named."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webha.drupal import Release, ReleaseError, feed

LIST = (Path(__file__).parent / "current.xml").read_bytes()
DEFAULT = ("https://ftp.drupal.org/files/projects/drupal-11.4.4.tar.gz", "sha512:" + "1" * 128, "2026-07-15")
SUM = "sha256:" + "2" * 64
TODAY = date(2026, 11, 28)
MOST = 40  # releases of a drawn list


def wish(version=None, checksum=None, insecure=False, default=DEFAULT):
    return feed.Wish(None, checksum, version, insecure, default)


def listed(*changes):
    text = LIST.decode()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return feed.parse(text.encode())


def chosen(debian, *changes, **asked):
    release, notes = feed.choose(listed(*changes), wish(**asked), debian)
    return release.archive.rpartition("/")[2], notes


@pytest.mark.parametrize(("debian", "archive"), [(13, "drupal-11.4.7.tar.gz"), (12, "drupal-10.6.17.tar.gz")])
def test_the_newest_supported_release_that_the_php_runs_is_taken(debian, archive):
    assert chosen(debian) == (archive, [])


def test_it_comes_with_the_lists_checksum():
    release, _ = feed.choose(listed(), wish(), 13)
    assert release.is_url
    assert release.checksum.startswith("md5:")
    assert feed.choose(listed(), wish("11.4.7", SUM), 13)[0].checksum == SUM


def test_a_release_that_turns_out_insecure_is_passed_over():
    insecure = ("<value>Security update</value></term></terms>", "<value>Insecure</value></term></terms>")
    gone = (
        "drupal-10.5.12.tar.gz",
        "no release that the PHP of Debian {} runs is supported any more: Drupal 10.5.12 gets no mending. Move to a newer Debian",
    )
    for debian in (12, 13):
        archive, notes = chosen(debian, insecure)
        assert (archive, notes) == (gone[0], [gone[1].format(debian)])
    last = ("<value>Bug fixes</value></term></terms>", "<value>Insecure</value></term></terms>")
    with pytest.raises(ReleaseError, match="names no release that Debian 13's PHP runs and that is not insecure"):
        chosen(13, insecure, last)
    assert chosen(13, insecure, last, insecure=True)[0] == "drupal-11.4.7.tar.gz"


def test_after_the_end_of_drupal_10_debian_12_gets_the_last_one_and_is_told():
    archive, notes = chosen(12, ("<supported_branches>10.6.,", "<supported_branches>"))
    assert archive == "drupal-10.6.17.tar.gz"
    assert "gets no mending" in notes[0]


def test_an_insecure_version_is_refused_by_name_until_it_is_meant():
    with pytest.raises(ReleaseError) as refused:
        chosen(13, version="11.4.4")
    assert "Drupal 11.4.4 (drupal_version) is insecure" in str(refused.value)
    assert "11.4.7 is the newest that is supported here" in str(refused.value)
    assert "drupal_insecure = True" in str(refused.value)
    archive, notes = chosen(13, version="11.4.4", insecure=True)
    assert archive == "drupal-11.4.4.tar.gz"
    assert "Drupal 11.4.4 is INSECURE" in notes[0]


def test_a_version_that_is_not_supported_any_more_is_said():
    archive, notes = chosen(12, version="10.5.12")
    assert archive == "drupal-10.5.12.tar.gz"
    assert notes == ["Drupal 10.5.x is not supported any more; 10.6.17 is the newest that is supported here"]


@pytest.mark.parametrize(
    ("debian", "version", "words"),
    [
        (13, "11.4.99", "knows no Drupal 11.4.99"),
        (12, "11.4.7", "is not run by the PHP of Debian 12"),
        (13, "12.0.0", "knows no Drupal 12.0.0"),
    ],
)
def test_a_version_that_cannot_be_is_refused_with_one_that_can(debian, version, words):
    with pytest.raises(ReleaseError, match=words) as refused:
        chosen(debian, version=version)
    assert "is the newest that is supported here" in str(refused.value)


def test_a_release_is_stable_published_and_comes_over_tls():
    assert {str(one.version) for one in listed().releases} == {
        *("11.4.7", "11.4.6", "11.4.5", "11.4.4", "11.3.17", "11.3.16", "10.6.17", "10.6.15", "10.5.12", "10.5.4")
    }
    rest = "</status>\n<release_link>https://www.drupal.org/project/drupal/releases/11.4.7<"
    assert chosen(13, (f"<status>published{rest}", f"<status>unpublished{rest}"))[0] == "drupal-11.3.17.tar.gz"
    clear = ("<download_link>https://ftp.drupal.org/files/projects/drupal-11.4.7", "<download_link>http://d.org/11.4.7")
    assert chosen(13, clear)[0] == "drupal-11.3.17.tar.gz"


def test_a_release_without_a_checksum_is_refused():
    text = LIST.decode()
    begin = text.index("<mdhash>", text.index("<version>11.4.7<"))
    without = text[:begin] + "<mdhash></mdhash>" + text[text.index("</mdhash>", begin) + len("</mdhash>") :]
    with pytest.raises(ReleaseError, match=r"names no checksum of Drupal 11\.4\.7: set drupal_checksum"):
        feed.choose(feed.parse(without.encode()), wish(), 13)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"<html>Sign in to the hotel's network</html>",
        b"<project><short_name>drupal</short_name><releases/></project>",
        LIST.replace(b"<short_name>drupal<", b"<short_name>views<"),
        LIST[:900],
        b"\xff\xfe\x00",
    ],
)
def test_what_is_no_list_is_an_error(text):
    with pytest.raises(ReleaseError, match="is no list"):
        feed.parse(text)


def test_where_the_list_cannot_be_asked_the_default_is_taken_and_its_age_told():
    release, notes = feed.fall_back(wish(), "updates.drupal.org could not be asked (timed out)", TODAY)
    assert release == Release(*DEFAULT[:2])
    assert notes == [
        "updates.drupal.org could not be asked (timed out): Drupal 11.4.4 is what this pyinfra-webha knows, the newest on 2026-07-15, "
        "136 days ago; a newer one may be out"
    ]
    assert feed.fall_back(wish("11.4.4"), "no", TODAY)[0] == Release(*DEFAULT[:2])


def test_a_default_of_ones_own_needs_no_day():
    release, notes = feed.fall_back(wish(default=("/srv/site.tar", SUM)), "no", TODAY)
    assert release == Release("/srv/site.tar", SUM)
    assert notes == ["no: Drupal /srv/site.tar is what this pyinfra-webha knows; a newer one may be out"]


def test_where_the_list_cannot_be_asked_a_version_needs_its_checksum():
    with pytest.raises(ReleaseError, match=r"no, so nothing is known of Drupal 11\.4\.6: set drupal_checksum"):
        feed.fall_back(wish("11.4.6"), "no", TODAY)
    release, notes = feed.fall_back(wish("11.4.6", SUM), "no", TODAY)
    assert release == Release("https://ftp.drupal.org/files/projects/drupal-11.4.6.tar.gz", SUM)
    assert notes == ["no, so whether Drupal 11.4.6 is insecure is unknown"]


_NUMBERS = st.builds(feed.Version, st.sampled_from([7, 10, 11, 12, 13]), st.integers(0, 9), st.integers(0, 30))
_RELEASES = st.lists(
    st.builds(feed.Published, _NUMBERS, st.just("https://d.org/x.tar.gz"), st.just("0" * 32), st.booleans()),
    max_size=MOST,
    unique_by=lambda one: one.version,
)
_FEEDS = st.builds(
    feed.Feed, st.lists(_NUMBERS.map(lambda one: one.branch), max_size=8).map(tuple), _RELEASES.map(tuple)
)


@given(_FEEDS, st.sampled_from([12, 13]))
def test_without_a_version_nothing_insecure_or_too_new_is_ever_taken(listed, debian):
    runs = [one for one in listed.releases if feed.NEEDS.get(one.version.major, (9, 9)) <= feed.PHP[debian]]
    fit = [one.version for one in runs if listed.supports(one) and not one.insecure]
    best = feed.newest(listed, debian)
    assert (best.version if best else None) == max(fit, default=None)
    if all(one.insecure for one in runs):
        with pytest.raises(ReleaseError, match="not insecure"):
            feed.choose(listed, wish(), debian)
    else:
        release, notes = feed.choose(listed, wish(), debian)
        assert release.checksum
        assert bool(notes) == (best is None)

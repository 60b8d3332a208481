"""What the status makes of the page, and of the site's certificate: as it is on disk, as Apache shows it, and as it ages."""

from dataclasses import replace
from datetime import timedelta

import pytest

from webha.certificates import issue, read
from webha.cluster import Page
from webha.status.facts import Status

from ..captured_facts import CONVERGED
from .test_status_fact import answered
from .whole_stack import AUTHORITY, CERTIFICATE, EXPECTED, NOW, VIP, A, B, found, with_

OTHER = tuple(read(issue(AUTHORITY, ["www.example.org"], NOW)))
OLD = tuple(read(issue(AUTHORITY, ["www.example.org"], NOW - timedelta(days=800))))


@pytest.mark.parametrize(
    ("said", "page"),
    [
        ("000 ", Page(0)),
        ("503 hacloud", Page(503, "hacloud")),
        ("200 ", Page(200)),
        ("", None),
        ("sh: 1: curl: not found", None),
    ],
)
def test_the_page_is_curls_three_digits_and_the_site(said, page):
    assert Status().process(answered(CONVERGED[0], page=(said, 0))).page == page


@pytest.mark.parametrize(
    ("said", "status", "certificate"),
    [("", 0, ()), ("", 2, None), ("-----BEGIN CERTIFICATE-----\nhalf", 0, None), ("what nobody expects", 0, None)],
)
def test_no_certificate_is_none_and_one_that_cannot_be_read_is_unknown(said, status, certificate):
    assert Status().process(answered(CONVERGED[0], certificate=(said, status))).certificate == certificate


@pytest.mark.parametrize(
    ("page", "words"), [(Page(0, None), "does not answer"), (Page(503, "hacloud"), "answers 503"), (None, "unknown")]
)
def test_a_page_that_is_not_served_over_tls_is_said_where_it_should_be(page, words):
    ((said,),) = found(with_(B, secure=page)).values()
    assert said.startswith(f"{B}: ")
    assert words in said
    assert f"https://{VIP}/" in said
    assert found(with_(B, secure=page, certificate=()), replace(EXPECTED, https=False)) == {}


def test_a_certificate_that_is_unknown_lost_another_or_ends_is_said():
    assert found(with_(A, certificate=None)) == {"apache": [f"{A}: unknown, which certificate the site has"]}
    said = found(with_(B, certificate=OLD, served=OLD))["apache"]
    assert said[0] == f"{B}: the site's certificates are not the other nodes': run tasks/apache.py"
    assert said[1].startswith("the certificate 'www.example.org' ends in 24 days")
    assert "are not there" in found(with_(certificate=()))["apache"][0]


def test_one_that_is_on_disk_and_not_shown_is_said():
    assert found(with_(B, served=OTHER)) == {
        "apache": [f"{B}: Apache shows another certificate than the one on disk: run tasks/apache.py"]
    }
    assert found(with_(B, served=CERTIFICATE)) == {}
    assert found(with_(B, served=None)) == {}  # whether the page is there is said by the page

"""The cluster's authority, what it signs, and what is said of somebody's certificate."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509 import DNSName, load_pem_x509_certificate
from cryptography.x509.verification import PolicyBuilder, Store
from hypothesis import given
from hypothesis import strategies as st

from webha import certificates
from webha.certificates import authority, due, ending, issue, on_the_nodes, read, unfit, whole

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
AT = NOW.timestamp()
CA = authority("hacloud", NOW)
NAMES = ["www.example.org", "10.0.0.250"]
PAIR = issue(CA, NAMES, NOW)
KEY, CHAIN = PAIR.split("-----BEGIN CERTIFICATE-----")
CHAIN = "-----BEGIN CERTIFICATE-----" + CHAIN


def later(days: float) -> datetime:
    return NOW + timedelta(days=days)


def test_what_the_authority_signs_is_what_a_browser_takes() -> None:
    builder = PolicyBuilder().store(Store([load_pem_x509_certificate(CA.encode())])).time(NOW)
    chain = builder.build_server_verifier(DNSName("www.example.org")).verify(
        load_pem_x509_certificate(PAIR.encode()), []
    )
    assert len(chain) == 2


def test_a_pair_holds_the_key_of_its_certificate() -> None:
    assert unfit(CHAIN, KEY, "www.example.org", AT) == []
    assert read(PAIR)[0].names == set(NAMES)


@pytest.mark.parametrize(
    ("pair", "ca", "names", "now", "why"),
    [
        (PAIR, CA, NAMES, NOW, ""),
        (PAIR, CA, NAMES, later(825 - 91), ""),
        (PAIR, CA, NAMES, later(825 - 89), "it ends soon"),
        (PAIR, CA, ["WWW.example.org", "10.0.0.250"], NOW, ""),
        (PAIR, CA, [*NAMES, "172.22.206.1"], NOW, "it is for other names"),
        (PAIR, authority("hacloud", NOW), NAMES, NOW, "it is not of this authority"),
        ("no PEM at all", CA, NAMES, NOW, "it is not of this authority"),
    ],
)
def test_a_pair_is_made_anew_only_where_it_has_to_be(
    pair: str, ca: str, names: list[str], now: datetime, why: str
) -> None:
    assert due(pair, ca, names, now) == why


def pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, password: bytes | None = None) -> str:
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()


def of(text: str) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(text.encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


FORGED = "-----BEGIN CERTIFICATE-----" + authority("hacloud", NOW).split("-----BEGIN CERTIFICATE-----")[1]
SHORT = pem(rsa.generate_private_key(65537, 1024))  # noqa: S505 (one that is refused)
CA_CERTIFICATE = "-----BEGIN CERTIFICATE-----" + CA.split("-----BEGIN CERTIFICATE-----")[1]


@pytest.mark.parametrize(
    ("chain", "key", "name", "now", "words"),
    [
        (CHAIN + CA_CERTIFICATE, KEY, "10.0.0.250", AT, None),
        (CHAIN, KEY, "example.org", AT, "it is for 10.0.0.250, www.example.org, and server_name is example.org"),
        (CHAIN, KEY, "www.example.org", later(826).timestamp(), "'www.example.org' ended on 2029-03-02"),
        (CHAIN, KEY, "www.example.org", later(-2).timestamp(), "'www.example.org' begins only on 2026-11-27"),
        (CHAIN, CA, "www.example.org", AT, "the key is not that of its first certificate"),
        (CA_CERTIFICATE + CHAIN, KEY, "www.example.org", AT, "but of 'www.example.org': the site's comes first"),
        (CHAIN + CHAIN, KEY, "www.example.org", AT, None),
        (CHAIN + FORGED, KEY, "www.example.org", AT, "the chain is out of order: CN=www.example.org is signed by"),
        (CHAIN, pem(of(KEY), b"secret"), "www.example.org", AT, "the key is kept under a password"),
        (CHAIN, SHORT, "www.example.org", AT, "the key has 1024 bits: 2048"),
        (CHAIN, KEY + KEY, "www.example.org", AT, "more than one private key"),
        (CHAIN, CHAIN, "www.example.org", AT, "no private key in PEM can be read"),
        (KEY, KEY, "www.example.org", AT, "no certificate in PEM can be read"),
        ("", "", "www.example.org", AT, "no certificate in PEM can be read"),
    ],
)
def test_somebodys_certificate_is_judged(chain: str, key: str, name: str, now: float, words: str | None) -> None:
    said = "; ".join(unfit(chain, key, name, now))
    assert said == "" if words is None else words in said


@given(st.text(), st.text(), st.text())
def test_whatever_they_are_it_is_a_sentence(chain: str, key: str, name: str) -> None:
    assert all(isinstance(one, str) and one for one in unfit(chain, key, name, AT))
    assert all(isinstance(one, str) and one for one in unfit(CHAIN, key, name, AT))


def test_a_wildcard_stands_for_one_label() -> None:
    one = read(issue(CA, ["*.example.org"], NOW))[0]
    assert one.covers("www.example.org")
    assert one.covers("WWW.EXAMPLE.ORG")
    assert not one.covers("example.org")
    assert not one.covers("a.www.example.org")
    assert not one.covers("10.example.org.1")
    assert one.patterns == (r"[a-z0-9_-]+\.example\.org",)
    assert replace(one, names=frozenset({'a"b.org', "a\nb", "a b", "b.org", "10.0.0.250", "::1"})).patterns == (
        r"b\.org",
    )


class TestOnTheNodes:
    MINE = tuple(read(PAIR))
    OTHER = tuple(read(issue(CA, NAMES, NOW)))

    def test_nothing_is_said_of_one_that_all_have(self) -> None:
        assert on_the_nodes(dict.fromkeys(("one", "two", "three"), self.MINE), AT) == []

    def test_unknown_is_not_absent_is_not_another(self) -> None:
        assert on_the_nodes(
            {"one": None, "two": (), "three": self.MINE, "four": self.MINE, "five": self.OTHER}, AT
        ) == [
            "one: unknown, which certificate the site has",
            "two: the site's key and certificate are not there: run tasks/apache.py",
            "five: the site's certificates are not the other nodes': run tasks/apache.py",
        ]

    def test_an_end_within_thirty_days_is_said_once(self) -> None:
        held = dict.fromkeys(("one", "two"), self.MINE)
        assert on_the_nodes(held, later(825 - 31).timestamp()) == []
        assert on_the_nodes(held, later(825 - 29.5).timestamp()) == [
            "the certificate 'www.example.org' ends in 29 days, on 2029-03-02: run tasks/apache.py, with a new one where https is 'files'"
        ]
        assert "ended on 2029-03-02" in ending(self.MINE, later(825).timestamp())


def test_the_face_names_what_there_is() -> None:
    assert all(hasattr(certificates, name) for name in certificates.__all__)


def test_what_lands_is_the_key_and_each_certificate_once_and_nothing_else() -> None:
    text = whole(f"words\n{PAIR}more{CHAIN}{CA_CERTIFICATE}", f"{CHAIN}{KEY}")
    assert text == f"{KEY}{CHAIN}{CA_CERTIFICATE}"
    assert whole(text, text) == text


@pytest.mark.parametrize(
    ("ca", "words"),
    [
        (KEY + CA_CERTIFICATE, "its key is not that of its certificate"),
        (pem(rsa.generate_private_key(65537, 2048)) + CA_CERTIFICATE, "its key is of another kind"),
        (authority("old", later(-3600)), "it ends on 2027-01-17, too soon"),
    ],
)
def test_an_authority_that_cannot_sign_says_why(ca: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        issue(ca, NAMES, NOW)


def test_nothing_outlives_its_authority() -> None:
    old = authority("old", later(-3400))
    assert read(issue(old, NAMES, NOW))[0].ends == read(old)[0].ends


def test_of_a_certificate_for_a_short_time_the_last_quarter_is_said() -> None:
    short = replace(read(PAIR)[0], begins=AT, ends=AT + 40 * 86400)
    assert ending([short], AT + 29 * 86400) == ""
    assert "ends in 9 days" in ending([short], AT + 30.5 * 86400)

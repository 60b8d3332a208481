import re
from dataclasses import replace

import pytest

from webha.drupal import Site, native_password, of_others, to_install, to_unpack, trusted_hosts


@pytest.mark.parametrize(
    ("password", "hashed"),
    [
        # MySQL's own PASSWORD() of these.
        ("password", "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19"),
        ("root", "*81F5E21E35407D884A6CD4A731AEBFB6AF209E1B"),
        ("drupal", "*7AFEAE5774E672996251E09B946CB3953FC67656"),
    ],
)
def test_a_password_has_mysqls_hash(password, hashed):
    assert native_password(password) == hashed


def site(**changes):
    values = {
        "mounted": True,
        "code": "complete",
        "release": "sha256:1",
        "primary": True,
        "database": True,
        "tables": 0,
        "installing": False,
        "password_hash": "*0",
        "privileges": True,
        "settings": "ours",
        "made": True,
    }
    return Site(**values | changes)


@pytest.mark.parametrize(
    ("one", "action"),
    [
        (None, "refuse"),
        (site(code=None), "refuse"),
        (site(code="none", mounted=False), "refuse"),
        (site(mounted=False), "refuse"),
        (site(code="foreign", release=None), "refuse"),
        (site(code="none", release=None), "unpack"),
        (site(code="partial", release=None), "unpack"),
        (site(), "nothing"),
        (site(release=None), "nothing"),
        (site(release="sha256:2"), "other"),
        (site(code="none", release=None, primary=False, tables=None), "unpack"),
    ],
)
def test_the_release_is_unpacked_once_onto_a_volume_that_holds_nothing_else(one, action):
    assert to_unpack(one, "sha256:1").action == action


def test_the_reason_names_both_releases():
    reason = to_unpack(site(release="sha256:2"), "sha256:1").reason
    assert "sha256:2" in reason
    assert "sha256:1" in reason


@pytest.mark.parametrize(
    ("there", "checksum", "version", "action"),
    [
        ("11.4.4", None, None, "nothing"),
        ("11.4.4", None, "11.4.4", "nothing"),
        ("11.4.4", None, "11.4.7", "other"),
        (None, None, "11.4.7", "nothing"),
        ("11.4.4", "sha256:1", None, "nothing"),
    ],
)
def test_another_version_on_the_volume_is_seen_where_it_is_known(there, checksum, version, action):
    verdict = to_unpack(site(version=there), checksum, version)
    assert verdict.action == action
    assert action == "nothing" or "holds Drupal 11.4.4, the data names 11.4.7" in verdict.reason


@pytest.mark.parametrize(
    ("one", "action"),
    [
        (None, "refuse"),
        (site(primary=False), "refuse"),
        (site(tables=None), "refuse"),
        (site(tables=None, installing=True), "refuse"),
        (site(code="none"), "refuse"),
        (site(code="partial"), "refuse"),
        (site(code=None), "refuse"),
        (site(code="foreign", tables=70), "refuse"),
        (site(database=False), "refuse"),
        (site(), "install"),
        (site(installing=True), "install"),
        (site(installing=True, tables=30), "install"),
        (site(tables=1), "nothing"),
        (site(tables=70), "nothing"),
    ],
)
def test_a_site_is_installed_only_into_a_database_that_is_known_to_be_empty(one, action):
    assert to_install(one).action == action


LOST = site()  # settings and release on the volume, and no table


def test_a_site_whose_database_is_gone_is_not_installed_anew_without_a_word():
    verdict = to_install(LOST, "hacloud")
    assert verdict.action == "refuse"
    assert (
        "import its dump, or, also where it was never installed, repeat with --data confirm=hacloud" in verdict.reason
    )
    assert of_others({"a": None, "b": LOST}, "/r", "hacloud")[-1] == verdict.reason
    assert to_install(LOST, None).action == "install"
    assert of_others({"b": LOST}, "/r", None) == []


@pytest.mark.parametrize(
    ("changes", "action"),
    [
        ({"settings": "absent"}, "install"),  # a first deploy that was cut off after the release
        ({"closed": True}, "install"),  # and one before the installer's first table
        ({"closed": True, "installing": True, "tables": 30}, "install"),
        ({"closed": True, "tables": 70}, "nothing"),
        ({"tables": 70}, "nothing"),
        ({"release": None}, "install"),  # a Drupal of somebody's own
        ({"settings": "foreign"}, "nothing"),
    ],
)
def test_a_deploy_that_was_cut_off_goes_on_without_a_confirmation(changes, action):
    one = replace(LOST, **changes)
    assert to_install(one, "hacloud").action == action
    assert of_others({"a": one}, "/r", "hacloud") == []


@pytest.mark.parametrize(
    ("name", "others"),
    [
        ("10.0.0.250", ["10.0.0.2501", "10a0.0.250", "110.0.0.250"]),
        ("www.example-site.org", ["wwwxexample-site.org", "www.example-site.org.evil"]),
    ],
)
def test_a_trusted_host_matches_itself_alone(name, others):
    (pattern,) = trusted_hosts([name], [])
    assert re.search(pattern, name)
    assert not any(re.search(pattern, other) for other in others)


def test_trusted_hosts_are_listed_once_without_empty_ones_and_patterns_stay_as_they_are():
    assert trusted_hosts(["a", "", "b", "a"], [r".*\.x$"]) == ["^a$", "^b$", r".*\.x$"]

"""How the members come to speak TLS with each other while they run, and back: both kinds first, the wished one alone then."""

from dataclasses import replace

import pytest

from webha.galera import next_mode, unencrypted
from webha.galera import operations as galera
from webha.galera.encryption import options, without_own
from webha.galera.facts import Galera
from webha.machine.facts import Files, FileState
from webha.machine.operations import File

from ..stubs import NAMES, perform
from .test_galera import BARE, synced

SAID = {
    "off": "gcache.size = 256M; socket.checksum = 2",
    "either": "socket.dynamic = yes; socket.ssl = YES",
    "on": "socket.dynamic = no; socket.ssl = YES; socket.ssl_ca = /ca",
}


def speaks(mode, **changes):
    one = synced()
    return replace(one, status=one.status | {"wsrep_provider_options": SAID[mode]}, **changes)


def of(*modes):
    return {name: speaks(mode) if isinstance(mode, str) else mode for name, mode in zip(NAMES, modes, strict=True)}


@pytest.mark.parametrize("mode", SAID)
def test_a_member_says_how_it_speaks(mode):
    assert speaks(mode).encryption == mode
    assert synced().encryption is None


@pytest.mark.parametrize(
    ("members", "wished", "mode"),
    [
        (of(BARE, BARE, BARE), True, "on"),
        (of(None, None, None), True, "on"),
        (of("off", "off", "off"), True, "either"),
        (of("either", "off", "off"), True, "either"),
        (of("either", "either", "off"), True, "either"),
        (of("either", "either", "either"), True, "on"),
        (of("on", "either", "either"), True, "on"),
        (of("on", "on", BARE), True, "on"),
        (of("on", "on", "on"), False, "either"),
        (of("either", "either", "on"), False, "either"),
        (of("either", "either", "either"), False, "off"),
        (of("off", "either", "either"), False, "off"),
        (of("off", "off", "off"), False, "off"),
    ],
)
def test_nobody_is_alone_on_the_way(members, wished, mode):
    assert next_mode(members, encrypted=wished) == mode


def test_both_kinds_are_never_together_without_the_one_that_speaks_both():
    """From any state of three running members, whoever restarts next with what the configuration then says can speak to all others."""
    kinds = {"off": {"clear"}, "on": {"tls"}, "either": {"clear", "tls"}}
    for wished in (True, False):
        state = ["off"] * 3 if wished else ["on"] * 3
        for _ in range(2):
            mode = next_mode(of(*state), encrypted=wished)
            for index in range(3):
                state[index] = mode
                assert all(kinds[one] & kinds[other] for one in state for other in state), state
        assert state == ["on" if wished else "off"] * 3


def test_while_both_kinds_are_taken_nobody_is_suspected_soon():
    fast = {"evs.suspect_timeout": "PT2S", "gcache.size": "256M"}
    assert options("off", "/k", "/a", fast) == fast
    assert options("on", "/k", "/a", fast)["evs.suspect_timeout"] == "PT2S"
    between = options("either", "/k", "/a", fast)
    assert (between["evs.suspect_timeout"], between["socket.dynamic"], between["gcache.size"]) == (
        "PT5S",
        "yes",
        "256M",
    )
    with pytest.raises(ValueError, match=r"has socket.ssl: .*galera_tls"):
        without_own({"socket.ssl": "no", "socket.ssl_cipher": "AES"})


def test_the_status_names_who_does_not_speak_as_is_wished():
    assert unencrypted(of("on", "on", "on"), encrypted=True) == []
    assert unencrypted(of(None, BARE, "on"), encrypted=True) == []
    (words,) = unencrypted(of("on", "either", "on"), encrypted=True)
    assert words.startswith(
        "nodoha2: MariaDB speaks to the other members in clear to whoever does so, and galera_tls is True"
    )
    assert len(unencrypted(of("on", "on", "on"), encrypted=False)) == 3


def configured(*modes, tls=True):
    files = {"/c": FileState(None, None, None)}
    return perform(
        galera.configured,
        File("/c", "between"),
        File("/c", "wished"),
        NAMES,
        tls=tls,
        peers=of(*modes),
        facts={Files: files},
    )


def test_a_cluster_in_clear_is_made_patient_and_given_the_configuration_of_both_kinds():
    patient, place = configured("off", "off", "off").texts
    assert "wsrep_provider_evs_suspect_timeout=5" in patient
    assert "evs.suspect_timeout=PT5S" in patient
    assert configured("off", "off", "off").stdin.strip() == "YmV0d2Vlbg=="  # between
    assert "/c" in place
    (only,) = configured("either", "off", "off").texts
    assert "wsrep_provider" not in only, "this one is patient already"


def test_others_are_given_the_wished_one_at_once():
    for modes in ((BARE, BARE, BARE), ("on", "on", "on"), ("either",) * 3):
        assert configured(*modes).stdin.strip() == "d2lzaGVk"  # wished


@pytest.mark.parametrize(
    ("mode", "keys", "taken", "idle"),
    [
        ("on", "new", "old", False),
        ("on", "new", None, False),
        ("on", "same", "same", True),
        ("off", "new", "old", True),
        ("on", None, None, True),
    ],
)
def test_new_keys_are_read_by_who_runs_in_tls(mode, keys, taken, idle):
    done = perform(galera.keys_in_force, facts={Galera: speaks(mode, keys=keys, keys_taken=taken)})
    assert done.idle == idle
    assert idle or "socket_ssl_reload" in done.text
    assert perform(galera.keys_in_force, facts={Galera: None}).refused

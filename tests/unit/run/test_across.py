"""Whose privileges a look across hosts has."""

from types import SimpleNamespace

import pytest
from pyinfra.api.config import Config

from webha.run import across

from ..stubs import NAMES


@pytest.fixture
def ask(monkeypatch):
    """What every host was asked with, by an operation with these arguments on a host that has those by itself."""

    def run(of_the_operation, own, of_the_deploy=None):
        asked = {}

        def get_fact(name):
            return lambda fact, **arguments: asked.update({name: (fact, arguments)}) or f"{name}'s"

        hosts = {name: SimpleNamespace(get_fact=get_fact(name)) for name in NAMES}
        monkeypatch.setattr(across, "inventory", SimpleNamespace(get_host=hosts.get))
        here = {"current_op_global_arguments": of_the_operation, "current_deploy_kwargs": of_the_deploy, "data": own}
        monkeypatch.setattr(across, "host", SimpleNamespace(**here))
        monkeypatch.setattr(across, "state", SimpleNamespace(config=Config()))
        found = across.everyone("Fact", NAMES, brick="/gluster")
        assert found == {name: f"{name}'s" for name in NAMES}
        assert {fact for fact, _ in asked.values()} == {"Fact"}
        (arguments,) = {tuple(sorted(arguments.items())) for _, arguments in asked.values()}
        return dict(arguments)

    return run


def test_what_was_given_to_the_operation_is_meant_for_all(ask):
    assert ask({"_sudo": True, "name": "x"}, {"_sudo": False}) == {"_sudo": True, "brick": "/gluster"}
    assert ask({"_sudo": True, "_sudo_user": "root"}, {}) == {"_sudo": True, "_sudo_user": "root", "brick": "/gluster"}


def test_what_a_deploy_around_it_was_given_is_too(ask):
    assert ask(None, {}, {"_sudo": True}) == {"_sudo": True, "brick": "/gluster"}


def test_what_is_no_privilege_is_the_operations_own(ask):
    assert ask({"_timeout": 5, "_stdin": "secret", "_env": {"A": "1"}, "_sudo": False}, {}) == {"brick": "/gluster"}


@pytest.mark.parametrize("own", [True, False])
def test_what_a_host_has_by_itself_is_its_own(ask, own):
    """Another one may be reached as root, where this one needs sudo."""
    assert ask({"_sudo": own}, {"_sudo": own}) == {"brick": "/gluster"}


def test_outside_of_an_operation_every_host_has_its_own(ask):
    assert ask(None, {"_sudo": True}) == {"brick": "/gluster"}

"""What a run says at its end."""

from types import SimpleNamespace

import pytest
from pyinfra.api.state import StateStage

from webha.run import credentials, ending


@pytest.fixture(autouse=True)
def end(monkeypatch):
    """A run that has said nothing yet; what it registered for its end."""
    registered = []
    monkeypatch.setattr(ending, "_said", [])
    monkeypatch.setattr(ending, "_rows", {})
    monkeypatch.setattr(ending, "state", SimpleNamespace(current_stage=StateStage.Execute))
    monkeypatch.setattr(ending.atexit, "register", registered.append)
    return registered


def test_one_block_with_who_holds_the_address_first(end, capsys):
    ending.close_with(at_risk="two owners")
    ending.close_with(page="http://10.0.0.250/", log_in="as admin", next="tasks/status.py")
    ending.served("10.0.0.250", "nodoha2")
    ending.say_at_end("the cloud step is skipped")
    ending.say_at_end("the cloud step is skipped")
    (say,) = end
    say()
    assert capsys.readouterr().err == (
        "\n"
        "virtual IP  10.0.0.250, at nodoha2 now\n"
        "page        http://10.0.0.250/\n"
        "log in      as admin\n"
        "at risk     two owners\n"
        "next        tasks/status.py\n"
        "the cloud step is skipped\n"
    )


def test_what_was_served_before_a_run_that_fails_is_not_said(monkeypatch):
    monkeypatch.setattr(ending, "state", SimpleNamespace(current_stage=StateStage.Prepare))
    ending.close_with(page="http://10.0.0.250/")
    ending.served("10.0.0.250", "nodoha2")
    assert ending.text() == ""


def test_a_run_that_did_not_see_the_page_shows_no_address():
    ending.close_with(at_risk="two owners", page="http://10.0.0.250/", log_in="as admin", next="more")
    assert ending.text() == "\nat risk     two owners"


@pytest.mark.parametrize("given", [None, "hidden"])
def test_where_a_secret_is_said_and_not_the_secret(monkeypatch, given):
    if given:
        monkeypatch.setenv("WEBHA_DRUPAL_ADMIN_PASSWORD", given)
    else:
        monkeypatch.delenv("WEBHA_DRUPAL_ADMIN_PASSWORD", raising=False)
    said = credentials.where("drupal_admin_password")
    assert said == (
        "with the password of WEBHA_DRUPAL_ADMIN_PASSWORD"
        if given
        else "with the password in secrets/drupal_admin_password"
    )

"""How mail leaves: by whom, and from whom."""

import pytest

from webha.apache import mail

SENDER = "admin@example.org"


def test_without_a_relay_none_leaves():
    assert mail(None, SENDER) == {}


@pytest.mark.parametrize(
    ("relay", "port", "tls"),
    [("mail.example.org", "25", "off"), ("10.0.0.9:2525", "2525", "off"), ("mail.example.org:587", "587", "on")],
)
def test_msmtp_is_told_all_on_its_command_line(relay, port, tls):
    line = mail(relay, SENDER)["sendmail_path"].split()
    assert line[0] == "/usr/bin/msmtp"
    assert {f"--host={relay.partition(':')[0]}", f"--port={port}", f"--tls={tls}", f"--from={SENDER}"} <= set(line)
    assert line[-1] == "-t"


@pytest.mark.parametrize("sender", ["a;b@c.d", "a'b@c.d", "$(x)@c.d", "a&b@c.d"])
def test_a_sender_that_a_shell_would_read_otherwise_is_refused(sender):
    with pytest.raises(ValueError, match=r"drupal_admin_mail .* cannot stand in a command line"):
        mail("mail.example.org", sender)
    assert mail(None, sender) == {}

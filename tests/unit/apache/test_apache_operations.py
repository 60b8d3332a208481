import hashlib
from dataclasses import replace

from webha.apache import Server
from webha.apache import operations as apache
from webha.apache.facts import Apache
from webha.machine.facts import Files
from webha.machine.operations import File
from webha.machine.state import FileState

from ..stubs import perform

ABSENT = FileState(None, None, None)

SERVER = Server(
    True,
    True,
    frozenset({"rewrite", "php"}),
    frozenset({"webha"}),
    1000.0,
    900.0,
    frozenset({"webha-protection"}),
    True,
)
VHOST = File("/etc/apache2/sites-available/webha.conf", "<VirtualHost>")
RULES = File("/etc/apache2/conf-available/webha-protection.conf", "<Directory>")
RIGHT = {one.path: FileState("644", "root:root", hashlib.sha256(one.raw).hexdigest()) for one in (VHOST, RULES)}


def sites(server, files=RIGHT):
    return perform(
        apache.sites,
        {"webha": VHOST.content},
        {"webha-protection": RULES.content},
        ["rewrite"],
        8081,
        facts={Apache: server, Files: files},
    )


def test_sites_in_place_are_left_alone_and_any_difference_is_tried_first():
    assert sites(SERVER).idle
    for server, files in (
        (SERVER, RIGHT | {VHOST.path: ABSENT}),
        (SERVER, RIGHT | {RULES.path: ABSENT}),
        (replace(SERVER, confs=frozenset()), RIGHT),
        (replace(SERVER, modules=frozenset()), RIGHT),
        (replace(SERVER, sites=frozenset()), RIGHT),
        (replace(SERVER, sites=frozenset({"webha", "000-default"})), RIGHT),
    ):
        done = sites(server, files)
        assert done.text.index("apache2 -t") < done.text.rindex("apply /etc/apache2")
    assert all(
        sites(*unknown).refused
        for unknown in ((None, RIGHT), (SERVER, None), (replace(SERVER, installed=False), RIGHT))
    )


def test_systemds_unit_is_handed_over_once_and_what_cannot_be_asked_is_refused():
    def handed_over(server):
        return perform(apache.handed_over, 8081, facts={Apache: server})

    assert handed_over(SERVER).idle
    assert "systemctl start apache2.service" in handed_over(replace(SERVER, handed=False)).text
    assert handed_over(replace(SERVER, handed=None)).refused
    assert handed_over(None).refused


def test_only_a_running_apache_on_an_old_configuration_is_reloaded():
    def reloaded(server):
        return perform(apache.configuration_in_force, 8081, facts={Apache: server})

    assert reloaded(SERVER).idle
    assert reloaded(replace(SERVER, running=False, changed_at=2000.0)).idle
    assert "kill -USR1" in reloaded(replace(SERVER, changed_at=2000.0)).text
    assert reloaded(None).refused

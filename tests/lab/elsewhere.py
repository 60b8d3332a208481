"""An inventory of three other machines, of names and addresses that are not the document's: the lab's own nodes after :func:`tests.lab.test_9_worst.moved`."""

from os import environ

_login = {
    "ssh_user": environ.get("WEBHA_SSH_USER", "root"),
    "_sudo": environ.get("WEBHA_SSH_USER", "root") != "root",
    "ssh_key": environ["WEBHA_SSH_KEY"],
    "ssh_known_hosts_file": environ["WEBHA_SSH_KNOWN_HOSTS"],
    "ssh_strict_host_key_checking": "accept-new",
    "ssh_allow_agent": False,
    "ssh_look_for_keys": False,
}

nodes = [
    ("web-a", {"ssh_hostname": "10.0.0.143", **_login}),
    ("web-b", {"ssh_hostname": "10.0.0.144", **_login}),
    ("web-c", {"ssh_hostname": "10.0.0.145", **_login}),
]
control = [("@local", {"_sudo": False})]

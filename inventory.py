"""The document's three machines. Replace names and addresses by your own, or set the WEBHA_SSH_* variables."""

from os import environ

_login = {
    "ssh_user": environ.get("WEBHA_SSH_USER", "root"),
    # The cluster's daemons are root's: any other user needs sudo without a password, as cloud images give it.
    "_sudo": environ.get("WEBHA_SSH_USER", "root") != "root",
    "ssh_strict_host_key_checking": environ.get("WEBHA_SSH_HOST_KEYS", "accept-new"),
}
if "WEBHA_SSH_KEY" in environ:
    _login |= {"ssh_key": environ["WEBHA_SSH_KEY"], "ssh_allow_agent": False, "ssh_look_for_keys": False}
if "WEBHA_SSH_KNOWN_HOSTS" in environ:
    _login["ssh_known_hosts_file"] = environ["WEBHA_SSH_KNOWN_HOSTS"]

nodes = [
    ("nodoha", {"ssh_hostname": "10.0.0.133", **_login}),
    ("nodoha2", {"ssh_hostname": "10.0.0.134", **_login}),
    ("nodoha3", {"ssh_hostname": "10.0.0.135", **_login}),
]

# This machine itself: the OpenStack step talks to the cloud from here. Commands of your own ("pyinfra inventory.py exec")
# reach it too, so give them --limit nodes.
control = [("@local", {"_sudo": False})]

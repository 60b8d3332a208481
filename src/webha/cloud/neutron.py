"""The control machine's talk with OpenStack: ``python -m webha.cloud.neutron observe|apply`` (facts and operations run it).

Credentials are openstacksdk's: a name in clouds.yaml, or OS_* variables under the name ``envvars``. They never pass
through here. Every error becomes one sentence: what OpenStack said, and what to do. So does an openstacksdk that is not
installed: it is an extra, since most clusters have no OpenStack around them.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import warnings
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

try:
    from keystoneauth1 import exceptions as auth
    from openstack import connect
    from openstack import exceptions as sdk
    from openstack.config.loader import CONFIG_FILES
    from openstack.connection import Connection

    from webha.cloud import files
except ModuleNotFoundError as error:
    if error.name not in ("keystoneauth1", "openstack"):
        raise
    INSTALLED = False
else:
    INSTALLED = True

NOT_INSTALLED = "openstacksdk is not installed on this machine, and the OpenStack step needs it: pip install 'pyinfra-webha[openstack]'"
PATIENCE = 20  # seconds for one answer

_REMEDIES = {  # by Neutron's own name of the error
    "OverQuota": "free one, or ask the cloud's administrator for more",
    "ExternalGatewayForFloatingIPNotFound": "give the router of the nodes' subnet a gateway in the external network, then run this again",
    "IpAddressInUse": "another project's machine may hold the address: choose another vip",
    "IpAddressAlreadyAllocated": "another project's machine may hold the address: choose another vip",
    "RevisionNumberConstraintFailed": "somebody changed it at the same moment: run this again",
    "RevisionNumberMismatch": "somebody changed it at the same moment: run this again",
    "PolicyNotAuthorized": "this cloud does not let the project do that: ask its administrator to",
    "FloatingIPPortAlreadyAssociated": "run this again",
    "IpAddressGenerationFailure": "the network has no free address left",
}


def explain(error: Exception, cloud: str) -> str:
    """Return the sentence for what went wrong with ``cloud``: what was said, what to do."""
    said = " ".join(str(error).split())
    match error:
        case sdk.ServiceDisabledException() | auth.EndpointNotFound():
            what = (
                f"offers no network service in this region ({said}): is region_name in clouds.yaml one of its regions?"
            )
        case sdk.ConfigException() if "not a valid region" in said:
            what = f"has no such region: {said} Mend region_name in clouds.yaml"
        case sdk.ConfigException() if "was not found" in said:
            what = "is not in clouds.yaml (., ~/.config/openstack and /etc/openstack are looked in): add it, or set openstack_cloud"
        case auth.Unauthorized():
            what = "refuses the user or the password: correct them in clouds.yaml"
        case auth.MissingRequiredOptions() | sdk.ConfigException():
            what = f"has an incomplete entry in clouds.yaml: {said}"
        case auth.ConnectTimeout() | auth.RequestTimeout():
            what = f"gave no answer within {PATIENCE} s ({said}): is the way there open? Then run this again"
        case auth.ConnectFailure():
            what = f"is not reached ({said}): is the service up? Then run this again"
        case auth.HttpError() if error.http_status >= 500:  # noqa: PLR2004 (HTTP's server errors)
            what = f"is in trouble itself ({said}): run this again when it is well"
        case sdk.HttpException():
            what = _explain_refusal(error, said)
        case _:
            what = f"fails: {said or type(error).__name__}"
    return f"cloud {cloud!r} {what}"


def _explain_refusal(error: sdk.HttpException, said: str) -> str:
    kind = ""
    try:
        details = error.response.json()["NeutronError"] if error.response is not None else {}
        kind, said = details["type"], " ".join(details["message"].split())
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    if (error.status_code or 0) >= 500:  # noqa: PLR2004 (HTTP's server errors)
        return f"is in trouble itself ({said}): run this again when it is well"
    return f"said: {said} What to do: {_REMEDIES.get(kind, 'mend that, then run this again')}"


def _listing(connection: Connection, kind: str, **query: Any) -> list[dict[str, Any]]:
    """Return all objects of a kind, page by page."""
    found: list[dict[str, Any]] = []
    path: str | None = f"/{kind}"
    while path:
        answer = connection.network.get(path, params=query)
        sdk.raise_from_response(answer)
        key = kind.replace("-", "_")
        page = answer.json()
        found += page[key]
        path = next((link["href"] for link in page.get(f"{key}_links", ()) if link["rel"] == "next"), None)
        query = {}
    return found


def _port(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": one["id"],
        "name": one["name"],
        "network": one["network_id"],
        "addresses": [(fixed["subnet_id"], fixed["ip_address"]) for fixed in one["fixed_ips"]],
        "owner": one["device_owner"],
        "device": one["device_id"],
        "description": one.get("description") or "",
        "tags": one.get("tags", []),
        "pairs": one.get("allowed_address_pairs") or [],
        "groups": one.get("security_groups", []),
        "secured": one.get("port_security_enabled", True),
        "revision": one.get("revision_number"),
        "mac": one.get("mac_address") or "",
    }


def _floating(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": one["id"],
        "address": one["floating_ip_address"],
        "port": one["port_id"] or "",
        "fixed": one["fixed_ip_address"] or "",
        "description": one.get("description") or "",
        "tags": one.get("tags", []),
    }


def _group(one: dict[str, Any]) -> dict[str, Any]:
    rules = [
        {
            "protocol": rule["protocol"],
            "first": rule["port_range_min"],
            "last": rule["port_range_max"],
            "group": rule["remote_group_id"],
        }
        for rule in one["security_group_rules"]
        if rule["direction"] == "ingress"
        and rule["ethertype"] == "IPv4"
        and rule["remote_ip_prefix"] in (None, "", "0.0.0.0/0")
        and not rule.get("remote_address_group_id")
    ]
    return {
        "id": one["id"],
        "name": one["name"],
        "description": one.get("description") or "",
        "tags": one.get("tags", []),
        "rules": rules,
    }


def observe(
    connection: Connection, addresses: Iterable[str], tag: str, floating_ip: str | None, groups: bool
) -> dict[str, Any]:
    """Return what :func:`webha.cloud.state.parse` reads: the ports at ``addresses`` and with ``tag``, and what belongs to them."""
    at = {"fixed_ips": [f"ip_address={address}" for address in addresses]}
    connection.network.get_endpoint()  # one login, before all ask at once
    with ThreadPoolExecutor() as pool:
        ours = pool.submit(_listing, connection, "ports", tags=tag)
        here = pool.submit(_listing, connection, "ports", **at)
        networks = pool.submit(_listing, connection, "networks", fields=["id", "name", "router:external"])
        subnets = pool.submit(_listing, connection, "subnets", fields=["id", "network_id", "cidr"])
        floating = pool.submit(_listing, connection, "floatingips")
        security = pool.submit(_listing, connection, "security-groups") if groups else None
        ports = {one["id"]: one for one in [*here.result(), *ours.result()]}
        for one in floating.result():
            if one["floating_ip_address"] == floating_ip and one["port_id"] and one["port_id"] not in ports:
                ports |= {port["id"]: port for port in _listing(connection, "ports", id=one["port_id"])}
    return {
        "networks": [
            {"id": one["id"], "name": one["name"], "external": bool(one.get("router:external"))}
            for one in networks.result()
        ],
        "subnets": [{"id": one["id"], "network": one["network_id"], "cidr": one["cidr"]} for one in subnets.result()],
        "ports": [_port(one) for one in ports.values()],
        "floating": [_floating(one) for one in floating.result()],
        "groups": [_group(one) for one in security.result()] if security else [],
    }


def apply(connection: Connection, requests: Iterable[dict[str, Any]], made: str = "") -> None:
    """Send ``requests`` in order, each said aloud when it is done; the first that fails ends it."""
    for one in requests:
        headers = {} if one["revision"] is None else {"If-Match": f"revision_number={one['revision']}"}
        body = json.loads(json.dumps(one["body"]).replace("{id}", made))
        answer = connection.network.request(one["path"].replace("{id}", made), one["verb"], json=body, headers=headers)
        already_gone = one["verb"] == "DELETE" and answer.status_code == 404  # noqa: PLR2004 (HTTP's "not found")
        if not already_gone:
            sdk.raise_from_response(answer)
        print(one["says"], flush=True)
        if one["then"]:
            identity = next(iter(answer.json().values()))["id"] if one["verb"] == "POST" else made
            apply(connection, one["then"], identity)


def main() -> int:
    """Run one of the two; exit code 1 and a sentence on standard error when ``apply`` fails."""
    logging.disable()
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(prog="webha.cloud.neutron", description=__doc__)
    parser.add_argument("verb", choices=("observe", "apply"))
    parser.add_argument("--cloud", required=True)
    parser.add_argument("--addresses", default="")
    parser.add_argument("--tag", default="")
    parser.add_argument("--floating-ip")
    parser.add_argument("--groups", action="store_true")
    given = parser.parse_args()
    if not INSTALLED:
        return _fail(given.verb, NOT_INSTALLED)
    own = os.environ.get("OS_CLIENT_CONFIG_FILE")
    if broken := files.unusable(given.cloud, [own, *CONFIG_FILES] if own else CONFIG_FILES):
        return _fail(
            given.verb, f"cloud {given.cloud!r} is not known: {'; '.join(broken)}. Mend that, then run this again"
        )
    try:
        connection = connect(cloud=given.cloud, app_name="pyinfra-webha", api_timeout=PATIENCE)
        if given.verb == "apply":
            apply(connection, json.load(sys.stdin))
        else:
            addresses = given.addresses.split(",")
            print(json.dumps(observe(connection, addresses, given.tag, given.floating_ip, given.groups)))
    except (sdk.SDKException, auth.ClientException, OSError) as error:
        return _fail(given.verb, explain(error, given.cloud))
    return 0


def _fail(verb: str, sentence: str) -> int:
    if verb == "apply":
        print(sentence, file=sys.stderr)
        return 1
    print(json.dumps({"problem": sentence}))
    return 0


if __name__ == "__main__":
    sys.exit(main())

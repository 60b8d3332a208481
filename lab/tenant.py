"""Who and what is in the lab's cloud: two projects that know nothing of each other, each with the nodes' network.

Run once, inside the lab's namespace and with :func:`clouds_yaml` as OS_CLIENT_CONFIG_FILE, when the cloud's image is made. What an OpenStack would do on the side when it
starts three machines (ports that belong to instances) is done here by its administrator.
"""

import sys
import uuid
from typing import cast

import openstack
from openstack.connection import Connection
from openstack.exceptions import HttpException, SDKException
from openstack.identity.v3._proxy import Proxy as IdentityV3

from lab.layout import CLOUD, FLOATING_IP, GATEWAY, NODES

PASSWORD = "lab-secret-4711"  # noqa: S105 -- of a cloud that only this lab can reach; the tests look for it in all output
_AUTH = f"http://{CLOUD.address}:5000/v3"
_PROJECTS = {"lab": "webha", "lab-other": "other"}

_CLOUDS = """\
clouds:
  lab-admin: {{auth_type: password, region_name: lab, auth: {{auth_url: {url}, username: admin, password: {password}, project_name: admin, user_domain_name: Default, project_domain_name: Default}}}}
  lab: {{auth_type: password, region_name: lab, auth: {{auth_url: {url}, username: webha, password: {password}, project_name: webha, user_domain_name: Default, project_domain_name: Default}}}}
  lab-other: {{auth_type: password, region_name: lab, auth: {{auth_url: {url}, username: other, password: {password}, project_name: other, user_domain_name: Default, project_domain_name: Default}}}}
"""


def clouds_yaml() -> str:
    return _CLOUDS.format(url=_AUTH, password=PASSWORD)


def _administrator() -> Connection:
    """A connection that tries again: Keystone's workers load one by one, and uwsgi resets what comes too early."""
    return openstack.connect(cloud="lab-admin", connect_retries=5)


def _identity(admin: Connection) -> dict[str, str]:
    """Keystone's part: the services, the service user, and a member (no administrator) for each project."""
    identity = cast(IdentityV3, admin.identity)
    roles = {role.name: role for role in identity.roles()}
    network = identity.create_service(name="neutron", type="network")
    for interface in ("public", "internal", "admin"):
        identity.create_endpoint(
            service_id=network.id, interface=interface, region_id="lab", url=f"http://{CLOUD.address}:9696"
        )
    service = identity.create_project(name="service", domain_id="default")
    neutron = identity.create_user(name="neutron", password=PASSWORD, domain_id="default")
    identity.assign_project_role_to_user(service, neutron, roles["admin"])
    projects = {}
    for name in _PROJECTS.values():
        project = identity.create_project(name=name, domain_id="default")
        user = identity.create_user(name=name, password=PASSWORD, domain_id="default")
        identity.assign_project_role_to_user(project, user, roles["member"])
        projects[name] = project.id
    return projects


def _external(admin: Connection) -> str:
    network = admin.network.create_network(
        name="externa", is_router_external=True, provider_network_type="flat", provider_physical_network="external"
    )
    admin.network.create_subnet(
        network_id=network.id, name="externa", ip_version=4, cidr="172.22.0.0/16", is_dhcp_enabled=False
    )
    return str(network.id)


def _project(admin: Connection, project: str, external: str) -> None:
    """A network with the three nodes' ports and a router towards the outside."""
    api = admin.network
    network = api.create_network(name="red", project_id=project)
    subnet = api.create_subnet(
        network_id=network.id, name="red", project_id=project, ip_version=4, cidr="10.0.0.0/24", gateway_ip=GATEWAY
    )
    for node in NODES:
        api.create_port(
            network_id=network.id,
            project_id=project,
            name=node.name,
            mac_address=node.mac,
            fixed_ips=[{"subnet_id": subnet.id, "ip_address": node.address}],
            device_owner="compute:nova",
            device_id=str(uuid.uuid4()),
        )
    router = api.create_router(name="salida", project_id=project, external_gateway_info={"network_id": external})
    api.add_interface_to_router(router, subnet=subnet.id)


def main() -> int:
    try:
        projects = _identity(_administrator())
        admin = _administrator()  # whose token knows the network service
        external = _external(admin)
        for project in projects.values():
            _project(admin, project, external)
        # "La ip flotante elegida": the project has it, and nothing uses it.
        admin.network.create_ip(
            floating_network_id=external, floating_ip_address=FLOATING_IP, project_id=projects["webha"]
        )
    except (HttpException, SDKException) as error:
        print(f"the lab's cloud does not take its tenants: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

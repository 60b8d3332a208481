"""§2.3.3 OpenStack, from the control machine: a port for the virtual IP, the nodes' address pairs, the floating IP."""

from pyinfra.context import host

from webha.cloud import operations as cloud
from webha.cloud import wanted as cloud_wanted
from webha.run import context, ending

context.refuse_what_nobody_knows()
name = host.data.openstack_cloud

if name is None:
    ending.say_at_end("openstack_cloud is None: the cloud step (port, address pairs, floating IP) is skipped.")
else:
    context.require_control()
    wanted = cloud_wanted(host.data, context.described())

    cloud.port(name="Cloud: a port for the virtual IP", cloud_name=name, wanted=wanted)

    cloud.address_pairs(name="Cloud: the virtual IP allowed on every node's port", cloud_name=name, wanted=wanted)

    if wanted.security_group is not None:
        cloud.security_group(name="Cloud: the security group", cloud_name=name, wanted=wanted)

        cloud.security_group_attached(
            name="Cloud: the security group on every node's port", cloud_name=name, wanted=wanted
        )

    cloud.floating_ip(name="Cloud: the floating IP", cloud_name=name, wanted=wanted)

    cloud.former_vip_removed(name="Cloud: nothing of a former virtual IP", cloud_name=name, wanted=wanted)

"""The optional security group of the cluster in OpenStack: what the web needs from outside, the nodes among each other."""

from typing import Any

from webha.cloud import Request, Wanted, place, tag
from webha.cloud.state import Cloud, Group, Rule
from webha.run import ports


def group_rules(wanted: Wanted, group: str) -> frozenset[Rule]:
    """Return the rules of our security group: the web from anywhere, the cluster's own ports from its members."""
    return frozenset(
        Rule(port.protocol, port.first, port.last, None if port.source == "anywhere" else group)
        for port in ports.table(wanted.corosync_port, wanted.https)
        if port.source != "database_sources"
    )


def is_ours(group: Group, wanted: Wanted) -> bool:
    """Whether we made it; as for a port, its description is there before its tag."""
    return wanted.tag in group.tags or group.description == wanted.tag


def our_group(cloud: Cloud, wanted: Wanted) -> Group | None:
    """Return our security group. Refuses one of that name which is not ours, and two."""
    same = [group for group in cloud.groups if group.name == wanted.security_group]
    if len(same) > 1:
        raise ValueError(
            f"{len(same)} security groups are named {wanted.security_group!r}: choose another openstack_security_group"
        )
    if same and not is_ours(same[0], wanted):
        raise ValueError(
            f"the security group {wanted.security_group!r} is there and not ours (no tag {wanted.tag}): its rules are not touched. "
            "Choose another openstack_security_group"
        )
    return same[0] if same else None


def group_requests(cloud: Cloud, wanted: Wanted) -> list[Request]:
    """Ask for our security group with its rules; nothing where ``security_group`` is None."""
    place(cloud, wanted)
    if wanted.security_group is None:
        return []
    group = our_group(cloud, wanted)
    if group is None:
        made = Request(
            f"make security group {wanted.security_group}",
            "POST",
            "/security-groups",
            {"security_group": {"name": wanted.security_group, "description": wanted.tag}},
            then=(
                tag("security-groups", "{id}", wanted.tag, f"tag it {wanted.tag}"),
                *(_rule("{id}", rule) for rule in _sorted(group_rules(wanted, "{id}"))),
            ),
        )
        return [made]
    requests = []
    if wanted.tag not in group.tags:
        requests.append(tag("security-groups", group.id, wanted.tag, f"tag security group {group.name} {wanted.tag}"))
    return [*requests, *(_rule(group.id, rule) for rule in _sorted(group_rules(wanted, group.id) - group.rules))]


def _sorted(rules: frozenset[Rule]) -> list[Rule]:
    return sorted(rules, key=lambda rule: (rule.protocol, rule.first))


def _rule(group: str, rule: Rule) -> Request:
    body: dict[str, Any] = {
        "security_group_id": group,
        "direction": "ingress",
        "ethertype": "IPv4",
        "protocol": rule.protocol,
        "port_range_min": rule.first,
        "port_range_max": rule.last,
    }
    if rule.group is not None:
        body["remote_group_id"] = rule.group
    source = "from anywhere" if rule.group is None else "among the nodes"
    span = str(rule.first) if rule.first == rule.last else f"{rule.first}-{rule.last}"
    return Request(
        f"allow {rule.protocol} {span} {source}", "POST", "/security-group-rules", {"security_group_rule": body}
    )


def attach_requests(cloud: Cloud, wanted: Wanted) -> list[Request]:
    """Ask for our security group on every node's port, beside the groups that are there."""
    where = place(cloud, wanted)
    if wanted.security_group is None:
        return []
    group = our_group(cloud, wanted)
    if group is None:
        raise ValueError(f"the security group {wanted.security_group!r} is not there yet: run this again")
    return [
        Request(
            f"attach {group.name} to the port of {node}",
            "PUT",
            f"/ports/{port.id}",
            {"port": {"security_groups": [*port.groups, group.id]}},
            port.revision,
        )
        for node, port in sorted(where.nodes.items())
        if port.secured and group.id not in port.groups
    ]

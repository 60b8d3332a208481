"""What runs otherwise than the keeper's argument needs: an acknowledged commit is on its node's disk, and in the cluster's order.

Set by SET GLOBAL, or in a file under /etc/mysql that is read after ours; both win without a word.
"""

from collections.abc import Callable, Mapping

from webha.galera.state import Members

_PLACE = "take it out of the files under /etc/mysql"


def _durable(said: Mapping[str, str]) -> str:
    name = "innodb_flush_log_at_trx_commit"  # 3 is 1 with one more flush
    if said.get(name, "1") in ("1", "3"):
        return ""
    return (
        f"{name} is {said[name]}: nodes that crash one after the other lose acknowledged writes: "
        f"mariadb -e 'SET GLOBAL {name}=1' there, and {_PLACE}"
    )


def _binary_log(said: Mapping[str, str]) -> str:
    # With a binary log a commit is what that log has at the start after a crash, and InnoDB rolls the rest back.
    if said.get("log_bin", "OFF") == "OFF" or said.get("sync_binlog", "1") == "1":
        return ""
    return (
        f"log_bin is ON and sync_binlog {said['sync_binlog']}: nodes that crash one after the other lose acknowledged writes: "
        "mariadb -e 'SET GLOBAL sync_binlog=1' there, and write it beside log_bin, or take that out"
    )


def _replicated(said: Mapping[str, str]) -> str:
    if said.get("wsrep_on", "ON") == "ON":
        return ""
    return (
        "wsrep_on is OFF: what is written there stays on that node, and no other one ever gets it: "
        f"mariadb -e 'SET GLOBAL wsrep_on=ON' there, {_PLACE}, and compare that node's data with the others'"
    )


def _in_order(said: Mapping[str, str]) -> str:
    if said.get("wsrep_osu_method", "TOI") != "RSU":
        return ""
    return (
        "wsrep_OSU_method is RSU: tables that are altered there are not altered on the other nodes: "
        f"mariadb -e 'SET GLOBAL wsrep_OSU_method=TOI' there, {_PLACE}, and compare the tables"
    )


_RULES: tuple[Callable[[Mapping[str, str]], str], ...] = (_durable, _binary_log, _replicated, _in_order)


def endangered(members: Members) -> list[str]:
    """Say which node's running MariaDB may lose what it acknowledged, and what ends that. What did not answer is not judged here."""
    return [
        f"{name}: {words}"
        for name, member in sorted(members.items())
        if member is not None
        for rule in _RULES
        if (words := rule(member.status))
    ]

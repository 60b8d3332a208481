"""What must be true of the cluster when a fault is over. Each finding is a sentence; none: all is as it should be."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tests.faults import reach
from tests.lab.nodes import ADDRESSES, DOCROOT, VIP, resources_problem

FOLDER = f"{DOCROOT}/.webha-faults"  # whatever application the site is
NUMBERS_PER_FOLDER = 1000
FULL = 90

_QUESTIONS = {
    "vip": f"ip -4 -o address show | grep -c ' {VIP}/'",
    "cib": "timeout 15 cibadmin --query --local --scope configuration | md5sum",
    "membership": "corosync-quorumtool -s | grep -E '^(Total votes|Quorate):'",
    "wsrep": "mariadb -NBe \"SHOW STATUS WHERE Variable_name IN ('wsrep_cluster_size','wsrep_local_state_comment','wsrep_cluster_status','wsrep_cluster_state_uuid')\"",
    "checksum": "mariadb -NBe 'SET SESSION wsrep_sync_wait=1; CHECKSUM TABLE webha_faults.writes' | cut -f2",
    "rows": "mariadb -NBe 'SET SESSION wsrep_sync_wait=1; SELECT number FROM webha_faults.writes'",
    "disk": "df --output=pcent /var/lib/mysql /gluster | tail -n +2",
    "page": f"curl -s -o /dev/null -m 20 -w '%{{http_code}}' http://{VIP}/",
}
_OF_ONE = {
    "crm": "timeout 15 crm_mon -1 --output-as=xml",
    "heal": "timeout 30 gluster --mode=script volume heal fs_ha statistics heal-count | grep '^Number of entries:'",
    "split": "timeout 60 gluster --mode=script volume heal fs_ha info split-brain | grep 'in split-brain:'",
}


@dataclass(frozen=True)
class Findings:
    """What was found, and in numbers: acknowledged writes that a node lacks, numbers written more than once."""

    sentences: list[str]
    missing: dict[str, int]
    duplicates: int


def look(numbers: Iterable[int]) -> tuple[dict[str, dict[str, str]], dict[str, str]]:
    """Return the nodes' answers, with the files of those numbers' folders, and what one node says of all."""
    folders = " ".join(f"{FOLDER}/{part}" for part in sorted({number // NUMBERS_PER_FOLDER for number in numbers}))
    files = {"files": f"for d in {folders}; do ls -f $d; done" if folders else "true"}
    seen = reach.each(ADDRESSES, lambda name: _ask(name, {**_QUESTIONS, **files}))
    return seen, _ask("nodoha", _OF_ONE)


def _ask(name: str, questions: Mapping[str, str]) -> dict[str, str]:
    script = "; ".join(f"printf '\\n@@ {key}\\n'; {{ {question}; }} 2>&1" for key, question in questions.items())
    return sections(reach.ask(name, script, 180))


def sections(text: str) -> dict[str, str]:
    """Return what stands below each ``@@ name``."""
    parts = re.split(r"^@@ (\w+)\n?", text, flags=re.MULTILINE)[1:]
    return {name: said.strip() for name, said in zip(parts[::2], parts[1::2], strict=True)}


def judge(seen: Mapping[str, Mapping[str, str]], of_all: Mapping[str, str], acknowledged: Iterable[int]) -> Findings:
    """Say what is wrong with the answers."""
    found: list[str] = []
    holders = [name for name, said in seen.items() if said.get("vip") == "1"]
    if len(holders) != 1:
        found.append(f"{' and '.join(holders) or 'nobody'} holds {VIP}")
    for name, said in seen.items():
        found += [f"{name}: {one}" for one in _of_a_node(said, len(seen))]
    for key, what in (("cib", "cluster configurations"), ("checksum", "checksums of the rows")):
        if len({said.get(key) for said in seen.values()}) != 1:
            found.append(f"{what} differ: { ({name: said.get(key) for name, said in seen.items()}) }")
    if len({_wsrep(said).get("wsrep_cluster_state_uuid") for said in seen.values()}) != 1:
        found.append("the databases are not of one cluster")
    found += _of_all(of_all)
    wanted = set(acknowledged)
    missing = {name: len(wanted - (_numbers(said, "rows") & _numbers(said, "files"))) for name, said in seen.items()}
    found += [f"{name} lacks {count} acknowledged writes" for name, count in missing.items() if count]
    rows = Counter(next(iter(seen.values()), {}).get("rows", "").split())
    duplicates = sum(count > 1 for count in rows.values())
    if duplicates:
        found.append(f"{duplicates} numbers were written more than once")
    return Findings(found, missing, duplicates)


def _of_a_node(said: Mapping[str, str], nodes: int) -> list[str]:
    if not said:
        return ["does not answer"]
    found = []
    membership = " ".join(said.get("membership", "").split())
    if not (f"Total votes: {nodes}" in membership and "Quorate: Yes" in membership):
        found.append(f"corosync's membership is {membership!r}")
    wsrep = _wsrep(said)
    state = [wsrep.get(f"wsrep_{key}") for key in ("cluster_status", "local_state_comment", "cluster_size")]
    if state != ["Primary", "Synced", str(nodes)]:
        found.append(f"the database is {state}")
    if said.get("page") != "200":
        found.append(f"the page answers {said.get('page') or 'nothing'}")
    shares = [int(share) for share in re.findall(r"(\d+)%", said.get("disk", ""))]
    if not shares or max(shares) > FULL:
        found.append(f"disks are {shares} % full")
    return found


def _of_all(said: Mapping[str, str]) -> list[str]:
    problem = resources_problem(said.get("crm", ""))
    found = [f"Pacemaker: {problem}"] if problem else []
    for key, what in (("heal", "files wait for healing"), ("split", "files are in split-brain")):
        counts = [line.rsplit(":", 1)[-1].strip() for line in said.get(key, "").splitlines()]
        if not counts:
            found.append(f"whether {what} was not told")
        elif set(counts) != {"0"}:
            found.append(f"{what}: {', '.join(counts)}")
    return found


def _wsrep(said: Mapping[str, str]) -> dict[str, str]:
    pairs = (line.split("\t", 1) for line in said.get("wsrep", "").splitlines() if "\t" in line)
    return {key: value.strip() for key, value in pairs}


def _numbers(said: Mapping[str, str], key: str) -> set[int]:
    return {int(word) for word in said.get(key, "").split() if word.isdigit()}


def audit(acknowledged: Iterable[int], tries: int = 2) -> Findings:
    """Look at everything, the status task's verdict included; once more if something is wrong that may be passing."""
    wanted = set(acknowledged)
    for _ in range(tries):
        found = judge(*look(wanted), wanted)
        code, text = reach.status()
        if code != 0:
            unwell = [line.strip() for line in text.splitlines() if line.strip()]
            found.sentences.append(f"tasks/status.py ends with {code}: {' | '.join(unwell)[:600]}")
        if not found.sentences:
            break
    return found

"""Everything that the status wants to know of a node, asked at once and within a time limit."""

import re
import time
from dataclasses import replace
from shlex import quote
from typing import TypeVar
from xml.etree import ElementTree as ET

from pyinfra.api.exceptions import FactProcessError

from webha.apache import handed
from webha.apache.facts import SHOW_UNIT
from webha.apache.manifest import CERTIFICATE
from webha.backup.facts import RestorePoints
from webha.certificates.facts import certificates_of, told
from webha.cluster import Page, parse_page
from webha.cluster import manifest as cluster
from webha.cluster.facts import LOOK_AT_PAGE, Cluster
from webha.drupal import manifest as drupal
from webha.drupal.facts import Drupal
from webha.firewall.facts import FirewallState
from webha.galera import manifest as galera
from webha.galera.facts import Galera
from webha.gluster import manifest as gluster
from webha.gluster import mount_unit
from webha.gluster.facts import Gluster
from webha.ground import probe
from webha.ground.fact import MALFORMED, Probe
from webha.lock.facts import Runs
from webha.machine.facts import Machine
from webha.site.facts import Releases
from webha.status.state import LINES, Seen, Watched
from webha.vip import manifest as vip

T = TypeVar("T")
SECONDS = 7  # for all questions together: gluster's CLI waits two minutes for a peer that is gone
# What keeps the cluster alive besides the stack's own daemons.
DAEMONS = (
    *vip.WATCH.units,
    *galera.RETURN.units,
    *gluster.LOOKING_AFTER.units,
    *cluster.STEPPING_ASIDE.units,
    *drupal.SCRIPTS.units,
)
# Whether these run their layers say; a boot starts them, and the volume's mount.
AT_BOOT = ("mariadb.service", "corosync.service", "pacemaker.service", "glusterd.service")
# What the system, the database, the volume and the logs lie on, whichever file systems those are. Not /boot, nor what else is
# mounted: a full backup disk stops nobody, and an image that is only read (an ISO, a snap) is always full.
SYSTEM = ("/", "/usr", "/var", "/var/lib", "/var/log", "/var/tmp", "/var/lib/mysql", "/var/lib/glusterd")  # noqa: S108 (names)
_IMAGES = "squashfs iso9660 erofs udf cramfs"
FULLNESS = f"""\
for d in {" ".join(SYSTEM)} {{brick}}; do
  [ ! -d $d ] || df -P {" ".join(f"-x {kind}" for kind in _IMAGES.split())} $d 2>/dev/null | awk 'NR > 1 {{{{ print $6, $5 }}}}'
done | sort -u"""
# A mount says "ro" only where a person asked for it: since Linux 6.15 an ext4 that an error made read-only still says rw (and
# emergency_ro), and access(2) allows what a write is refused. So a file is made where anybody may make one.
SCRATCH = "/var/tmp"  # noqa: S108 (mktemp makes the file)
READ_ONLY = """\
for d in / /var {brick}; do [ ! -d $d ] || [ -w $d ] || echo $d; done
f=$(LC_ALL=C mktemp -p {scratch} webha.XXXXXX 2>&1) && rm -f "$f" || case $f in *Read-only*|*Input/output*) echo {scratch};; esac"""


class Status(Probe[Seen]):
    """One :class:`webha.seen.Seen`; a question without an answer in time is None in it, and harms no other."""

    def command(
        self,
        *,
        vip: str,
        brick: str,
        root: str,
        volume: str,
        health_port: int,
        database: str,
        user: str,
        https: bool = False,
        backup: str | None = None,
    ) -> str:
        """Ask all at once."""
        volume_ = f"gluster --mode=script volume {{}} {quote(volume)}"
        # The clock comes when all the others have: the younger its answer, the better it can be compared.
        clock = probe.script({"clock": "date +%s.%N"})
        asked = probe.together(
            {
                "firewall": FirewallState().command(),
                "galera": Galera().command(),
                "cluster": Cluster().command(),
                "gluster": Gluster().command(brick, root),
                "drupal": Drupal().command(root, database, user),
                "releases": Releases().command(root, vip),
                **({"points": RestorePoints().command(root, backup)} if backup else {}),
                "machine": Machine().command(vip),
                "bricks": _patiently(f"{volume_.format('status')} --xml"),
                "heal": _patiently(f"{volume_.format('heal')} statistics heal-count"),
                "health": f"curl -s -m {SECONDS - 2} http://127.0.0.1:{health_port}/",
                "page": f"{LOOK_AT_PAGE.format(seconds=SECONDS - 2, url=f'http://{vip}/')} || true",
                "secure": f"{LOOK_AT_PAGE.format(seconds=SECONDS - 2, url=f'https://{vip}/')} || true"
                if https
                else "true",
                "served": f"curl -sk -o /dev/null -m {SECONDS - 2} --resolve {https}:443:127.0.0.1 -w '%{{certs}}' https://{https}/"
                if https
                else "true",
                "certificate": certificates_of(CERTIFICATE),
                "handed": SHOW_UNIT,
                "claimants": f"ip -4 -o address show | grep -qF ' {vip}/' && exit 0; "
                f"dev=$(ip -4 route get {vip} | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p'); "
                f"arping -b -c 2 -w 2 -I \"$dev\" {vip} | sed -n 's/^Unicast reply .*\\[\\([0-9A-Fa-f:]*\\)\\].*/\\1/p' | sort -u",
                "holds": f"ip -4 -o address show | grep -cF ' {vip}/' || true",
                "disks": FULLNESS.format(brick=quote(brick)),
                "read-only": READ_ONLY.format(brick=quote(brick), scratch=SCRATCH),
                "daemons": f"systemctl show -p Id,ActiveState,UnitFileState -- {' '.join((*DAEMONS, *AT_BOOT))} {quote(mount_unit(root))}",
                "refused": "timeout 5 apache2ctl -t",
                "failed": "systemctl list-units --failed --plain --no-legend --no-pager",
                "runs": Runs().command(last=LINES),
            },
            SECONDS,
        )
        return f"{asked}\n{clock}"

    def process(self, output: list[str]) -> Seen:
        """Take the answers apart; without any of them the node's state is unknown."""
        try:
            return self.answer(probe.apart(output))
        except MALFORMED as error:
            raise FactProcessError(f"Status: {error}") from error

    def answer(self, answers: probe.Answers) -> Seen:
        """Read each answer by itself."""
        offset = float(answers["clock"].text) - time.time()
        machine = read_part(Machine(), answers["machine"])
        return Seen(
            machine=None if machine is None else replace(machine, clock_offset=offset),
            firewall=read_part(FirewallState(), answers["firewall"]),
            galera=read_part(Galera(), answers["galera"]),
            cluster=read_part(Cluster(), answers["cluster"]),
            gluster=read_part(Gluster(), answers["gluster"]),
            drupal=read_part(Drupal(), answers["drupal"]),
            releases=read_part(Releases(), answers["releases"]),
            points=read_part(RestorePoints(), answers["points"]) if "points" in answers else None,
            bricks=_bricks(answers["bricks"]),
            heal=_heal(answers["heal"]),
            health=answers["health"].text.replace("\n", "; ") if answers["health"].ok else None,
            page=_page(answers["page"]),
            secure=_page(answers["secure"]),
            certificate=told(answers["certificate"]),
            served=told(answers["served"]),
            handed=handed(answers["handed"].text) if answers["handed"].ok else None,
            claimants=tuple(line.lower() for line in answers["claimants"].lines) if answers["claimants"].ok else None,
            holds_vip=answers["holds"].text != "0" if answers["holds"].ok and answers["holds"].text.isdigit() else None,
            disks=_disks(answers["disks"]),
            read_only=tuple(answers["read-only"].lines) if answers["read-only"].ok else None,
            daemons=_daemons(answers["daemons"]),
            refused=_refused(answers["refused"]),
            failed=tuple(line.split()[0] for line in answers["failed"].lines) if answers["failed"].ok else None,
            runs=read_part(Runs(), answers["runs"]),
        )


def _patiently(command: str) -> str:
    """Try again what glusterd refuses while another node asks it the same: it has one lock for the whole pool."""
    return (
        f'for i in 1 2 3 4 5 6; do said=$({command} 2>&1) && break; [ $i -lt 6 ] || {{ echo "$said"; exit 1; }}; '
        "sleep 0.$(( $$ % 5 + 2 )); done; printf '%s\\n' \"$said\""
    )


def read_part(fact: Probe[T], answer: probe.Answer) -> T | None:
    try:
        return fact.told(probe.read(answer.text.splitlines()))
    except MALFORMED:
        return None


def _bricks(answer: probe.Answer) -> dict[str, bool] | None:
    """Read ``gluster volume status``: the nodes' bricks, without the self-heal daemons."""
    if not answer.ok:
        return None
    try:
        root = ET.fromstring(answer.text.strip())  # noqa: S314 (from our own node's root-only command)
    except ET.ParseError:
        return None
    return {
        f"{node.findtext('hostname')}:{node.findtext('path')}": node.findtext("status") == "1"
        for node in root.iter("node")
        if (node.findtext("path") or "").startswith("/")
    }


def _heal(answer: probe.Answer) -> int | None:
    """Read the heal count: the largest number that a brick owes; None where one of them did not say."""
    counts = re.findall(r"^Number of entries: (\S+)$", answer.text, re.MULTILINE)
    bricks = re.findall(r"^Brick ", answer.text, re.MULTILINE)
    if not answer.ok or not counts or len(counts) != len(bricks) or not all(count.isdigit() for count in counts):
        return None
    return max(map(int, counts))


def _page(answer: probe.Answer) -> Page | None:
    return parse_page(answer.text) if answer.ok and answer.text[:3].isdigit() else None


def _disks(answer: probe.Answer) -> dict[str, int] | None:
    if not answer.ok or not answer.lines:
        return None
    return {
        path: int(used.rstrip("%"))
        for path, used in (line.rsplit(" ", 1) for line in answer.lines)
        if used[:-1].isdigit()
    }


def _daemons(answer: probe.Answer) -> dict[str, Watched] | None:
    """Read systemd's blocks, those of ``DAEMONS`` first."""
    blocks = [
        dict(line.split("=", 1) for line in block.splitlines() if "=" in line) for block in answer.text.split("\n\n")
    ]
    found = {
        one["Id"]: Watched(one["ActiveState"] == "active" if one["Id"] in DAEMONS else None, one["UnitFileState"])
        for one in blocks
        if one.keys() >= {"Id", "ActiveState", "UnitFileState"}
    }
    return found if answer.ok and len(found) == len(DAEMONS) + len(AT_BOOT) + 1 else None


def _refused(answer: probe.Answer) -> str | None:
    """Read ``apache2ctl -t``: what it refuses, empty where it takes all; None where it did not come to a judgement."""
    if answer.ok:
        return ""
    words = [line for line in answer.lines if "Syntax error" in line or "AH" not in line[:2]]
    return " ".join(words[:2]) if answer.status == 1 and words else None

"""The node's glusterd, brick directory and docroot mount."""

import re
from shlex import quote
from typing import ClassVar

from webha import gluster
from webha.certificates.facts import certificates_of, told
from webha.drupal.state import HEADER, MARKER, STAGING
from webha.ground import probe
from webha.ground.fact import ABSENT, ANY, Probe
from webha.machine.state import active_states
from webha_node.site.apps import APPS

_ATTRIBUTES = re.compile(r"[-A-Za-z]{15,}")  # lsattr's flags

SECURE = "/var/lib/glusterd/secure-access"  # glusterd's own: where it is, management speaks TLS
CERTIFICATE, KEY, AUTHORITIES = (f"/etc/ssl/glusterfs.{end}" for end in ("pem", "key", "ca"))  # Gluster's own places
FORMERLY = "/usr/lib/ssl"  # where Gluster 10 (Debian 12) looks for the same
MANAGEMENT = "/run/webha/glusterd.management"  # how the running glusterd speaks to others
FILTER = "/run/webha/gluster-filter"  # what writes that into the volfiles
IN_CLEAR = "/var/lib/webha/gluster-in-clear"  # nodes whose bricks speak in clear, while the volume is on its way
# What was started before the newest of the keys came. A second's difference is none.
_STALE = """
[ -e {key} ] || exit 0
newest=$(stat -c %Y {certificate} {key} {authorities}) || exit 1
newest=$(printf '%s\\n' $newest | sort -n | tail -n 1); now=$(date +%s)
[ $newest -le $now ] || exit 0 # by a clock that went back nothing is told
older() {{ pid=$(pgrep -n -f "$2") || return 0; [ $((now - $(ps -o etimes= -p $pid) + 1)) -ge $newest ] || echo $1; }}
older glusterd '^/usr/sbin/glusterd( |$)'; older brick "^/usr/sbin/glusterfsd .*--brick-name {brick} "; older client "^/usr/sbin/glusterfs .* {root}$"
older client '^/usr/sbin/glusterfs .*glustershd'
"""

_SETTINGS = " ".join(one.settings for one in APPS.values())
FEW = 5  # names are enough to tell a person what lies there
CLI = "timeout 20 gluster --mode=script"


_RUNNING = "systemctl is-active -q glusterd || exit 9"
_PEERS = f"{_RUNNING}; {CLI} peer status --xml"


class Pool(Probe[tuple[gluster.PoolMember, ...]]):
    """The other members of this node's trusted pool, as its glusterd knows them; unknown where that does not answer."""

    def command(self) -> str:
        """Ask glusterd."""
        return probe.script({"pool": _PEERS})

    def answer(self, answers: probe.Answers) -> tuple[gluster.PoolMember, ...]:
        """A glusterd that does not answer has no pool that could be told."""
        if not answers["pool"].ok:
            raise probe.ProbeError(answers["pool"].text or "glusterd does not run")
        return gluster.parse_pool(answers["pool"].text)


class Gluster(Probe[gluster.Store]):
    """One :class:`webha.gluster.Store`; needs root. The CLI is given a time limit: it hangs when a peer vanished."""

    statuses: ClassVar = {
        "installed": ABSENT,
        "pool": ANY,
        "volumes": ANY,
        "reachable": ANY,
        "sealed": ANY,
    }

    def command(self, brick: str, root: str) -> str:
        """Ask systemd, glusterd, the brick directory and the mount table."""
        b, r = quote(brick), quote(root)
        return probe.script(
            {
                "installed": "command -v glusterd",
                "glusterd": "systemctl show -p ActiveState --value glusterd.service",
                "pool": _PEERS,
                "volumes": f"{_RUNNING}; {CLI} volume info --xml",
                "brick": f"if [ ! -e {b} ] && [ ! -L {b} ]; then echo absent; elif [ ! -d {b} ]; then echo foreign; "
                f"elif getfattr -h -n trusted.glusterfs.volume-id {b}/. >/dev/null 2>&1; then echo used; "
                f'elif [ -z "$(find {b}/. -mindepth 1 -maxdepth 1 ! -name lost+found -print -quit)" ]; then echo empty; else echo foreign; fi',
                "brick id": f"getfattr -h -n trusted.glusterfs.volume-id --only-values {b}/. 2>/dev/null | od -An -tx1 | tr -d ' \\n'",
                "brick holds": f"[ ! -d {b} ] || ls -A {b}/. | grep -vxE 'lost\\+found|\\.glusterfs(-.*)?|\\.trashcan|\\.webha-.*' | head -n {FEW} || :",
                "brick site": f"cd {b} 2>/dev/null || exit 0; [ ! -e {MARKER} ] || echo release; [ ! -e {STAGING} ] || echo unpack; "
                f"for one in {_SETTINGS}; do [ ! -e $one ] || {{ head -n 3 $one | grep -qF {quote(HEADER)} && echo settings; }} || echo own-settings; done",
                # Not asked of glusterd, which may be stopped; a volume's id never changes.
                "known": "grep -sH '^volume-id=' /var/lib/glusterd/vols/*/info || :",
                "management": f"[ ! -e {MANAGEMENT} ] || cat {MANAGEMENT}",
                "secure": f"[ ! -e {SECURE} ] || echo yes",
                "moving": f"[ ! -e {IN_CLEAR} ] || echo yes",
                "stale": _STALE.format(
                    certificate=CERTIFICATE,
                    key=KEY,
                    authorities=AUTHORITIES,
                    brick=re.escape(brick),
                    root=re.escape(root),
                ),
                "certificates": certificates_of(CERTIFICATE),
                "authorities": certificates_of(AUTHORITIES),
                "mounted": f"findmnt -n -o FSTYPE --mountpoint {r} | tail -n 1",
                "source": f"findmnt -n -o SOURCE --mountpoint {r} | tail -n 1",
                "under": f"findmnt -n --mountpoint {r} >/dev/null || [ ! -d {r} ] || ls -A {r} | head -n {FEW}",
                "reachable": f"timeout 10 stat -t {r} >/dev/null",
                # The directory below the mount is seen through a bind of its parent, in a mount namespace of this probe's own.
                "sealed": f'd=$(dirname {r}); [ -d "$d" ] || exit 1; command -v lsattr >/dev/null || exit 1; '
                f'unshare -m sh -c \'mount --make-rprivate / && mount --bind "$1" /mnt && lsattr -d "/mnt/$2"\' sh "$d" "$(basename {r})" '
                "2>/dev/null | cut -d' ' -f1",
            }
        )

    def answer(self, answers: probe.Answers) -> gluster.Store:
        """A glusterd that runs must answer; one that does not run leaves pool and volumes unknown."""
        sealed = answers["sealed"]
        return gluster.Store(
            installed=answers["installed"].ok,
            glusterd=active_states(answers["glusterd"])[0],
            pool=gluster.parse_pool(answers["pool"].text) if answers["pool"].ok else None,
            volumes=gluster.parse_volumes(answers["volumes"].text) if answers["volumes"].ok else None,
            brick=_one_of(answers["brick"], "absent", "empty", "used", "foreign"),
            brick_id=probe.first_word(answers["brick id"]),
            brick_holds=tuple(answers["brick holds"].lines),
            brick_site=frozenset(answers["brick site"].lines),
            known=dict(map(_known, answers["known"].lines)),
            under=tuple(answers["under"].lines),
            mounted=probe.first_word(answers["mounted"]),
            source=probe.first_word(answers["source"]),
            reachable=answers["reachable"].ok,
            management=answers["management"].text.strip() == "on",
            secure=answers["secure"].text.strip() == "yes",
            moving=answers["moving"].text.strip() == "yes",
            stale=tuple(dict.fromkeys(answers["stale"].lines)),
            certificates=told(answers["certificates"]),
            authorities=told(answers["authorities"]),
            sealed="i" in sealed.text if _ATTRIBUTES.fullmatch(sealed.text.strip()) else None,
        )


def _one_of(answer: probe.Answer, *words: str) -> str:
    word = answer.text.strip()
    if word not in words:
        raise probe.ProbeError(f"neither {' nor '.join(words)}: {word}")
    return word


def _known(line: str) -> tuple[str, str]:
    """Read ``/var/lib/glusterd/vols/NAME/info:volume-id=UUID`` (grep's file name) as the name and the id without dashes."""
    path, _, identity = line.partition(":volume-id=")
    return path.split("/")[-2], identity.strip().replace("-", "")


def settled(count: int) -> str:
    """Return the shell condition that this node's pool has ``count`` others, all of them members and connected."""
    return f'[ "$({CLI} peer status --xml | grep -c "<state>{gluster.CONNECTED}</state>")" = {count} ] && [ "$({CLI} peer status --xml | grep -c "<connected>1</connected>")" = {count} ]'

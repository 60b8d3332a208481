"""The site's releases, seen from one node."""

import json
from pathlib import PurePosixPath
from shlex import quote
from typing import ClassVar

from webha.ground import probe
from webha.ground.fact import Probe
from webha.site.state import Volume
from webha_node.site import layout
from webha_node.site.change import ASKED
from webha_node.site.incoming import NOTE as IMPORTED
from webha_node.site.journal import NAME, OPEN
from webha_node.site.layout import CURRENT, RELEASES
from webha_node.site.program import NOTE


class Releases(Probe[Volume]):
    """One :class:`webha.site.Volume`; needs root."""

    statuses: ClassVar = {"mounted": (1,), "holds": (1,)}

    def command(self, root: str, vip: str) -> str:
        """Ask the volume and this node."""
        r = quote(root)
        # Of a docroot without its volume there is nothing to know; of a volume that does not answer nothing is known.
        there = f"grep -qs ' {root} fuse.glusterfs ' /proc/mounts || exit 0; cd {r} && timeout 10 ls -d . >/dev/null || exit 1"
        return probe.script(
            {
                "mounted": f"findmnt -n -o FSTYPE --mountpoint {r} | grep -qx fuse.glusterfs",
                "running": f"{there}; [ ! -e {CURRENT} ] && [ ! -L {CURRENT} ] || readlink {CURRENT}",
                "top": f"{there}; [ ! -f index.php ] || [ -L index.php ] || echo flat",
                "placed": f"{there}; [ ! -d {RELEASES} ] || timeout 10 ls -1t {RELEASES}",
                "journal": f"{there}; [ ! -e {RELEASES}/{NAME} ] || cat {RELEASES}/{NAME}",
                "holds": f"ip -4 -o address show | grep -qF ' {vip}/'",
                "told": f"cat {NOTE} 2>/dev/null || :",
                "imported": f"{there}; [ ! -e {IMPORTED} ] || cat {IMPORTED}",
                "here": f"[ ! -d {layout.LOCAL} ] || ls -1 {layout.LOCAL}",
            }
        )

    def answer(self, answers: probe.Answers) -> Volume:
        """Raises where the journal is none of ours."""
        entry = json.loads(answers["journal"].text or "{}")
        names = answers["placed"].lines
        link = (
            answers["running"].text.strip().removeprefix(str(layout.LOCAL))
        )  # then the name comes second in both forms
        return Volume(
            mounted=answers["mounted"].ok,
            flat=answers["top"].text.strip() == "flat",
            running=link.split("/")[1] if link else None,
            placed=tuple(
                name
                for name in (one.removesuffix(".json") for one in names if one.endswith(".json") and one[0] != ".")
                if f"{name}.json" not in (NAME, PurePosixPath(IMPORTED).name)
                and (not name.endswith(layout.ON_DISK) or f"{name}.tar.gz" in names)
            ),
            dumped=tuple(one.removesuffix(".sql.gz") for one in names if one.endswith(".sql.gz") and one[0] != "."),
            before=entry.get("old") if entry.get("phase") == "done" and entry.get("why") != ASKED else None,
            returned=entry.get("phase") in ("done", "returned") and entry.get("why") == ASKED,
            schema=bool(entry.get("schema")),
            unfinished=entry.get("phase") in OPEN,
            holds=answers["holds"].ok,
            told=answers["told"].text.strip() or None,
            imported=tuple(json.loads(answers["imported"].text or "{}").values()),
            here=tuple(one.removesuffix(".json") for one in answers["here"].lines if one.endswith(".json")),
        )

"""What is left of a layer on a node, and whose it is."""

import re
from shlex import quote
from typing import ClassVar

from pyinfra.api.exceptions import FactProcessError

from webha import reset
from webha.cluster.facts import Cluster
from webha.drupal.facts import Drupal
from webha.galera.facts import Galera
from webha.gluster.facts import Gluster
from webha.ground import probe
from webha.ground.fact import ANY, MALFORMED, Probe
from webha.ground.forms import all_of
from webha.machine.facts import INSTALLED
from webha.machine.state import dpkg_lines
from webha.status.facts import read_part

SECONDS = 45  # for all parts together; gluster's CLI is given 20 for each of two
_KNOWN = re.compile(r"[hirp][^n ].? ")  # dpkg's abbreviated state of anything that is neither purged nor unknown


class Remains(Probe[reset.Remains]):
    """The packages of one layer that we installed and that are still on the node, and its files; empty where it is bare."""

    statuses: ClassVar = {"packages": (1,), "superfluous": ANY}

    def command(self, packages: str | tuple[str, ...], paths: str | tuple[str, ...]) -> str:
        """Ask dpkg (configuration files count), our own record, apt's history for what was before the record, the file system."""
        return probe.script(
            {
                "packages": "dpkg-query -W -f='${db:Status-Abbrev} ${Package}\\n' "
                + " ".join(map(quote, all_of(packages) or ("none",))),
                "record": f"[ ! -e {INSTALLED} ] || cat {INSTALLED}",
                "history": "for f in $(ls -rv /var/log/apt/history.log* 2>/dev/null); do zcat -f $f; done | grep -E '^(Start-Date|Commandline|Install|Remove|Purge): '; true",
                # One that was given back to apt (brought along by others) and that somebody needs is no longer ours.
                "manual": "apt-mark showmanual",
                "superfluous": reset.SUPERFLUOUS,
                "paths": f"{reset.OURS}\n"
                + "".join(f"ours {quote(path)} && echo {quote(path)}; " for path in all_of(paths))
                + "true",
            }
        )

    def answer(self, answers: probe.Answers) -> reset.Remains:
        """Count everything of ours but what dpkg never installed or purged."""
        if not answers["record"].ok:
            raise probe.ProbeError(answers["record"].text)
        ours = reset.ours(answers["record"].lines, answers["history"].text)
        free = {*answers["manual"].lines, *answers["superfluous"].lines}
        if not answers["superfluous"].ok:  # a purge that was cut off: what it was about is still ours to end
            free |= ours
        here = [line.split() for line in dpkg_lines(answers["packages"]) if _KNOWN.match(line)]
        left = [words[-1] for words in here if words[-1] in ours and (words[-1] in free or words[0][1] != "i")]
        return reset.Remains(tuple(left), tuple(answers["paths"].lines))


class Belongings(Probe[reset.Belongings]):
    """What a reset would erase on a node; a part that did not answer is None in it. Needs root."""

    def command(self, brick: str, root: str, database: str, user: str) -> str:
        """Ask all layers at once."""
        return probe.together(
            {
                "galera": Galera().command(),
                "cluster": Cluster().command(),
                "gluster": Gluster().command(brick, root),
                "drupal": Drupal().command(root, database, user),
            },
            SECONDS,
        )

    def process(self, output: list[str]) -> reset.Belongings:
        """Take the parts apart; without any of them the node's state is unknown."""
        try:
            return self.answer(probe.apart(output))
        except MALFORMED as error:
            raise FactProcessError(f"Belongings: {error}") from error

    def answer(self, answers: probe.Answers) -> reset.Belongings:
        """Read each part by itself."""
        return reset.Belongings(
            galera=read_part(Galera(), answers["galera"]),
            cluster=read_part(Cluster(), answers["cluster"]),
            gluster=read_part(Gluster(), answers["gluster"]),
            drupal=read_part(Drupal(), answers["drupal"]),
        )

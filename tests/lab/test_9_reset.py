"""The cluster's end, after all else: reset, then runs that are killed on the way from bare nodes."""

import os
import re
import signal
import time
from pathlib import Path

import pytest

from tests.lab.nodes import BARE, DOCROOT, converge, everywhere, lab, listing, on, start, whole


def of_nobody(name: str, paths: set[str]) -> list[str]:
    """Return those of the paths that neither a package which is still installed owns nor dpkg and its helpers wrote themselves."""
    kept = (
        "/var/log/",
        "/var/lib/ucf/",
        "/var/cache/debconf/",
        "/var/cache/ldconfig/",
        "/etc/inputrc",
        "/root/",  # where crm keeps the history of who typed it
        "/etc/systemd/system/multi-user.target.wants/e2scrub",
        "/etc/systemd/system/timers.target.wants/e2scrub",
    )
    asked = sorted(path for path in paths if not path.startswith(kept))
    owned = f"for path in {' '.join(asked)}; do dpkg -S $path >/dev/null 2>&1 || dpkg -S ${{path#/usr}} >/dev/null 2>&1 || echo $path; done"
    return on(name, owned).split() if asked else []


class TestFromBareAgain:
    @pytest.mark.any_release
    def test_reset_leaves_nothing_but_what_is_somebodys(self, deployed: str) -> None:
        """nodoha2 had Pacemaker before us (``half_deployed``), and has a vhost and a drop-in of its administrator's since."""
        assert deployed
        theirs = "/etc/apache2/sites-available/intranet.conf", "/etc/systemd/system/mariadb.service.d/limits.conf"
        on("nodoha2", "; ".join(f"echo '# theirs' > {path}" for path in theirs))
        converge("tasks/reset.py", "--data", "confirm=hacloud")
        kept = on("nodoha2", f"cat {' '.join(theirs)}; dpkg-query -W -f='${{Status}}' pacemaker")
        assert kept == "# theirs\n# theirs\ninstall ok installed"
        on("nodoha2", f"rm -r /etc/apache2 {theirs[1]}; rmdir $(dirname {theirs[1]})")
        look = (
            "dpkg-query -W -f='${db:Status-Abbrev} ${Package}\\n' | grep -E 'mariadb|galera|corosync|pacemaker|gluster|apache2|php' || true;"
            f"ls -d /etc/mysql /var/lib/mysql /etc/corosync /var/lib/pacemaker /var/lib/glusterd /gluster {DOCROOT} /etc/apache2 2>/dev/null || true;"
            "ls -d /etc/php /var/lib/apache2 /var/log/mysql /usr/local/lib/webha /etc/webha /var/lib/webha 2>/dev/null || true;"
            "grep -rl pyinfra-webha /etc || true; systemctl --failed --no-legend"
        )
        left = everywhere(look)
        assert not re.search("mariadb|galera|gluster|apache2|php|mysql|webha|failed", left.pop("nodoha2"))
        assert set(left.values()) == {""}, left
        for name in left:
            assert of_nobody(name, listing()[name] - BARE[name]) == [], name
        again = converge("tasks/reset.py", "--data", "confirm=hacloud")
        assert again.converged, again.changed

    @pytest.mark.long
    def test_runs_killed_on_the_way_end_in_the_same_state(self, deployed: str, archive: Path) -> None:
        """The processes that a killed run leaves on the nodes go on meanwhile; what they do is not done twice."""
        os.environ["WEBHA_DRUPAL_ARCHIVE"] = str(archive)
        dead = ("--data", "takeover=True")  # each is killed while it holds the lock
        for seconds in (12, 40) if deployed == "trixie" else (45,):
            run = start("deploy.py", "-y", *dead)
            time.sleep(seconds)
            os.killpg(run.pid, signal.SIGKILL)
            run.communicate()
        converge("deploy.py", *dead)
        again = converge("deploy.py")
        assert again.converged, again.changed
        whole()

    @pytest.mark.long
    def test_a_node_that_loses_power_during_a_run_ends_the_run(self, deployed: str) -> None:
        assert deployed
        run = start("deploy.py", "-y")
        time.sleep(6)
        lab("cut", "nodoha3")
        begin = time.monotonic()
        _, said = run.communicate(timeout=120)
        assert time.monotonic() - begin < 90
        assert run.returncode == 1
        assert "nodoha3" in said
        lab("boot", "nodoha3")
        whole(180)
        again = converge("deploy.py")
        assert again.converged, again.changed

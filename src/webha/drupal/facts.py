"""Drupal's code on the volume and its tables in the database, seen from one node."""

import json
from shlex import quote
from typing import ClassVar

from webha import drupal, galera
from webha.drupal.state import CLOSED, HEADER, MARKER, OTHERWISE, OURS, STAGING, VALUES
from webha.galera.datadir import MARK
from webha.galera.facts import SQL
from webha.ground import probe
from webha.ground.fact import ANY, Probe
from webha_node.site.apps import APPS, DRUPAL


def _app(settings: list[str], marker: dict[str, str]) -> str | None:
    """Return the application, by its settings, or by what the mark of the release says: nothing where that is of before there was another one."""
    named = next((line.removeprefix("app ") for line in settings if line.startswith("app ")), None)
    return named or marker.get("app") or (DRUPAL.name if marker else None)


# Which application's settings are there, and whose. A link, a directory or a file that cannot be read is somebody's; of a volume that does
# not answer nothing is known. Readiness writes its file only beside the marker. The links to the running release's code are followed.
_SETTINGS = """
timeout 10 ls {root}/sites/default >/dev/null 2>&1; [ $? != 124 ] || exit 1
app= s={root}/sites/default/settings.php
for one in {known}; do
  [ -e {root}/${{one#*:}} ] || [ -L {root}/${{one#*:}} ] || continue
  app=${{one%%:*}} s={root}/${{one#*:}}; break
done
if [ -z "$app" ]; then echo absent; elif [ -f $s ] && [ ! -L $s ] && head -n 3 $s | grep -qF {header}; then echo ours; else echo foreign; fi
! grep -qsE '^[^#*]*(include|require).*{values}' $s || echo included
! grep -qsF {closed} $s || echo closed
[ -z "$app" ] || echo "app $app"
[ -e {root}/{marker} ] || ! ls {root}/.webha-ready.* >/dev/null 2>&1 || echo unmarked
cd {root} 2>/dev/null || exit 0
find -H index.php core wp-admin wp-includes $s -maxdepth 0 ! -type l '(' -user www-data -o -group www-data -perm -g+w -o -perm -o+w ')' \
  -printf 'writable %p\n' 2>/dev/null | sed "s,{root}/,," || :
"""


class Candidate(Probe[drupal.Packaged]):
    """The version of a package that apt would install. Its lists are brought up to date first, as Debian's timer does daily."""

    statuses: ClassVar = {"update": ANY}

    def command(self, package: str) -> str:
        """Ask apt."""
        return probe.script(
            {
                "update": "timeout -k 10 120 apt-get -q -o DPkg::Lock::Timeout=60 update >/dev/null 2>&1",
                "candidate": f"LC_ALL=C apt-cache policy {quote(package)} | sed -n 's/^ *Candidate: *//p'",
            }
        )

    def answer(self, answers: probe.Answers) -> drupal.Packaged:
        """Read it."""
        found = answers["candidate"].text.strip()
        return drupal.Packaged(found if found and found != "(none)" else None, fresh=answers["update"].ok)


class Drupal(Probe[drupal.Site]):
    """One :class:`webha.drupal.Site`; needs root."""

    statuses: ClassVar = {
        "mounted": (1,),
        "code": ANY,
        "release": ANY,
        **dict.fromkeys(("status", "database", "made", "tables", "user"), ANY),
        "privileges": (1,),
    }

    def command(self, root: str, database: str, user: str) -> str:
        """Ask the volume and the database. ``database`` and ``user`` are plain names (checked by the operation)."""
        r = quote(root)
        return probe.script(
            {
                "mounted": f"findmnt -n -o FSTYPE --mountpoint {r} | grep -qx fuse.glusterfs",
                "code": f"cd {r} && timeout 20 sh -c 'if [ -e {MARKER} ]; then echo complete; elif [ -e {STAGING} ]; then echo partial; "
                f'elif [ -e index.php ]; then echo complete; elif [ -n "$(ls -A | grep -vxE {OURS})" ]; then echo foreign; else echo none; fi\'',
                "release": f"timeout 10 ls -d {r}/{MARKER} >/dev/null 2>&1; [ $? != 124 ] || exit 1; [ ! -e {r}/{MARKER} ] || timeout 10 cat {r}/{MARKER}",
                "settings": _SETTINGS.format(
                    root=r,
                    known=" ".join(f"{name}:{app.settings}" for name, app in APPS.items()),
                    header=quote(HEADER),
                    values=VALUES,
                    closed=quote(CLOSED),
                    marker=MARKER,
                ),
                "status": f"{SQL} \"SHOW GLOBAL STATUS LIKE 'wsrep%'\"",
                "database": f"{SQL} \"SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name='{database}'\"",
                "made": f"{SQL} \"SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name='{database}' AND schema_comment='{MARK}'\"",
                "tables": f"{SQL} \"SELECT table_name, IF(table_type='BASE TABLE' AND engine<>'InnoDB', engine, '') FROM information_schema.tables WHERE table_schema='{database}'\"",
                "user": f"said=$({SQL} \"SELECT Priv FROM mysql.global_priv WHERE User='{user}' AND Host='localhost'\") || exit 1; "
                f"printf '%s\\n' \"$said\" | grep -oE '[*][0-9A-F]{{40}}' || [ -z \"$said\" ] || echo {OTHERWISE}",
                "privileges": f"{SQL} \"SHOW GRANTS FOR '{user}'@localhost\" | grep -F 'GRANT ALL PRIVILEGES ON `{database}`.* TO'",
            }
        )

    def answer(self, answers: probe.Answers) -> drupal.Site:
        """A database that does not answer leaves ``tables`` unknown, which is not "none"."""
        if answers["status"].ok:  # MariaDB answers: what it does not say of the site is unknown, not "none"
            for question in ("database", "made", "user"):
                if not answers[question].ok:
                    raise probe.ProbeError(f"{question}: {answers[question].text}")
        status = galera.parse_status(answers["status"].text) if answers["status"].ok else {}
        member = galera.Member(installed=True, unit="active", status=status)
        # A table's name, a tab, and the engine where it is not the one that Galera replicates.
        listed = [line.partition("\t") for line in answers["tables"].lines]
        tables = [name for name, _, _ in listed] if answers["tables"].ok and member.synced else None
        settings = answers["settings"].lines
        marker = json.loads(answers["release"].text) if answers["release"].ok and answers["release"].text else {}
        return drupal.Site(
            mounted=answers["mounted"].ok,
            code=answers["code"].text.strip() if answers["code"].ok and answers["release"].ok else None,
            release=marker.get("checksum"),
            version=marker.get("version"),
            primary=member.synced,
            database=answers["database"].text.strip() == "1",
            tables=None if tables is None else len([one for one in tables if one not in drupal.MARKS]),
            installing=drupal.INSTALLING in (tables or ()),
            importing=drupal.IMPORTING in (tables or ()),
            app=_app(settings, marker),
            password_hash=probe.first_word(answers["user"]) if answers["user"].ok else None,
            other_hashes=tuple(answers["user"].lines[1:]) if answers["user"].ok else (),
            privileges=answers["privileges"].ok,
            settings=probe.first_word(answers["settings"]) or "foreign",
            included="included" in settings,
            made=answers["made"].text.strip() == "1",
            closed="closed" in settings,
            unmarked="unmarked" in settings,
            writable=tuple(line.removeprefix("writable ") for line in settings if line.startswith("writable ")),
            alone=tuple(f"{name} ({engine})" for name, _, engine in listed if engine.strip()) if tables else (),
        )

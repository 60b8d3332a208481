"""Drupal's code on the volume and its tables in the database, seen from one node."""

import json
from shlex import quote
from typing import ClassVar

from webha import drupal, galera
from webha.drupal.state import CLOSED, HEADER, MARKER, OTHERWISE, OURS, SETTINGS, STAGING, VALUES
from webha.galera.datadir import MARK
from webha.galera.facts import SQL
from webha.ground import probe
from webha.ground.fact import ANY, Probe


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
                # A link, a directory or a file that cannot be read is somebody's; of a volume that does not answer nothing is known.
                "settings": f"timeout 10 ls {r}/sites/default >/dev/null 2>&1; [ $? != 124 ] || exit 1; s={r}/{SETTINGS}; if [ ! -e $s ] && [ ! -L $s ]; then echo absent; elif [ -f $s ] && [ ! -L $s ] && "
                f"head -n 3 $s | grep -qF {quote(HEADER)}; then echo ours; else echo foreign; fi; "
                f"! grep -qsE '^[^#*]*(include|require).*{VALUES}' $s || echo included; "
                f"! grep -qsF {quote(CLOSED)} $s || echo closed; "
                # Readiness writes its file only beside the marker.
                f"[ -e {r}/{MARKER} ] || ! ls {r}/.webha-ready.* >/dev/null 2>&1 || echo unmarked; cd {r} 2>/dev/null || exit 0; "
                # The links to the running release's are followed.
                f"find -H index.php core {SETTINGS} -maxdepth 0 ! -type l '(' -user www-data -o -group www-data -perm -g+w -o -perm -o+w ')' "
                "-printf 'writable %p\n' 2>/dev/null || :",
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

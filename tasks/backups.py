"""What restore points need, where backup_target names a place for them: restic, the repository, and the timers. Makes none by itself."""

from pyinfra.context import host

from webha import programs
from webha.backup import access, operations
from webha.backup.manifest import (
    BACKUP_SERVICE,
    BACKUP_TIMER,
    DRILL_SERVICE,
    DRILL_TIMER,
    ENVIRONMENT,
    GATES,
    LOGS,
    LOGS_SERVICE,
    LOGS_TIMER,
    PARTS,
    TMPFILES,
)
from webha.ground.manifest import HEADER, UNITS, program
from webha.ground.render import render
from webha.machine import operations as node
from webha.programs import rights
from webha.run import context
from webha.run.credentials import secret, where
from webha.site.state import Where

if context.on_a_node():
    nodes = context.nodes()
    data = host.data
    mark = f"# {HEADER}: pages go through here"

    if data.backup_target is None:
        operations.off(name="Backup: none is made", parts=PARTS, why=operations.OFF)
    else:
        node.packages(name="Backup: restic", names=data.backup_packages)

        node.placed(
            name="Backup: the repository's password, the gate of the pages, and the timers",
            files=[
                *programs.files(nodes),
                node.File(
                    ENVIRONMENT,
                    render(
                        "backup/backup.env.j2",
                        target=data.backup_target,
                        password=context.or_stop(secret, "backup_password"),
                        more=context.or_stop(access.variables, data.backup_target),
                    ),
                    mode="600",
                ),
                *(
                    node.File(path, text, mode="600")
                    for path, text in context.or_stop(access.files, data.backup_target, data.backup_host_key).items()
                ),
                node.File(TMPFILES, render("backup/tmpfiles.conf.j2", gates=GATES, content=mark)),
                *(node.File(path, mark) for path in GATES),
                *(
                    node.File(
                        f"{UNITS}/{unit}",
                        render(
                            "backup/points.service.j2",
                            description=words,
                            action=action,
                            program=program("backup"),
                            rights=rights.of("backup"),
                            docroot=data.drupal_root,
                        ),
                    )
                    for unit, words, action in (
                        (BACKUP_SERVICE, "A restore point of database and files", "attend"),
                        (DRILL_SERVICE, "The newest restore point is restored to try it", "try"),
                        *((LOGS_SERVICE, "The binary logs are saved", "logs") for _ in range(data.galera_binlog)),
                    )
                ),
                *(
                    node.File(f"{UNITS}/{unit}", render("backup/points.timer.j2", description=words, at=at))
                    for unit, words, at in (
                        (BACKUP_TIMER, "A restore point every day", f"*-*-* {data.backup_at}"),
                        (DRILL_TIMER, "A restore point is tried every week", data.backup_drill_at),
                        *(
                            (
                                LOGS_TIMER,
                                "The binary logs are saved every few minutes",
                                f"*:0/{data.backup_log_minutes}",
                            )
                            for _ in range(data.galera_binlog)
                        ),
                    )
                ),
            ],
        )

        node.unit(name="Backup: every day", unit=BACKUP_TIMER, starts=(BACKUP_SERVICE,))

        node.unit(name="Backup: a drill every week", unit=DRILL_TIMER, starts=(DRILL_SERVICE,))

        if data.galera_binlog:
            node.unit(name="Backup: binary logs every few minutes", unit=LOGS_TIMER, starts=(LOGS_SERVICE,))
        else:
            operations.off(name="Backup: no binary logs", parts=(LOGS,), why="galera_binlog is False: none are kept")

        operations.begun(
            name="Backup: a repository",
            target=data.backup_target,
            nodes=[one.name for one in nodes],
            where=Where(data.drupal_root, data.vip, data.drupal_db, data.drupal_db_user),
            password=where("backup_password").removeprefix("with "),
            second=context.or_stop(secret, "backup_second_password") if data.backup_second_password else "",
            _if=context.on_first,
        )

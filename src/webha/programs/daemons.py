"""The unit of a daemon of ours."""

from webha.ground import render
from webha.ground.manifest import UNITS, program
from webha.machine.operations import File
from webha.programs import rights


def daemon(
    unit: str,
    name: str,
    *,
    task: str,
    description: str,
    after: str = "network.target",
    urgent: bool = False,
    docroot: str = "",
) -> File:
    """Return the unit file of ``unit``, which runs our program ``name``.

    ``urgent``: it must run when nothing else does. ``docroot``: which it has to see, wherever it is.
    """
    return File(
        f"{UNITS}/{unit}",
        render.render(
            "node/daemon.service.j2",
            task=task,
            program=program(name, unit),
            description=description,
            after=after,
            urgent=urgent,
            rights=rights.of(name),
            docroot=docroot,
        ),
    )

"""The Python scripts that land on the nodes, rendered and loaded as modules."""

from types import ModuleType

from webha.ground.render import render

VIP = "10.0.0.250"


def loaded(template, **values):
    """Return a rendered script as a module of its own; it does not run by itself, its name is not __main__."""
    module = ModuleType(template)
    exec(compile(render(template, **values), template, "exec"), module.__dict__)  # noqa: S102 (our own script)
    return module


def ready(root="/var/www/html/drupal", health_port=8081, interval=1, patience=8):
    return loaded("vip/ready.py.j2", root=str(root), health_port=health_port, interval=interval, patience=patience)


def guard(vip=VIP, netmask=24, patience=1.5, detection=2.2):
    return loaded("vip/guard.py.j2", vip=vip, netmask=netmask, patience=patience, detection=detection)

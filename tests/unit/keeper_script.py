"""The keeper of the primary component, rendered as it lands on the nodes and loaded as a module."""

import sys
from types import ModuleType, SimpleNamespace

from webha.ground.render import render

from .stubs import NAMES

ADDRESSES = dict(zip(NAMES, ("10.0.0.133", "10.0.0.134", "10.0.0.135"), strict=True))
TEXT = render(
    "galera/keeper.py.j2",
    nodes=[SimpleNamespace(name=name, address=address) for name, address in ADDRESSES.items()],
)


def loaded():
    module = ModuleType("galera_keeper")
    sys.modules[module.__name__] = module  # dataclasses look their module up
    exec(compile(TEXT, "galera-keeper", "exec"), module.__dict__)  # noqa: S102 (our own script)
    return module


keeper = loaded()

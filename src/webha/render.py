"""One way to render what lands on the nodes."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Path(__file__).parents[2] / "templates"

_environment = Environment(
    loader=FileSystemLoader(TEMPLATES),
    undefined=StrictUndefined,
    keep_trailing_newline=True,
    trim_blocks=True,
    lstrip_blocks=True,
    autoescape=False,  # noqa: S701 (configuration files, not HTML)
)


def render(template: str, **values: object) -> str:
    """Return ``templates/<template>`` filled with ``values``; an unknown name in it is an error."""
    return _environment.get_template(template).render(values)

"""One way to render what lands on the nodes."""

import re
from shlex import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from webha.ground.shipped import TEMPLATES


def _php_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


_environment = Environment(
    loader=FileSystemLoader(TEMPLATES),
    undefined=StrictUndefined,
    keep_trailing_newline=True,
    trim_blocks=True,
    lstrip_blocks=True,
    autoescape=False,  # noqa: S701 (configuration files, not HTML)
)
_environment.filters["shellquote"] = quote
_environment.filters["pyquote"] = repr
_environment.filters["phpquote"] = _php_quoted
_environment.filters["regexquote"] = re.escape


def render(template: str, **values: object) -> str:
    """Return ``templates/<template>`` filled with ``values``; an unknown name in it is an error."""
    return _environment.get_template(template).render(values)

"""One way to render what lands on the nodes."""

import re
import shlex

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from webha.ground.shipped import TEMPLATES


def _php_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _ini_quoted(value: object) -> str:
    """Return a value as php.ini takes it: raw in single quotes where a character would be the parser's own.

    An expression of PHP's constants (E_ALL & ~E_DEPRECATED) is one only without quotes.
    """
    if isinstance(value, bool):
        return "On" if value else "Off"
    text = str(value)
    plain = re.fullmatch(r"[A-Za-z0-9_.,:/+-]*|~?[A-Z_]+( *[&|^] *~?[A-Z_]+)*", text)
    return text if plain else f"'{text}'"


_environment = Environment(
    loader=FileSystemLoader(TEMPLATES),
    undefined=StrictUndefined,
    keep_trailing_newline=True,
    trim_blocks=True,
    lstrip_blocks=True,
    autoescape=False,  # noqa: S701 (configuration files, not HTML)
)
_environment.filters["phpquote"] = _php_quoted
_environment.filters["regexquote"] = re.escape
_environment.filters["shellquote"] = shlex.quote
_environment.filters["iniquote"] = _ini_quoted


def render(template: str, **values: object) -> str:
    """Return ``templates/<template>`` filled with ``values``; an unknown name in it is an error."""
    return _environment.get_template(template).render(values)

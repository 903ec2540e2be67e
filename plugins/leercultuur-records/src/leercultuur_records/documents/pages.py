"""Pages from templates: every value is escaped, nothing is loaded from anywhere, nothing runs."""

from __future__ import annotations

from functools import cache
from importlib import resources

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup


def page(template: str, **values: object) -> str:
    """A whole HTML page of a template in ``templates/``. Raises `jinja2.UndefinedError` where the
    template asks for a value that is not given."""
    style = Markup(_source("style.css"))  # noqa: S704 - shipped, nobody's words
    return _environment().get_template(template).render(style=style, **values)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FunctionLoader(_source),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _source(name: str) -> str:
    return (resources.files("leercultuur_records") / "templates" / name).read_text("utf-8")

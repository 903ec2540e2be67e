"""Skills by address: a small extract of ESCO for trying things out, and skills of any other scheme."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources

from ..record import Skill

SCHEME, VERSION = "ESCO", "1.2.0"


@cache
def esco() -> Mapping[str, Skill]:
    """Address → skill, of the extract that is shipped; names are English."""
    text = resources.files(__package__).joinpath("esco.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines()[1:])
    return {uri: Skill(uri, SCHEME, VERSION, name) for uri, name in rows}


def skill(written: str) -> Skill:
    """A skill as somebody writes it: the address or name of one in the extract, or
    ``address|scheme|version`` with ``|name`` after it, for any other scheme such as CompetentNL.

    Raises `ValueError` where it is neither: without scheme and version nobody else knows it.
    """
    uri, *rest = (part.strip() for part in written.split("|"))
    if not rest:
        known = esco().get(uri) or next(
            (one for one in esco().values() if one.name == uri.casefold()), None
        )
        if known is not None:
            return known
    if len(rest) in {2, 3} and all(rest) and ":" in uri:
        return Skill(uri, rest[0], rest[1], rest[2] if len(rest) == 3 else "")
    raise ValueError(
        "skill: expected address|scheme|version|name, such as https://…|CompetentNL|2024-1|Kneden, or an "
        "address of the shipped ESCO extract"
    )

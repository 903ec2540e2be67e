"""What the pages of validation share: the records, who may see one, and problems in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from attrs import field, frozen

from leercultuur_core import AccessDenied

from ..security import Refused
from ..web import Asked, Web

if TYPE_CHECKING:
    from leercultuur_records import Records, View

INTAKE: frozenset[str] = frozenset({"education_contact", "coach"})
"""Who may write down for somebody what they learned."""


@frozen
class Tried:
    """A form that was not done: which, why (a key of the texts), and what was filled in, so that
    nobody types it again."""

    form: str = ""
    problem: str = ""
    fields: Mapping[str, str] = field(factory=dict, repr=False)

    def __call__(self, form: str, name: str, otherwise: str = "") -> str:
        """What was filled in under ``name`` in ``form``."""
        return self.fields.get(name, otherwise) if form == self.form else otherwise


def records(web: Web) -> Records | None:
    """The records of the organisation; ``None`` where the plugin is not switched on."""
    if not web.engine.plugins.implements("records", "leercultuur_erase_person"):
        return None
    from leercultuur_records import Records  # noqa: PLC0415 - only where it is installed

    return Records(web.engine)


def opened(web: Web, asked: Asked) -> Records:
    """The records, for who validates. Raises `Refused` for others, and where there are none."""
    web.only_for("validation", asked)
    found = records(web)
    if found is None:
        raise Refused(404, "not_found")
    return found


def viewed(there: Records, asked: Asked) -> View:
    """The record that the address names, as it was put before who asks. Raises `Refused` for another
    one, and for their own: that is on their own page, and nobody judges it themselves."""
    try:
        view = there.view(asked.part("record"), asked.ticket.person, asked.now)
    except (KeyError, AccessDenied):
        raise Refused(404, "not_found") from None
    if view.record.holder == asked.ticket.person:
        raise Refused(404, "not_found")
    return view


def spoken(web: Web, asked: Asked) -> Literal["nl", "en"]:
    """The language of the page."""
    return "en" if web.language(asked) == "en" else "nl"


def address(record: str, noted: str = "") -> str:
    """Where a record is."""
    return f"/validation/record/{record}" + (f"?noted={noted}" if noted else "")


__all__ = ["INTAKE", "Tried", "address", "opened", "records", "spoken", "viewed"]

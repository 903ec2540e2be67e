"""Who a row is about: canonical identifiers from its columns, and the settings they need."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import attrs
from attrs import frozen

from leercultuur_core import Problem, identity

from .cells import Cell, Unfit, text
from .table import Wanted
from .text import Delimiter, Encoding

IDENTITIES = ("identity", "account", "employee", "mail", "openid")
"""Columns that say who, the one that the ledger is kept by first."""

_CANONICAL = re.compile(
    r"account\|[^|]+\|.+|mbox_sha1sum\|[0-9a-f]{40}|openid\|[^|]+|employee\|[^|]+\|.+"
)
_MAIL = re.compile(r"[^@\s,;<>|]+@[^@\s,;<>|]+")

_NEEDS = {"account": "home_page", "employee": "organisation"}
_SAMPLES = {
    "home_page": 'the address of the system, such as "https://leren.example"',
    "organisation": 'a short name of yours, such as "korenaar"',
}


class Unusable(ValueError):
    """A row that cannot be used; its text names each column and what is wrong there."""


@frozen(kw_only=True)
class FileForm:
    """How a file is written and of whom it speaks; what activities and people share.

    encoding
        ``auto``: a byte order mark decides; without one UTF-8 where all of the file is, else
        ``windows-1252``.
    delimiter
        ``auto``: the one under which most of the headings are found.
    home_page, organisation
        The system that accounts are of, and the organisation that employee numbers are of.
    """

    encoding: Encoding = "auto"
    delimiter: Delimiter = "auto"
    home_page: str = ""
    organisation: str = ""

    def missing(self, columns: Iterable[str]) -> list[Problem]:
        """The settings that naming people by ``columns`` needs, and that are not there or cannot be used."""
        problems = [
            Problem(setting, f"what the column {column} needs", "nothing", _SAMPLES[setting])
            for column, setting in _NEEDS.items()
            if column in columns and not getattr(self, setting)
        ]
        problems += [
            Problem(setting, 'a text without "|"', "one")
            for setting in _SAMPLES
            if "|" in getattr(self, setting)
        ]
        return problems

    def identities(self, row: Mapping[str, Cell]) -> tuple[str, ...]:
        """The canonical identifiers in a row, each once; none where no column is filled in.

        Raises `Unusable` with every column that cannot be read.
        """
        found: list[str] = []
        wrong: list[str] = []
        for column in IDENTITIES:
            if column in row:
                try:
                    found.append(self.canonical(column, row[column]))
                except Unfit as error:
                    wrong.append(f"{column}: {error}")
        if wrong:
            raise Unusable("; ".join(wrong))
        return tuple(dict.fromkeys(found))

    def canonical(self, column: str, cell: Cell) -> str:
        """The canonical identifier in a cell of one of the columns `IDENTITIES`."""
        words = text(cell)
        for needed, setting in _NEEDS.items():
            if column == needed and not getattr(self, setting):
                raise Unfit(f"the setting {setting}", "none")
        if column == "mail" or (column == "identity" and words.startswith("mailto:")):
            address = words.removeprefix("mailto:")
            if not _MAIL.fullmatch(address):
                raise Unfit("a mail address", "something else")
            return identity.mailbox(address)
        if column == "account":
            return identity.account(self.home_page, words)
        if column == "employee":
            return identity.employee(self.organisation, words)
        if column == "openid":
            words = identity.openid(words)
        if not _CANONICAL.fullmatch(words):
            expected = "an IRI" if column == "openid" else "account|…|…, employee|…|… or mailto:…"
            raise Unfit(expected, "another form")
        return words


def wanted(columns: attrs.AttrsInstance) -> Wanted:
    """The columns to look for: those with a heading. Where none has one, all, by their own names;
    what a file does not have of those is left out."""
    given = {name: heading for name, heading in attrs.asdict(columns).items() if heading}
    if given:
        return Wanted(given)
    return Wanted({one.name: one.name for one in attrs.fields(type(columns))}, optional=True)

"""Whom to turn to outside: education contacts that an organisation names, and the networks that
the report lists on its last pages, for whoever has neither HR nor a contact.

The networks are data (``data/catalogue/networks.tsv``). That they exist and what they are called is
the report's (``seed_line``); whom each *serves* is our reading of what it says of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Literal, get_args

from attrs import field, frozen

from ..errors import ConfigError, Problem
from ..maturity.interventions import Texts
from ..maturity.tables import Schema, choice, choices_of, read_table, text, whole_number

Serves = Literal["self_employed", "small_firm", "organisation", "education"]
"""Who can turn to a network: somebody on their own, a firm without HR, any other, a school."""

Alone = Literal["self_employed", "small_firm"]
"""Who has nobody inside to ask."""


@frozen
class Contact:
    """Somebody at a school or training firm, as the organisation's configuration names them.

    ``units`` are paths of units they are there for, with all below; ``skills`` what they teach, in
    the organisation's own words. Empty is for everybody, and for anything.
    """

    name: str
    address: str
    units: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()


@frozen(kw_only=True)
class Network:
    """A network that the report names. ``reach`` says whether learning through life is what it is
    for (*direct*) or one of the things it does (*broad*); ``first_for`` are those who are told of
    this one first."""

    id: str
    name: str
    reach: Literal["direct", "broad"]
    serves: tuple[Serves, ...]
    first_for: tuple[Alone, ...]
    about: Texts = field(hash=False)
    seed_line: int


_SCHEMA = Schema(
    "networks.tsv",
    (
        text("id"),
        text("name"),
        choice("reach", ("direct", "broad")),
        choices_of("serves", get_args(Serves)),
        choices_of("first_for", get_args(Alone), required=False),
        text("about_nl"),
        text("about_en"),
        whole_number("seed_line"),
    ),
)


@cache
def networks() -> tuple[Network, ...]:
    """The networks of the report, in its order."""
    table = resources.files("leercultuur_core.data") / "catalogue" / _SCHEMA.file
    return parse_networks(table.read_bytes())


def parse_networks(content: bytes) -> tuple[Network, ...]:
    """Networks from a table like the shipped one. Raises `ConfigError` with every problem."""
    problems: list[Problem] = []
    table = read_table(content, _SCHEMA, problems)
    for who in get_args(Alone):
        rows = [str(row.number) for row in table.rows if who in row.values.get("first_for", ())]
        if table.readable and len(rows) != 1:
            place = f"{_SCHEMA.file}, first_for"
            problems.append(Problem(place, f"{who} in one row", f"rows {', '.join(rows) or '-'}"))
    if problems:
        raise ConfigError("the networks", problems)
    return tuple(
        Network(
            id=row["id"],
            name=row["name"],
            reach=row["reach"],
            serves=row["serves"],
            first_for=row["first_for"],
            about={"nl": row["about_nl"], "en": row["about_en"]},
            seed_line=row["seed_line"],
        )
        for row in table.rows
    )


def network_for(who: Alone) -> Network:
    """The network to turn to first."""
    return next(one for one in networks() if who in one.first_for)


def contact_for(
    contacts: Sequence[Contact], unit: str = "", *, skill: str | None = None
) -> Contact | None:
    """The contact for somebody of ``unit`` (and for ``skill``, where one is asked for).

    The one named for the nearest unit goes first, then one without units; of equals the first. With
    a skill only those who teach it, or anything; without one, whoever teaches anything first.
    """
    fitting: list[tuple[tuple[int, bool], Contact]] = []
    for contact in contacts:
        near = [len(one) for one in contact.units if unit == one or unit.startswith(f"{one}/")]
        if contact.units and not near:
            continue
        if skill is not None and contact.skills and skill.casefold() not in _folded(contact.skills):
            continue
        special = bool(contact.skills)
        fitting.append(
            ((-max(near, default=0), special if skill is None else not special), contact)
        )
    return min(fitting, key=lambda one: one[0])[1] if fitting else None


def _folded(words: Sequence[str]) -> set[str]:
    return {word.casefold() for word in words}

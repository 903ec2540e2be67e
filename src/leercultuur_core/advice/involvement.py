"""Involvement: a team chooses which of a few proposed actions comes first.

Measures that people help choose have more support and more effect than those that are laid upon
them (the report, line 659, after Nielsen & Randall 2013). What is told of a vote is the choice and
nothing else: no count, no share, not who voted. It takes *k* votes, and a vote on the same options
by nearly the same people, one more or one less, is not told: the two choices laid side by side could
say how that one voted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal

from attrs import field, frozen

from ..privacy import check_minimum

OPTIONS = 3
"""So many actions are proposed: a choice, not a list."""

NoChoice = Literal["too_few", "too_near", "tie"]
"""Why a team's choice is not known. *tie* is told; the other two are told as one: not known."""


@frozen
class Choice:
    """What came of a vote: ``chosen`` is one of the options, or ``""`` with a ``reason``.

    ``contributors`` are those whose votes counted, kept only to compare with; nobody where nothing
    is told of them.
    """

    options: tuple[str, ...]
    chosen: str = ""
    reason: NoChoice | None = None
    contributors: frozenset[str] = field(default=frozenset(), repr=False)


def count(
    votes: Mapping[str, str],
    options: Sequence[str],
    *,
    k: int,
    before: Iterable[Choice] = (),
) -> Choice:
    """What came of ``votes`` (person → option); ``before`` are all choices ever told of.

    Votes for something else do not count. Raises `ValueError` when ``k`` is below the floor.
    """
    check_minimum(k)
    counted = {person: vote for person, vote in votes.items() if vote in options}
    people = frozenset(counted)
    asked = tuple(options)
    if len(people) < k:
        return Choice(asked, reason="too_few")
    if any(set(one.options) == set(asked) and _near(one.contributors, people, k) for one in before):
        return Choice(asked, reason="too_near")
    (first, most), *others = Counter(counted.values()).most_common()
    if others and others[0][1] == most:
        return Choice(asked, reason="tie", contributors=people)
    return Choice(asked, first, contributors=people)


def _near(one: Collection[str], other: Collection[str], k: int) -> bool:
    """Whether two groups of voters differ by somebody, but by fewer than ``k``."""
    return 0 < len(set(one) ^ set(other)) < k

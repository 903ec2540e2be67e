"""When in the quarter each action of a plan begins: what makes room first, one at a time."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ..maturity.vocabulary import LAYERS, Layer
from .concert_rules import WEEKS, ConcertRules

APART = 4
"""Weeks that an action gets, between two actions of the same people, and between an action and what
builds on it: as prompts to who acts for a group are at least four weeks apart."""


def weeks(
    layers: Mapping[str, Layer],
    hands: Mapping[str, str],
    worth: Mapping[str, int],
    *,
    beside: Mapping[str, int],
    everywhere: Collection[str],
    rules: ConcertRules,
) -> dict[str, int]:
    """Intervention → the week (1 to 10) in which it begins.

    ``layers``, ``hands`` (who acts) and ``worth`` are those of each action; ``beside`` are actions of
    the whole organisation, whose week is settled; ``everywhere`` is what is done in any unit, since
    what others build upon goes first. An action begins in the week of its layer, after what it builds on and
    after what the same people do before it; where that would be too late for its weeks to fit in the
    quarter, in the last week that they do.
    """
    begins: dict[str, int] = {}
    last: dict[str, int] = {}
    used: dict[str, int] = {}
    before = {
        one: {link.first for link in rules.links if link.then == one} & layers.keys()
        for one in layers
    }
    left = set(layers)
    while left:
        # Links that go round in a circle hold nobody up.
        ready = [one for one in left if not before[one] & left] or sorted(left)
        one = min(
            ready,
            key=lambda each: (
                rules.begin[layers[each]][0],
                -sum(link.first == each and link.then in everywhere for link in rules.links),
                -worth[each],
                LAYERS.index(layers[each]),
                each,
            ),
        )
        layer, who = layers[one], hands[one]
        slots = rules.begin[layer]
        first = slots[min(used.get(layer, 0), len(slots) - 1)]
        after = [
            {**beside, **begins}[link.first] + APART
            for link in rules.links
            if link.then == one and link.first in {**beside, **begins}
        ]
        free = last[who] + APART if who in last else 1
        begins[one] = min(max([first, free, *after]), WEEKS - APART + 1)
        last[who] = begins[one]
        used[layer] = used.get(layer, 0) + 1
        left.discard(one)
    return begins

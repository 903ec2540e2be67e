"""Columns hold what the mapping holds, however they were made."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from leercultuur_core.activity.columns import LedgerColumns
from leercultuur_core.activity.ledger import Ledger
from leercultuur_core.activity.visibility import assumed_presence, learned_visibility

from ..ledger_rows import rows, without_topics

DAY = 20514

ledgers = st.builds(
    Ledger,
    st.dictionaries(
        st.tuples(
            st.sampled_from("abc"),
            st.sampled_from(["lms", "forum"]),
            st.sampled_from(["general", "bread"]),
            st.sampled_from(["viewed", "shared", "self-report.acting"]),
            st.integers(DAY - 60, DAY + 3),
        ),
        st.integers(1, 2**40),
        max_size=12,
    ),
)


def names(columns: LedgerColumns) -> tuple[set[str], set[str], set[str]]:
    """Each kind of name, of which none may be there twice."""
    every = columns.identities, columns.sources, columns.kinds
    assert all(len(set(some)) == len(some) for some in every)
    return set(every[0]), set(every[1]), set(every[2])


@given(ledgers, st.integers(DAY - 61, DAY + 4))
def test_columns_of_a_mapping_tell_what_it_tells(ledger: Ledger, until: int) -> None:
    columns = LedgerColumns.of(ledger)
    for found, expected in (
        (columns, ledger),
        (columns.before(until), ledger.before(until)),
    ):
        assert rows(found) == without_topics(expected)
        assert len(found) == len(expected)
        assert names(found) == tuple({key[part] for key, _ in expected} for part in (0, 1, 3))
        assert frozenset(found.identities) == expected.identities
        assert found.sightings() == expected.sightings()
        assert found.places(until=until) == expected.places(until=until)
        assert learned_visibility(found, until=until) == learned_visibility(expected, until=until)
        assert assumed_presence(found, until=until) == assumed_presence(expected, until=until)
    assert columns.places(until=until) == {key[:2] for key, _ in ledger if key[4] < until}
    assert columns.sightings() == {(key[1], *key[3:]) for key, _ in ledger}


FACETS = {7: ("lms", "viewed"), 3: ("lms", "shared"), 8: ("lms", "viewed"), 1: ("forum", "asked")}


def of_numbers(
    *pieces: list[tuple[int, int, int, int]], owners: dict[int, str], facets: bool = True
) -> LedgerColumns:
    return LedgerColumns.of_numbers(
        [np.array(piece, dtype=np.int64).reshape(-1, 4).T for piece in pieces],
        owners=owners,
        facets=FACETS if facets else {},
    )


def test_numbers_stand_for_names_and_what_is_nobody_s_is_left_out() -> None:
    found = of_numbers(
        [(DAY, 2, 7, 1), (DAY, 2, 8, 4), (DAY, 5, 1, 1)],
        [],
        [(DAY + 1, 9, 3, 2), (DAY + 1, 4, 3, 2), (DAY + 1, 1, 3, 2)],
        # 5 and 9 are nobody's, 9 is beyond all numbers; "z" has no row, 4 and 1 are one person.
        owners={2: "b", 4: "a", 1: "a", 3: "z"},
    )
    assert rows(found) == {("b", "lms", "viewed", DAY): 5, ("a", "lms", "shared", DAY + 1): 4}
    assert names(found) == ({"a", "b"}, {"lms"}, {"viewed", "shared"})
    assert len(found) == 4


def test_nothing_is_nothing() -> None:
    for found in (
        LedgerColumns.of(Ledger()),
        of_numbers(owners={}, facets=False),
        of_numbers([(DAY, 3, 7, 1)], owners={}),
        of_numbers([(DAY, 3, 7, 1)], owners={3: "a"}).before(DAY),
    ):
        assert len(found) == 0
        assert names(found) == (set(), set(), set())
        assert found.sightings() == set()
        assert found.places(until=DAY) == set()
        assert len(found.before(DAY)) == 0


def test_it_shows_nobody() -> None:
    assert repr(LedgerColumns.of(Ledger({("sanne", "lms", "general", "viewed", DAY): 1}))) == (
        "<LedgerColumns of 1 rows>"
    )

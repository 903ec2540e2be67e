"""Consent: only added to, the last one counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leercultuur_core.privacy.consent import ConsentEvent, Consents
from leercultuur_core.privacy.purposes import PurposeId, purposes

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)


def event(purpose: PurposeId, given: bool, hours: int = 0) -> ConsentEvent:
    return ConsentEvent(purpose, given, NOON + timedelta(hours=hours), "sanne")


def test_a_purpose_of_which_nothing_was_said_is_neither_yes_nor_no() -> None:
    said = Consents().noted(event("effect", given=True))
    assert said.given("effect") is True
    assert said.given("own_prompts") is None
    assert said.standing("own_prompts") is None


def test_a_no_holds_even_where_the_clock_went_back() -> None:
    said = Consents((event("own_prompts", given=True, hours=5), event("own_prompts", given=False)))
    assert said.given("own_prompts") is False


def test_a_moment_without_an_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="with an offset"):
        ConsentEvent("effect", True, datetime(2026, 3, 3), "sanne")  # noqa: DTZ001


@given(st.lists(st.tuples(st.sampled_from(list(purposes())), st.booleans(), st.integers(-9, 9))))
def test_the_last_said_counts_and_nothing_is_lost(
    history: list[tuple[PurposeId, bool, int]],
) -> None:
    said = Consents()
    last: dict[PurposeId, bool] = {}
    for purpose, given_, hours in history:
        said = said.noted(event(purpose, given_, hours))
        last[purpose] = given_
    assert len(said.events) == len(history)
    assert {purpose: said.given(purpose) for purpose in last} == last

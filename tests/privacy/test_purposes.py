"""Purposes: what may be done before go-live, after it, and for whom."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import product
from typing import get_args

import pytest
from attrs import frozen

from leercultuur_core.maturity.vocabulary import LANGUAGES, Language
from leercultuur_core.privacy.consent import ConsentEvent, Consents
from leercultuur_core.privacy.purposes import (
    Allowed,
    Choice,
    PurposeId,
    Refused,
    RefusedReason,
    Viewer,
    _phrases,
    allowed,
    basis_text,
    may_estimate,
    purposes,
    refused_text,
    viewer_text,
)

DAY = date(2026, 3, 3)
NOBODY_SAID = Consents()


@frozen
class Yes:
    """The works council's yes."""

    begins: date = date(2026, 2, 1)
    ends: date = date(2027, 2, 1)

    def holds_on(self, day: date) -> bool:
        return self.begins <= day < self.ends


def said(purpose: PurposeId, *answers: bool) -> Consents:
    at = datetime(2026, 2, 2, tzinfo=UTC)
    return Consents(tuple(ConsentEvent(purpose, answer, at, "sanne") for answer in answers))


def test_the_purposes_and_their_defaults() -> None:
    assert {one.id: one.default for one in purposes().values()} == {
        "own_records": "own-act",
        "invitation": "opt-out",
        "own_prompts": "opt-in",
        "group_releases": "opt-out",
        "manager_prompt": "opt-in",
        "validation": "own-act",
        "effect": "opt-in",
    }
    assert set(purposes()) == set(get_args(PurposeId))


def test_what_is_sound_for_every_purpose() -> None:
    for one in purposes().values():
        assert one.default in one.may_be
        assert "off" in one.may_be, "an organisation can always leave it out"
        assert not (one.before_go_live and one.estimates), "nobody's phase before go-live"
        # What tells somebody else about one person is never on without that person.
        others = set(one.seen_by) - {"self"}
        if others and one.id != "group_releases":
            assert "opt-out" not in one.may_be, one.id


@pytest.mark.parametrize("go_live", [None, Yes(begins=date(2026, 4, 1)), Yes(ends=DAY)])
def test_without_a_yes_that_holds_today_nobody_is_estimated(go_live: Yes | None) -> None:
    everything = Consents(
        tuple(
            ConsentEvent(purpose, True, datetime(2026, 2, 2, tzinfo=UTC), "sanne")
            for purpose in purposes()
        )
    )
    found = {p: allowed(p, said=everything, go_live=go_live, day=DAY) for p in purposes()}
    assert {p for p, answer in found.items() if isinstance(answer, Allowed)} == {
        "own_records",
        "invitation",
    }
    assert set(map(repr, found.values())) >= {repr(Refused("no_go_live"))}
    assert not may_estimate(said=everything, go_live=go_live, day=DAY)


def test_after_go_live_each_default_is_what_it_says() -> None:
    def answer(purpose: PurposeId, heard: Consents = NOBODY_SAID) -> Allowed | Refused:
        return allowed(purpose, said=heard, go_live=Yes(), day=DAY)

    assert answer("own_prompts") == Refused("not_opted_in")
    assert answer("own_prompts", said("own_prompts", True)) == Allowed("opt-in")
    assert answer("own_prompts", said("own_prompts", True, False)) == Refused("objected")
    assert answer("group_releases") == Allowed("opt-out")
    assert answer("group_releases", said("group_releases", False)) == Refused("objected")
    assert answer("group_releases", said("group_releases", False, True)) == Allowed("opt-out")
    assert answer("manager_prompt") == Refused("not_opted_in")
    assert answer("effect") == Refused("not_opted_in")
    assert answer("validation") == Allowed("own-act")
    # A yes to one thing is no yes to another.
    assert answer("manager_prompt", said("own_prompts", True)) == Refused("not_opted_in")


def test_an_organisation_may_choose_as_far_as_a_purpose_lets_it() -> None:
    def answer(purpose: PurposeId, choice: Choice, heard: Consents = NOBODY_SAID) -> object:
        return allowed(purpose, said=heard, go_live=Yes(), day=DAY, choices={purpose: choice})

    assert answer("own_prompts", "opt-out") == Allowed("opt-out")
    assert answer("own_prompts", "opt-out", said("own_prompts", False)) == Refused("objected")
    assert answer("group_releases", "off") == Refused("off")
    with pytest.raises(ValueError, match=r"one of opt-in, off for manager_prompt, found 'opt-out'"):
        answer("manager_prompt", "opt-out")


def test_a_student_is_not_estimated_unless_that_is_on_record() -> None:
    yes = said("own_prompts", True)

    def answer(purpose: PurposeId, *, configured: bool) -> Allowed | Refused:
        return allowed(
            purpose,
            said=yes,
            go_live=Yes(),
            day=DAY,
            student=True,
            students_configured=configured,
        )

    for one in purposes().values():
        refused = answer(one.id, configured=False) == Refused("student")
        assert refused == one.estimates
    assert answer("own_prompts", configured=True) == Allowed("opt-in")
    assert not may_estimate(said=yes, go_live=Yes(), day=DAY, student=True)
    assert may_estimate(said=yes, go_live=Yes(), day=DAY, student=True, students_configured=True)


def test_whoever_objects_to_all_that_needs_a_phase_has_none() -> None:
    heard = said("group_releases", False)
    assert not may_estimate(said=heard, go_live=Yes(), day=DAY)
    assert may_estimate(said=NOBODY_SAID, go_live=Yes(), day=DAY)
    off: dict[PurposeId, Choice] = {"group_releases": "off"}
    assert not may_estimate(said=NOBODY_SAID, go_live=Yes(), day=DAY, choices=off)


def test_a_no_is_never_outweighed() -> None:
    """Over all purposes and all an organisation can choose."""
    for one in purposes().values():
        for choice, go_live, student in product(one.may_be, (None, Yes()), (False, True)):
            answer = allowed(
                one.id,
                said=said(one.id, True, False),
                go_live=go_live,
                day=DAY,
                choices={one.id: choice},
                student=student,
                students_configured=True,
            )
            assert isinstance(answer, Refused)


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_has_words(language: Language) -> None:
    texts = [
        text for one in purposes().values() for text in (one.name[language], one.text[language])
    ]
    texts += [basis_text(choice, language) for choice in get_args(Choice)]
    texts += [viewer_text(viewer, language) for viewer in get_args(Viewer)]
    texts += [refused_text(Refused(reason), language) for reason in get_args(RefusedReason)]
    assert len(set(texts)) == len(texts)
    for text in texts:
        words = text.lower().replace(",", " ").replace(".", " ").split()
        assert "!" not in text
        assert not {"moet", "must", "should", "helaas"} & set(words)
    known = len(get_args(Choice)) + len(get_args(Viewer)) + len(get_args(RefusedReason))
    assert len(_phrases()[language]) == known

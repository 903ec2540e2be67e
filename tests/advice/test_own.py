"""A worker's own message: what it says, what it never says, and what can be asked of whom."""

from __future__ import annotations

import itertools
import json
from datetime import date
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leercultuur_core.advice import Prompt, advise, asks, parse_people, recommend
from leercultuur_core.advice.own import OWN_LAYERS, called
from leercultuur_core.advice.people import Person
from leercultuur_core.advice.phrases import default_phrases
from leercultuur_core.advice.recommend import NOTICE_DAILY_LEARNING
from leercultuur_core.advice.roles import Holders
from leercultuur_core.maturity import MaturityModel
from leercultuur_core.maturity.vocabulary import LANGUAGES, PHASES, Language, Phase

# The fixture `guess` makes a `Guess` of tests/advice/conftest.py.
Guessing = Any

JSON_KEYS = [
    "id",
    "recipient",
    "recipient_role",
    "subject",
    "layer",
    "intervention",
    "language",
    "text",
    "step",
    "why",
    "when_question",
    "grounds",
    "phase_mix",
    "episode",
    "occasion",
]


@pytest.mark.parametrize("language", LANGUAGES)
def test_unknown_gets_the_question_and_the_reflection_not_a_guess(
    guess: Guessing, language: Language
) -> None:
    (prompt,) = advise(guess(phase="unknown"), language=language)
    say = default_phrases().say
    assert prompt.intervention == NOTICE_DAILY_LEARNING
    assert prompt.step == say(language, "unknown.step")
    for phase in PHASES:
        assert say(language, f"answer.{phase}") in prompt.text
        assert say(language, f"seen.{phase}") not in prompt.text
        assert say(language, f"why.{phase}") not in prompt.text
    assert say(language, "asks.heading") not in prompt.text


@pytest.mark.parametrize("said", PHASES)
def test_ones_own_answer_outranks_what_was_seen(
    guess: Guessing, model: MaturityModel, said: Phase
) -> None:
    (prompt,) = advise(guess(phase="acting", said=said, seen="3 lesson steps"), language="en")
    assert default_phrases().say("en", f"said.{said}") in prompt.text
    assert default_phrases().say("en", f"why.{said}") == prompt.why
    assert "3 lesson steps" not in prompt.text
    best = recommend({said: 1.0}, model=model, layers=OWN_LAYERS)[0].intervention
    assert (prompt.intervention, prompt.step) == (best.id, best.steps["en"])
    assert prompt.phase_mix["acting"] == 0.6, "the mix stays what was estimated"


def test_unknown_with_an_own_answer_gets_a_step(guess: Guessing) -> None:
    (prompt,) = advise(guess(phase="unknown", said="applying"))
    assert prompt.intervention != NOTICE_DAILY_LEARNING
    assert default_phrases().say("nl", "said.applying") in prompt.text


@given(
    weights=st.lists(st.integers(0, 9), min_size=5, max_size=5).filter(any),
    shown=st.sampled_from([*PHASES, "unknown"]),
    said=st.sampled_from([None, *PHASES]),
    language=st.sampled_from(LANGUAGES),
)
def test_every_message_is_short_kind_and_has_one_step(
    guess: Guessing, weights: list[int], shown: str, said: Phase | None, language: Language
) -> None:
    mix = {phase: weight / sum(weights) for phase, weight in zip(PHASES, weights, strict=True)}
    (prompt,) = advise(
        guess("noor", shown, mix=mix, said=said, seen="3 lesstappen"), language=language
    )
    words = prompt.text.lower().split()
    assert "!" not in prompt.text
    assert not {"moet", "must", "should"} & set(words)
    assert len(words) <= 190
    assert prompt.text.count("**") == 2
    assert f"**{prompt.step}**" in prompt.text
    assert prompt.why in prompt.text
    assert prompt.when_question in prompt.text
    assert prompt.text.startswith("Hoi Noor," if language == "nl" else "Hi Noor,")
    assert not any(str(share) in prompt.text for share in mix.values() if share > 0)
    assert prompt.recipient == prompt.subject
    assert "{" not in prompt.text


def test_what_was_seen_is_told_when_it_speaks_for_the_phase(guess: Guessing) -> None:
    (prompt,) = advise(guess(seen="3 lesstappen in de laatste 2 weken"))
    assert "We zagen: 3 lesstappen in de laatste 2 weken." in prompt.text
    (silent,) = advise(guess())
    assert "We zagen" not in silent.text
    # What speaks against it, what was not there, and an own answer are no such thing.
    for change in ({"log_odds": -0.4}, {"count": 0}, {"kind": "self-report.acting"}):
        one = guess(seen="3 lesstappen")
        other = attrs.evolve(one, reasons=(attrs.evolve(one.reasons[0], **change),))
        assert "We zagen" not in advise(other)[0].text


@pytest.mark.parametrize(
    ("written", "learner", "expected"),
    [
        ("", "sanne", "Sanne"),
        ("", "Jean-Marie d'Or", "Jean-Marie d'Or"),
        ("", "sanne@leren.example", ""),
        ("", "9f86d081884c7d65", ""),
        ("", "https://openid.example/s", ""),
        ("", "", ""),
        ("Mevrouw Bakker", "sanne", "Mevrouw Bakker"),
    ],
)
def test_the_greeting_uses_a_name_only_where_there_is_one(
    written: str, learner: str, expected: str
) -> None:
    person = Person("x", name=written) if written else None
    assert called(person, learner) == expected


def test_a_name_cannot_fill_in_anything(guess: Guessing) -> None:
    people = parse_people("identifier,name\nsanne,{why} {0}\n")
    (prompt,) = advise([guess()], people=people)
    assert prompt.text.startswith("Hoi {why} {0},")


def test_the_json_is_the_agreed_one(guess: Guessing) -> None:
    (prompt,) = advise(guess())
    row = json.loads(json.dumps(prompt.as_row()))
    assert list(row) == JSON_KEYS
    assert row["id"] == prompt.id
    assert row["grounds"].keys() == {"basis", "text"}
    assert row["phase_mix"] == {**dict.fromkeys(PHASES, 0.1), "acting": 0.6}
    assert (row["recipient_role"], row["episode"], row["occasion"]) == ("worker", "2026-W05", 1)


def test_an_id_is_the_same_everywhere_and_hangs_on_five_things(guess: Guessing) -> None:
    (prompt,) = advise(guess())
    known = attrs.evolve(prompt, intervention="tasks.autonomy")
    assert known.id == "910b3696175601687d9dd1194b519b7d"
    changed = [
        attrs.evolve(prompt, **change).id
        for change in (
            {"recipient": "a"},
            {"subject": "a"},
            {"intervention": "a"},
            {"episode": "2026-W06"},
            {"occasion": 2},
        )
    ]
    assert len({prompt.id, *changed}) == 6
    (later,) = advise(attrs.evolve(guess(), at=date(2026, 4, 1)))
    assert later.id == prompt.id, "another day in the same episode is the same prompt"
    assert attrs.evolve(prompt, text="", language="en", name="x").id == prompt.id


@given(weights=st.lists(st.integers(0, 9), min_size=5, max_size=5).filter(any))
def test_asks_are_few_questions_each_to_another_role(
    guess: Guessing, model: MaturityModel, weights: list[int]
) -> None:
    mix = {phase: weight / sum(weights) for phase, weight in zip(PHASES, weights, strict=True)}
    found = asks(guess(mix=mix), model=model, language="nl")
    assert len(found) == 2
    assert len({ask.role for ask in found}) == len({ask.layer for ask in found}) == 2
    for ask in found:
        assert ask.text == model[ask.intervention].asks["nl"]
        assert model[ask.intervention].layer == ask.layer
    scores = [recommend(mix, model=model, layers=(ask.layer,))[0].score for ask in found]
    assert scores == sorted(scores, reverse=True)


def test_nobody_is_told_to_do_and_to_ask_the_same(guess: Guessing, model: MaturityModel) -> None:
    (prompt,) = advise(guess(phase="applying", mix={"applying": 1.0}))
    assert prompt.layer == "colleagues"
    assert model[prompt.intervention].asks["nl"] not in prompt.text
    assert prompt.text.count("\n- ") == 2, "the next best takes its place"


SMALL = """\
identifier,name,roles,manager,employment
sanne,Sanne,worker,ans,
ans,Ans,director|hr|worker,,
kees,Kees,worker,,self_employed
"""


def test_a_director_who_is_also_hr_and_manager_is_asked_once(
    guess: Guessing, model: MaturityModel
) -> None:
    holders = Holders.of(parse_people(SMALL))
    known = holders.directory.by_identifier
    for phase, language in itertools.product(PHASES, LANGUAGES):
        found = asks(
            guess(phase=phase),
            model=model,
            language=language,
            person=known["sanne"],
            holders=holders,
        )
        assert len(found) == len({ask.role for ask in found})
        assert {ask.role for ask in found} <= {"colleague", "manager", "hr", "director"}
        own = asks(
            guess("ans", phase),
            model=model,
            language=language,
            person=known["ans"],
            holders=holders,
        )
        assert {ask.role for ask in own} <= {"colleague"}, "nobody asks themselves"


def test_the_self_employed_ask_their_network_and_a_school(
    guess: Guessing, model: MaturityModel
) -> None:
    with_school = f"{SMALL}school,,education_contact,,\n"
    for text, roles in ((SMALL, {"peer", "network"}), (with_school, {"peer", "education_contact"})):
        holders = Holders.of(parse_people(text))
        kees = holders.directory.by_identifier["kees"]
        found = asks(guess("kees"), model=model, language="nl", person=kees, holders=holders)
        assert {ask.role for ask in found} == roles


def test_prompts_are_values(guess: Guessing) -> None:
    one, other = advise(guess())[0], advise(guess())[0]
    assert isinstance(one, Prompt)
    assert one == other
    assert hash(one) == hash(other)

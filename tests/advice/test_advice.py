"""`advise`: who gets what, what is held back, and that nobody's estimate reaches anybody else."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, datetime
from typing import Any

import attrs
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

import leercultuur_core as lc
from leercultuur_core.activity.activity import utc_day
from leercultuur_core.activity.ledger import Ledger
from leercultuur_core.advice import advise, parse_people
from leercultuur_core.advice.phrases import default_phrases
from leercultuur_core.advice.recommend import NOTICE_DAILY_LEARNING
from leercultuur_core.demo.sanne import AT, sanne
from leercultuur_core.maturity import MaturityModel
from leercultuur_core.maturity.vocabulary import LANGUAGES, PHASES
from leercultuur_core.phases import estimate

# The fixture `guess` makes a `Guess` of tests/advice/conftest.py.
Guessing = Any

SEEN = {"nl": "3 lesstappen in de laatste 2 weken", "en": "3 lesson steps in the last 2 weeks"}

NAMES = (
    "Anna",
    "Bram",
    "Chris",
    "Daan",
    "Eva",
    "Femke",
    "Gijs",
    "Hanna",
    "Iris",
    "Joost",
    "Kim",
    "Lars",
)


def company(team: int = 12, *, extra: str = "", unit: str = "winkel") -> str:
    """A people file: a director who is also HR, a manager, and ``team`` workers."""
    rows = ["identifier,name,roles,manager,unit,employment", "ans,Ans,director|hr|worker,,,"]
    rows.append(f"mo,Mo,manager,ans,{unit},")
    rows += [f"w{n},{NAMES[n]},worker,mo,{unit}," for n in range(team)]
    return "\n".join([*rows, extra])


def team_of(guess: Guessing, size: int, turn: int = 0) -> list[Any]:
    """Workers of the company, spread over the phases."""
    return [guess(f"w{n}", PHASES[(n + turn) % 5]) for n in range(size)]


def kinds(advice: lc.Advice) -> list[str]:
    return [note.kind for note in advice.notes]


def test_without_people_everybody_gets_their_own_and_nobody_anothers(guess: Guessing) -> None:
    found = team_of(guess, 12)
    advice = advise(found)
    assert [prompt.recipient for prompt in advice] == sorted(one.identifier for one in found)
    assert all(prompt.recipient == prompt.subject for prompt in advice)
    assert advice.notes == ()
    assert advise({one.identifier: one for one in reversed(found)}) == advice


def test_a_real_estimate_one_or_many() -> None:
    estimates = lc.infer(sanne(), at=AT)
    one = lc.advise(estimates["Sanne"], language="nl")
    assert lc.advise(estimates, language="nl") == one
    assert one[0].phase_mix == estimates["Sanne"].probabilities
    assert one[0].text.startswith("Hoi Sanne,\n")
    assert "lesstappen in de laatste" in one[0].text
    assert len(lc.advise(lc.infer([], at=datetime(2026, 3, 2, tzinfo=UTC)))) == 0


def test_reasons_of_all_at_once_or_one_by_one() -> None:
    records = [
        msgspec.structs.replace(
            record, id=f"{name}-{record.id}", identities=(f"account|https://x|{name}",)
        )
        for name in ("sanne", "omar", "kim")
        for record in sanne()
    ]
    estimates = lc.infer(records, at=AT)
    people = parse_people(
        "identifier,name,language\naccount|https://x|omar,Omar,en\naccount|https://x|kim,Kim,\n"
    )
    together = lc.advise(estimates, people=people)
    assert len(together) == 3
    assert sum("lesson steps in the last" in prompt.text for prompt in together) == 1
    assert sum("lesstappen in de laatste" in prompt.text for prompt in together) == 2
    assert lc.advise(list(estimates.values()), people=people) == together


@settings(max_examples=40)
@given(data=st.data())
def test_ones_own_prompt_hangs_on_nobody_elses_data(guess: Guessing, data: st.DataObject) -> None:
    phases = st.sampled_from([*PHASES, "unknown"])
    found = [guess(f"w{n}", data.draw(phases)) for n in range(12)]
    who = data.draw(st.integers(0, 11))
    others = [one for one in found if data.draw(st.booleans()) or one is found[who]]
    for people in (None, parse_people(company())):
        mine = [
            [
                prompt
                for prompt in advise(some, people=people)
                if prompt.recipient == found[who].identifier
            ]
            for some in ([found[who]], others, found)
        ]
        assert mine[0] == mine[1] == mine[2]
        assert len(mine[0]) == 1


@settings(max_examples=25)
@given(data=st.data())
def test_the_order_of_estimates_and_rows_does_not_matter(
    guess: Guessing, data: st.DataObject
) -> None:
    found = team_of(guess, 12)
    head, *rows = company().splitlines()
    shuffled = data.draw(st.permutations(found))
    moved = "\n".join([head, *data.draw(st.permutations(rows))])
    first = advise(found, people=parse_people(company()), per_person=9)
    again = advise(shuffled, people=parse_people(moved), per_person=9)
    assert again.prompts == first.prompts
    assert sorted(map(str, again.notes)) == sorted(map(str, first.notes))


def test_no_unit_prompt_below_the_minimum_by_enumeration(guess: Guessing) -> None:
    for size, k in itertools.product(range(13), (5, 9, 10, 12)):
        advice = advise(
            team_of(guess, size), people=parse_people(company()), minimum_group=k, per_person=9
        )
        about_units = [prompt for prompt in advice if prompt.subject.startswith("unit|")]
        assert bool(about_units) == (size >= k)
        if size >= k:
            assert {(p.recipient, p.recipient_role, p.layer) for p in about_units} == {
                ("mo", "manager", "manager"),
                ("ans", "hr", "hr"),
                ("ans", "director", "leadership"),
            }


def test_a_units_prompt_is_a_function_of_what_may_be_shown(guess: Guessing) -> None:
    people = parse_people(company(unit="winkel"))
    prompts = [
        [p for p in advise(found, people=people, per_person=9) if p.subject.startswith("unit|")]
        for found in (
            team_of(guess, 10),
            team_of(guess, 10, turn=2),
            list(reversed(team_of(guess, 10))),
        )
    ]
    assert prompts[0]
    # Other people are in other phases; the bands are the same.
    assert prompts[0] == prompts[1] == prompts[2]
    assert prompts[0][0].phase_mix == dict.fromkeys(PHASES, (0.1, 0.25))
    assert prompts[0][0].as_row()["phase_mix"] == {phase: [0.1, 0.25] for phase in PHASES}
    assert prompts[0][0].episode == "2026-Q1"


def test_a_units_step_serves_its_largest_part(guess: Guessing, model: MaturityModel) -> None:
    for phase in PHASES:
        found = [*team_of(guess, 5), *(guess(f"w{n}", phase) for n in range(5, 12))]
        advice = advise(found, people=parse_people(company()), per_person=9, language="en")
        about_units = [prompt for prompt in advice if prompt.subject.startswith("unit|")]
        assert about_units
        for prompt in about_units:
            assert prompt.phase_mix[phase] == (0.25, 0.5)
            assert prompt.why == default_phrases().say("en", f"unit.why.{phase}")
            assert phase in model[prompt.intervention].phases


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_names_anybody_else(guess: Guessing, language: str) -> None:
    found = [*team_of(guess, 12), guess("ans", "applying"), guess("mo", "unknown")]
    advice = advise(found, people=parse_people(company()), language=language, per_person=9)
    assert len(advice) > 14
    everybody = {"Ans", "Mo", *NAMES}
    for prompt in advice:
        told = everybody & set(re.findall(r"\w+", prompt.text))
        assert told == {prompt.name}
        assert "!" not in prompt.text
        assert not {"moet", "must", "should"} & set(prompt.text.lower().split())


def test_one_person_gets_one_message_over_all_roles_and_the_rest_is_told(guess: Guessing) -> None:
    found = [*team_of(guess, 12), guess("ans", "applying")]
    advice = advise(found, people=parse_people(company()))
    to_ans = [prompt for prompt in advice if prompt.name == "Ans"]
    assert len(to_ans) == 1
    assert to_ans[0].subject == "unit|", "the widest group first"
    assert len({prompt.recipient for prompt in advice}) == len(advice) == 14
    held = [note for note in advice.notes if note.kind == "held"]
    more = advise(found, people=parse_people(company()), per_person=9)
    assert len(held) == len(more) - len(advice) == 4
    assert {note.who for note in held} == {"Ans"}
    assert not [note for note in more.notes if note.kind == "held"]


def test_who_stands_in_for_hr_is_told_why(guess: Guessing) -> None:
    people = parse_people(company().replace("director|hr|worker", "director"))
    advice = advise(team_of(guess, 12), people=people, per_person=9, language="en")
    (instead,) = [p for p in advice if p.layer == "hr" and p.subject == "unit|winkel"]
    assert (instead.recipient, instead.recipient_role) == ("ans", "director")
    assert default_phrases().say("en", "standin.hr") in instead.text


def test_no_estimate_of_a_student_is_used(guess: Guessing) -> None:
    people = parse_people(company(9, extra="stu,Stu,worker,mo,winkel,student\n"))
    found = [*team_of(guess, 9), guess("stu", "acting")]
    advice = advise(found, people=people, minimum_group=10)
    assert "stu" not in {prompt.name.lower() for prompt in advice}
    assert not [prompt for prompt in advice if prompt.subject.startswith("unit|")]
    assert "student" in kinds(advice)


def test_who_is_in_the_files_only_gets_their_own_and_counts_in_no_group(guess: Guessing) -> None:
    advice = advise([*team_of(guess, 9), guess("zoe", "acting")], people=parse_people(company(9)))
    assert [prompt.subject for prompt in advice if "zoe" in prompt.recipient] == [
        guess("zoe").identifier
    ]
    assert not [prompt for prompt in advice if prompt.subject.startswith("unit|")]
    assert "not_in_people" in kinds(advice)


def test_who_is_in_the_directory_only_gets_the_question(guess: Guessing) -> None:
    advice = advise(
        [],
        people=parse_people("identifier,name,roles\nw0,Anna,\nschool,School,education_contact\n"),
    )
    (prompt,) = advice
    assert (prompt.recipient, prompt.intervention) == ("w0", NOTICE_DAILY_LEARNING)
    assert (prompt.episode, prompt.phase_mix) == ("", {})
    assert "unseen" in kinds(advice)


def test_a_name_that_fits_two_people_is_told_and_not_guessed(guess: Guessing) -> None:
    two = [guess("account|x|sanne"), guess("account|y|sanne")]
    advice = advise(two, people=parse_people("identifier,name,roles\nsanne,Sanne,hr\n"))
    assert kinds(advice).count("ambiguous") == 1
    assert [prompt.recipient for prompt in advice] == [one.identifier for one in two]
    maybe = advise(two, people=parse_people("identifier,employment\nsanne,student\n"))
    assert not [prompt for prompt in maybe if prompt.phase_mix]
    assert kinds(maybe).count("maybe_student") == 2
    exact = advise(two, people=parse_people("identifier,name\naccount|x|sanne,San\n"))
    assert [prompt.name for prompt in exact] == ["San", "Sanne"]


def test_two_rows_for_one_person_are_told(guess: Guessing) -> None:
    rows = "identifier,name,employment\nsanne,San,\naccount|https://leren.example|sanne,Sanne,\n"
    advice = advise([guess("sanne")], people=parse_people(rows))
    assert [prompt.name for prompt in advice if prompt.phase_mix] == ["Sanne"]
    assert kinds(advice).count("shared") == 1


def test_a_mailbox_finds_its_hash(guess: Guessing) -> None:
    from leercultuur_core.activity.identity import mailbox

    one = attrs.evolve(guess(mailbox("sanne@x.example")), learner="sanne@x.example")
    (prompt,) = advise([one], people=parse_people("identifier,language\nsanne@x.example,en\n"))
    assert (prompt.recipient, prompt.language) == (one.identifier, "en")
    assert prompt.text.startswith("Hi,\n")


def test_language_is_the_persons_own(guess: Guessing) -> None:
    people = parse_people("identifier,name,language\nw0,Anna,en\nw1,Bram,\n")
    assert [prompt.language for prompt in advise(team_of(guess, 2), people=people)] == ["en", "nl"]


def test_gaps_are_told(guess: Guessing) -> None:
    advice = advise([guess("w0")], people=parse_people("identifier\nw0\n"), language="en")
    assert [str(note) for note in advice.notes if note.kind == "gap"] == [
        "the whole organisation: nobody found for the role hr",
        "the whole organisation: nobody found for the role director",
        "the whole organisation: nobody found for the role education_contact",
    ]
    alone = advise([guess("w0")], people=parse_people("identifier,employment\nw0,self_employed\n"))
    assert kinds(alone) == ["gap"]


def test_managers_that_cannot_be_are_told(guess: Guessing) -> None:
    rows = "identifier,name,manager,employment\na,A,a,\nb,B,c,\nc,C,b,\nd,D,d,self_employed\n"
    advice = advise([], people=parse_people(rows))
    told = [
        (note.kind, note.who) for note in advice.notes if note.kind in {"self_manager", "cycle"}
    ]
    assert told == [("self_manager", "A"), ("cycle", "B"), ("cycle", "C")]


def test_progress_counts_the_estimates(guess: Guessing) -> None:
    done: list[int] = []
    advise(team_of(guess, 3), progress=done.append)
    advise(team_of(guess, 3), people=parse_people(company()), progress=done.append)
    assert done == [1, 2, 3] * 2


def test_wrong_use_is_told(guess: Guessing, model: MaturityModel) -> None:
    with pytest.raises(ValueError, match="one of nl, en; found 'de'"):
        advise(guess(), language="de")
    with pytest.raises(ValueError, match="at least 1 prompt per person"):
        advise(guess(), per_person=0)
    with pytest.raises(ValueError, match="at least 5 people"):
        advise(guess(), minimum_group=4)
    without = tuple(one for one in model.all if one.id != NOTICE_DAILY_LEARNING)
    with pytest.raises(ValueError, match=NOTICE_DAILY_LEARNING):
        advise(guess(), model=attrs.evolve(model, all=without))


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_people_read(guess: Guessing, snapshot: SnapshotAssertion, language: str) -> None:
    found = [
        guess("w0", "unknown"),
        guess("w1", "selecting", seen=SEEN[language]),
        *team_of(guess, 12)[2:],
    ]
    advice = advise(found, people=parse_people(company()), language=language, per_person=9)
    chosen = [p for p in advice if p.name in {"Anna", "Bram", "Mo"} and p.phase_mix]
    assert "\n\n-----\n\n".join(prompt.text for prompt in chosen) == snapshot


@pytest.mark.parametrize("language", LANGUAGES)
def test_prompts_of_many_at_once_say_what_each_would(language: str) -> None:
    kinds_of = ("searched", "progressed", "progressed", "applied", "practised", "shared")
    day = utc_day(AT)
    counts = {
        (
            f"w{number}",
            "lms",
            "general",
            kinds_of[(number + step) % 6 if step % 4 else 1],
            day - ago,
        ): 1 + step % 3
        for number in range(12)
        for step, ago in enumerate(range(1 + number % 3, 100, 3 + number % 4))
    }
    counts |= {("mo", "lms", "general", "progressed", day - ago): 2 for ago in range(1, 30, 2)}
    found = estimate(Ledger(counts), at=AT)
    assert [one.phase != "unknown" for one in found.values()].count(True) > 7
    people = parse_people(company())
    for most in (1, 9):
        together = advise(found, people=people, language=language, per_person=most)
        # A list cannot explain many at once: there each estimate is asked for its own reasons.
        alone = advise([*found.values()], people=people, language=language, per_person=most)
        assert together == alone
        said = sum("in de laatste" in one.text or "in the last" in one.text for one in together)
        assert said > 4
    assert "held" in kinds(advise(found, people=people))

"""The shipped catalogue: complete, true to the report, and kind to whoever reads it."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from leercultuur_core.maturity import Intervention, maturity_model
from leercultuur_core.maturity.vocabulary import (
    CONDITIONS,
    LANGUAGES,
    LAYERS,
    PHASES,
    ROLES,
    Language,
)

MODEL = maturity_model()
EVERY = pytest.mark.parametrize("one", MODEL.all, ids=lambda one: one.id)

_PUSHING = {
    "nl": re.compile(r"\b(moet|moeten|hoor je|je zou|verplicht)\b", re.IGNORECASE),
    "en": re.compile(r"\b(must|should|have to|ought)\b", re.IGNORECASE),
}


def test_holds_the_reports_82_and_one_marked_addition() -> None:
    assert Counter(one.addition for one in MODEL.all) == {False: 82, True: 1}
    assert Counter(one.layer for one in MODEL.all if not one.addition) == {
        "tasks": 7,
        "colleagues": 9,
        "manager": 23,
        "hr": 15,
        "leadership": 18,
        "environment": 10,
    }
    assert [one.id for one in MODEL.all if one.addition] == ["addition.notice-daily-learning"]


def test_the_stars_are_those_of_the_report() -> None:
    assert [one.id for one in MODEL.all if one.science] == [
        "tasks.job-crafting",
        "colleagues.easy-contact",
        "colleagues.support-groups",
        "manager.match-talents-and-wishes",
        "manager.development-talks",
        "manager.development-plan",
        "manager.communities-of-practice",
        "manager.time-and-money",
        "manager.training-transfer",
        "manager.room-for-mistakes",
        "hr.task-redesign",
        "hr.manager-training",
        "leadership.intrapreneurship",
    ]


def test_says_what_each_place_rests_on() -> None:
    own = [one for one in MODEL.all if not one.addition]
    assert Counter(one.basis for one in own) == {"stated": 29, "layout": 41, "judgement": 12}


def test_the_addition_rests_on_the_first_white_spot() -> None:
    addition = MODEL["addition.notice-daily-learning"]
    assert addition.layer == "tasks"
    assert (addition.phases, addition.primary_phase) == (("unaware",), "unaware")
    assert addition.basis == "stated"
    assert "White spot 1" in addition.basis_text
    assert addition.seed_line == 999
    assert addition.fits_inside_work
    assert not addition.exposes_people


# What the report says in words, layer by layer.
@pytest.mark.parametrize(
    ("intervention_id", "phases"),
    [
        # "Voldoende autonomie en uitdagende taken zijn heel belangrijk in elke fase"
        ("tasks.autonomy", PHASES),
        ("tasks.challenging-tasks", PHASES),
        # "Ook elkaar feedback geven ...": the unaware, and those who are learning already
        ("colleagues.peer-feedback", ("unaware", "acting", "applying", "continuing")),
        # "In de selectie- en actiefase ... tijd en geld beschikbaar stellen"
        ("manager.time-and-money", ("selecting", "acting")),
        ("manager.match-talents-and-wishes", ("selecting", "acting")),
        ("leadership.time-and-money", ("selecting", "acting")),
        # "Onbewuste fase ... talenten te (h)erkennen, informatie te geven"
        ("manager.map-talents", ("unaware",)),
        ("manager.share-developments", ("unaware",)),
        ("leadership.share-developments", ("unaware",)),
        # "In de toepassingsfase ... transfer ... omgeving waar fouten mogen worden gemaakt"
        ("manager.training-transfer", ("applying",)),
        ("manager.room-for-mistakes", ("applying",)),
        ("leadership.self-organisation", ("applying",)),
        # "Continu blijft leren ... klantbezoeken, leveranciers, nieuwe medewerkers, netwerk"
        ("manager.customer-visits", ("continuing",)),
        ("manager.invite-suppliers", ("continuing",)),
        ("manager.newcomer-knowledge", ("continuing",)),
        ("manager.networking-events", ("continuing",)),
        # "Betrekken bij visie ... realiseren dat (het continueren van) leren belangrijk is"
        ("leadership.shared-vision", ("unaware", "continuing")),
    ],
)
def test_phases_the_report_states(intervention_id: str, phases: tuple[str, ...]) -> None:
    one = MODEL[intervention_id]
    assert one.phases == phases
    assert one.basis == "stated"
    assert one.stated_level in ("intervention", "layer")


@pytest.mark.parametrize(
    ("intervention_id", "phases", "basis"),
    [
        ("colleagues.room-for-mistakes", ("acting", "applying"), "layout"),
        ("manager.feedback", ("unaware", "acting", "applying", "continuing"), "judgement"),
        ("hr.manager-training", PHASES, "judgement"),
        ("leadership.learning-kpi", ("continuing",), "layout"),
        ("education.validate-learning", ("selecting", "applying", "continuing"), "judgement"),
    ],
)
def test_phases_that_are_inferred(
    intervention_id: str, phases: tuple[str, ...], basis: str
) -> None:
    assert (MODEL[intervention_id].phases, MODEL[intervention_id].basis) == (phases, basis)


def test_every_layer_can_do_something_in_every_phase() -> None:
    cells = MODEL.grid()
    assert set(cells) == {(layer, phase) for layer in LAYERS for phase in PHASES}
    assert all(cells.values())
    assert {one.id for found in cells.values() for one in found} == {one.id for one in MODEL.all}


@EVERY
def test_an_id_begins_with_its_layer(one: Intervention) -> None:
    room = one.id.split(".")[0]
    assert room == {"environment": "education"}.get(one.layer, one.layer) or one.addition


@EVERY
@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_are_short_and_do_not_push(one: Intervention, language: Language) -> None:
    step, ask = one.steps[language], one.asks[language]
    assert 5 <= len(step.split()) <= 40
    assert 5 <= len(ask.split()) <= 18
    assert len(one.summaries[language].split()) <= 25
    for words in (step, ask, one.summaries[language], one.labels[language]):
        assert "!" not in words
        assert words == " ".join(words.split())
    for words in (step, ask):
        assert not _PUSHING[language].search(words), words
        for sentence in re.split(r"(?<=[.?])\s+", words):
            assert len(sentence.split()) <= 24, sentence
    assert step.endswith((".", "?"))
    assert ask.endswith("?")
    assert ask.count("?") == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_interventions_ask_or_begin_alike(language: Language) -> None:
    asks = Counter(one.asks[language] for one in MODEL.all)
    assert asks.most_common(1)[0][1] == 1
    steps = Counter(one.steps[language] for one in MODEL.all)
    assert steps.most_common(1)[0][1] == 1


@EVERY
def test_each_condition_has_its_ground(one: Intervention) -> None:
    assert set(one.grounds) == set(CONDITIONS)
    assert all(4 <= len(ground.split()) <= 25 for ground in one.grounds.values())


@pytest.mark.parametrize(
    "intervention_id",
    [
        "colleagues.peer-feedback",
        "colleagues.project-reviews",
        "colleagues.room-for-mistakes",
        "manager.feedback",
        "manager.project-reviews",
        "leadership.learning-kpi",
        "leadership.customer-evaluations",
        "leadership.intrapreneurship",
        "hr.learning-outcomes",
        "education.validate-learning",
    ],
)
def test_feedback_mistakes_reviews_goals_and_outcomes_expose(intervention_id: str) -> None:
    assert MODEL[intervention_id].exposes_people


def test_formal_learning_takes_time_beside_the_work() -> None:
    formal = [one for one in MODEL.all if one.kind == "formal"]
    assert formal
    assert not any(one.fits_inside_work for one in formal)


def test_every_layer_phase_and_role_has_a_name_and_a_sentence() -> None:
    assert tuple(MODEL.layers) == LAYERS
    assert tuple(MODEL.phases) == PHASES
    assert tuple(MODEL.roles) == ROLES
    for axis in MODEL.terms.values():
        for term in axis.values():
            for language in LANGUAGES:
                assert term.labels[language]
                assert "!" not in term.descriptions[language]
                assert term.descriptions[language].endswith(".")


def test_the_questionnaire() -> None:
    assert len(MODEL.items) == 13
    assert Counter(item.facet for item in MODEL.items)["safety"] == 2
    assert len(MODEL.facets) == 12
    assert [one.id for one in MODEL.preconditions] == [
        "floor-involvement",
        "integral-vision",
        "readiness",
        "safety-and-workload",
    ]
    assert {item.precondition for item in MODEL.items} == {one.id for one in MODEL.preconditions}
    assert all(item.keying == "agree-is-good" for item in MODEL.items)

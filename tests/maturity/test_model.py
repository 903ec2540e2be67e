"""Querying the model and making it larger."""

from __future__ import annotations

import pickle

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from leercultuur_core.errors import ConfigError
from leercultuur_core.maturity import Intervention, MaturityModel, maturity_model
from leercultuur_core.maturity.vocabulary import LAYERS, PHASES, SCOPES

MODEL = maturity_model()


def _own(**changes: object) -> Intervention:
    """An intervention as a plugin may make it."""
    one = Intervention(
        id="library.reading-hour",
        layer="environment",
        labels={"nl": "Leesuur", "en": "Reading hour"},
        summaries={"nl": "De bieb leest samen.", "en": "The library reads together."},
        steps={"nl": "Vraag wie meeleest.", "en": "Ask who reads along."},
        asks={"nl": "Mag ik meelezen?", "en": "May I read along?"},
        phases=("selecting", "acting"),
        primary_phase="acting",
        basis="judgement",
        basis_text="Made up for this test.",
        stated_level="none",
        kind="informal",
        scope="team",
        group_programme=True,
        exposes_people=False,
        fits_inside_work=False,
        grounds={
            "group_programme": "A group reads.",
            "exposes_people": "Nobody shows results.",
            "fits_inside_work": "It is an hour.",
        },
    )
    return evolve(one, **changes)  # type: ignore[arg-type]


def test_one_cell() -> None:
    found = MODEL.interventions(phase="selecting", layer="manager")
    assert [one.id for one in found] == [
        "manager.match-talents-and-wishes",
        "manager.development-talks",
        "manager.role-models",
        "manager.easy-contact",
        "manager.mixed-disciplines",
        "manager.development-plan",
        "manager.mentoring-buddy",
        "manager.time-and-money",
    ]


def test_education_is_the_environment() -> None:
    assert MODEL.interventions(layer="education") == MODEL.interventions(layer="environment")
    assert len(MODEL.interventions(layer="education")) == 10


def test_plausible_and_additions() -> None:
    sure = MODEL.interventions("continuing", "manager")
    more = MODEL.interventions("continuing", "manager", plausible=True)
    assert set(sure) < set(more)
    assert MODEL["manager.development-talks"] in set(more) - set(sure)
    addition = MODEL["addition.notice-daily-learning"]
    assert addition in MODEL.interventions("unaware")
    assert addition not in MODEL.interventions("unaware", additions=False)


@given(
    phase=st.none() | st.sampled_from(PHASES),
    layer=st.none() | st.sampled_from(LAYERS),
    scope=st.none() | st.sampled_from(SCOPES),
)
def test_a_choice_is_the_meeting_of_its_parts(
    phase: str | None, layer: str | None, scope: str | None
) -> None:
    found = MODEL.interventions(phase, layer, scope=scope)
    apart = [
        set(MODEL.interventions(phase)),
        set(MODEL.interventions(layer=layer)),
        set(MODEL.interventions(scope=scope)),
    ]
    assert set(found) == set.intersection(*apart)
    assert list(found) == [one for one in MODEL.all if one in found]


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (
            {"phase": "actng"},
            r"no phase 'actng'; the choices are unaware, .*did you mean \"acting\"",
        ),
        ({"layer": "teachers"}, "no layer 'teachers'; the choices are tasks, colleagues"),
        ({"scope": "country"}, "no scope 'country'; the choices are person, team, organisation"),
    ],
)
def test_an_unknown_choice_names_the_choices(choice: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MODEL.interventions(**choice)  # type: ignore[arg-type]


def test_an_unknown_id_is_a_key_error_with_the_nearest() -> None:
    assert "tasks.autonomy" in MODEL
    assert "tasks.autonmy" not in MODEL
    with pytest.raises(KeyError, match=r"tasks\.autonomy"):
        MODEL["tasks.autonmy"]


def test_the_shipped_model_is_read_once() -> None:
    assert maturity_model() is maturity_model()


def test_a_model_goes_to_another_process_and_back() -> None:
    again = pickle.loads(pickle.dumps(MODEL))  # noqa: S301 - our own bytes
    assert isinstance(again, MaturityModel)
    assert again == MODEL
    assert again["tasks.autonomy"] == MODEL["tasks.autonomy"]


def test_extended_adds_after_its_own() -> None:
    larger = MODEL.extended([_own()])
    assert larger.all == (*MODEL.all, _own())
    assert larger["library.reading-hour"].addition
    assert _own() in larger.grid()["environment", "acting"]
    assert _own() not in MODEL.all
    assert larger.effects(_own(), ["workload-not-too-high"])[3].effect == "gate"


def test_extended_cannot_replace_or_pass_for_the_report() -> None:
    with pytest.raises(ConfigError) as caught:
        MODEL.extended([_own(id="tasks.autonomy"), _own(addition=False)])
    assert [problem.place for problem in caught.value.problems] == [
        "tasks.autonomy, id",
        "library.reading-hour, addition",
    ]


def test_extended_holds_to_the_checks_of_a_table() -> None:
    wrong = _own(
        layer="library",
        phases=("acting", "selecting"),
        primary_phase="applying",
        also_plausible=("acting",),
        basis="stated",
        basis_text="",
        kind="other",
        scope="city",
        processes=("magic",),
        steps={"nl": "Vraag wie meeleest."},
        grounds={"group_programme": "A group reads."},
    )
    with pytest.raises(ConfigError) as caught:
        MODEL.extended([wrong])
    places = [
        problem.place.removeprefix("library.reading-hour, ") for problem in caught.value.problems
    ]
    assert places == [
        "layer",
        "kind",
        "scope",
        "processes",
        "phases",
        "primary_phase",
        "also_plausible",
        "stated_level",
        "basis_text",
        "steps.en",
        "grounds.exposes_people",
        "grounds.fits_inside_work",
    ]
    assert "expected one of tasks, colleagues" in str(caught.value)

"""The shipped evidence rules: what the usual verbs of public vocabularies speak for."""

from __future__ import annotations

import tomllib
from collections import Counter
from datetime import UTC, datetime
from importlib import resources
from itertools import pairwise
from typing import Any

import pytest

from leercultuur_core.activity.activity import Activity
from leercultuur_core.activity.evidence import (
    OTHER,
    PHASE_QUESTION,
    default_rules,
    evidence_kinds,
    parse_rules,
)
from leercultuur_core.maturity.vocabulary import PHASES

ADL = "http://adlnet.gov/expapi/verbs/"
TYPE = "http://adlnet.gov/expapi/activities/"
STREAMS = "http://activitystrea.ms/schema/1.0/"
TINCAN = "http://id.tincanapi.com/verb/"
PLANS = "http://www.tincanapi.co.uk/verbs/"
ACROSSX = "https://w3id.org/xapi/acrossx/verbs/"
CMI5 = "https://w3id.org/xapi/adl/verbs/"
ISD = "https://w3id.org/xapi/dod-isd/verbs/"
VIDEO = "https://w3id.org/xapi/video/verbs/"

RULES = default_rules()


def kind(verb: str, object_type: str = "", **more: Any) -> str | None:
    moment = datetime(2026, 3, 2, tzinfo=UTC)
    activity = Activity(
        id="a", identities=("s",), verb=verb, object_type=object_type, occurred_at=moment, **more
    )
    return RULES.kind(activity)


VERBS = {
    "viewed": [
        ADL + "experienced",
        ADL + "launched",
        TINCAN + "viewed",
        STREAMS + "open",
        STREAMS + "watch",
        STREAMS + "read",
        STREAMS + "access",
        ACROSSX + "watched",
    ],
    "searched": [
        STREAMS + "search",
        ACROSSX + "searched",
        TINCAN + "previewed",
        TINCAN + "bookmarked",
        ADL + "preferred",
    ],
    "planned": [
        PLANS + "planned_learning",
        "http://www.tincanapi.co.uk/pages/verbs.html#planned_learning",
        PLANS + "enrolled_onto_learning_plan",
        TINCAN + "adopted",
        STREAMS + "schedule",
    ],
    "registered": [ADL + "registered", STREAMS + "join"],
    "progressed": [
        *(ADL + verb for verb in ("initialized", "attempted", "progressed", "resumed")),
        *(ADL + verb for verb in ("suspended", "answered", "interacted", "attended")),
        STREAMS + "play",
        STREAMS + "start",
        STREAMS + "submit",
        VIDEO + "played",
    ],
    "completed": [
        ADL + "completed",
        ADL + "passed",
        ADL + "mastered",
        STREAMS + "complete",
        CMI5 + "satisfied",
    ],
    "failed": [ADL + "failed", CMI5 + "abandoned"],
    "practised": [ISD + "practiced", STREAMS + "experience", TINCAN + "was-mentored-by"],
    "applied": [ISD + "applied", ISD + "performed", ISD + "implemented"],
    "shared": [
        ADL + "shared",
        ADL + "commented",
        ADL + "responded",
        STREAMS + "author",
        STREAMS + "create",
        STREAMS + "present",
        STREAMS + "share",
        ACROSSX + "posted",
        TINCAN + "replied",
    ],
    "mentored": [TINCAN + "mentored"],
    "reflected": [TINCAN + "reviewed", ISD + "reflected", ISD + "evaluated"],
    "validated": [
        TINCAN + "earned",
        "http://specification.openbadges.org/xapi/verbs/earned",
        CMI5 + "waived",
    ],
    "feedback-given": [
        STREAMS + "give",
        STREAMS + "like",
        TINCAN + "rated",
        TINCAN + "voted-up",
        PLANS + "evaluated",
    ],
    "asked": [ADL + "asked", TINCAN + "requested-attention"],
    "task-changed": [TINCAN + "was-assigned-job-title"],
    OTHER: [
        ADL + "exited",
        ADL + "terminated",
        ADL + "voided",
        ADL + "logged-in",
        CMI5 + "logged-in",
        "https://brindlewaye.com/xAPITerms/verbs/loggedin",
        "https://brindlewaye.com/xAPITerms/verbs/loggedin/",
        VIDEO + "paused",
        VIDEO + "seeked",
        TINCAN + "talked-with",
    ],
}


@pytest.mark.parametrize(
    ("verb", "expected"), [(verb, kind) for kind, verbs in VERBS.items() for verb in verbs]
)
def test_the_usual_verbs(verb: str, expected: str) -> None:
    assert kind(verb) == expected
    # An object type that no rule names changes nothing.
    assert kind(verb, "urn:type:unheard-of") == expected
    if verb.startswith(STREAMS):
        assert kind(verb.replace("/schema/1.0/", "/")) == expected


@pytest.mark.parametrize(
    ("verb", "object_type", "expected"),
    [
        (ADL + "interacted", TYPE + "simulation", "practised"),
        (ADL + "completed", TYPE + "course", "completed"),
        (ADL + "completed", TYPE + "module", "progressed"),
        (ADL + "completed", TYPE + "lesson", "progressed"),
        (ADL + "completed", TYPE + "question", "progressed"),
        (ADL + "passed", TYPE + "question", "progressed"),
        (ADL + "failed", TYPE + "question", "progressed"),
        (ADL + "attended", TYPE + "meeting", OTHER),
        (STREAMS + "receive", STREAMS + "badge", "validated"),
        (STREAMS + "receive", "", None),
        (TINCAN + "reviewed", "Agent", "feedback-given"),
        (TINCAN + "talked-with", "Agent", "talk-held"),
        (TINCAN + "defined", TYPE + "objective", "planned"),
        (TINCAN + "defined", "", None),
        (STREAMS + "request", TYPE + "course", "means-requested"),
        (STREAMS + "request", "", None),
    ],
)
def test_where_the_object_decides(verb: str, object_type: str, expected: str | None) -> None:
    assert kind(verb, object_type) == expected


@pytest.mark.parametrize("verb", VERBS["viewed"])
def test_what_is_viewed_because_it_is_required_is_another_kind(verb: str) -> None:
    assert kind(verb, required=True) == "viewed-required"
    assert kind(verb, TYPE + "module", required=True) == "viewed-required"


def test_required_changes_only_what_says_something_about_ones_own_direction() -> None:
    assert kind(ADL + "registered", required=True) == OTHER
    assert kind(ADL + "completed", required=True) == "completed"


def test_moodle_uses_a_verb_of_plans_for_enrolment() -> None:
    enrolled = kind(PLANS + "enrolled_onto_learning_plan", context_types=("http://moodle.org",))
    assert enrolled == "registered"


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("verb", [ADL + "answered", ADL + "responded", "urn:verb:chose"])
def test_an_answer_to_the_phase_question_is_a_self_report(phase: str, verb: str) -> None:
    for more in ({}, {"required": True}, {"object_type": TYPE + "question"}):
        assert kind(verb, object_id=PHASE_QUESTION, answer=phase, **more) == f"self-report.{phase}"


@pytest.mark.parametrize("verb", [ADL + "answered", ADL + "progressed", TINCAN + "viewed"])
def test_anything_else_with_the_phase_question_is_no_evidence(verb: str) -> None:
    assert kind(verb, object_id=PHASE_QUESTION) == OTHER


def test_a_phase_as_the_answer_to_another_question_is_no_self_report() -> None:
    assert kind(ADL + "answered", object_id="urn:other", answer="acting") == "progressed"


def test_rules_about_answers_in_general_do_not_take_the_phase_question() -> None:
    theirs = parse_rules(
        f"""schema = 1
        version = "theirs"
        [[rule]]
        verb = "{ADL}answered"
        object_type = "{TYPE}cmi.interaction"
        kind = "progressed"
        """,
        "theirs",
    )
    moment = datetime(2026, 3, 2, tzinfo=UTC)
    answer = Activity(
        id="a",
        identities=("s",),
        verb=ADL + "answered",
        object_id=PHASE_QUESTION,
        object_type=TYPE + "cmi.interaction",
        answer="acting",
        occurred_at=moment,
    )
    assert (RULES + theirs).kind(answer) == "self-report.acting"


def test_what_a_substatement_says_does_not_count_but_planning_it_does() -> None:
    assert kind(PLANS + "planned_learning", "SubStatement") == "planned"


def test_an_unheard_of_verb_is_unknown_rather_than_guessed() -> None:
    assert kind("urn:verb:unheard-of") is None
    assert kind(ADL + "completed/") is None


def test_the_file_itself() -> None:
    text = resources.files("leercultuur_core.data").joinpath("evidence.toml").read_text("utf-8")
    rows = tomllib.loads(text)["rule"]
    conditions = Counter(
        tuple(sorted((k, v) for k, v in row.items() if k not in {"kind", "ground"})) for row in rows
    )
    assert [once for once, count in conditions.items() if count > 1] == []
    assert all(row["ground"].endswith(".") for row in rows)
    # Every kind can be reached from public vocabularies.
    assert {row["kind"] for row in rows} == set(evidence_kinds())
    assert all(a.conditions >= b.conditions for a, b in pairwise(RULES.rules))

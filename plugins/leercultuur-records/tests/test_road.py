"""The road: every step, by every role, from every stage; and what may never happen."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from leercultuur_records.record import (
    ROLES,
    STAGES,
    STEPS,
    ActingRole,
    Decision,
    Entry,
    Evidence,
    Issued,
    Judgement,
    Mark,
    Record,
    Stage,
    Step,
)
from leercultuur_records.road import (
    Actor,
    RoadRefused,
    RoadRules,
    deadline,
    in_the_way,
    may_follow,
    take_step,
)
from leercultuur_records.standard import Criterion, Standard

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
STANDARD = Standard(
    "B1", "2026", "Brood bakken", (Criterion("W1", "kneedt"), Criterion("W2", "bakt"))
)
RUBRIC = ("variation", "quantity")
HOLDER = "sanne"
JUDGED = Judgement(dict.fromkeys(RUBRIC, "met"), {"W1": "met", "W2": "met"})
YES = Decision("recognised", ("W1", "W2"))
ISSUED = Issued("urn:uuid:1", NOW, NOW + timedelta(days=365))
EVERY_ROLE = frozenset(
    {"worker", "coach", "assessor", "second_assessor", "issuer", "manager", "hr"}
)
ALLOWED: dict[Step, tuple[set[Stage], set[ActingRole]]] = {
    # step: from which stages, by whom. Written by hand, to hold the road against.
    "identify": (set(), set()),
    "document": ({"identified", "documented"}, {"worker", "coach"}),
    "submit": ({"documented"}, {"worker"}),
    "return": ({"submitted"}, {"assessor", "second_assessor"}),
    "assess": ({"submitted", "appealed"}, {"assessor", "second_assessor"}),
    "decide": ({"submitted", "appealed"}, {"assessor", "second_assessor"}),
    "certify": ({"assessed"}, {"issuer"}),
    "withdraw": (
        {"identified", "documented", "submitted", "appealed", "assessed", "rejected"},
        {"worker"},
    ),
    "appeal": ({"rejected"}, {"worker"}),
    "revoke": ({"certified"}, {"issuer"}),
    "expire": ({"certified"}, {"clock"}),
}


def entry(step: Step, by: str, role: ActingRole, **more: Any) -> Entry:
    return evolve(Entry(step, NOW, by, role), **more)


BASE = Record(
    "r-1",
    HOLDER,
    "Ik leerde zuurdesem bakken.",
    date(2026, 3, 1),
    evidence=(Evidence("link", "Foto's", date(2026, 2, 1), url="https://brood.example"),),
    standard=STANDARD.key,
    history=(entry("identify", HOLDER, "worker"),),
)
_DOCUMENTED = BASE.with_entry(entry("document", HOLDER, "worker"))
_SUBMITTED = _DOCUMENTED.with_entry(entry("submit", HOLDER, "worker"))
_JUDGED = _SUBMITTED.with_entry(entry("assess", "ann", "assessor", judgement=JUDGED))
_REJECTED = _JUDGED.with_entry(entry("decide", "ann", "assessor", decision=Decision("rejected")))
_ASSESSED = _JUDGED.with_entry(entry("decide", "ann", "assessor", decision=YES))
_CERTIFIED = _ASSESSED.with_entry(entry("certify", "iris", "issuer", issued=ISSUED))
_APPEALED = _REJECTED.with_entry(entry("appeal", HOLDER, "worker")).with_entry(
    entry("assess", "bob", "assessor", judgement=JUDGED)
)
AT: dict[Stage, Record] = {
    "identified": BASE,
    "documented": _DOCUMENTED,
    "submitted": _JUDGED,
    "rejected": _REJECTED,
    "assessed": _ASSESSED,
    "certified": _CERTIFIED,
    "appealed": _APPEALED,
    "withdrawn": BASE.with_entry(entry("withdraw", HOLDER, "worker")),
    "expired": _CERTIFIED.with_entry(entry("expire", "", "clock")),
}


def step(record: Record, what: Step, actor: Actor, **more: object) -> Record:
    """The step with everything that it could need."""
    given: dict[str, object] = {
        "rules": RoadRules(),
        "standard": STANDARD,
        "rubric_ids": RUBRIC,
        "judgement": JUDGED,
        "decision": YES,
        "issued": ISSUED,
        "reason": "because",
    }
    late = NOW + timedelta(days=400) if what == "expire" else NOW
    return take_step(record, what, actor, late, **{**given, **more})  # type: ignore[arg-type]


def actor_in(role: ActingRole) -> Actor:
    if role == "worker":
        return Actor(HOLDER, EVERY_ROLE)
    return Actor("", frozenset()) if role == "clock" else Actor("carl", frozenset({role}))


def test_there_is_a_record_at_each_stage() -> None:
    assert {stage: record.stage for stage, record in AT.items()} == {s: s for s in STAGES}
    assert set(ALLOWED) == set(STEPS)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("what", STEPS)
@pytest.mark.parametrize("stage", STAGES)
def test_every_step_by_every_role_from_every_stage(
    stage: Stage, what: Step, role: ActingRole
) -> None:
    stages, roles = ALLOWED[what]
    record = AT[stage]
    if stage in stages and role in roles:
        after = step(record, what, actor_in(role))
        assert after.history[:-1] == record.history
        assert after.history[-1].step == what
        assert after.history[-1].role == role
    else:
        with pytest.raises(RoadRefused) as refused:
            step(record, what, actor_in(role))
        expected = {"role", "self"} if stage in stages else {"stage"}
        assert refused.value.code in expected


def test_what_may_follow_is_what_the_table_says() -> None:
    for stage in STAGES:
        assert set(may_follow(stage)) == {
            s for s, (stages, _) in ALLOWED.items() if stage in stages
        }


ANN = Actor("ann", frozenset({"assessor"}))
BOSS = Actor("boss", frozenset({"assessor", "issuer"}), manager=True)
TWO = RoadRules(assessors=2)
PARTLY = Judgement(JUDGED.vraak, {"W1": "met", "W2": "partly"})
HELPED = BASE.with_entry(entry("document", "ann", "coach")).with_entry(
    entry("submit", HOLDER, "worker")
)
BY_BOSS = _SUBMITTED.with_entry(entry("assess", "boss", "assessor", judgement=JUDGED, manager=True))
NOT_QUITE = _SUBMITTED.with_entry(entry("assess", "ann", "assessor", judgement=PARTLY))
SOME = _JUDGED.with_entry(
    entry("decide", "ann", "assessor", decision=Decision("recognised", ("W1",)))
)

ILLEGAL = {
    # what: record, step, actor, code, more
    "assess oneself": (_SUBMITTED, "assess", Actor(HOLDER, EVERY_ROLE), "self", {}),
    "decide on oneself": (_JUDGED, "decide", Actor(HOLDER, EVERY_ROLE), "self", {}),
    "certify oneself": (_ASSESSED, "certify", Actor(HOLDER, EVERY_ROLE), "self", {}),
    "assess before submit": (_DOCUMENTED, "assess", ANN, "stage", {}),
    "submit without evidence": (
        evolve(_DOCUMENTED, evidence=()), "submit", Actor(HOLDER), "evidence", {},
    ),
    "submit without a standard": (
        evolve(_DOCUMENTED, standard=None), "submit", Actor(HOLDER), "standard", {},
    ),
    "submit for a criterion there is not": (
        evolve(_DOCUMENTED, criteria=("W9",)), "submit", Actor(HOLDER), "criteria", {},
    ),
    "edit after submitting": (_SUBMITTED, "document", Actor(HOLDER), "stage", {}),
    "edit after a decision": (_ASSESSED, "document", Actor(HOLDER), "stage", {}),
    "submit for another": (_DOCUMENTED, "submit", ANN, "role", {}),
    "decide without an assessment": (_SUBMITTED, "decide", ANN, "judgements", {}),
    "decide with one pair of eyes": (_JUDGED, "decide", ANN, "four-eyes", {"rules": TWO}),
    "decide on the line manager's word": (BY_BOSS, "decide", ANN, "manager", {}),
    "decide as line manager": (_JUDGED, "decide", BOSS, "manager", {}),
    "certify as line manager": (_ASSESSED, "certify", BOSS, "manager", {}),
    "judge what one helped with": (HELPED, "assess", ANN, "helped", {}),
    "judge an appeal again": (_APPEALED, "assess", ANN, "again", {}),
    "decide against an assessor": (NOT_QUITE, "decide", ANN, "criteria", {}),
    "recognise a part": (_JUDGED, "decide", ANN, "criteria", {"decision": Decision("recognised", ("W1",))}),
    "recognise what was not asked": (
        _JUDGED, "decide", ANN, "criteria", {"decision": Decision("rejected", ("W9",))},
    ),
    "assess without a mark": (
        _SUBMITTED, "assess", ANN, "criteria", {"judgement": Judgement({}, JUDGED.criteria)},
    ),
    "certify without all criteria": (SOME, "certify", Actor("i", frozenset({"issuer"})), "criteria", {}),
    "certify what one decided": (
        _ASSESSED, "certify", Actor("ann", frozenset({"issuer"})), "four-eyes",
        {"rules": RoadRules(four_eyes=True)},
    ),
    "a no without a reason": (
        _JUDGED, "decide", ANN, "reason", {"decision": Decision("rejected"), "reason": " "},
    ),
    "an appeal without a reason": (_REJECTED, "appeal", Actor(HOLDER), "reason", {"reason": ""}),
    "an appeal too late": (
        evolve(_REJECTED, history=tuple(evolve(e, at=NOW - timedelta(days=43)) for e in _REJECTED.history)),
        "appeal", Actor(HOLDER), "late", {},
    ),
    "in a role one does not have": (_SUBMITTED, "assess", ANN, "role", {"role": "second_assessor"}),
    "in a role of another step": (_SUBMITTED, "assess", ANN, "role", {"role": "issuer"}),
}  # fmt: skip


@pytest.mark.parametrize("what", ILLEGAL)
def test_an_illegal_move_is_refused_and_says_why(what: str) -> None:
    record, name, actor, code, more = ILLEGAL[what]
    before = record.history
    with pytest.raises(RoadRefused) as refused:
        step(record, name, actor, **more)  # type: ignore[arg-type]
    assert refused.value.code == code
    assert len(str(refused.value)) > 15
    assert record.history == before


def test_one_may_stop_after_documenting_and_at_no_time_loses_the_record() -> None:
    assert deadline(_DOCUMENTED, RoadRules()) is None
    assert step(_DOCUMENTED, "withdraw", Actor(HOLDER)).stage == "withdrawn"


def test_a_line_manager_may_assess_beside_another() -> None:
    both = BY_BOSS.with_entry(entry("assess", "ann", "assessor", judgement=JUDGED))
    assert step(both, "decide", ANN, rules=TWO).stage == "assessed"


def test_a_second_look_replaces_the_first_and_counts_once() -> None:
    again = step(NOT_QUITE, "assess", ANN)
    assert [one.judgement for one in again.judgements] == [JUDGED]


def test_deadlines_run_from_the_step_that_started_them() -> None:
    rules = RoadRules(assess_within_days=10, appeal_within_days=5)
    asked = deadline(_JUDGED, rules)
    assert asked is not None
    assert (asked.what, asked.until) == ("assess", NOW + timedelta(days=10))
    appeal = deadline(_REJECTED, rules)
    assert appeal is not None
    assert (appeal.what, appeal.until) == ("appeal", NOW + timedelta(days=5))
    assert deadline(_CERTIFIED, rules) is None


@given(st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2032, 1, 1)))  # noqa: DTZ001
def test_a_credential_expires_no_earlier_than_it_says(moment: datetime) -> None:
    at = max(moment.replace(tzinfo=UTC), NOW)
    assert ISSUED.valid_until is not None
    if at < ISSUED.valid_until:
        with pytest.raises(RoadRefused):
            take_step(_CERTIFIED, "expire", Actor(""), at, rules=RoadRules())
    else:
        assert take_step(_CERTIFIED, "expire", Actor(""), at, rules=RoadRules()).stage == "expired"


PEOPLE = {
    HOLDER: Actor(HOLDER, EVERY_ROLE),
    "ann": ANN,
    "bob": Actor("bob", frozenset({"assessor", "second_assessor"})),
    "boss": BOSS,
    "iris": Actor("iris", frozenset({"issuer", "coach"})),
    "": Actor(""),
}


MARK: st.SearchStrategy[Mark] = st.sampled_from(["met", "met", "met", "partly"])
OUTCOME = st.sampled_from([YES, YES, Decision("rejected"), Decision("recognised", ("W1",))])


class Roads(RuleBasedStateMachine):
    """Anybody tries anything, in any order."""

    @initialize(four_eyes=st.booleans(), assessors=st.integers(1, 2))
    def begin(self, four_eyes: bool, assessors: int) -> None:
        self.settled = RoadRules(assessors=assessors, four_eyes=four_eyes)
        self.record, self.at = BASE, NOW

    @rule(
        what=st.sampled_from(STEPS),
        who=st.sampled_from(sorted(PEOPLE)),
        mark=MARK,
        outcome=OUTCOME,
        days=st.integers(0, 60),
    )
    def attempt(self, what: Step, who: str, mark: Mark, outcome: Decision, days: int) -> None:
        """Anything, by anybody."""
        self.at += timedelta(days=days)
        self.take(what, who, mark, outcome)

    @rule(
        judge=st.sampled_from(["ann", "bob", "boss", "iris", HOLDER]),
        decide=st.booleans(),
        mark=MARK,
        outcome=OUTCOME,
    )
    def go_on(self, judge: str, decide: bool, mark: Mark, outcome: Decision) -> None:
        """What usually comes next, so that the far end of the road is reached too."""
        own: dict[Stage, Step] = {
            "identified": "document",
            "documented": "submit",
            "rejected": "appeal",
        }
        stage = self.record.stage
        if stage in own:
            self.take(own[stage], HOLDER, mark, outcome)
        elif stage == "assessed":
            self.take("certify", judge, mark, outcome)
        else:
            self.take("decide" if decide else "assess", judge, mark, outcome)

    def take(self, what: Step, who: str, mark: Mark, outcome: Decision) -> None:
        before = self.record
        try:
            self.record = take_step(
                before,
                what,
                PEOPLE[who],
                self.at,
                rules=self.settled,
                standard=STANDARD,
                rubric_ids=RUBRIC,
                judgement=Judgement(JUDGED.vraak, {"W1": "met", "W2": mark}),
                decision=outcome,
                issued=evolve(ISSUED, valid_from=self.at, valid_until=self.at + timedelta(days=90)),
                reason="because",
            )
        except RoadRefused:
            assert self.record is before
        else:
            assert before.stage in ALLOWED[what][0]
            assert self.record.history[:-1] == before.history

    @invariant()
    def nobody_judges_themselves(self) -> None:
        own = {"assess", "decide", "certify", "return", "revoke"}
        assert not any(e.step in own and e.by == HOLDER for e in self.record.history)

    @invariant()
    def a_yes_rests_on_enough_others_than_the_manager(self) -> None:
        if self.record.stage in {"assessed", "certified"}:
            judged = self.record.judgements
            assert len(judged) >= self.settled.assessors
            assert any(not one.manager for one in judged)
            assert all(set(e.judgement.criteria.values()) == {"met"} for e in judged if e.judgement)
            decided = self.record.decided
            assert decided is not None
            assert not decided.manager

    @invariant()
    def four_eyes_where_asked(self) -> None:
        issued = [e for e in self.record.history if e.step == "certify"]
        if issued and self.settled.four_eyes and self.record.decided is not None:
            assert issued[-1].by != self.record.decided.by


TestRoads = Roads.TestCase
TestRoads.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)


@pytest.mark.parametrize("what", STEPS)
@pytest.mark.parametrize("stage", STAGES)
def test_what_is_in_the_way_of_a_step_is_why_it_is_refused(stage: Stage, what: Step) -> None:
    record = AT[stage]
    for role, manager in product(ROLES, (False, True)):
        actor = evolve(actor_in(role), manager=manager)
        found = in_the_way(record, what, actor, rules=RoadRules())
        if found is None:
            assert step(record, what, actor).history[-1].step == what
        else:
            with pytest.raises(RoadRefused) as refused:
                step(record, what, actor)
            assert refused.value.code == found


def test_who_helped_who_judged_before_and_who_decided_are_in_the_way() -> None:
    helped = _DOCUMENTED.with_entry(entry("document", "ann", "coach")).with_entry(
        entry("submit", HOLDER, "worker")
    )
    ann, iris = Actor("ann", EVERY_ROLE), Actor("iris", EVERY_ROLE)
    rules = RoadRules(assessors=2, four_eyes=True)
    assert in_the_way(helped, "assess", ann, rules=rules) == "helped"
    assert in_the_way(_APPEALED, "decide", ann, rules=rules) == "again"
    assert in_the_way(_SUBMITTED, "decide", iris, rules=rules) == "judgements"
    assert in_the_way(_JUDGED, "decide", iris, rules=rules) == "four-eyes"
    assert in_the_way(_ASSESSED, "certify", ann, rules=rules) == "four-eyes"
    assert in_the_way(_ASSESSED, "certify", iris, rules=rules) is None

"""What others get to see of a record, and that each look is noted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from leercultuur_core import AccessDenied
from leercultuur_records import Decision, Evidence, RoadRules

from .conftest import NOW, Organisation  # type: ignore[import-not-found]

LATER = NOW + timedelta(days=1)


def read_by(org: Organisation, name: str = "Sanne") -> list[tuple[str, str, str]]:
    rows = org.engine.export(org[name], NOW, by="test")["read_by"]
    return [(row["who"], row["what"], row["detail"]) for row in rows if row["what"] != "export"]


def test_an_assessor_sees_what_was_submitted_and_what_they_can_do(org: Organisation) -> None:
    documented, submitted = org.documented("Pieter"), org.submitted()
    (listed,) = org.records.inbox(org["Ann"], NOW)
    assert (listed.record.id, listed.may, listed.judged) == (
        submitted,
        ("return", "assess"),
        False,
    )
    assert listed.standard is not None
    assert listed.deadline is not None
    view = org.records.view(submitted, org["Ann"], NOW)
    assert (view.name, view.may) == ("Sanne", listed.may)
    assert view.steps["decide"] == "judgements"
    assert view.steps["withdraw"] == "role"
    assert [one.criterion for one in view.hints] == list(org.records.rubric.ids)
    assert "Sanne" not in repr(view)
    with pytest.raises(AccessDenied):
        org.records.view(documented, org["Ann"], NOW)
    with pytest.raises(KeyError):
        org.records.view("no-such-record", org["Ann"], NOW)


def test_what_somebody_can_do_follows_the_road(org: Organisation) -> None:
    record = org.submitted()
    org.records.assess(record, org["Ann"], NOW, org.judgement())
    ann = org.records.view(record, org["Ann"], NOW)
    assert (ann.may, ann.judged) == (("return", "assess", "decide"), True)
    assert org.records.view(record, org["Baas"], NOW).steps["decide"] == "manager"
    assert not org.records.view(record, org["Bob"], NOW).judged
    org.records.decide(record, org["Ann"], NOW, Decision("recognised", ("W1", "W2")))
    assert org.records.view(record, org["Iris"], NOW).may == ("certify",)
    assert org.records.view(record, org["Baas"], NOW).steps["certify"] == "manager"
    org.records.certify(record, org["Iris"], NOW)
    assert org.records.view(record, org["Iris"], NOW).may == ("revoke",)
    assert org.records.view(record, org["Ann"], NOW).may == ()


def test_with_four_eyes_who_decided_cannot_certify(organise: Any) -> None:
    org = organise(RoadRules(four_eyes=True))
    record = org.submitted("Pieter")
    for name in ("Ann", "Bob"):
        org.records.assess(record, org[name], NOW, org.judgement())
    org.records.decide(record, org["Ann"], NOW, Decision("recognised", ("W1", "W2")))
    assert org.records.view(record, org["Ann"], NOW).steps == {
        "certify": "role",
        "withdraw": "role",
    }
    assert org.records.view(record, org["Iris"], NOW).may == ("certify",)


def test_a_coach_sees_and_writes_along_as_long_as_it_is_shared(org: Organisation) -> None:
    record = org.documented()
    assert org.records.inbox(org["Carla"], NOW) == ()
    org.records.share(record, org["Sanne"], org["Carla"], NOW.date())
    (listed,) = org.records.inbox(org["Carla"], NOW)
    assert listed.may == ("document",)
    assert org.records.inbox(org["Carla"], LATER) == ()
    org.records.share(record, org["Sanne"], org["Ann"], NOW.date())
    assert org.records.view(record, org["Ann"], NOW).steps["document"] == "role"


def test_an_own_record_is_not_among_those_of_others(org: Organisation) -> None:
    org.submitted("Baas")
    assert org.records.inbox(org["Baas"], NOW) == ()
    assert len(org.records.inbox(org["Ann"], NOW)) == 1


def test_what_is_due_first_comes_first_and_what_is_done_last(org: Organisation) -> None:
    first = org.submitted()
    second = org.documented("Pieter")
    org.records.submit(second, org["Pieter"], LATER)
    done = org.submitted("Baas")
    org.records.assess(done, org["Ann"], LATER, org.judgement())
    org.records.decide(done, org["Ann"], LATER, Decision("recognised", ("W1", "W2")))
    shown = [one.record.id for one in org.records.inbox(org["Ann"], LATER)]
    assert shown == [first, second, done]


def test_each_look_by_another_is_in_the_audit_by_role_and_without_a_name(
    org: Organisation,
) -> None:
    record = org.submitted()
    org.records.inbox(org["Ann"], NOW)
    assert read_by(org) == []
    org.records.view(record, org["Sanne"], NOW)
    assert read_by(org) == [], "what is one's own is not noted"
    org.records.view(record, org["Ann"], NOW)
    org.records.view(record, org["Bob"], NOW)
    assert read_by(org) == [
        ("assessor", "record", record),
        ("assessor second_assessor", "record", record),
    ]


def test_a_file_is_given_to_who_may_see_it_and_that_is_noted(org: Organisation) -> None:
    record = org.documented()
    evidence = Evidence("file", "Foto", NOW.date())
    changed = org.records.add_evidence(
        record, evidence, org["Sanne"], NOW, content=b"a picture of bread"
    )
    digest = changed.evidence[-1].sha256
    with pytest.raises(AccessDenied):
        org.records.view_file(record, digest, org["Ann"], NOW)
    org.records.submit(record, org["Sanne"], NOW)
    assert org.records.view_file(record, digest, org["Ann"], NOW) == b"a picture of bread"
    with pytest.raises(KeyError):
        org.records.view_file(record, "0" * 64, org["Ann"], NOW)
    assert read_by(org) == [("assessor", "record file", record)]


def test_a_candidate_is_seen_by_name(org: Organisation) -> None:
    milan = org.records.add_candidate("Milan", "milan@post.example")
    made = org.records.new(
        milan.id, "Ik leerde plannen.", NOW, by=org["Carla"], agreed_on=NOW.date()
    )
    org.records.share(made.id, milan.id, org["Carla"], NOW.date())
    assert org.records.view(made.id, org["Carla"], NOW).name == "Milan"

"""One statement to one activity: the mapping of the README, field by field."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from hashlib import sha1
from typing import Any

import msgspec
import pytest

from leercultuur_core.activity.activity import Activity, Retraction
from leercultuur_xapi.reasons import UnusableStatement
from leercultuur_xapi.statement import Mapper

ID = "0f8fad5b-d9cb-469f-a165-70867728950e"
TARGET = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
COURSE = "http://adlnet.gov/expapi/activities/course"
CMI5_COURSE = "https://w3id.org/xapi/cmi5/activitytype/course"
MOODLE_COURSE = "http://id.tincanapi.com/activitytype/lms/course"
MODULE = "http://adlnet.gov/expapi/activities/module"
ADL = "http://adlnet.gov/expapi/verbs/"
SANNE = {"account": {"homePage": "https://lms.example", "name": "sanne"}}
PHASE = "urn:leercultuur:question:phase"


def statement(**changes: Any) -> dict[str, Any]:
    """A good statement with ``changes``; a field given as ``None`` is left out."""
    whole = {
        "id": ID,
        "actor": SANNE,
        "verb": {"id": ADL + "progressed", "display": {"en": "progressed", "nl": "kwam verder"}},
        "object": {"id": "https://lms.example/module/3", "definition": {"type": MODULE}},
        "timestamp": "2026-03-02T09:00:00Z",
        **changes,
    }
    return {key: value for key, value in whole.items() if value is not None}


def read(**changes: Any) -> Activity:
    record = Mapper().record(json.dumps(statement(**changes)).encode())
    assert isinstance(record, Activity)
    return record


def reason(**changes: Any) -> str:
    with pytest.raises(UnusableStatement) as caught:
        Mapper().record(json.dumps(statement(**changes)).encode())
    return str(caught.value)


def context(**activities: Any) -> dict[str, Any]:
    return {"contextActivities": activities}


def test_a_plain_statement() -> None:
    assert read() == Activity(
        id=ID,
        identities=("account|https://lms.example|sanne",),
        verb=ADL + "progressed",
        occurred_at=datetime(2026, 3, 2, 9, tzinfo=UTC),
        source="https://lms.example",
        object_id="https://lms.example/module/3",
        object_type=MODULE,
    )


# Who


def sha(address: str) -> str:
    return sha1(f"mailto:{address}".encode(), usedforsecurity=False).hexdigest()


MAIL = f"mbox_sha1sum|{sha('sanne@korenaar.example')}"


@pytest.mark.parametrize(
    ("actor", "identities"),
    [
        (SANNE, ("account|https://lms.example|sanne",)),
        ({"objectType": "Agent", **SANNE}, ("account|https://lms.example|sanne",)),
        ({"mbox": "mailto:sanne@korenaar.example"}, (MAIL,)),
        ({"mbox": "MAILTO:sanne@korenaar.example"}, (MAIL,)),
        ({"mbox": "sanne@korenaar.example"}, (MAIL,)),
        ({"mbox_sha1sum": sha("sanne@korenaar.example")}, (MAIL,)),
        ({"mbox_sha1sum": sha("sanne@korenaar.example").upper()}, (MAIL,)),
        ({"openid": "https://sanne.example"}, ("openid|https://sanne.example",)),
        # More than one is not in the standard; the others only suggest links.
        (
            {"openid": "https://sanne.example", "mbox": "mailto:sanne@korenaar.example", **SANNE},
            ("account|https://lms.example|sanne", MAIL, "openid|https://sanne.example"),
        ),
        (
            {
                "mbox": "mailto:sanne@korenaar.example",
                "mbox_sha1sum": sha("sanne@korenaar.example"),
            },
            (MAIL,),
        ),
    ],
)
def test_every_form_of_actor(actor: dict[str, Any], identities: tuple[str, ...]) -> None:
    assert read(actor=actor).identities == identities


def test_a_mailbox_is_labelled_with_its_address() -> None:
    mapper = Mapper()
    for actor in (
        {"mbox_sha1sum": sha("sanne@korenaar.example")},
        {"mbox": "mailto:sanne@korenaar.example"},
        SANNE,
    ):
        mapper.record(json.dumps(statement(actor=actor)).encode())
    assert mapper.labels == {MAIL: "sanne@korenaar.example"}


def agent(name: str) -> dict[str, Any]:
    return {"objectType": "Agent", "account": {"homePage": "https://lms.example", "name": name}}


@pytest.mark.parametrize("members", [["b", "a", "c"], ["c", "b", "a", "b"], ["a", "a", "b", "c"]])
@pytest.mark.parametrize("identified", [True, False])
def test_a_group_counts_each_member_once_in_any_order(
    members: list[str], *, identified: bool
) -> None:
    group: dict[str, Any] = {"objectType": "Group", "member": [agent(name) for name in members]}
    if identified:
        group["mbox"] = "mailto:team@korenaar.example"
    activity = read(actor=group)
    assert activity.identities == ("account|https://lms.example|a",)
    assert activity.group == (
        ("account|https://lms.example|b",),
        ("account|https://lms.example|c",),
    )
    assert activity.source == "https://lms.example"


def test_of_a_member_listed_twice_the_links_do_not_depend_on_the_order() -> None:
    twice = [{**agent("a"), "openid": "https://a.example"}, agent("a")]
    both = [read(actor={"objectType": "Group", "member": order}) for order in (twice, twice[::-1])]
    assert both[0].identities == both[1].identities
    assert both[0].group == ()


def test_members_who_cannot_be_identified_are_left_out() -> None:
    members = [{"name": "somebody"}, agent("a"), {"objectType": "Group", "member": [agent("x")]}]
    assert read(actor={"objectType": "Group", "member": members}).group == ()


@pytest.mark.parametrize(
    ("actor", "words"),
    [
        (None, "actor: expected an agent or a group, found nothing"),
        ({}, "actor: expected an account, mbox, mbox_sha1sum or openid, found none"),
        ({"name": "Sanne"}, "actor: expected an account"),
        ("sanne", "actor: expected an object, found a text"),
        ([SANNE], "actor: expected an object, found a list"),
        ({"objectType": "Robot", **SANNE}, "actor.objectType: expected Agent or Group"),
        ({"objectType": 1, **SANNE}, "actor.objectType: expected a text, found a number"),
        ({"account": {"name": "sanne"}}, "actor.account.homePage: expected a text, found nothing"),
        ({"account": {"homePage": "https://lms.example"}}, "actor.account.name: expected a text"),
        (
            {"account": {"homePage": "https://lms.example", "name": 7}},
            "actor.account.name: expected a text, found a number",
        ),
        ({"account": "sanne"}, "actor.account: expected an object, found a text"),
        ({"mbox": "mailto:nobody"}, "actor.mbox: expected mailto: and a mail address"),
        ({"mbox_sha1sum": "abc"}, "actor.mbox_sha1sum: expected 40 hexadecimal digits"),
        (
            {"objectType": "Group", "mbox": "mailto:team@a.example"},
            "actor.member: expected at least one agent",
        ),
        ({"objectType": "Group", "member": []}, "actor.member: expected at least one agent"),
        (
            {"objectType": "Group", "member": [{"name": "x"}]},
            "actor.member: expected at least one agent",
        ),
        (
            {"objectType": "Group", "member": [{"mbox": 1}]},
            "actor.member[0].mbox: expected a text, found a number",
        ),
        (
            {"objectType": "Group", "member": agent("a")},
            "actor.member: expected a list, found an object",
        ),
    ],
)
def test_an_actor_who_cannot_be_counted(actor: Any, words: str) -> None:
    assert words in reason(actor=actor)


# Source, topic, context


def test_the_platform_is_the_source_before_the_home_page() -> None:
    assert read(context={"platform": "Moodle"}).source == "Moodle"
    assert read(context={"platform": ""}).source == "https://lms.example"
    assert read(actor={"mbox": "mailto:a@b.example"}).source == "default"
    group = {"objectType": "Group", "member": [{"mbox": "mailto:a@b.example"}, agent("a")]}
    assert read(actor=group).source == "https://lms.example"
    own = {**group, "account": {"homePage": "https://teams.example", "name": "ovens"}}
    assert read(actor=own).source == "https://teams.example"


def course(iri: str, type_: str = COURSE) -> dict[str, Any]:
    return {"id": iri, "definition": {"type": type_}}


@pytest.mark.parametrize(
    ("changes", "topic"),
    [
        ({}, "general"),
        ({"object": course("urn:c:1")}, "urn:c:1"),
        ({"object": course("urn:c:1", CMI5_COURSE)}, "urn:c:1"),
        ({"object": course("urn:c:1", MOODLE_COURSE)}, "urn:c:1"),
        ({"object": course("urn:c:1", "http://id.tincanapi.com/activitytype/lms")}, "general"),
        ({"context": context(grouping=[course("urn:c:1", CMI5_COURSE)])}, "urn:c:1"),
        ({"context": context(grouping=[course("urn:c:1", MOODLE_COURSE)])}, "urn:c:1"),
        (
            {"object": course("urn:c:1"), "context": context(grouping=[course("urn:c:2")])},
            "urn:c:1",
        ),
        ({"context": context(grouping=[course("urn:c:1")])}, "urn:c:1"),
        ({"context": context(grouping=course("urn:c:1"))}, "urn:c:1"),  # 1.0 allowed one alone
        ({"context": context(parent=[course("urn:c:2")], grouping=[course("urn:c:1")])}, "urn:c:2"),
        ({"context": context(grouping=[course("urn:c:2"), course("urn:c:1")])}, "urn:c:1"),
        ({"context": context(other=[course("urn:c:1")])}, "general"),
        (
            {"context": context(grouping=[{"id": "urn:m:1", "definition": {"type": MODULE}}])},
            "general",
        ),
    ],
)
def test_the_topic_is_a_course(changes: dict[str, Any], topic: str) -> None:
    assert read(**changes).topic == topic


def test_context_types_are_category_ids_and_types_sorted() -> None:
    activity = read(
        context=context(
            category=[
                {"id": "urn:profile:b"},
                {"id": "urn:profile:a", "definition": {"type": "urn:t:profile"}},
            ],
            parent=[{"id": "urn:x", "definition": {"type": MODULE}}],
            grouping=[course("urn:c:1")],
            other=[{"id": "urn:y", "definition": {"type": "urn:t:not-read"}}],
        )
    )
    assert activity.context_types == tuple(
        sorted(["urn:profile:a", "urn:profile:b", "urn:t:profile", MODULE, COURSE])
    )


@pytest.mark.parametrize(
    ("changes", "required"),
    [
        ({}, False),
        ({"context": {"extensions": {"https://lms.example/ext/required": True}}}, True),
        ({"context": {"extensions": {"https://lms.example/ext/isRequired": "yes"}}}, True),
        ({"context": {"extensions": {"https://lms.example/ext#required_by_employer": 1}}}, True),
        ({"context": {"extensions": {"https://lms.example/ext/mandatory-training/": True}}}, True),
        ({"context": {"extensions": {"https://lms.example/ext/required": False}}}, False),
        ({"context": {"extensions": {"https://lms.example/ext/required": None}}}, False),
        ({"context": {"extensions": {"https://lms.example/ext/required-score": 1}}}, False),
        ({"context": {"extensions": {"https://lms.example/ext/not-required": True}}}, False),
        ({"context": {"extensions": {"https://lms.example/required/colour": True}}}, False),
        (
            {"context": {"extensions": {"https://lms.example/ext/enrolment-type": "mandatory"}}},
            True,
        ),
        ({"context": {"extensions": {"https://lms.example/ext/enrolment-type": "free"}}}, False),
        ({"context": {"extensions": {"https://lms.example/ext/enrolment-type": True}}}, False),
        ({"context": {"extensions": {"https://lms.example/ext/verplicht": "ja"}}}, True),
        (
            {"object": {"id": "urn:x", "definition": {"extensions": {"urn:ext:mandatory": True}}}},
            True,
        ),
        (
            {
                "context": context(
                    category=[{"id": "https://lms.example/category/compliance-training"}]
                )
            },
            True,
        ),
        ({"context": context(grouping=[{"id": "https://lms.example/compliance-training"}])}, False),
    ],
)
def test_required_by_the_employer(changes: dict[str, Any], *, required: bool) -> None:
    assert read(**changes).required is required


# Objects


@pytest.mark.parametrize(
    ("thing", "object_id", "object_type"),
    [
        ({"id": "urn:x"}, "urn:x", ""),
        ({"objectType": "Activity", "id": "urn:x", "definition": {}}, "urn:x", ""),
        ({"objectType": "Agent", "mbox": "mailto:mo@korenaar.example"}, "", "Agent"),
        ({"objectType": "Group", "name": "ovens"}, "", "Group"),
        ({"objectType": "StatementRef", "id": TARGET.upper()}, TARGET, "StatementRef"),
        (
            {
                "objectType": "SubStatement",
                "actor": SANNE,
                "verb": {"id": ADL + "completed"},
                "object": course("urn:c:1"),
            },
            "",
            "SubStatement",
        ),
    ],
)
def test_every_form_of_object(thing: dict[str, Any], object_id: str, object_type: str) -> None:
    activity = read(object=thing)
    assert (activity.object_id, activity.object_type) == (object_id, object_type)
    assert activity.verb == ADL + "progressed"
    assert activity.topic == "general"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"object": None},
            "object: expected an activity, agent, group or statement, found nothing",
        ),
        ({"object": []}, "object: expected an object, found a list"),
        ({"object": {}}, "object.id: expected an IRI, found nothing"),
        ({"object": {"id": 5}}, "object.id: expected a text, found a number"),
        (
            {"object": {"id": "urn:x", "definition": "course"}},
            "object.definition: expected an object, found a text",
        ),
        (
            {"object": {"id": "urn:x", "definition": {"type": 3}}},
            "object.definition.type: expected a text, found a number",
        ),
        (
            {"object": {"id": "urn:x", "definition": {"name": "Bread"}}},
            "object.definition.name: expected an object",
        ),
        (
            {"object": {"id": "urn:x", "objectType": "Thing"}},
            "object.objectType: expected Activity",
        ),
        (
            {"object": {"id": "urn:x", "objectType": "StatementRef"}},
            "object.id: expected the UUID of a statement",
        ),
        ({"verb": None}, "verb.id: expected an IRI, found nothing"),
        ({"verb": {}}, "verb.id: expected an IRI, found nothing"),
        ({"verb": {"id": ""}}, "verb.id: expected an IRI, found nothing"),
        ({"verb": {"id": 5}}, "verb.id: expected a text, found a number"),
        ({"verb": "completed"}, "verb: expected an object, found a text"),
        (
            {"verb": {"id": "urn:v", "display": "did"}},
            "verb.display: expected an object, found a text",
        ),
        ({"id": 5}, "id: expected a text, found a number"),
        ({"id": "abc"}, "id: expected a UUID, found another text"),
        ({"id": ID[:-1] + "g"}, "id: expected a UUID"),
        ({"id": ID.replace("-", "")}, "id: expected a UUID"),
        ({"context": []}, "context: expected an object, found a list"),
        ({"context": {"platform": 1}}, "context.platform: expected a text, found a number"),
        ({"context": {"extensions": []}}, "context.extensions: expected an object, found a list"),
        (
            {"context": {"contextActivities": "x"}},
            "context.contextActivities: expected an object, found a text",
        ),
        ({"context": context(parent="x")}, "context.contextActivities.parent: expected"),
        (
            {"context": context(grouping=[5])},
            "context.contextActivities.grouping[0]: expected an object, found a number",
        ),
        ({"result": "good"}, "result: expected an object, found a text"),
        (
            {"result": {"completion": "yes"}},
            "result.completion: expected true or false, found a text",
        ),
        ({"result": {"success": 1}}, "result.success: expected true or false, found a number"),
        ({"result": {"score": 0.5}}, "result.score: expected an object, found a number"),
        (
            {"result": {"score": {"scaled": "high"}}},
            "result.score.scaled: expected a number, found a text",
        ),
        (
            {"result": {"score": {"scaled": 1.01}}},
            "result.score.scaled: expected a number from -1 to 1",
        ),
        ({"result": {"response": 4}}, "result.response: expected a text, found a number"),
        ({"result": {"duration": 60}}, "result.duration: expected a text, found a number"),
        ({"attachments": {}}, "attachments: expected a list, found an object"),
        ({"authority": "lms"}, "authority: expected an object, found a text"),
        ({"version": 1.0}, "version: expected a text, found a number"),
    ],
)
def test_a_wrong_type_is_named_with_its_place(changes: dict[str, Any], words: str) -> None:
    assert words in reason(**changes)


def test_null_is_nothing_where_a_field_may_be_left_out() -> None:
    raw = json.dumps({**statement(), "result": None, "context": None, "stored": None}).encode()
    assert Mapper().record(raw) == read()


def test_a_reason_holds_nothing_personal() -> None:
    personal = {"mbox": "Sanne Bakker, Dorpsstraat 1", "name": "Sanne Bakker"}
    assert "Sanne" not in reason(actor=personal)
    assert "Sanne" not in reason(id="Sanne")
    assert "Sanne" not in reason(timestamp="Sanne")


# Results


def test_the_result() -> None:
    activity = read(
        result={"completion": True, "success": False, "score": {"scaled": -1, "raw": 4}}
    )
    assert (activity.completion, activity.success, activity.score) == (True, False, -1.0)


def test_only_an_answer_to_the_phase_question_is_kept() -> None:
    question = {"id": PHASE}
    assert read(object=question, result={"response": "acting"}).answer == "acting"
    assert read(object=question, result={"response": "I feel fine"}).answer is None
    assert read(object=question).answer is None
    assert read(result={"response": "acting"}).answer is None
    free = read(object=question, result={"response": "I feel fine"})
    assert b"fine" not in msgspec.json.encode(free)


# Time


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-02T09:00:00Z", datetime(2026, 3, 2, 9, tzinfo=UTC)),
        ("2026-03-02t09:00:00z", datetime(2026, 3, 2, 9, tzinfo=UTC)),
        ("2026-03-02T10:00:00+01:00", datetime(2026, 3, 2, 9, tzinfo=UTC)),
        ("2026-03-02T10:00:00+0100", datetime(2026, 3, 2, 9, tzinfo=UTC)),
        ("2026-03-02T10:00:00+01", datetime(2026, 3, 2, 9, tzinfo=UTC)),
        ("2026-03-02T09:00:00-00:00", datetime(2026, 3, 2, 9, tzinfo=UTC)),
        ("2026-03-01T23:30:00-09:30", datetime(2026, 3, 2, 9, tzinfo=UTC)),
        ("2026-03-02T09:00:00.5Z", datetime(2026, 3, 2, 9, 0, 0, 500000, tzinfo=UTC)),
        ("2026-03-02T09:00:00.123456789Z", datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)),
        ("2026-W10-1T09:00:00Z", datetime(2026, 3, 2, 9, tzinfo=UTC)),
        ("20260302T090000Z", datetime(2026, 3, 2, 9, tzinfo=UTC)),
        ("2026-03-02T09:00Z", datetime(2026, 3, 2, 9, tzinfo=UTC)),
    ],
)
def test_a_timestamp_with_any_offset_is_kept_in_utc(text: str, moment: datetime) -> None:
    activity = read(timestamp=text)
    assert activity.occurred_at == moment
    assert activity.occurred_at.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2026-03-02T09:00:00", "timestamp: expected a time with an offset, found one without"),
        ("2026-03-02", "timestamp: expected a time with an offset"),
        ("2026-02-30T09:00:00Z", "timestamp: expected a time such as"),
        ("2026-06-30T23:59:60Z", "a moment that does not exist"),
        ("9999-12-31T23:00:00-02:00", "timestamp: expected a time in the years 1 to 9999"),
        ("yesterday", "timestamp: expected a time such as"),
        ("", "timestamp: expected a time such as"),
        (1772442000, "timestamp: expected a text, found a number"),
        (None, "timestamp: expected a time with an offset, found nothing, and no stored time"),
    ],
)
def test_a_time_that_cannot_be_used(text: Any, words: str) -> None:
    assert words in reason(timestamp=text)


def test_without_a_timestamp_the_stored_time_counts() -> None:
    activity = read(timestamp=None, stored="2026-03-02T10:00:00+01:00")
    assert activity.occurred_at == activity.stored_at == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert read(stored="2026-03-03T09:00:00Z").occurred_at.day == 2


# Ids and voids


def test_an_id_is_in_small_letters_and_one_is_made_when_there_is_none() -> None:
    assert read(id=ID.upper()).id == ID
    made = [
        read(id=None),
        read(id=None, stored="2026-03-05T00:00:00Z"),
        read(id=None, timestamp="2026-03-02T10:00:00+01:00"),
    ]
    assert len({activity.id for activity in made}) == 1
    assert made[0].id.startswith("xapi:")
    assert read(id=None, verb={"id": "urn:other"}).id != made[0].id


def void(target: Any) -> dict[str, Any]:
    return statement(verb={"id": ADL + "voided"}, object=target)


def test_a_void_retracts_its_target() -> None:
    raw = json.dumps(void({"objectType": "StatementRef", "id": TARGET.upper()})).encode()
    assert Mapper().record(raw) == Retraction(id=TARGET)


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (
            {"id": "urn:x"},
            "object.objectType: expected StatementRef, as the statement voids another",
        ),
        (
            {"objectType": "StatementRef", "id": "5"},
            "object.id: expected the UUID of a statement, found another text",
        ),
        (
            {"objectType": "StatementRef"},
            "object.id: expected the UUID of a statement, found nothing",
        ),
    ],
)
def test_a_void_of_nothing_is_rejected(target: dict[str, Any], words: str) -> None:
    with pytest.raises(UnusableStatement, match=words.partition(":")[0]) as caught:
        Mapper().record(json.dumps(void(target)).encode())
    assert words in str(caught.value)


def test_version_2_is_read_like_version_1() -> None:
    new = {
        "version": "2.0.0",
        "context": {
            "contextAgents": [
                {
                    "objectType": "contextAgent",
                    "agent": agent("mo"),
                    "relevantTypes": ["urn:mentor"],
                }
            ],
            "contextGroups": [],
        },
    }
    assert read(**new) == read(version="1.0.3")


def test_fields_that_are_not_in_the_standard_are_passed_over() -> None:
    assert read(extra={"anything": [1, 2]}, actor={**SANNE, "shoe_size": 38}) == read()


def test_what_is_remembered_stays_right_when_a_memory_starts_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("leercultuur_xapi.statement._MANY", 2)
    mapper = Mapper()
    names = ["a", "b", "c", "a", "d", "b"]
    records = [mapper.record(json.dumps(statement(actor=agent(name))).encode()) for name in names]
    assert [r.identities[0][-1] for r in records if isinstance(r, Activity)] == names

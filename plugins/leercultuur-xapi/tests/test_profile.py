"""The xAPI profile: what the specification wants of it, and that all statements follow it.

The rules are those of the xAPI Profiles Specification 1.0, part two (github.com/adlnet/xapi-profiles).
"""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leercultuur_core.testing.servers import needs, node_environment
from leercultuur_xapi.profile import (
    PROFILE,
    PROFILE_VERSION,
    Outcome,
    agent,
    answered,
    is_own,
    profile_document,
    received,
    sent,
)

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOME = "https://moodle.example"
PROFILE_DATA: dict[str, Any] = json.loads(profile_document())
CONCEPTS = {one["id"]: one for one in PROFILE_DATA["concepts"]}
TEMPLATES = {one["verb"]: one for one in PROFILE_DATA["templates"]}
BORROWED = "http://activitystrea.ms/schema/1.0/"
JUDGE = Path(__file__).parent / "judge"


def emitted(person: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """A statement of each kind."""
    who = person or agent("learner1", HOME)
    return [
        sent("m", "p", intervention="tasks.choose", layer="tasks", by=HOME),
        received("m", "p", who),
        received("m", "p", who, text="Kies één ding.", language="nl"),
        *(answered("p", outcome, who, at=AT) for outcome in get_args(Outcome)),
    ]


# The document


def test_the_document_has_what_the_specification_requires() -> None:
    assert PROFILE_DATA["@context"] == "https://w3id.org/xapi/profiles/context"
    assert PROFILE_DATA["type"] == "Profile"
    assert PROFILE_DATA["conformsTo"] == "https://w3id.org/xapi/profiles#1.0"
    assert PROFILE_DATA["id"] == PROFILE
    assert PROFILE_DATA["author"].keys() >= {"type", "name"}
    assert PROFILE_DATA["author"]["type"] in {"Organization", "Person"}
    words(PROFILE_DATA)


def test_versions_are_ids_of_their_own_and_the_last_is_the_one_in_use() -> None:
    ids = [one["id"] for one in PROFILE_DATA["versions"]]
    assert len({PROFILE, *ids}) == len(ids) + 1
    assert ids[-1] == PROFILE_VERSION
    for one in PROFILE_DATA["versions"]:
        assert datetime.fromisoformat(one["generatedAtTime"]).tzinfo is not None
    assert {one.get("wasRevisionOf", [PROFILE])[0] for one in PROFILE_DATA["versions"]} <= {
        PROFILE,
        *ids,
    }


def test_concepts_are_whole() -> None:
    assert len(CONCEPTS) == len(PROFILE_DATA["concepts"])
    for concept in CONCEPTS.values():
        assert concept["type"] in {"Verb", "ActivityType"}
        assert concept["inScheme"] == PROFILE_VERSION
        assert concept.keys() <= {"id", "type", "inScheme", "prefLabel", "definition"}
        words(concept)


def test_templates_are_whole() -> None:
    assert len({one["id"] for one in PROFILE_DATA["templates"]}) == len(TEMPLATES)
    for template in TEMPLATES.values():
        assert template["type"] == "StatementTemplate"
        assert template["inScheme"] == PROFILE_VERSION
        words(template)
        assert template["verb"] in CONCEPTS or template["verb"].startswith(BORROWED)
        assert template["objectActivityType"] in CONCEPTS
        assert set(template.get("contextGroupingActivityType", ())) <= CONCEPTS.keys()
        for rule in template["rules"]:
            assert rule["location"].startswith("$.")
            assert rule.keys() & {"presence", "any", "all", "none"}
            assert rule.get("presence", "included") in {"included", "excluded", "recommended"}


def words(one: dict[str, Any]) -> None:
    """In both languages."""
    assert all(one["prefLabel"][language] for language in ("nl", "en"))
    assert all(one["definition"][language] for language in ("nl", "en"))


# The statements


@pytest.mark.parametrize("statement", emitted(), ids=lambda one: one["verb"]["id"][-8:])
def test_each_statement_follows_its_template(statement: dict[str, Any]) -> None:
    template = TEMPLATES[statement["verb"]["id"]]
    assert statement["object"]["definition"]["type"] == template["objectActivityType"]
    around = statement["context"]["contextActivities"]
    assert [one["id"] for one in around["category"]] == [PROFILE_VERSION]
    for type_ in template.get("contextGroupingActivityType", ()):
        assert type_ in {one["definition"]["type"] for one in around["grouping"]}
    for rule in template["rules"]:
        found = at(statement, rule["location"])
        assert bool(found) == (rule["presence"] == "included"), rule
        assert set(found) <= set(rule.get("all", found))


def at(value: Any, path: str) -> list[Any]:
    """What stands at a path of the profile's rules, all of which are keys and ``[*]``."""
    found = [value]
    for step in path.removeprefix("$.").split("."):
        key, _, every = step.partition("[")
        found = [one[key] for one in found if key in one]
        if every:
            found = [item for one in found for item in one]
    return found


def test_every_template_is_used() -> None:
    assert {one["verb"]["id"] for one in emitted()} == TEMPLATES.keys()


@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_never_both_who_and_which(address: str, intervention: str) -> None:
    who = json.dumps(agent(f"adres-{address}", HOME)["account"]["name"])
    which = sent("m", "p", intervention=f"stap-{intervention}", layer="tasks", by=HOME)
    assert who not in json.dumps(which)
    for one in emitted(agent(f"adres-{address}", HOME))[1:]:
        assert who in json.dumps(one)
        assert "urn:leercultuur:intervention" not in json.dumps(one)
        assert "urn:leercultuur:layer" not in json.dumps(one)


def test_ids_are_the_same_for_the_same_and_differ_otherwise() -> None:
    first, second = emitted(), emitted(agent("learner2", HOME))
    assert [one["id"] for one in first] == [one["id"] for one in second]
    # With and without its text it is one statement.
    assert len({one["id"] for one in first}) == len(first) - 1
    assert received("m", "p1", {})["id"] != received("m", "p2", {})["id"]


def test_is_own() -> None:
    assert all(map(is_own, emitted()))
    cmi5 = {"category": [{"id": "https://w3id.org/xapi/cmi5"}]}
    others: list[Any] = [None, [], {}, {"context": None}]
    others += [{"context": {"contextActivities": None}}, {"context": {"contextActivities": cmi5}}]
    assert not any(map(is_own, others))


# The judge: xAPI validation by somebody else


def judged(statements: list[dict[str, Any]]) -> list[list[str]]:
    """What @learninglocker/xapi-validation finds wrong with each."""
    modules = node_environment(JUDGE) / "node_modules"
    done = subprocess.run(  # noqa: S603 - a command of this test
        [shutil.which("node") or "", str(JUDGE / "judge.js"), str(modules)],
        input=json.dumps(statements).encode(),
        capture_output=True,
        timeout=60,
        check=True,
    )
    said: list[list[str]] = json.loads(done.stdout)
    return said


@pytest.mark.server
@needs("node", "npm")
def test_all_statements_are_valid_xapi() -> None:
    odd = [agent("Ülkü / é?", HOME), agent("een.twee+drie@leer.example")]
    statements = [*emitted(), *(one for person in odd for one in emitted(person))]
    statements.append(sent("m", "p", intervention="één / twee", layer="hr", by=HOME))
    assert judged(statements) == [[] for _ in statements]


@pytest.mark.server
@needs("node", "npm")
@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("id", "not-a-uuid"),
        ("actor.account.homePage", "no address"),
        ("verb.id", "completed"),
        ("verb.display", {"not a language": "did"}),
        ("object.id", "tasks"),
        ("timestamp", "yesterday"),
        ("context.contextActivities.category", [{"definition": {}}]),
        ("more", True),
    ],
)
def test_the_judge_refuses_a_spoilt_statement(path: str, value: Any) -> None:
    good = answered("p", "done", agent("learner1", HOME), at=AT)
    *way, last = path.split(".")
    inner: Any = good
    for key in way:
        inner = inner[key]
    inner[last] = value
    (said,) = judged([good])
    assert said

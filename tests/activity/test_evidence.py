"""Evidence rules: precedence, and mistakes in a rule file told all at once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from leercultuur_core.activity.activity import Activity
from leercultuur_core.activity.evidence import evidence_kinds, parse_rules, read_rules
from leercultuur_core.errors import ConfigError

HEAD = 'schema = 1\nversion = "t"\n'


def activity(verb: str = "interacted", **more: object) -> Activity:
    moment = datetime(2026, 3, 2, tzinfo=UTC)
    return Activity(id="a", identities=("s",), verb=verb, occurred_at=moment, **more)  # type: ignore[arg-type]


def rule(kind: str, **conditions: object) -> str:
    lines = [
        f"{key} = {str(value).lower() if isinstance(value, bool) else repr(value)}"
        for key, value in conditions.items()
    ]
    return "\n".join(["[[rule]]", *lines, f"kind = {kind!r}", ""])


def test_the_rule_with_most_conditions_decides_wherever_it_stands() -> None:
    wide, narrow = (
        rule("progressed", verb="interacted"),
        rule("practised", verb="interacted", object_type="simulation"),
    )
    for text in (wide + narrow, narrow + wide):
        rules = parse_rules(HEAD + text, "t")
        assert rules.kind(activity(object_type="simulation")) == "practised"
        assert rules.kind(activity(object_type="lesson")) == "progressed"
        assert rules.kind(activity(verb="sang")) is None


def test_of_equals_the_first_in_a_file_and_the_later_file_decide() -> None:
    first = parse_rules(HEAD + rule("viewed", verb="v") + rule("shared", verb="v"), "t")
    mine = parse_rules(HEAD + rule("asked", verb="v"), "t")
    assert first.kind(activity("v")) == "viewed"
    assert (first + mine).kind(activity("v")) == "asked"
    assert (mine + first).kind(activity("v")) == "viewed"
    assert (first + mine).version == "t+t"


def test_every_condition_is_looked_at() -> None:
    text = (
        rule("viewed", verb="v")
        + rule("viewed-required", verb="v", required=True)
        + rule("searched", verb="v", context_type="catalogue")
        + rule("self-report.acting", object_id="urn:q", answer="acting")
    )
    rules = parse_rules(HEAD + text, "t")
    assert rules.kind(activity("v")) == "viewed"
    assert rules.kind(activity("v", required=True)) == "viewed-required"
    assert rules.kind(activity("v", context_types=("x", "catalogue"))) == "searched"
    assert rules.kind(activity("v", object_id="urn:q", answer="acting")) == "self-report.acting"
    assert rules.kind(activity("v", object_id="urn:q", answer="unaware")) == "viewed"
    assert rules.kind(activity("v", object_id="urn:other", answer="acting")) == "viewed"


def test_every_mistake_in_a_rule_file_is_told_at_once() -> None:
    text = """
schema = 2
versoin = "x"
[[rule]]
verb = "a"
kind = "vieuwed"
[[rule]]
verbs = "a"
kind = "viewed"
[[rule]]
verb = 3
kind = "viewed"
[[rule]]
verb = "a"
required = "yes"
kind = "viewed"
[[rule]]
kind = "viewed"
[[rule]]
verb = "a"
[[rule]]
verb = ""
kind = "viewed"
"""
    with pytest.raises(ConfigError) as caught:
        parse_rules(text, "mine.toml")
    told = [str(problem) for problem in caught.value.problems]
    assert told == [
        "schema: expected 1, found 2",
        "version: expected a text such as '2026.11', found None",
        "versoin: expected 'schema', 'version' or '[[rule]]', found the key 'versoin'; did you mean 'version'?",
        "rule 1.kind: expected a known kind, found 'vieuwed'; did you mean 'viewed'?",
        "rule 2.verbs: expected a known key, found 'verbs'; did you mean 'verb'?",
        "rule 2: expected at least one of verb, object_type, object_id, context_type, answer, required, found none",
        "rule 3.verb: expected a text, found 3",
        "rule 4.required: expected true or false, found 'yes'",
        "rule 5: expected at least one of verb, object_type, object_id, context_type, answer, required, found none",
        "rule 6.kind: expected a kind id, found nothing",
        "rule 7.verb: expected a text, found ''",
    ]
    assert str(caught.value).startswith("mine.toml has 11 problems\n")


@pytest.mark.parametrize(
    "content",
    [b"rule = [", b"a = " + b"9" * 5000, b"a = " + b"[" * 5000, b"\xff\xfe", None],
    ids=["open", "number", "lists", "bytes", "absent"],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "mine.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"mine\.toml"):
        read_rules(path)


def test_kinds_carry_words_in_both_languages() -> None:
    kinds = evidence_kinds()
    assert len(kinds) == 19 + 5 + 1
    assert all(text for row in kinds.values() for text in row.values())

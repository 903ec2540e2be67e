"""What holds for any file: nothing raises, no neighbour is lost, and order does not matter."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leercultuur_core.activity.activity import Activity, Record, content_digest
from leercultuur_core.activity.evidence import default_rules
from leercultuur_core.activity.ledger import Fold, Ledger
from leercultuur_core.errors import SourceUnavailable
from leercultuur_xapi import XapiFile
from leercultuur_xapi.reasons import UnusableStatement
from leercultuur_xapi.statement import Mapper
from leercultuur_xapi.values import Nesting, Values

RULES = default_rules()
QUICK = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
ADL = "http://adlnet.gov/expapi/verbs/"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "statements"


def everything(path: Path) -> tuple[list[Record], int]:
    records: list[Record] = []
    rejects = 0
    for page in XapiFile(path).pages():
        records += page.records
        rejects += len(page.rejects)
    return records, rejects


def whole(number: int) -> dict[str, Any]:
    """A statement that uses every field there is."""
    return {
        "id": f"00000000-0000-4000-8000-{number:012d}",
        "actor": {
            "objectType": "Group",
            "member": [
                {"mbox": "mailto:a@b.example", "name": "A"},
                {
                    "objectType": "Agent",
                    "account": {"homePage": "https://lms.example", "name": "b"},
                },
            ],
        },
        "verb": {"id": ADL + "answered", "display": {"en": "answered"}},
        "object": {
            "objectType": "Activity",
            "id": "urn:leercultuur:question:phase",
            "definition": {"type": "urn:t", "name": {"en": "x"}, "extensions": {"urn:e": [1, {}]}},
        },
        "result": {
            "score": {"scaled": 0.5, "raw": 5, "min": 0, "max": 10},
            "success": True,
            "completion": False,
            "response": "acting",
            "duration": "PT1M",
        },
        "context": {
            "platform": "lms",
            "registration": "r",
            "contextActivities": {"grouping": [{"id": "urn:c", "definition": {"type": "urn:t"}}]},
            "extensions": {"urn:required": True},
        },
        "timestamp": "2026-03-02T09:00:00Z",
        "stored": "2026-03-02T09:00:01+00:00",
        "version": "2.0.0",
        "attachments": [],
    }


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        ["Agent", "Group", "SubStatement", "2026-03-02", ADL + "voided", "\ud800", "\0"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A good statement in which one field, however deep, was replaced or left out."""
    statement = whole(draw(st.integers(0, 9)))
    node: Any = statement
    while True:
        key = draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
        child = node[key]
        if child and isinstance(child, dict | list) and draw(st.integers(0, 3)):
            node = child
            continue
        if draw(st.booleans()):
            node[key] = draw(json_values)
        else:
            del node[key]
        return json.dumps(statement).encode()


@QUICK
@given(mutated())
def test_a_mutated_statement_becomes_an_activity_or_a_reason(raw: bytes) -> None:
    try:
        record = Mapper().record(raw)
    except UnusableStatement:
        pass
    else:
        # Whatever comes out can be counted.
        Fold(RULES).add([] if record is None else [record])
        if isinstance(record, Activity):
            assert len(content_digest(record)) == 16
            assert record.identities
            record.verb.encode()


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A statement or a mutation with a few bytes replaced, left out or put in; on one line."""
    raw = bytearray(draw(mutated()))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(raw) - 1))
        raw[at : at + draw(st.integers(0, 4))] = draw(st.binary(max_size=4))
        if not raw:
            break
    return bytes(raw).replace(b"\n", b"").replace(b"\r", b"")


@QUICK
@given(
    lines=st.lists(
        damaged() | st.binary(max_size=30).map(lambda b: b.replace(b"\n", b"")), max_size=4
    )
)
def test_good_neighbours_come_through_whatever_is_between(path: Path, lines: list[bytes]) -> None:
    good = [json.dumps(whole(number)).encode() for number in range(100, 102)]
    path.write_bytes(b"\n".join([good[0], *lines, good[1]]))
    records, rejects = everything(path)
    assert {f"00000000-0000-4000-8000-{number:012d}" for number in (100, 101)} <= {
        record.id for record in records
    }
    assert len(records) + rejects <= 2 + len(lines)


@QUICK
@given(st.binary(max_size=300) | st.text(alphabet='{}[]",:\\ \n1aé', max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused(path: Path, content: bytes) -> None:
    for written in (
        content,
        gzip.compress(content)[:-3],
        b"\x1f\x8b\x08" + content,
        b"[" + content,
    ):
        path.write_bytes(written)
        try:
            records, rejects = everything(path)
        except SourceUnavailable:
            pass
        else:
            assert records == []
            assert rejects <= len(written)


@QUICK
@given(json_values.map(json.dumps).map(str.encode), st.lists(st.integers(0, 400), max_size=6))
def test_values_do_not_depend_on_where_blocks_end(value: bytes, cuts: list[int]) -> None:
    content = b'[{"a": ' + value + b'}, {"b\\"}": "[' + b'\\\\"}, {"c": [' + value + b"]}]"
    ends = sorted({cut % len(content) for cut in cuts} | {0})
    blocks = [content[a:b] for a, b in zip(ends, [*ends[1:], len(content)], strict=True)]
    got = list(Values(iter(blocks), 10_000))
    # As text, because NaN does not equal itself.
    assert repr([json.loads(item.raw) for item in got]) == repr(json.loads(content))
    assert all(item.damage is None for item in got)


@QUICK
@given(json_values, st.binary(max_size=5), st.integers(1, 9))
def test_nesting_finds_the_end_of_a_value(value: Any, rest: bytes, size: int) -> None:
    encoded = json.dumps([value]).encode()
    content = encoded + rest
    nesting, seen = Nesting(), 0
    for at in range(0, len(content), size):
        piece = content[at : at + size]
        if (end := nesting.end(piece)) >= 0:
            assert seen + end == len(encoded)
            return
        seen += len(piece)
    raise AssertionError("no end was found")


# Order, repetition and the shape of files

PEOPLE = [
    {"account": {"homePage": "https://lms.example", "name": "sanne"}},
    {"mbox": "mailto:mo@korenaar.example"},
    {
        "objectType": "Group",
        "member": [{"mbox": "mailto:mo@korenaar.example"}, {"openid": "https://an.example"}],
    },
]


@st.composite
def statements(draw: st.DrawFn) -> dict[str, Any]:
    number = draw(st.integers(0, 12))
    statement: dict[str, Any] = {
        "id": f"00000000-0000-4000-8000-{number:012d}",
        "actor": draw(st.sampled_from(PEOPLE)),
        "verb": {"id": ADL + draw(st.sampled_from(["progressed", "completed", "shared"]))},
        "object": {"id": "urn:x"},
        "timestamp": f"2026-03-0{draw(st.integers(1, 3))}T09:00:00Z",
    }
    if draw(st.integers(0, 5)) == 0:
        target = f"00000000-0000-4000-8000-{draw(st.integers(0, 12)):012d}"
        statement["verb"] = {"id": ADL + "voided"}
        statement["object"] = {"objectType": "StatementRef", "id": target}
    elif draw(st.integers(0, 5)) == 0:
        del statement["id"]
    return statement


def ledger(path: Path, files: list[list[dict[str, Any]]]) -> Ledger:
    fold = Fold(RULES)
    for number, content in enumerate(files):
        write = [write_lines, write_list, write_answer][number % 3]
        path.write_bytes(write(content))
        for page in XapiFile(path).pages():
            assert page.rejects == []
            fold.add(page.records)
    return fold.ledger


def write_lines(content: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(one) + "\n" for one in content).encode()


def write_list(content: list[dict[str, Any]]) -> bytes:
    return json.dumps(content, indent=1).encode()


def write_answer(content: list[dict[str, Any]]) -> bytes:
    return gzip.compress(json.dumps({"statements": content, "more": ""}).encode())


def split(content: list[dict[str, Any]], cuts: list[int]) -> Iterator[list[dict[str, Any]]]:
    ends = sorted(cut % (len(content) + 1) for cut in cuts)
    for start, end in zip([0, *ends], [*ends, len(content)], strict=True):
        yield content[start:end]


@QUICK
@given(st.data())
def test_shuffled_doubled_or_split_gives_the_same_ledger(path: Path, data: st.DataObject) -> None:
    content = data.draw(st.lists(statements(), max_size=15))
    other = data.draw(
        st.permutations(
            [*content, *data.draw(st.lists(st.sampled_from(content)) if content else st.just([]))]
        )
    )
    files = list(split(list(other), data.draw(st.lists(st.integers(0, 20), max_size=3))))
    assert ledger(path, files).counts == ledger(path, [content]).counts

"""Files of every shape, and everything that can be wrong with one."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from leercultuur_core.activity.activity import Activity
from leercultuur_core.errors import SourceUnavailable
from leercultuur_core.extension import CONTRACTS, Page, Plugins, Reject
from leercultuur_xapi import XapiFile
from leercultuur_xapi.sink import LrsSink
from leercultuur_xapi.source import LrsSource

BOM = b"\xef\xbb\xbf"


def statement(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"00000000-0000-4000-8000-{number:012d}",
        "actor": {"account": {"homePage": "https://lms.example", "name": f"p{number % 7}"}},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/progressed"},
        "object": {
            "id": f"https://lms.example/{number}",
            "definition": {"name": {"nl": 'een "} ] {" \\'}},
        },
        "timestamp": "2026-03-02T09:00:00Z",
        **changes,
    }


def some(count: int) -> list[dict[str, Any]]:
    return [statement(number) for number in range(count)]


def ndjson(statements: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in statements)


class Read:
    """Everything that came out of a file."""

    def __init__(self, pages: list[Page]) -> None:
        self.pages = pages
        self.ids = [int(r.id[-12:]) for p in pages for r in p.records]
        self.rejects: list[Reject] = [reject for page in pages for reject in page.rejects]
        self.lines = [reject.line for reject in self.rejects]
        self.reasons = [reject.reason for reject in self.rejects]


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Read]:
    def reading(content: bytes, **options: Any) -> Read:
        path = tmp_path / "statements"
        path.write_bytes(content)
        return Read(list(XapiFile(path, **options).pages()))

    return reading


Reading = Callable[..., Read]

SHAPES: dict[str, Callable[[list[dict[str, Any]]], bytes]] = {
    "ndjson": ndjson,
    "ndjson without a last end of line": lambda some: ndjson(some)[:-1],
    "ndjson with crlf": lambda some: ndjson(some).replace(b"\n", b"\r\n"),
    "ndjson with blank lines": lambda some: b"\n\n" + ndjson(some).replace(b"\n", b"\n \n"),
    "ndjson with a bom": lambda some: BOM + ndjson(some),
    "list": lambda some: json.dumps(some).encode(),
    "list over lines": lambda some: json.dumps(some, indent=2).encode(),
    "list, one a line": lambda some: (
        b"[\n" + b",\n".join(json.dumps(s).encode() for s in some) + b"\n]\n"
    ),
    "list with a bom": lambda some: BOM + json.dumps(some).encode(),
    "answer of an lrs": lambda some: json.dumps({"statements": some, "more": ""}).encode(),
    "answer with more first": lambda some: json.dumps(
        {"more": '/x?"]', "statements": some}
    ).encode(),
    "answer over lines": lambda some: json.dumps(
        {"statements": some, "more": None}, indent=1
    ).encode(),
    "answers one after another": lambda some: b"\n".join(
        json.dumps({"statements": some[at : at + 3], "more": "/next"}).encode()
        for at in range(0, len(some), 3)
    ),
    "lists one after another": lambda some: b"\n".join(
        json.dumps(some[at : at + 3]).encode() for at in range(0, len(some), 3)
    ),
    "statements over lines": lambda some: b"\n".join(
        json.dumps(one, indent=4).encode() for one in some
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("count", [1, 10])
@pytest.mark.parametrize("packed", [False, True])
def test_every_shape_gives_the_same(read: Reading, shape: str, count: int, *, packed: bool) -> None:
    content = SHAPES[shape](some(count))
    out = read(gzip.compress(content) if packed else content)
    assert out.ids == list(range(count))
    assert out.rejects == []


@pytest.mark.parametrize("shape", SHAPES)
def test_no_shape_depends_on_where_blocks_end(
    read: Reading, shape: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = SHAPES[shape](some(5))
    for size in (1, 2, 3, 7, 64, 501):
        monkeypatch.setattr("leercultuur_xapi.blocks.SIZE", size)
        out = read(content)
        assert (out.ids, out.rejects) == (list(range(5)), []), size


def test_gzip_of_several_members_and_padding(read: Reading) -> None:
    members = b"".join(gzip.compress(ndjson([one])) for one in some(4))
    assert read(members).ids == [0, 1, 2, 3]
    padded = read(members + b"\0" * 600)
    assert (padded.ids, padded.rejects) == ([0, 1, 2, 3], [])


def test_an_empty_file_is_no_error(read: Reading) -> None:
    for content in (
        b"",
        b"\n\n",
        BOM,
        gzip.compress(b""),
        b"[]",
        b'{"statements": [], "more": ""}',
        b" [ ] \n",
    ):
        assert read(content).pages == [], content


def test_pages_are_bounded_and_tell_how_far_they_are(
    read: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leercultuur_xapi.reader.PAGE", 100)
    monkeypatch.setattr("leercultuur_xapi.blocks.SIZE", 4096)
    for shape in ("ndjson", "list"):
        content = SHAPES[shape](some(1000))
        for packed in (content, gzip.compress(content)):
            out = read(packed)
            assert out.ids == list(range(1000))
            assert max(len(page.records) for page in out.pages) < 200
            steps = [page.bytes_read for page in out.pages]
            assert steps == sorted(steps)
            assert steps[-1] == len(packed)


def test_labels_come_with_the_page_of_their_mailbox(
    read: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leercultuur_xapi.reader.PAGE", 1)
    people = [
        statement(0, actor={"mbox": "mailto:a@b.example"}),
        statement(1),
        statement(2, actor={"mbox": "mailto:c@d.example"}),
    ]
    pages = read(ndjson(people)).pages
    labels = {key: name for page in pages for key, name in page.labels.items()}
    assert sorted(labels.values()) == ["a@b.example", "c@d.example"]
    first = next(r for page in pages for r in page.records)
    assert isinstance(first, Activity)
    assert labels[first.identities[0]] == "a@b.example"


# Files that are something else


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            b"<!DOCTYPE html><html><body>Sign in</body></html>",
            "found an HTML page; is it a login page?",
        ),
        (b"\n  <html lang='nl'>", "found an HTML page"),
        (b"<?xml version='1.0'?><statements/>", "found XML or HTML"),
        (BOM + b"<HTML>", "found an HTML page"),
        ("{}".encode("utf-16"), "save it as UTF-8"),
        (json.dumps(statement(1)).encode("utf-16-le"), "save it as UTF-8"),
        (json.dumps(statement(1)).encode("utf-16-be"), "save it as UTF-8"),
        (b"PK\x03\x04rest", "unpack it first"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_another_kind_of_file_is_named(
    read: Reading, content: bytes, words: str, *, packed: bool
) -> None:
    with pytest.raises(SourceUnavailable, match="expected xAPI statements as JSON") as caught:
        read(gzip.compress(content) if packed else content)
    assert words in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match=r"nothing\.json: no such file"):
        next(XapiFile(tmp_path / "nothing.json").pages())


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="found a folder; name the files in it"):
        next(XapiFile(tmp_path).pages())


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: Any, **_options: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(SourceUnavailable, match="ask its owner"):
        next(XapiFile(tmp_path / "statements").pages())


def test_a_disk_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any, **_options: Any) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "open", fail)
    with pytest.raises(SourceUnavailable, match="Input/output error"):
        next(XapiFile(tmp_path / "statements").pages())


def test_a_name_that_no_file_can_have() -> None:
    with pytest.raises(SourceUnavailable, match="cannot be read"):
        next(XapiFile(Path("a\0b")).pages())


def test_a_pipe_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", f"open({str(path)!r}, 'wb').write({ndjson(some(3))!r})"]
    )
    assert Read(list(XapiFile(path).pages())).ids == [0, 1, 2]
    assert writer.wait(10) == 0


# Lines that are wrong; their neighbours come through

GOOD = json.dumps(statement(1)).encode()


def nested(depth: int) -> bytes:
    return b'{"context": {"extensions": {"urn:x": ' + b"[" * depth + b"]" * depth + b"}}}"


BAD_LINES: dict[str, tuple[bytes, str]] = {
    "no json": (b"hello", "expected JSON, found something else at character 1"),
    "number": (b"5", "expected a statement (an object), found a number"),
    "null": (b"null", "expected a statement (an object), found null"),
    "list": (b"[1]", "expected a statement (an object), found a list"),
    "empty object": (b"{}", "actor: expected an agent or a group, found nothing"),
    "nan": (GOOD.replace(b'"2026-03-02T09:00:00Z"', b"NaN"), "expected JSON, found NaN"),
    "infinity": (b'{"result": {"score": {"scaled": -Infinity}}}', "expected JSON, found -Infinity"),
    "nan in what is not read": (GOOD[:-1] + b', "extra": [NaN]}', "expected JSON, found NaN"),
    "out of range": (
        GOOD[:-1] + b', "result": {"score": {"raw": 1e999}}}',
        "result.score.raw: number out of range",
    ),
    "deep": (nested(10_000), "nested too deeply to read"),
    "lone surrogate": (GOOD.replace(b"p1", b"p\\ud800"), "half a character"),
    "low surrogate": (GOOD.replace(b"p1", b"p\\udc00"), "half a character"),
    "lone surrogate in what is not read": (
        GOOD[:-1] + b', "extra": "\\ud800"}',
        "half a character",
    ),
    "latin-1": (GOOD.replace(b"p1", b"Andr\xe9"), "expected UTF-8, found another encoding (byte "),
    "latin-1 in what is not read": (
        GOOD.replace(b"een ", b"caf\xe9"),
        "expected UTF-8, found another encoding",
    ),
    "cut short": (GOOD[: len(GOOD) // 2], "expected a whole statement, found the beginning of one"),
    "cut short in a text": (GOOD[:60], "expected a whole statement, found the beginning of one"),
    "two on one line": (GOOD + GOOD, "expected one statement, found more behind it"),
    "control character": (
        GOOD.replace(b"p1", b"p\t1"),
        "expected JSON, found something else at character",
    ),
    "broken escape": (
        GOOD.replace(b"p1", b"p\\x1"),
        "expected JSON, found something else at character",
    ),
    "zero byte": (b"\0\0\0", "expected JSON, found something else at character 1"),
    "wrong type": (
        json.dumps(statement(1, actor=["p1"])).encode(),
        "actor: expected an object, found a list",
    ),
    "no actor": (
        json.dumps({k: v for k, v in statement(1).items() if k != "actor"}).encode(),
        "actor: expected",
    ),
    "no offset": (GOOD.replace(b"00Z", b"00"), "timestamp: expected a time with an offset"),
}


@pytest.mark.parametrize("case", BAD_LINES)
def test_a_bad_line_is_kept_aside_and_the_rest_goes_on(read: Reading, case: str) -> None:
    line, words = BAD_LINES[case]
    out = read(ndjson([statement(0)]) + line + b"\n" + ndjson([statement(2)]))
    assert out.ids == [0, 2]
    assert out.lines == [2]
    assert words in out.reasons[0]
    assert out.rejects[0].raw == line
    assert "statements, line 2: " in str(out.rejects[0])
    assert "Andr" not in out.reasons[0] + repr(out.rejects[0])


LIST_CASES = sorted(
    set(BAD_LINES) - {"two on one line", "no json", "zero byte", "cut short", "cut short in a text"}
)


@pytest.mark.parametrize("case", LIST_CASES)
def test_a_bad_item_of_a_list_is_kept_aside_and_the_rest_goes_on(read: Reading, case: str) -> None:
    line, words = BAD_LINES[case]
    good = [json.dumps(statement(n)).encode() for n in (0, 2, 3)]
    out = read(b"[" + b",\n".join([good[0], line, *good[1:]]) + b"]")
    assert out.ids == [0, 2, 3]
    assert out.lines == [2]
    assert words in out.reasons[0]


def test_two_damaged_lines_in_a_list_do_not_take_the_others(read: Reading) -> None:
    items = [json.dumps(statement(n)).encode() for n in range(3000)]
    items[700] = b'{"a": NaN}'
    items[2500] = b"oops"
    out = read(b"[" + b",".join(items) + b"]")
    assert out.ids == [n for n in range(3000) if n not in {700, 2500}]
    assert out.lines == [701, 2501]


def test_of_a_key_that_is_there_twice_the_last_counts(read: Reading) -> None:
    line = GOOD[:-1] + b', "id": "00000000-0000-4000-8000-000000000009"}'
    assert read(line).ids == [9]


def test_a_first_line_that_is_damaged_does_not_change_the_shape(read: Reading) -> None:
    for first in (b'{"id": "x",', b'{"actor": {', b"garbage", b"{"):
        out = read(first + b"\n" + ndjson(some(3)))
        assert out.ids == [0, 1, 2], first
        assert out.lines == [1], first


# Cut short


@pytest.mark.parametrize(
    "shape", ["ndjson", "list", "list over lines", "answer of an lrs", "statements over lines"]
)
def test_what_came_before_the_cut_is_used_and_one_reject_says_so(read: Reading, shape: str) -> None:
    content = SHAPES[shape](some(10))
    for cut in range(len(content) // 2, len(content) - 3, 97):
        out = read(content[:cut])
        assert 3 <= len(out.ids) < 10
        assert out.ids == list(range(len(out.ids)))
        between_lines = content[:cut].endswith((b"}", b"}\n")) and not shape.startswith(
            ("list", "answer")
        )
        if not between_lines:
            assert len(out.reasons) == 1
            assert "cut short" in out.reasons[0]


@pytest.mark.parametrize("shape", ["ndjson", "list", "answer of an lrs"])
def test_a_gzip_file_that_is_cut_short(read: Reading, shape: str) -> None:
    packed = gzip.compress(
        SHAPES[shape]([statement(n, extra=os.urandom(40).hex()) for n in range(200)])
    )
    for cut in (len(packed) // 2, len(packed) - 9, len(packed) - 3):
        out = read(packed[:cut])
        assert out.ids == list(range(len(out.ids)))
        assert len(out.ids) > 70
        assert len(out.rejects) == 1
        assert "expected a whole gzip file, found one that is cut short" in out.reasons[0]
    assert len(read(packed[: len(packed) - 3]).ids) == 200


def test_a_gzip_file_that_is_damaged(read: Reading) -> None:
    packed = bytearray(gzip.compress(ndjson(some(50))))
    packed[-6] ^= 0xFF  # the checksum
    out = read(bytes(packed))
    assert out.ids == list(range(50))
    assert out.lines == [None]
    assert "damaged bytes" in out.reasons[0]
    trailing = read(gzip.compress(ndjson(some(5))) + b"rubbish")
    assert trailing.ids == list(range(5))
    assert len(trailing.rejects) == 1


def test_gzip_with_a_flush_in_the_middle(read: Reading) -> None:
    packer = zlib.compressobj(wbits=31)
    content = packer.compress(ndjson(some(3))) + packer.flush(zlib.Z_FULL_FLUSH)
    out = read(content)
    assert out.ids == [0, 1, 2]
    assert out.lines == [None]


# Too large


def test_a_line_that_is_too_long_is_passed_over_without_holding_it(tmp_path: Path) -> None:
    path = tmp_path / "statements"
    with path.open("wb") as file:
        file.write(ndjson([statement(0)]))
        file.write(b'{"extra": "')
        for _ in range(50):
            file.write(b"x" * 1_000_000)
        file.write(b'"}\n')
        file.write(ndjson([statement(2)]))
    tracemalloc.start()
    out = Read(list(XapiFile(path, longest=1_000_000).pages()))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert out.ids == [0, 2]
    assert out.lines == [2]
    assert "expected a line of at most 1,000,000 bytes, found a longer one" in out.reasons[0]
    assert len(out.rejects[0].raw) < 100_000
    assert peak < 10_000_000


def test_an_item_that_is_too_large_is_passed_over_without_holding_it(tmp_path: Path) -> None:
    path = tmp_path / "statements"
    with path.open("wb") as file:
        file.write(b"[" + json.dumps(statement(0)).encode() + b',{"extra": "')
        for _ in range(20):
            file.write(b'x\\"' * 300_000)
        file.write(b'"},' + json.dumps(statement(2)).encode() + b"]")
    tracemalloc.start()
    out = Read(list(XapiFile(path, longest=1_000_000).pages()))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert out.ids == [0, 2]
    assert out.lines == [2]
    assert "expected a statement of at most 1,000,000 bytes, found a larger one" in out.reasons[0]
    assert peak < 10_000_000


@pytest.mark.parametrize("longest", [50, 400, 1000])
def test_the_bound_does_not_depend_on_where_blocks_end(
    read: Reading, longest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = ndjson([statement(0), statement(1, extra="x" * 2000), statement(2)])
    for size in (1, 100, 5000):
        monkeypatch.setattr("leercultuur_xapi.blocks.SIZE", size)
        out = read(content, longest=longest)
        assert out.ids == ([] if longest == 50 else [0, 2])
        assert out.lines == ([1, 2, 3] if longest == 50 else [2])


def test_fifty_megabytes_on_one_line(read: Reading) -> None:
    out = read(b'{"extra": "' + b"x" * 50_000_000)
    assert out.ids == []
    assert out.lines == [1]
    assert "16,777,216" in out.reasons[0]


def test_a_small_gzip_file_that_unzips_to_much_is_read_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(b" " * 100_000_000))
    tracemalloc.start()
    assert Read(list(XapiFile(path).pages())).ids == []
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 60_000_000


def test_the_plugin_gives_its_adapters() -> None:
    import leercultuur_xapi

    plugins = Plugins()
    plugins.register(leercultuur_xapi, "xapi")
    assert plugins.adapters(CONTRACTS["reader"]) == {"xapi": XapiFile}
    assert plugins.adapters(CONTRACTS["source"]) == {"xapi": LrsSource}
    assert plugins.adapters(CONTRACTS["sink"]) == {"xapi": LrsSink}
    assert plugins.broken == {}

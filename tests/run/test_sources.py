"""Files in a folder, and activities pushed in as JSON Lines."""

from __future__ import annotations

import gzip
import io
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leercultuur_core.activity.activity import (
    FINAL_REVISION,
    Activity,
    Record,
    Retraction,
    content_digest,
)
from leercultuur_core.activity.identity import mailbox
from leercultuur_core.errors import SourceUnavailable
from leercultuur_core.extension import FileSource, Page, Reject, State, structure
from leercultuur_core.run import sources
from leercultuur_core.run.sources import (
    ActivityLines,
    FilesSource,
    FilesSourceSettings,
    activity_line,
    read_activities,
)

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def activity(name: str = "a") -> Activity:
    return Activity(id=name, identities=("openid|x",), verb="urn:did", occurred_at=AT)


def lines(*names: str) -> bytes:
    return b"".join(activity_line(activity(name)) for name in names)


def read(data: bytes) -> tuple[list[Record], list[Reject]]:
    pages = list(read_activities(io.BytesIO(data)))
    return [r for page in pages for r in page.records], [r for page in pages for r in page.rejects]


# Files in a folder


class Plain(FileSource):
    """A reader that makes an activity of each word, and cannot read an empty file."""

    name = "plain"

    def pages(self) -> Iterator[Page]:
        words = self.path.read_text().split()
        if not words:
            raise SourceUnavailable(f"{self.path.name}: expected words, found none")
        for count, word in enumerate(words, start=1):
            yield Page([activity(word)], bytes_read=count, mark="a mark of its own")


def source(folder: Path, pattern: str = "*.txt", reader: str = "plain") -> FilesSource:
    return FilesSource(FilesSourceSettings(folder / pattern, reader), {"plain": Plain})


def night(files: FilesSource, mark: str | None) -> tuple[list[str], str | None]:
    """Ids read, and the mark after it, as a store would keep it."""
    ids = []
    for page in files.fetch(State(mark)):
        ids += [record.id for record in page.records]
        mark = page.mark or mark
    return ids, mark


def test_each_file_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("three")
    (tmp_path / "a.txt").write_text("one two")
    (tmp_path / "other.csv").write_text("four")
    (tmp_path / "folder.txt").mkdir()
    files = source(tmp_path)
    ids, mark = night(files, None)
    assert ids == ["one", "two", "three"]
    assert night(files, mark) == ([], mark)
    (tmp_path / "c.txt").write_text("four")
    ids, mark = night(files, mark)
    assert ids == ["four"]
    assert night(files, mark) == ([], mark)


def test_a_file_that_grew_or_changed_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("one")
    files = source(tmp_path)
    _, mark = night(files, None)
    with path.open("a") as more:
        more.write(" two")
    ids, mark = night(files, mark)
    assert ids == ["one", "two"]
    found = path.stat()
    path.write_text("six two")  # as long, and put back with its old date
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))
    ids, mark = night(files, mark)
    assert ids == ["six", "two"]


def test_stopped_halfway_the_rest_is_read_next_time(tmp_path: Path) -> None:
    for name, words in (("a", "one two"), ("b", "three four"), ("c", "five")):
        (tmp_path / f"{name}.txt").write_text(words)
    files = source(tmp_path)
    mark: str | None = None
    committed: list[str] = []
    for stop in range(1, 20):
        for count, page in enumerate(files.fetch(State(mark)), start=1):
            committed += [record.id for record in page.records]
            mark = page.mark or mark
            if count == stop:
                break
    assert set(committed) == {"one", "two", "three", "four", "five"}
    assert night(files, mark) == ([], mark)


def test_a_reader_s_own_mark_is_not_taken_for_that_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one two")
    marks = [page.mark for page in source(tmp_path).fetch(State())]
    assert marks[:-1] == [None, None]
    assert marks[-1] is not None


def test_one_file_that_cannot_be_read_stops_no_other(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("")
    (tmp_path / "b.txt").write_text("one")
    files = source(tmp_path)
    pages: list[Page] = []
    with pytest.raises(SourceUnavailable, match=r"a\.txt: expected words"):
        pages.extend(files.fetch(State()))
    assert [record.id for page in pages for record in page.records] == ["one"]
    mark = pages[-1].mark
    (tmp_path / "a.txt").write_text("two")
    assert night(files, mark)[0] == ["two"]


def test_the_mark_names_nobody_and_forgets_what_is_gone(tmp_path: Path) -> None:
    (tmp_path / "sanne.txt").write_text("one")
    (tmp_path / "bo.txt").write_text("two")
    files = source(tmp_path)
    _, mark = night(files, None)
    assert mark is not None
    assert "sanne" not in mark
    (tmp_path / "sanne.txt").unlink()
    (tmp_path / "bo.txt").write_text("three")
    _, after = night(files, mark)
    assert after is not None
    assert len(after) < len(mark)


@pytest.mark.parametrize("mark", ["", "2026-03-02", "files-2 0123", "files-1", "\n"])
def test_a_mark_of_another_kind_means_from_the_start(tmp_path: Path, mark: str) -> None:
    (tmp_path / "a.txt").write_text("one")
    assert night(source(tmp_path), mark)[0] == ["one"]


def test_the_bytes_read_only_grow(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one two")
    (tmp_path / "b.txt").write_text("three four")
    read_so_far = [page.bytes_read for page in source(tmp_path).fetch(State())]
    assert read_so_far == sorted(read_so_far)
    assert read_so_far[-1] == 4


@pytest.mark.parametrize(
    ("pattern", "ids"),
    [("*.txt", ["one"]), ("a.txt", ["one"]), ("**/*.txt", ["one", "two"]), ("none*", [])],
)
def test_patterns_also_below_a_folder_with_brackets(
    tmp_path: Path, pattern: str, ids: list[str]
) -> None:
    folder = tmp_path / "drop [2026]*"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.txt").write_text("one")
    (folder / "sub" / "b.txt").write_text("two")
    assert night(source(folder, pattern), None)[0] == ids


def test_check_and_an_unknown_reader(tmp_path: Path) -> None:
    (found,) = source(tmp_path).check()
    assert found.level == "warning"
    (tmp_path / "a.txt").write_text("one")
    (found,) = source(tmp_path).check()
    assert (found.level, "1 files" in found.text) == ("ok", True)
    unknown = source(tmp_path, reader="acme")
    (found,) = unknown.check()
    assert found.level == "problem"
    with pytest.raises(SourceUnavailable, match=r'one of activities, plain, found "acme"'):
        list(unknown.fetch(State()))


def test_settings_from_a_configuration(tmp_path: Path) -> None:
    settings = structure(FilesSourceSettings, {"path": "drop/*.ndjson*"}, base=tmp_path)
    assert settings == FilesSourceSettings(tmp_path / "drop" / "*.ndjson*", "xapi")


def test_reads_pushed_activities_from_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(lines("one", "two")))
    (tmp_path / "b.jsonl").write_bytes(lines("three"))
    files = FilesSource(FilesSourceSettings(tmp_path / "*.jsonl*", "activities"))
    assert night(files, None)[0] == ["one", "two", "three"]


# Pushed in

_texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)
_some = _texts.filter(bool)
_identities = st.one_of(
    st.builds("account|https://leren.example|{}".format, st.text("abc é|", min_size=1)),
    st.builds("employee|korenaar|{}".format, st.text("0123456789", min_size=1)),
    st.builds("mbox_sha1sum|{}".format, st.text("0123456789abcdef", min_size=40, max_size=40)),
)
_learners = st.lists(_identities, min_size=1, max_size=2).map(tuple)
_zones = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
_moments = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=_zones)  # noqa: DTZ001
_activities = st.builds(
    Activity,
    id=_some,
    identities=_learners,
    verb=_some,
    occurred_at=_moments,
    source=_texts,
    revision=st.integers(0, 2**63 - 1),
    object_id=_texts,
    topic=_texts,
    context_types=st.lists(_texts, max_size=2).map(tuple),
    required=st.booleans(),
    stored_at=st.none() | _moments,
    completion=st.none() | st.booleans(),
    success=st.none() | st.booleans(),
    score=st.none() | st.floats(-1, 1),
    answer=st.none() | _texts,
    group=st.lists(_learners, max_size=2).map(tuple),
)
_retractions = st.builds(Retraction, id=_some, revision=st.integers(0, FINAL_REVISION))


@given(st.lists(_activities | _retractions, max_size=5))
def test_what_is_written_is_read_back(records: list[Record]) -> None:
    found, rejects = read(b"".join(map(activity_line, records)))
    assert found == records
    assert not rejects
    for record, again in zip(records, found, strict=True):
        assert type(again) is type(record)
        if isinstance(record, Activity) and isinstance(again, Activity):
            assert content_digest(again) == content_digest(record)


LEAST = {
    "type": "activity",
    "id": "1",
    "identities": ["employee|korenaar|12"],
    "verb": "urn:did",
    "occurred_at": "2026-03-02T10:30:00+01:00",
}


def test_the_least_that_an_activity_says() -> None:
    (found,), _ = read(json.dumps(LEAST).encode())
    assert isinstance(found, Activity)
    assert found.occurred_at == AT
    assert found.source == "default"


def test_a_mail_address_is_kept_as_its_hash() -> None:
    given = {**LEAST, "identities": ["mailto:sanne@korenaar.example"], "group": [["mailto:b@k.nl"]]}
    (found,), _ = read(json.dumps(given).encode())
    assert isinstance(found, Activity)
    assert found.identities == (mailbox("sanne@korenaar.example"),)
    assert found.group == ((mailbox("b@k.nl"),),)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"type": "sanne"}, 'type: expected "activity" or "retraction"'),
        ({"type": None}, "type"),
        ({"id": ""}, "id: expected 1 to"),
        ({"id": "a\0"}, "id: expected 1 to"),
        ({"id": 5}, "got `int` - at `$.id`"),
        ({"verb": ""}, "verb"),
        ({"verb": "v" * 3000}, "at most 2,048 characters"),
        ({"topic": "a\0b"}, "at most 2,048 characters"),
        ({"occurred_at": "2026-03-02T10:30:00"}, "occurred_at: expected a time with an offset"),
        ({"occurred_at": "yesterday"}, "datetime"),
        ({"occurred_at": 1772442000}, "Expected `datetime`"),
        ({"stored_at": "2026-03-02T10:30:00"}, "stored_at: expected a time with an offset"),
        ({"occurred_at": "0001-01-01T00:00:00+23:00"}, "expected a year from 1900"),
        ({"stored_at": "9999-12-31T23:59:59-23:00"}, "expected a year from 1900"),
        ({"identities": []}, "at least one identifier"),
        ({"identities": ["sanne"]}, "identities: expected account"),
        ({"identities": ["account||sanne"]}, "identities: expected account"),
        ({"identities": ["mbox_sha1sum|sanne"]}, "identities: expected account"),
        ({"identities": ["mailto:sanne"]}, "identities: expected account"),
        ({"identities": ["openid|" + "x" * 3000]}, "identities: expected account"),
        ({"identities": "openid|sanne"}, "Expected `array`"),
        ({"group": [[]]}, "group: expected at least one"),
        ({"group": [["sanne"]]}, "identities: expected account"),
        ({"score": 2}, "score: expected a number from -1 to 1"),
        ({"score": "1"}, "$.score"),
        ({"revision": -1}, "revision"),
        ({"revision": 2**63}, "revision"),
        ({"required": "false"}, "Expected `bool`"),
        ({"answer": "sanne " * 20}, "answer: expected one of a closed list"),
        ({"text": "sanne"}, "unknown field `text`"),
        ({"sanne@korenaar": 1}, "found an unknown one"),
    ],
)
def test_a_line_that_does_not_fit_is_kept_aside(change: dict[str, object], words: str) -> None:
    line = json.dumps({**LEAST, **change}).encode()
    records, (reject,) = read(lines("before") + line + b"\n" + lines("after"))
    assert [record.id for record in records] == ["before", "after"]
    assert words in reject.reason
    assert "sanne" not in reject.reason
    assert (reject.place, reject.line) == ("standard input", 2)
    assert reject.raw == line + b"\n"


@pytest.mark.parametrize("missing", ["type", "id", "identities", "verb", "occurred_at"])
def test_what_an_activity_needs(missing: str) -> None:
    line = json.dumps({key: value for key, value in LEAST.items() if key != missing})
    _, (reject,) = read(line.encode())
    assert reject.reason == f"Object missing required field `{missing}`"


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"null",
        b"[]",
        b"\xff\xfe",
        b'{"a": NaN}',
        b'{"type":"activity","id":"\xe9"}',
        b'{"type":"activity","context_types":' + b"[" * 100_000,
        b'{"type":"activity","x":' + b'{"x":' * 100_000,
        b'{"type":"retraction","id":""}',
        b'{"type":"retraction","id":"x","verb":"y"}',
    ],
)
def test_damage_is_kept_aside(line: bytes) -> None:
    records, rejects = read(lines("before") + line + b"\n" + lines("after"))
    assert [record.id for record in records] == ["before", "after"]
    assert [reject.line for reject in rejects] == [2]


def test_a_line_without_end_is_not_held_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "LONGEST_LINE", 1000)

    class Stream(io.BytesIO):
        largest = 0

        def readline(self, size: int | None = -1, /) -> bytes:
            line = super().readline(size)
            self.largest = max(self.largest, len(line))
            return line

    stream = Stream(lines("before") + b"x" * 50_000 + b"\n" + lines("after") + b"y" * 5000)
    (page,) = read_activities(stream)
    assert [record.id for record in page.records if isinstance(record, Activity)] == [
        "before",
        "after",
    ]
    assert [reject.line for reject in page.rejects] == [2, 4]
    assert stream.largest <= 1001


def test_blank_lines_windows_line_ends_and_a_byte_order_mark() -> None:
    data = b"\xef\xbb\xbf" + lines("a").replace(b"\n", b"\r\n") + b"\n  \n" + lines("b").strip()
    records, rejects = read(data)
    assert [record.id for record in records] == ["a", "b"]
    assert not rejects


def test_nothing_and_a_web_page() -> None:
    assert list(read_activities(io.BytesIO(b""))) == []
    with pytest.raises(SourceUnavailable, match="found a web page"):
        read(b"\n <!doctype html>\n".lstrip(b"\n"))


def test_pages_have_a_bounded_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "PAGE", 3)
    data = lines(*"abcde") + b"bad\n" + lines("f")
    pages = list(read_activities(io.BytesIO(data), "push"))
    assert [len(page.records) + len(page.rejects) for page in pages] == [3, 3, 1]
    assert pages[1].rejects[0].place == "push"


@pytest.mark.parametrize("kept", [0.3, 0.9])
def test_a_gzip_file_cut_short_gives_what_it_holds(tmp_path: Path, kept: float) -> None:
    path = tmp_path / "a.jsonl.gz"
    whole = gzip.compress(lines(*(os.urandom(8).hex() for _ in range(2000))))
    path.write_bytes(whole[: int(len(whole) * kept)])
    pages = list(ActivityLines(path).pages())
    assert sum(len(page.records) for page in pages) > 100
    reasons = [reject.reason for page in pages for reject in page.rejects]
    assert "cut short or damaged" in reasons[-1]
    assert pages[-1].bytes_read > 0


def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(SourceUnavailable, match="cannot be read"):
            list(ActivityLines(path).pages())

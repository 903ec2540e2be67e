"""Activities from files in a folder, and activities that another program pushes in as JSON Lines."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from pathlib import Path
from typing import IO, Any, cast

import msgspec
from attrs import evolve, frozen

from ..activity.activity import Activity, Record, Retraction
from ..activity.identity import mailbox
from ..errors import SourceUnavailable
from ..extension import (
    FileSource,
    Finding,
    Page,
    Reject,
    Source,
    State,
    matching_files,
    read_changed,
)

PAGE = 10_000
"""Records in a page of pushed activities."""

LONGEST_LINE = 1024 * 1024
"""Bytes in a line of pushed activities; a longer one is kept aside."""

_KEPT = 64 * 1024  # bytes of a rejected line that are kept for whoever mends it
_LONGEST_TEXT = 2048
_LONGEST_ANSWER = 64
_IDENTIFIER = re.compile(
    r"account\|[^|]+\|.+|mbox_sha1sum\|[0-9a-f]{40}|openid\|[^|]+|employee\|[^|]+\|.+"
)
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"


@frozen
class FilesSourceSettings:
    """``path``: the files to read, such as ``drop/*.ndjson*``. ``reader``: how they are written."""

    path: Path
    reader: str = "xapi"


class FilesSource(Source):
    """Reads the files that a pattern names, each once for as long as it stays the same.

    A file that has grown or was replaced is read again from its start: what was read before counts
    once. ``readers`` are the file readers to choose from, by name.
    """

    name = "files"
    settings = FilesSourceSettings

    def __init__(
        self, settings: FilesSourceSettings, readers: Mapping[str, type[FileSource]] | None = None
    ) -> None:
        super().__init__(settings)
        self._readers: dict[str, type[FileSource]] = {
            ActivityLines.name: ActivityLines,
            **(readers or {}),
        }

    def check(self) -> Iterable[Finding]:
        """Whether the reader is there, and how many files the pattern names."""
        if self.settings.reader not in self._readers:
            yield Finding("problem", self._no_reader(), "install it, or choose another reader")
            return
        count = len(matching_files(self.settings.path))
        if count:
            yield Finding("ok", f"{self.settings.path}: {count:,} files")
        else:
            yield Finding(
                "warning",
                f"{self.settings.path}: no files",
                "is the path right? (* stands for any)",
            )

    def fetch(self, state: State) -> Iterator[Page]:
        """The records of all files that are new or changed, by name of file.

        A file that cannot be read does not stop the others; `SourceUnavailable` is raised at the
        end, and it is tried again next time.
        """
        reader = self._readers.get(self.settings.reader)
        if reader is None:
            raise SourceUnavailable(self._no_reader())
        yield from read_changed(
            matching_files(self.settings.path), state, lambda path: reader(path).pages()
        )

    def _no_reader(self) -> str:
        known = ", ".join(sorted(self._readers))
        return f'reader: expected one of {known}, found "{self.settings.reader}"'


class _PushedActivity(
    Activity,
    frozen=True,
    kw_only=True,
    tag_field="type",
    tag="activity",
    forbid_unknown_fields=True,
):
    """An activity as a line says it, with its type; nothing but what an `Activity` holds."""


class _PushedRetraction(
    Retraction,
    frozen=True,
    kw_only=True,
    tag_field="type",
    tag="retraction",
    forbid_unknown_fields=True,
):
    """A retraction as a line says it."""


_decode = msgspec.json.Decoder(_PushedActivity | _PushedRetraction).decode


def activity_schema() -> Mapping[str, Any]:
    """What `read_activities` reads, as JSON Schema (2020-12): each of the two kinds by its name."""
    _, schemas = msgspec.json.schema_components([_PushedActivity, _PushedRetraction])
    return {
        (name := schema["title"].removeprefix("_Pushed")): {**schema, "title": name}
        for schema in msgspec.json.decode(msgspec.json.encode(schemas)).values()
    }


_encode = msgspec.json.Encoder().encode


class ActivityLines(FileSource):
    """JSON Lines of activities (see `read_activities`), plain or gzip."""

    name = "activities"
    _part: range | None = None

    def pages(self) -> Iterator[Page]:
        """The file's records. Raises `SourceUnavailable` where it cannot be opened."""
        why = ""
        try:
            file = self.path.open("rb") if self._part is None else self.open_range(self._part)
        except OSError as error:
            why = error.strerror or type(error).__name__
        if why:
            raise SourceUnavailable(f"{self.path}: cannot be read ({why})")
        with file:
            if self._part is not None:
                pages = _read_lines(_lines(file, len(self._part)), str(self.path), self._part)
            else:
                zipped = file.peek(len(_GZIP)).startswith(_GZIP)
                stream = cast("IO[bytes]", gzip.GzipFile(fileobj=file) if zipped else file)
                pages = read_activities(stream, str(self.path))
            for page in pages:
                yield evolve(page, bytes_read=file.tell())

    def parts(self, size: int) -> Sequence[ActivityLines]:
        """Ranges of lines of a plain file; one that is gzip is read as a whole."""
        if self._part is not None:
            return (self,)
        with self.path.open("rb") as file:
            line = file.readline(LONGEST_LINE + 1)
        whole = line.startswith(_GZIP) or _is_web_page(line)
        ranges = () if whole else self.line_ranges(size)
        return [self._with(part) for part in ranges] if len(ranges) > 1 else (self,)

    def _with(self, part: range) -> ActivityLines:
        reader = copy(self)
        reader._part = part
        return reader


def read_activities(stream: IO[bytes], place: str = "standard input") -> Iterator[Page]:
    """Pages of at most `PAGE` records from a stream of JSON Lines, in its order.

    One object per line: ``{"type": "activity", …}`` with the fields of
    `leercultuur_core.Activity`, or ``{"type": "retraction", "id": …}``. ``id``, ``identities``,
    ``verb`` and ``occurred_at`` are needed; an unknown field is a mistake. Times carry an offset
    (RFC 3339). An identity is canonical (``account|<address of the system>|<name>``,
    ``employee|<organisation>|<number>``, ``mbox_sha1sum|<hex>``, ``openid|<IRI>``) or a
    ``mailto:`` address, which is kept as its hash.

    A line that does not fit becomes a `Reject` with its number, and never stops the rest. Raises
    `SourceUnavailable` where the stream starts as a web page does.
    """
    return _read_lines(_lines(stream), place)


def _read_lines(lines: Iterator[bytes], place: str, part: range | None = None) -> Iterator[Page]:
    """Pages of ``lines``: those of a whole file, or of one of its `FileSource.line_ranges`."""
    records: list[Record] = []
    rejects: list[Reject] = []
    number = before = 0
    while True:
        broken = ""
        try:
            line = next(lines, None)
        except (OSError, EOFError, zlib.error) as error:
            line, broken = None, _why_broken(error)
        if broken and part is not None:
            # The other parts go on, so that there is no line after which reading stopped.
            raise SourceUnavailable(f"{place}: cannot be read ({broken})")
        if broken:
            rejects.append(Reject(place, None, f"reading stopped after line {number}: {broken}"))
        if line is None:
            break
        number += 1
        first = number == 1 and (part is None or part.start == 0)
        text = line.removeprefix(_BOM) if first else line
        if first and _is_web_page(line):
            raise SourceUnavailable(
                f"{place}: expected JSON Lines of activities, found a web page or XML"
            )
        if not text.strip():
            continue
        record = _record(text)
        if isinstance(record, str):
            rejects.append(Reject(place, number, record, line[:_KEPT]))
        else:
            records.append(record)
        if len(records) + len(rejects) >= PAGE:
            yield Page(records, rejects, lines=number - before)
            records, rejects, before = [], [], number
    if records or rejects or (part is not None and number > before):
        yield Page(records, rejects, lines=number - before)


def _is_web_page(first_line: bytes) -> bool:
    return first_line.removeprefix(_BOM).lstrip().startswith(b"<")


def activity_line(record: Record) -> bytes:
    """A record as a line that `read_activities` reads back, with its line end."""
    kind = "activity" if isinstance(record, Activity) else "retraction"
    return _encode({"type": kind, **msgspec.to_builtins(record)}) + b"\n"


def _lines(stream: IO[bytes], size: int | None = None) -> Iterator[bytes]:
    """The lines of a stream, or of so many bytes of it, where one ends; of one that is too long its
    start, without keeping the rest in memory."""
    taken = 0
    while (size is None or taken < size) and (line := stream.readline(LONGEST_LINE + 1)):
        taken += len(line)
        if len(line) > LONGEST_LINE and not line.endswith(b"\n"):
            while (more := stream.readline(LONGEST_LINE)) and not more.endswith(b"\n"):
                taken += len(more)
            taken += len(more)
        yield line


def _record(line: bytes) -> Record | str:
    """The record in a line, or why there is none; the reason quotes nothing of the content."""
    if len(line) > LONGEST_LINE:
        return f"expected at most {LONGEST_LINE:,} bytes on a line, found more"
    try:
        pushed = _decode(line)
    except msgspec.ValidationError as error:
        return _reason(error)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "expected JSON in UTF-8, found something else"
    except RecursionError:
        return "expected an activity, found JSON nested too deep"
    if isinstance(pushed, Retraction):
        return _unfit_id(pushed.id) or Retraction(id=pushed.id, revision=pushed.revision)
    return _unfit(pushed) or _plain(pushed)


def _reason(error: msgspec.ValidationError) -> str:
    """msgspec's own words: they name fields and types. Where they quote a value, ours."""
    text = str(error)
    if text.startswith("Invalid value"):
        return 'type: expected "activity" or "retraction"'
    unknown = re.search(r"unknown field `(.*)`", text, re.DOTALL)
    if unknown and not re.fullmatch(r"[a-z_]{1,40}", unknown[1]):
        return "expected the fields of an activity, found an unknown one"
    return text


def _unfit(activity: Activity) -> str:
    """What is wrong with an activity whose types are right; ``""`` where nothing is."""
    if reason := _unfit_id(activity.id):
        return reason
    texts = (
        activity.verb,
        activity.object_id,
        activity.object_type,
        activity.topic,
        activity.source,
        *activity.context_types,
    )
    if any(len(text) > _LONGEST_TEXT or "\0" in text for text in texts):
        return f"expected texts of at most {_LONGEST_TEXT:,} characters, found another"
    if not activity.verb:
        return "verb: expected an IRI, found an empty text"
    if not all(
        1900 <= moment.year < 9000
        for moment in (activity.occurred_at, activity.stored_at or activity.occurred_at)
    ):
        # At the ends of the calendar a time has no UTC.
        return "occurred_at, stored_at: expected a year from 1900 to 8999, found another"
    if activity.stored_at is not None and activity.stored_at.tzinfo is None:
        return "stored_at: expected a time with an offset, found none"
    if activity.score is not None and not -1.0 <= activity.score <= 1.0:
        return "score: expected a number from -1 to 1, found another"
    if not 0 <= activity.revision < 2**63:
        return "revision: expected a whole number from 0, found another"
    if activity.answer is not None and len(activity.answer) > _LONGEST_ANSWER:
        return f"answer: expected one of a closed list, found over {_LONGEST_ANSWER} characters"
    for learner in (activity.identities, *activity.group):
        if not learner:
            return "group: expected at least one identity for each learner, found none"
        if not all(map(_fits, learner)):
            return (
                "identities: expected account|…|…, employee|…|…, mbox_sha1sum|…, openid|… or "
                "mailto:…, found another form"
            )
    return ""


def _unfit_id(name: str) -> str:
    if 0 < len(name) <= _LONGEST_TEXT and "\0" not in name:
        return ""
    return f"id: expected 1 to {_LONGEST_TEXT:,} characters, found another text"


def _fits(identity: str) -> bool:
    if len(identity) > _LONGEST_TEXT or "\0" in identity:
        return False
    if identity.startswith("mailto:"):
        return "@" in identity
    return _IDENTIFIER.fullmatch(identity) is not None


def _plain(pushed: Activity) -> Activity:
    """An `Activity` and nothing more: the tag must not end up in what is stored."""
    fields = {name: getattr(pushed, name) for name in Activity.__struct_fields__}
    fields["identities"] = _canonical(pushed.identities)
    fields["group"] = tuple(map(_canonical, pushed.group))
    return Activity(**fields)


def _canonical(identities: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(mailbox(one) if one.startswith("mailto:") else one for one in identities)


def _why_broken(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return "the compressed data is cut short or damaged"

"""Reads development talks, plans, requests and the like from where Tryton keeps them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from attrs import evolve, frozen

from leercultuur_core import AccessDenied, Retraction, SourceUnavailable, identity
from leercultuur_core.extension import Finding, Page, Record, Reject, Source, State

from .client import Domain, Row, Tryton, inside, written
from .memory import Entry, Memory
from .settings import TrytonSourceSettings
from .streams import Stream, changed_at, streams

_GROUP = 200  # ids in one question


@frozen
class _Progress:
    """How far one stream was read.

    since
        Everything that changed before was read to the end.
    until, after
        A reading under way: it will have read what changed before ``until``, and is past the id
        ``after``.
    """

    since: datetime | None = None
    until: datetime | None = None
    after: int = 0


class TrytonSource(Source):
    """What employees did for their learning, as far as Tryton holds it (8.2).

    Only records that the settings name are asked for, and of those no text: a description, comment
    or note is never read.
    """

    name = "tryton"
    settings: Any = TrytonSourceSettings

    @cached_property
    def tryton(self) -> Tryton:
        """The session."""
        return Tryton(self.settings, self.http)

    def check(self) -> Iterable[Finding]:
        """Whether the user gets in, and can read what each row of the settings names."""
        entrance = self.tryton.look()
        yield entrance
        if entrance.level == "problem":
            return
        every = list(streams(self.settings))
        if not every:
            yield Finding(
                "warning",
                "tryton: nothing is read yet",
                "say in hours, allocations or requests what counts (docs/adapters/tryton.md)",
            )
        for stream in every:
            try:
                yield self._look(stream)
            except (AccessDenied, SourceUnavailable) as error:
                yield Finding("problem", str(error), _hint(stream))

    def fetch(self, state: State) -> Iterator[Page]:
        """What changed, a row of the settings after the other; then what is no longer there.

        Each page holds at most 500 records. Raises `AccessDenied` or `SourceUnavailable`; the pages
        before that stay.
        """
        marks = _read_mark(state.mark)
        memory = Memory(self._remembered(state))
        every = list(streams(self.settings))
        # What the settings no longer name does not stay in the mark.
        marks = {one.key: marks.get(one.key, _Progress()) for one in every}
        for stream in every:
            domain = stream.resolved(self.tryton)
            newest = None if domain is None else self._newest(stream.model, domain)
            if domain is None or newest is None:
                continue
            yield from self._changed(stream, domain, newest, marks, memory)
            yield from self._gone(stream, domain, memory)
            memory.forget_before(stream.key, newest - self.settings.recheck)
        dropped = memory.drop_all_but({stream.key for stream in every})
        yield Page(
            [Retraction(id=entry.id, revision=entry.revision) for entry in dropped],
            mark=_write_mark(marks),
            learners=memory.take_changes(),
        )

    def _remembered(self, state: State) -> dict[str, str]:
        """What is remembered of each employee, those who have left included.

        The store tells by identifier and lists nobody, so Tryton says who there are. Asks nothing
        where nothing is remembered.
        """
        if not state.learners:
            return {}
        found: dict[str, str] = {}
        for row in self.tryton.read_all("company.employee", ["party.code"]):
            code = inside(row, "party.").get("code")
            if not isinstance(code, str) or not code:
                continue  # nothing of them counted
            learner = identity.employee(self.settings.organisation, code)
            text = state.learners.get(learner)
            if text is not None:
                found[learner] = text
        return found

    def _changed(
        self,
        stream: Stream,
        domain: Domain,
        newest: datetime,
        marks: dict[str, _Progress],
        memory: Memory,
    ) -> Iterator[Page]:
        """The records of a stream that changed since its mark, by id."""
        progress = marks[stream.key]
        if progress.until is None:
            progress = evolve(progress, until=newest, after=0)
        recent: Domain = []
        if progress.since is not None:
            start = written(progress.since - self.settings.overlap)
            recent = [["OR", ["write_date", ">=", start], ["create_date", ">=", start]]]
        wanted = [*domain, *recent]
        while True:
            rows, strange, after = self.tryton.next_page(
                stream.model, wanted, stream.columns(), progress.after
            )
            records, rejects = self._records(stream, rows, memory)
            rejects += [
                Reject(self._place(stream), None, "expected a record, found none")
            ] * strange
            # To `until` and not to the newest that was seen: a record before it in the list may have
            # changed while the list was read.
            progress = evolve(progress, after=after) if after else _Progress(since=progress.until)
            marks[stream.key] = progress
            yield Page(records, rejects, mark=_write_mark(marks), learners=memory.take_changes())
            if not after:
                return

    def _records(
        self, stream: Stream, rows: list[Row], memory: Memory
    ) -> tuple[list[Record], list[Reject]]:
        records: list[Record] = []
        rejects: list[Reject] = []
        for row in rows:
            try:
                activity = stream.activity(row, self.settings.organisation)
            except (ValueError, OverflowError) as error:
                place = f"{self._place(stream)} {row['id']}"
                rejects.append(Reject(place, None, str(error)))
                continue
            if activity is None:
                continue
            entry = Entry(stream.key, row["id"], activity.revision, activity.id)
            moved = memory.keep(activity.identities[0], entry)
            if moved is not None:  # it was somebody else's
                records.append(Retraction(id=moved.id, revision=moved.revision))
            records.append(activity)
        return records, rejects

    def _place(self, stream: Stream) -> str:
        return f"Tryton {self.settings.database}, {stream.model}"

    def _gone(self, stream: Stream, domain: Domain, memory: Memory) -> Iterator[Page]:
        """Takes back what was read and is no longer among the records of a stream."""
        numbers = memory.unseen(stream.key)
        records: list[Record] = []
        for start in range(0, len(numbers), _GROUP):
            asked = numbers[start : start + _GROUP]
            still: Domain = [*domain, ["id", "in", asked]]
            rows = self.tryton.read(stream.model, still, ["id"], "id ASC", limit=_GROUP)
            missing = sorted(set(asked) - {row["id"] for row in rows})
            if not missing:
                continue
            # To take back is serious: asked twice, in two ways.
            if self.tryton.count(stream.model, still) != len(rows):
                raise SourceUnavailable(
                    f"Tryton, {stream.model}: gives a list and another number for it"
                )
            records += [
                Retraction(id=entry.id, revision=entry.revision)
                for entry in memory.drop(stream.key, missing)
            ]
        if records:
            yield Page(records, learners=memory.take_changes())

    def _newest(self, model: str, domain: Domain) -> datetime | None:
        """When a record was last made or changed, by Tryton's clock; ``None`` where there is none,
        and then nothing is taken back either: a right that was lost looks like that."""
        found = [
            row
            for name in ("create_date", "write_date")
            for row in self.tryton.read(
                model,
                [*domain, [name, "!=", None]],
                ["create_date", "write_date"],
                f"{name} DESC",
                limit=1,
            )
        ]
        try:
            return max(map(changed_at, found), default=None)
        except (ValueError, OverflowError) as error:
            reason = str(error)
        raise SourceUnavailable(f"Tryton, {model}: {reason}")

    def _look(self, stream: Stream) -> Finding:
        model, name = stream.named
        domain = stream.resolved(self.tryton)
        if domain is None:
            return Finding(
                "problem",
                f'tryton: there is no {model} named "{name}"',
                "write the name as this user sees it in Tryton; the user must be in its company",
            )
        count = self.tryton.count(stream.model, domain)
        return Finding("ok", f'tryton: "{name}" has {count:,} records ({stream.counts_as})')


def _hint(stream: Stream) -> str:
    if stream.model == "purchase.requisition":
        return (
            "in Tryton, Administration, Models, Access: let the user's group read "
            "Purchase Requisition"
        )
    return f"look at the rights of this user on {stream.model}"


def _read_mark(mark: str | None) -> dict[str, _Progress]:
    """The progress in a mark; none in one that is not ours: reading again does no harm."""
    try:
        parsed = json.loads(mark or "{}")
        return {
            key: _Progress(_moment(since), _moment(until), int(after))
            for key, (since, until, after) in parsed.items()
        }
    except (ValueError, TypeError, AttributeError):
        return {}


def _write_mark(marks: dict[str, _Progress]) -> str:
    return json.dumps(
        {
            key: [
                one.since and one.since.isoformat(),
                one.until and one.until.isoformat(),
                one.after,
            ]
            for key, one in sorted(marks.items())
        },
        separators=(",", ":"),
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)

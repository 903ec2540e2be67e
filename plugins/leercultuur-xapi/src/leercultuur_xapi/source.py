"""The adapter: xAPI statements from any learning record store, again and again, only what is new."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from functools import cached_property
from urllib.parse import urljoin, urlsplit

import msgspec
from attrs import frozen

from leercultuur_core import (
    AccessDenied,
    Activity,
    HttpClient,
    LeercultuurError,
    SourceUnavailable,
)
from leercultuur_core.extension import (
    Finding,
    Page,
    Record,
    Reject,
    Source,
    State,
)
from leercultuur_core.extension.http import Answer

from .connection import STATEMENTS, Connection, check_access, check_version, client, not_understood
from .reasons import UnusableStatement, not_utf8
from .statement import Mapper, moment

LIMIT = 1_000
"""Statements asked for at a time; an LRS may give fewer."""

THROUGH_HEADER = "x-experience-api-consistent-through"
"""Until when an LRS surely gives all there is."""

_EXPIRED = frozenset({400, 404, 410})
_RESTARTS = 2
_EQUAL_PAGES = 100
_KEPT = 64 * 1024  # bytes of a rejected statement that are kept for whoever mends it
_RIGHT = "statements/read (all statements, not only its own)"


@frozen
class LrsSourceSettings(Connection):
    """Where the LRS is, who asks, and how far back is read again.

    overlap
        How long before the last statement to read again. As long as the LRS may take before a
        statement can be found; for one that goes by when something happened rather than by when it
        was stored, as long as devices are offline.
    since
        Read nothing that was stored before this day in UTC; left out, all there is.
    """

    overlap: timedelta = timedelta(hours=1)
    since: date | None = None


class _Mark(msgspec.Struct, frozen=True, omit_defaults=True, tag="lrs-1"):
    """Where reading is. A *window* is one list of pages: all that was stored after ``since``.

    more
        Where the window goes on (path and query); empty when it was read whole.
    last
        The latest ``stored`` in the window so far.
    through
        What the LRS had for sure when the window was begun.

    ``since`` moves only when a window was read whole, whatever the order of its pages.
    """

    since: datetime | None = None
    more: str = ""
    last: datetime | None = None
    through: datetime | None = None

    def after(self, last: datetime | None) -> _Mark:
        """This mark with ``last`` seen too."""
        later = max((one for one in (self.last, last) if one is not None), default=None)
        return msgspec.structs.replace(self, last=later)

    def whole(self) -> _Mark:
        """The mark when the window was read to its end."""
        if self.last is None:
            return _Mark(since=self.since)
        # Not past what was seen, nor past what the LRS vouches for; and never back.
        reached = self.last if self.through is None else min(self.last, self.through)
        return _Mark(since=reached if self.since is None else max(self.since, reached))


class _Result(msgspec.Struct):
    """An answer to a query; the statements stay as they are."""

    statements: list[msgspec.Raw]
    more: str | None = None


class _Known(msgspec.Struct):
    """What is looked at of a statement that need not be a good one."""

    id: str | None = None
    stored: str | None = None


_decode_mark = msgspec.json.Decoder(_Mark).decode
_decode_result = msgspec.json.Decoder(_Result).decode
_decode_known = msgspec.json.Decoder(_Known).decode


class LrsSource(Source):
    """xAPI statements 1.0.3 and 2.0 from a learning record store.

    The order of the pages does not matter: oldest first is asked for, and a server that gives the
    newest first, or any other order, loses nothing. A run that was stopped goes on with the next
    page; where its address has expired the window is read again from its beginning. Attachments are
    never asked for.
    """

    name = "xapi"
    settings = LrsSourceSettings

    def __init__(self, settings: LrsSourceSettings) -> None:
        """Raises `ConfigError` where address or credentials cannot be used."""
        super().__init__(settings)
        self._client = client(settings, f"leercultuur-{self.name}")

    @cached_property
    def http(self) -> HttpClient:
        """The client for the LRS."""
        return self._client

    def check(self) -> Iterable[Finding]:
        """Whether the LRS answers, in which version, lets this client read, and what ``since``
        means to it."""
        try:
            yield from check_version(self.http, self.settings.version)
            answer = self.http.send("GET", STATEMENTS, query={"limit": 1})
            finding = check_access(answer, self.settings.version, "statements can be read", _RIGHT)
            yield finding
            if finding.level == "ok":
                yield from self._check_since(answer)
        except LeercultuurError as error:
            yield Finding("problem", str(error), "is the url right, and does the LRS run?")

    def _check_since(self, answer: Answer) -> Iterator[Finding]:
        """A statement must be among those stored from just before to just after it was."""
        statements = self._result(answer).statements
        one = bytes(statements[0]) if statements else b""
        stored = _stored(one)
        if stored is None:
            return
        little = timedelta(milliseconds=1)
        answer = self.http.send(
            "GET",
            STATEMENTS,
            query={"since": stored - little, "until": stored + little, "limit": LIMIT},
        )
        result = self._result(self._readable(answer))
        # Where there are more than fit in an answer it may be among those.
        if not result.more and _known(one).id not in {_known(raw).id for raw in result.statements}:
            yield Finding(
                "warning",
                f"{answer.about}: compares since with when something happened, not with when it "
                "was stored; what arrives late can be missed",
                'set overlap to as long as devices are offline, such as "7d"',
            )

    def fetch(self, state: State) -> Iterator[Page]:
        """All that was stored since the mark, less the overlap, a page for each page of the LRS.

        A statement that cannot be read is a `Reject`. Statements of the profile of this plugin are
        passed over: what leercultuur says of itself is no evidence of anything.

        Raises `SourceUnavailable` or `AccessDenied`; pages given before that stay.
        """
        mark = _read_mark(state.mark)
        left = old = bool(mark.more)  # a window that a stopped run left: then comes one of today
        mapper = Mapper()
        number = restarts = equal = 0
        seen: set[str] = set()
        before = b""
        while True:
            answer = self._ask(mark)
            # An address of another day: servers that look it up among what they remember may fail.
            if mark.more and (answer.status in _EXPIRED or (old and answer.status >= 500)):
                restarts += 1
                if restarts > _RESTARTS:
                    raise SourceUnavailable(
                        f"{answer.about}: the address of the next page expires before it can be "
                        "asked for; what came before is kept"
                    )
                mark, seen, left, old = _Mark(since=mark.since), set(), False, False
                continue
            old = False
            result = self._result(self._readable(answer))
            if not mark.more:
                mark = msgspec.structs.replace(mark, through=_through(answer))
            records, rejects, last = self._records(mapper, result, number)
            mapper.labels = {}
            number += len(result.statements)
            more = self._onward(answer, result.more)
            mark = mark.after(last)
            mark = msgspec.structs.replace(mark, more=more) if more else mark.whole()
            yield Page(records, rejects, mark=_write_mark(mark))
            if not more:
                if not left:
                    return
                left, seen = False, set()
                continue
            content = b"".join(result.statements)
            equal = equal + 1 if content == before else 0
            before = content
            if more in seen or equal >= _EQUAL_PAGES:
                raise SourceUnavailable(
                    f"{answer.about}: its pages go round in a circle; what came before is kept"
                )
            seen.add(more)
            if len(seen) > self.http.limits.pages:
                raise SourceUnavailable(
                    f"{answer.about}: has more than {self.http.limits.pages:,} pages"
                )

    def _ask(self, mark: _Mark) -> Answer:
        if mark.more:
            parts = urlsplit(self.settings.url)
            return self.http.send("GET", f"{parts.scheme}://{parts.netloc}{mark.more}")
        since = None if mark.since is None else _before(mark.since, self.settings.overlap)
        if self.settings.since is not None:
            # Less a little: since itself is not among what comes.
            first = datetime.combine(self.settings.since, time(), UTC) - timedelta(milliseconds=1)
            since = first if since is None else max(since, first)
        query = {"since": since, "limit": LIMIT, "ascending": True}
        return self.http.send("GET", STATEMENTS, query=query)

    def _readable(self, answer: Answer) -> Answer:
        """The answer, where it is one; errors say what to do about it."""
        if answer.status == 400:
            raise SourceUnavailable(
                f"{not_understood(answer, self.settings.version)}; leercultuur check asks which "
                "version it speaks"
            )
        if answer.status == 403:
            raise AccessDenied(
                f"{answer.about}: does not let this client read (403); give it the right {_RIGHT}",
                "statements/read",
            )
        return answer.checked()

    def _result(self, answer: Answer) -> _Result:
        body = answer.body.removeprefix(b"\xef\xbb\xbf")
        try:
            return _decode_result(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            pass
        if not _is_utf8(body):
            # The one statement that is in another character set is rejected later, by itself;
            # that it is one that the server names happens too.
            body = answer.text().encode()
            try:
                return _decode_result(body)
            except (msgspec.MsgspecError, RecursionError):
                pass
        answer.json()  # says what else it is, if it is no JSON
        raise SourceUnavailable(
            f"{answer.about}: expected statements of an LRS, found other JSON; is the url what "
            "stands before /statements?"
        )

    def _records(
        self, mapper: Mapper, result: _Result, number: int
    ) -> tuple[list[Record], list[Reject], datetime | None]:
        """What stands on a page, and the latest ``stored`` of it."""
        records: list[Record] = []
        rejects: list[Reject] = []
        last: datetime | None = None
        for line, part in enumerate(result.statements, number + 1):
            raw = bytes(part)
            stored: datetime | None = None
            try:
                if not _is_utf8(raw):
                    raise UnusableStatement(not_utf8(raw))
                record = mapper.record(raw)
            except UnusableStatement as error:
                rejects.append(Reject(self._place, line, str(error), raw[:_KEPT]))
                stored = _stored(raw)
            else:
                if record is not None:
                    records.append(record)
                stored = record.stored_at if isinstance(record, Activity) else _stored(raw)
            if stored is not None and (last is None or stored > last):
                last = stored
        return records, rejects, last

    @property
    def _place(self) -> str:
        return f"{self.settings.url.rstrip('/')}{STATEMENTS}"

    def _onward(self, answer: Answer, more: str | None) -> str:
        """Path and query of the next page; empty at the end.

        The standard wants a path from the root of the host. Behind a proxy many servers give a whole
        address with the scheme or port that they see themselves: of one at the same host only path
        and query count. One at another host is refused: credentials do not go there.
        """
        if not more:
            return ""
        try:
            parts = urlsplit(urljoin(answer.url, more))
            same = parts.hostname == urlsplit(self.settings.url).hostname
        except ValueError:
            same = False
        if not same:
            raise SourceUnavailable(
                f"{answer.about}: its next page is at another host; credentials do not go there. "
                "If it is the right one, set url to it"
            )
        path = parts.path if parts.path.startswith("/") else f"/{parts.path}"
        return f"{path}?{parts.query}" if parts.query else path


def _before(moment: datetime, span: timedelta) -> datetime | None:
    try:
        return moment - span
    except OverflowError:  # longer ago than there are years: from the beginning
        return None


def _read_mark(mark: str | None) -> _Mark:
    """A mark; of one that is not ours a new one: reading all again does no harm."""
    try:
        return _decode_mark(mark or "")
    except msgspec.MsgspecError:
        return _Mark()


def _write_mark(mark: _Mark) -> str:
    return msgspec.json.encode(mark).decode()


def _through(answer: Answer) -> datetime | None:
    """Until when the answer is complete: as the LRS says, else until now by its own clock: no
    statement it has was stored after that, whatever a wrong clock once made of ``stored``."""
    try:
        return moment("", answer.headers[THROUGH_HEADER])
    except (KeyError, UnusableStatement):
        pass
    try:
        # In whole seconds, rounded down.
        return parsedate_to_datetime(answer.headers["date"]).astimezone(UTC) + timedelta(seconds=1)
    except (KeyError, ValueError, TypeError, IndexError, OverflowError):
        return None


def _stored(raw: bytes) -> datetime | None:
    """When a statement was stored, as far as it says so in a way that can be read."""
    text = _known(raw).stored
    try:
        return None if text is None else moment("stored", text)
    except UnusableStatement:
        return None


def _known(raw: bytes | msgspec.Raw) -> _Known:
    try:
        return _decode_known(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _Known()


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True

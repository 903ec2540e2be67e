"""What servers do wrong: nothing is lost, nothing comes twice, and the error is the right one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ..errors import AccessDenied, LeercultuurError, SourceUnavailable
from ..extension import Finding
from . import faults
from .contract import MOST_REQUESTS, Pace, expect
from .faults import Change
from .system import Noted, SourceFixtures, System, told
from .taking import counted

_USE_HTTP = "use self.http, or raise SourceUnavailable yourself"
_A_LONG_WAIT = 3600.0


def _always(change: Change) -> Callable[[], Change]:
    return lambda: change


class Faults(SourceFixtures):
    """Part of `leercultuur_core.testing.SourceContract`."""

    def test_hang(self, online: System, noted: Noted, pace: Pace) -> None:
        """The server takes the request and says nothing."""
        pace.hurry()
        self.within(
            self.patience,
            lambda: self.survives(
                online, noted, "hang", _always(faults.hang), spots=[online.requests - 1],
                advice="give up in time",
            ),
            "hang",
        )  # fmt: skip

    def test_slow_drip(self, online: System, noted: Noted, pace: Pace) -> None:
        """A byte now and then: a time-out between bytes is never met."""
        pace.hurry()
        self.within(
            self.patience,
            lambda: self.survives(
                online, noted, "slow drip", _always(faults.drip), spots=[online.requests - 1],
                advice="bound the whole request",
            ),
            "slow drip",
        )  # fmt: skip

    def test_connection_lost(self, online: System, noted: Noted) -> None:
        """It breaks before an answer."""
        self.survives(online, noted, "connection lost", _always(faults.hang_up), advice=_USE_HTTP)

    def test_connection_lost_once(self, online: System, noted: Noted) -> None:
        """It breaks, and the next try goes well."""
        self.survives(
            online, noted, "connection lost once", _always(faults.hang_up), times=1,
            advice=_USE_HTTP,
        )  # fmt: skip

    def test_truncated_body(self, online: System, noted: Noted) -> None:
        """The body ends halfway."""
        self.survives(online, noted, "truncated body", _always(faults.truncated), advice=_USE_HTTP)

    def test_truncated_body_once(self, online: System, noted: Noted) -> None:
        """The body ends halfway, and the next try goes well."""
        self.survives(
            online, noted, "truncated body once", _always(faults.truncated), times=1,
            advice=_USE_HTTP,
        )  # fmt: skip

    def test_too_many_requests(self, online: System, noted: Noted) -> None:
        """429 without a word about how long."""
        self.survives(online, noted, "429", _always(faults.status(429)), advice=_USE_HTTP)

    def test_too_many_requests_with_retry_after(
        self, online: System, noted: Noted, pace: Pace
    ) -> None:
        """429 that says how long: it waits as long, or leaves it to a later run."""
        pace.slept.clear()
        spot = online.requests - 1
        self.survives(
            online, noted, "429 with Retry-After", _always(faults.status(429, Retry_After="7")),
            times=1, spots=[spot], advice=_USE_HTTP,
        )  # fmt: skip
        expect(
            not pace.slept or max(pace.slept) >= 7,
            "429 with Retry-After: asked again sooner than the server wants; use self.http",
        )

    def test_retry_after_an_hour(self, online: System, noted: Noted, pace: Pace) -> None:
        """A wait that is too long is left to a later run, which is told how long it is."""
        pace.slept.clear()
        change = faults.status(429, Retry_After=f"{_A_LONG_WAIT:g}")
        self.survives(online, noted, "Retry-After of an hour", _always(change), advice=_USE_HTTP)
        expect(
            sum(pace.slept) < _A_LONG_WAIT,
            "Retry-After of an hour: waited for it; raise SourceUnavailable with retry_after",
        )

    def test_server_error(self, online: System, noted: Noted) -> None:
        """500 at every try."""
        self.survives(online, noted, "500", _always(faults.status(500)), advice=_USE_HTTP)

    def test_server_error_then_well(self, online: System, noted: Noted) -> None:
        """500, and the next try goes well."""
        self.survives(
            online, noted, "500 then well", _always(faults.status(500)), times=1, advice=_USE_HTTP
        )

    def test_page_after_an_error(self, online: System, noted: Noted) -> None:
        """A page fails in the middle: what came before stays, what comes after is for next time."""
        if online.requests < 2:
            pytest.skip("all comes in one answer: record at least two pages")
        self.survives(
            online, noted, "page after an error", _always(faults.status(503)), times=4,
            spots=list(range(1, min(online.requests, 5))), advice=_USE_HTTP,
        )  # fmt: skip

    def test_not_found(self, online: System, noted: Noted) -> None:
        """404: somebody moved the address."""
        self.survives(online, noted, "404", _always(faults.status(404)), advice=_USE_HTTP)

    def test_html_with_200(self, online: System, noted: Noted) -> None:
        """A login or maintenance page that says all is well: never an empty page."""
        self.survives(
            online, noted, "HTML with 200", _always(faults.web_page),
            advice="a web page is no empty list: raise SourceUnavailable",
        )  # fmt: skip

    def test_empty_body_with_200(self, online: System, noted: Noted) -> None:
        """No body where a list should be: never an empty page."""
        self.survives(
            online, noted, "empty body with 200", _always(faults.nothing),
            advice="an empty answer is no empty list: raise SourceUnavailable",
        )  # fmt: skip

    def test_other_shape_with_200(self, online: System, noted: Noted) -> None:
        """JSON of another shape: never an empty page, and an error that people understand."""
        self.survives(
            online, noted, "other JSON with 200", _always(faults.other_shape),
            raises=LeercultuurError,
            advice="look whether the answer has what you need, and raise SourceUnavailable",
        )  # fmt: skip

    def test_repeated_page(self, online: System, noted: Noted) -> None:
        """Rows of a page come again in the next, since others were added while it read."""
        if online.requests < 2:
            pytest.skip("all comes in one answer: record at least two pages")
        self.survives(
            online, noted, "repeated page", faults.repeating, spots=[0], advice="count by id"
        )

    def test_endless_pages(self, online: System, noted: Noted) -> None:
        """A page that names itself as the next one, for ever."""
        if online.requests < 2:
            pytest.skip("all comes in one answer: record at least two pages")
        online.start()
        online.server.fault(faults.stuck(), first=max(0, online.requests - 2))
        first = online.read()
        ended = not first.endless and not online.server.endless
        online.start()
        second = online.read(first.state)
        whole, both = counted(online.well), counted(first, second)
        lost, doubled = len(whole.keys() - both.keys()), len(both.keys() - whole.keys())
        noted("endless pages", lost=lost, doubled=doubled, ended=ended)
        expect(
            ended,
            f"endless pages: asked over {MOST_REQUESTS} times for a page that names itself as the "
            "next; use self.http.pages, which notices",
        )
        expect(not lost and not doubled, f"endless pages: {lost} lost, {doubled} count twice")

    def test_page_ten_times_larger(self, online: System, noted: Noted) -> None:
        """Each row ten times in one answer."""
        self._same(online, noted, "page ten times larger", faults.ten_times)

    def test_wrong_charset(self, online: System, noted: Noted) -> None:
        """UTF-8 that says it is something else."""
        self._same(online, noted, "wrong charset", faults.wrong_charset)

    def test_byte_order_mark(self, online: System, noted: Noted) -> None:
        """Some systems put one before their JSON."""
        self._same(online, noted, "byte order mark", faults.byte_order_mark)

    def test_token_refused(self, online: System, noted: Noted) -> None:
        """401 from the start: somebody must do something, so it is said."""
        self._denied(online, noted, "token refused", 401, spots=[0])

    def test_token_expired_midway(self, online: System, noted: Noted) -> None:
        """401 after some pages: those stay, and it is said."""
        if online.requests < 2:
            pytest.skip("all comes in one answer: record at least two pages")
        self._denied(online, noted, "token expired midway", 401, spots=[1, online.requests - 1])

    def test_right_missing(self, online: System, noted: Noted) -> None:
        """403: a right is missing, so it is said."""
        self._denied(online, noted, "right missing", 403, spots=online.spots)

    def test_check_finds_nothing_wrong(self, system: System) -> None:
        """``check()`` of a system that is well."""
        system.start()
        for finding in system.source.check():
            expect(isinstance(finding, Finding), "check() gives Finding values")
            expect(
                finding.level != "problem",
                "check() finds a problem where nothing is wrong",
            )
        unknown = list(dict.fromkeys(system.server.unknown))
        expect(not unknown, "; ".join(unknown))

    def test_check_without_access(self, online: System) -> None:
        """``check()`` of a system that lets nobody in says so."""
        online.start()
        online.server.fault(faults.status(401))
        error, findings = _checked(online)
        if not online.server.seen:
            pytest.skip("check() asks the system nothing")
        expect(
            isinstance(error, AccessDenied) or any(one.level == "problem" for one in findings),
            "check() without access: expected a problem or AccessDenied, found neither",
        )

    def test_check_of_a_server_that_is_down(self, online: System) -> None:
        """``check()`` of a system that does not answer says so."""
        online.start()
        online.server.fault(faults.hang_up)
        error, findings = _checked(online)
        if not online.server.seen:
            pytest.skip("check() asks the system nothing")
        expect(
            isinstance(error, SourceUnavailable) or any(one.level == "problem" for one in findings),
            "check() of a server that is down: expected a problem or SourceUnavailable, found "
            "neither",
        )

    def _same(self, system: System, noted: Noted, fault: str, change: Change) -> None:
        """A fault after which all is still there to be read."""
        system.start()
        system.server.fault(change)
        taken = system.read()
        whole, found = counted(system.well), counted(taken)
        lost, doubled = len(whole.keys() - found.keys()), len(found.keys() - whole.keys())
        noted(fault, lost=lost, doubled=doubled, ended=taken.error is None)
        expect(taken.error is None, f"{fault}: expected all activities, found {told(taken)}")
        expect(found == whole, f"{fault}: {lost} lost, {doubled} count twice, or content differs")

    def _denied(
        self, system: System, noted: Noted, fault: str, status: int, *, spots: list[int]
    ) -> None:
        self.survives(
            system, noted, fault, _always(faults.status(status)), spots=spots, raises=AccessDenied,
            advice="do not swallow it: somebody must give a new token or right",
        )  # fmt: skip


def _checked(system: System) -> tuple[Any, list[Finding]]:
    findings: list[Finding] = []
    try:
        findings.extend(system.source.check())
    except LeercultuurError as error:
        return error, findings
    return None, findings

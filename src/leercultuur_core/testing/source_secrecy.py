"""What a source gives away: nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterable

import pytest
from attrs import evolve

from ..activity.identity import learner_name
from ..errors import LeercultuurError
from ..extension import Source
from . import faults
from .contract import expect, logged, secrets_of, texts_of
from .faults import Change
from .scripted import Scripted, Seen, Step
from .system import SourceFixtures, System

_TELLING = 4
"""Characters of a name from which it is no accident that it stands somewhere."""


class Secrecy(SourceFixtures):
    """Part of `leercultuur_core.testing.SourceContract`."""

    def test_secrets_are_silent(self, source: Source) -> None:
        """Neither the adapter nor its settings show one."""
        shown = f"{source!r}{source}{source.settings!r}{source.settings}"
        expect(
            not any(secret in shown for secret in secrets_of(source)),
            "a secret in a repr: give it the type Secret",
        )

    def test_secrets_stay_out_of_addresses(self, online: System) -> None:
        """Addresses end up in the logs of servers and proxies."""
        secrets = secrets_of(online.source)
        asked = "".join(f"{one.path}{sorted(one.query.items())}" for one in online.server.seen)
        expect(
            not any(secret in asked for secret in secrets),
            "a secret in an address: send it in a header or a form",
        )

    def test_secrets_stay_out_of_logs(
        self, online: System, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Also at debug level."""
        secrets = secrets_of(online.source)
        with caplog.at_level(logging.DEBUG):
            online.start()
            online.read()
        expect(
            not any(secret in logged(caplog) for secret in secrets),
            "a secret in a log line: log numbers and codes",
        )

    def test_names_stay_out_of_logs(self, online: System, caplog: pytest.LogCaptureFixture) -> None:
        """Logs are read by people who may not know who learns what."""
        names = {learner_name(name) for one in online.activities() for name in one.identities}
        with caplog.at_level(logging.DEBUG):
            online.start()
            online.read()
        expect(
            not any(name in logged(caplog) for name in names if len(name) >= _TELLING),
            "a learner's name in a log line: log numbers and codes",
        )

    def test_secret_echoed_in_an_error(
        self, online: System, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Servers repeat what they do not accept, the token included."""
        secrets = secrets_of(online.source)
        for number in (400, 401, 403, 500):
            with caplog.at_level(logging.DEBUG):
                online.start()
                online.server.fault(faults.saying(number, *secrets, f"Bearer {secrets[0]}"))
                taken = online.read()
                said = texts_of(taken.error) + _checked(online.source)
            expect(
                not any(secret in said + logged(caplog) for secret in secrets),
                f"secret echoed in an error ({number}): it stands in your error or log; leave out "
                "what the server says, or use self.http, which hides it",
            )

    def test_redirect_to_another_host(self, online: System, other_host: Scripted) -> None:
        """Credentials do not go there."""
        self._elsewhere(
            online, other_host, faults.redirect(f"{other_host.url}/elsewhere"), "redirect"
        )

    def test_next_page_at_another_host(self, system: System, other_host: Scripted) -> None:
        """A link in an answer is no more trusted than a redirect."""
        here, there = system.server.url.encode(), other_host.url.encode()
        found: list[bool] = []

        def change(step: Step) -> Step:
            found.append(here in step.body)
            return evolve(step, body=step.body.replace(here, there))

        self._elsewhere(system, other_host, change, "next page")
        if not any(found):
            pytest.skip("no answer holds a whole address: no link can lead elsewhere")

    def _elsewhere(self, system: System, other: Scripted, change: Change, fault: str) -> None:
        secrets = secrets_of(system.source)
        sent = _credentials(system.server.seen)
        system.start()
        system.server.fault(change)
        system.read()
        for one in other.seen:
            everything = f"{one.path}{one.query}{one.headers}{one.body!r}"
            expect(
                not any(value in everything for value in {*secrets, *sent}),
                f"{fault} to another host: the credentials went there; use self.http, or follow "
                "only addresses of your own host",
            )


def _credentials(seen: Iterable[Seen]) -> set[str]:
    """What was sent to be let in."""
    names = ("authorization", "cookie", "x-api-key")
    return {one.headers[name] for one in seen for name in names if name in one.headers}


def _checked(source: Source) -> str:
    try:
        return "".join(f"{finding}" for finding in source.check())
    except LeercultuurError as error:
        return texts_of(error)

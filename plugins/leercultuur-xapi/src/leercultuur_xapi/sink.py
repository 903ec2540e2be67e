"""The adapter: suggestions, as statements in a learning record store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar, Literal

import msgspec
from attrs import frozen

from leercultuur_core import (
    AccessDenied,
    ConfigError,
    HttpClient,
    LeercultuurError,
    Problem,
    SourceUnavailable,
)
from leercultuur_core.extension import Delivery, Finding, Happening, Message, Receipt, Sink
from leercultuur_core.extension.http import Answer

from . import profile
from .connection import STATEMENTS, Connection, check_access, check_version, client, not_understood

_NOT_ACCEPTED = frozenset({413, 415, 422})
_State = Literal["sent", "refused", "failed"]
_RIGHT = "statements/write"


@frozen
class LrsSinkSettings(Connection):
    """Where the LRS is, who writes, and what a statement may say.

    channel
        The kind of address by which the LRS knows people, such as ``moodle`` or ``mail``. Then a
        statement says who got a suggestion, and not which. Without it: which, and not who.
    home_page
        The system where addresses of ``channel`` are accounts, as it stands in the statements of
        that system; left out, they are mail addresses.
    text
        Put in what the recipient reads. Only where the LRS shows it to nobody else.
    """

    channel: str = ""
    home_page: str = ""
    text: bool = False


class LrsSink(Sink):
    """Puts a statement in a learning record store for each prompt of a message.

    The id of a statement follows from the prompt, so that sending again stores nothing more. It
    reaches a person only where a portal shows them the text of their own statements.
    """

    name = "xapi"
    settings = LrsSinkSettings
    delivery: ClassVar[Delivery] = "idempotent"

    def __init__(self, settings: LrsSinkSettings) -> None:
        """Raises `ConfigError` where settings do not fit each other or cannot be used."""
        super().__init__(settings)
        if settings.text and not settings.channel:
            hint = "or leave text out: without a channel nobody is named who could read it"
            raise ConfigError(
                "the settings of the LRS",
                [Problem("channel", "the kind of address that people have", "nothing", hint)],
            )
        self._client = client(settings, f"leercultuur-{self.name}")

    @cached_property
    def http(self) -> HttpClient:
        """The client for the LRS."""
        return self._client

    def check(self) -> Iterable[Finding]:
        """Whether the LRS answers, in which version, and lets this client write: it is sent a list
        with no statement in it, so that nothing is stored."""
        try:
            yield from check_version(self.http, self.settings.version)
            answer = self.http.send(
                "POST",
                STATEMENTS,
                content=b"[]",
                headers={"Content-Type": "application/json"},
                idempotent=True,
            )
            if answer.status in {400, 422}:
                # What an LRS says of an empty list once it has let the client in.
                yield Finding("ok", f"{answer.about}: takes statements of this client")
            else:
                doing = "takes statements of this client"
                yield check_access(answer, self.settings.version, doing, _RIGHT)
            yield from self._check_readers()
        except LeercultuurError as error:
            yield Finding("problem", str(error), "is the url right, and does the LRS run?")

    def _check_readers(self) -> Iterator[Finding]:
        if not self.settings.text:
            yield Finding(
                "warning",
                "what goes by this sink is noted in the LRS without its text, and nobody can read "
                "it there",
                "set record = true, or channel and text",
            )

    def deliver(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        """Stores the statements of each message.

        Raises `SourceUnavailable` where the LRS does not answer, or fails at or does not understand
        two messages in a row; `AccessDenied` where it does not let this client write.
        """
        failed_before = False
        for message in messages:
            statements = self._statements(message)
            if statements is None:
                yield Receipt(message.id, "refused", "no-address")
                continue
            receipt = Receipt(message.id, "sent")
            for statement in statements:
                state, reason = self._put(statement, failed_before=failed_before)
                if state != "sent":
                    receipt = Receipt(message.id, state, reason)
                    break
                receipt = Receipt(message.id, "sent", reason)
            failed_before = receipt.reason in {"server-error", "not-understood"}
            yield receipt

    def note(self, happenings: Sequence[Happening]) -> None:
        """Stores what others brought and what was answered to it, as statements; of what was refused
        nothing. Raises as `deliver` does, and `SourceUnavailable` where a statement was not taken."""
        for one in happenings:
            match one.what:
                case "refused":
                    continue
                case "sent":
                    (receipt,) = self.deliver([one.message])
                case answer:
                    address = one.message.recipient.addresses.get(self.settings.channel, "")
                    receipt = self.answered(one.prompt, answer, address, at=one.at)
            if receipt.state == "failed":
                raise SourceUnavailable(f"a statement was not stored ({receipt.reason})")

    def answered(
        self, prompt: str, outcome: profile.Outcome, address: str, *, at: datetime
    ) -> Receipt:
        """Stores what a person answered to a prompt; ``address`` is theirs on the channel.

        For the program that shows prompts, beside `Engine.answer`. Nothing is stored without a
        channel: an answer without who gave it is a count, and ``leercultuur status`` has those.
        Raises as `deliver` does, `ValueError` for a moment without offset.
        """
        if not self.settings.channel:
            return Receipt(prompt, "refused", "no-channel")
        person = self._person(address)
        if person is None:
            return Receipt(prompt, "refused", "no-address")
        return Receipt(prompt, *self._put(profile.answered(prompt, outcome, person, at=at)))

    def _statements(self, message: Message) -> list[dict[str, Any]] | None:
        """One for each prompt; ``None`` where the recipient has no address."""
        settings = self.settings
        if not settings.channel:
            return [
                profile.sent(
                    message.id,
                    prompt.id,
                    intervention=prompt.intervention,
                    layer=prompt.layer,
                    by=settings.home_page or settings.url,
                )
                for prompt in message.prompts
            ]
        person = self._person(message.recipient.addresses.get(settings.channel, ""))
        if person is None:
            return None
        return [
            profile.received(
                message.id,
                prompt.id,
                person,
                text=prompt.text if settings.text else "",
                language=prompt.language,
            )
            for prompt in message.prompts
        ]

    def _person(self, address: str) -> dict[str, Any] | None:
        if not address or (not self.settings.home_page and "@" not in address):
            return None
        return profile.agent(address, self.settings.home_page)

    def _put(self, statement: dict[str, Any], *, failed_before: bool = False) -> tuple[_State, str]:
        """State and reason of a receipt; raises where the answer is about all statements."""
        answer = self.http.send(
            "PUT",
            STATEMENTS,
            query={"statementId": statement["id"]},
            content=msgspec.json.encode(statement),
            headers={"Content-Type": "application/json"},
        )
        if answer.status == 409:
            return self._there_already(statement["id"])
        if answer.status in _NOT_ACCEPTED:
            return "refused", "not-accepted"
        if answer.status == 404:
            # Not refused: most often it is the address in the configuration.
            return "failed", "not-found"
        if answer.status == 400:
            # One odd address, or else a version that the LRS does not speak: then it is about all.
            if failed_before:
                raise SourceUnavailable(
                    f"{not_understood(answer, self.settings.version)}; leercultuur check asks "
                    "which version it speaks"
                )
            return "failed", "not-understood"
        if answer.status == 500:
            if failed_before:
                raise SourceUnavailable(f"{answer.about}: fails at each statement (500)")
            return "failed", "server-error"
        self._may_write(answer).checked()
        if answer.body.strip():
            answer.json()  # a login or maintenance page with status 200 is no yes
        return "sent", ""

    def _there_already(self, statement_id: str) -> tuple[_State, str]:
        """What became of a statement whose id the LRS has with other content.

        Ours, with other settings or from before a change of this plugin: it was sent. Where it cannot
        be looked at it is ours too, since nobody else makes that id.
        """
        answer = self.http.send("GET", STATEMENTS, query={"statementId": statement_id})
        there = _only(answer.json()) if answer.status == 200 else None
        if there is None or profile.is_own(there):
            return "sent", "already-there"
        return "refused", "id-taken"

    def _may_write(self, answer: Answer) -> Answer:
        if answer.status == 403:
            raise AccessDenied(
                f"{answer.about}: does not let this client write (403); give it the right {_RIGHT}",
                _RIGHT,
            )
        return answer


def _only(found: Any) -> Any:
    """The statement in an answer to a question for one; ``None`` where there is none.

    Ralph (5.1.0) gives a list of it, where the standard wants the statement itself.
    """
    match found:
        case {"statements": [one, *_]}:
            return one
        case {"statements": _}:
            return None
    return found

"""The contract of a sink; see `SinkContract`."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args

import pytest
from attrs import evolve, frozen

from ..errors import AccessDenied, LeercultuurError, SourceUnavailable
from ..extension import Delivery, Message, Receipt, Sink
from . import faults
from .contract import Contract, Pace, ScriptedServer, expect, logged, secrets_of, texts_of
from .faults import Change
from .messages import marker, message, name_of
from .recordings import Recording, Responder
from .scripted import Scripted

_WRITES = frozenset({"POST", "PUT", "PATCH", "MKCOL", "REPORT"})
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}|")
_COUNT = 4


@frozen
class Inbox:
    """A system that takes messages in, as far as a test needs it.

    arrived
        The text of each thing that a recipient sees there, one for each: what comes twice is there
        twice.
    answers
        How it answers a request and takes in what that brings; ``None`` for a system that is
        reached in another way than HTTP.
    """

    arrived: Callable[[], Sequence[str]]
    answers: Responder | None = None


@frozen
class Delivered:
    """What came of one call of ``deliver``."""

    receipts: tuple[Receipt, ...]
    error: Exception | None = None

    def states(self) -> dict[str, str]:
        """Message id → state."""
        return {one.message: one.state for one in self.receipts}


class SinkContract(Contract):
    """What the engine relies on in every `Sink`. Inherit it and give fixtures.

    ``sink``
        The adapter, made with ``scripted.url`` and a `Secret` of at least eight characters.
    ``script``
        ``return recorded("acme-notes.json")``: what the real system answered. Ids in its paths may
        be ``*``.
    ``inbox``
        A small stand-in that remembers what came (`Inbox`): runs the tests of what your
        ``delivery`` promises, which are skipped without it.
    """

    adapter = "sink"

    def address(self, number: int) -> Mapping[str, str]:
        """The addresses of made-up recipient ``number``; override it for channels of your own."""
        return {
            "mail": f"proefpersoon{number:04d}@leer.example",
            "employee": f"{number}",
            "moodle": f"{number}",
        }

    @pytest.fixture
    def sink(self) -> Sink:
        """The adapter: override it."""
        pytest.fail("give a fixture `sink` that makes your adapter", pytrace=False)

    @pytest.fixture
    def inbox(self) -> Inbox | None:
        """A stand-in that remembers what came: override it."""
        return None

    @pytest.fixture
    def messages(self) -> list[Message]:
        """Four messages to four people, in two languages."""
        return [
            message(number, self.address(number), "nl" if number % 2 else "en")
            for number in range(1, _COUNT + 1)
        ]

    @pytest.fixture
    def ready(
        self, scripted: ScriptedServer, recording: Recording | None, inbox: Inbox | None
    ) -> Callable[[], None]:
        """Makes the system well again; the inbox keeps what it has."""

        def start() -> None:
            if inbox is not None:
                if inbox.answers is not None:
                    scripted.play(inbox.answers)
            elif recording is not None:
                scripted.play(recording.responder())
            else:
                pytest.fail(
                    "give a fixture `script` (what the system answered) or `inbox`", pytrace=False
                )

        start()
        return start

    # -- receipts ------------------------------------------------------------------------------

    def test_says_what_it_promises(self, sink: Sink) -> None:
        """``delivery`` decides what happens after a stop between a send and its receipt."""
        expect(
            getattr(sink, "delivery", None) in get_args(Delivery),
            f"declare delivery: one of {', '.join(get_args(Delivery))}",
        )
        expect(
            sink.delivery != "lookup" or type(sink).find is not Sink.find,
            "delivery = lookup promises that one can ask: write find",
        )

    @pytest.mark.usefixtures("ready")
    def test_a_receipt_for_each_in_order(
        self, sink: Sink, messages: list[Message], scripted: ScriptedServer
    ) -> None:
        """Whoever has no receipt would be sent to again."""
        done = self._deliver(sink, messages)
        unknown = "; ".join(dict.fromkeys(scripted.unknown))
        expect(not unknown, unknown)
        expect(
            done.error is None,
            f"delivery to a system that is well ends with {type(done.error).__name__}",
        )
        expect(
            [one.message for one in done.receipts] == [one.id for one in messages],
            "expected one receipt for each message, in their order",
        )
        expect(
            {one.state for one in done.receipts} == {"sent"},
            f"expected that all are sent, found {sorted(done.states().values())}",
        )

    def test_a_receipt_as_soon_as_it_is_known(
        self,
        sink: Sink,
        messages: list[Message],
        ready: Callable[[], None],
        scripted: ScriptedServer,
    ) -> None:
        """What is sent before a stop, and has no receipt yet, is uncertain for ever."""
        next(iter(self.again(sink).deliver(messages)))
        before = len(scripted.seen)
        ready()
        self._deliver(sink, messages)
        writes = sum(one.method in _WRITES for one in scripted.seen)
        if writes < len(messages):
            pytest.skip("all messages go in one request, or not over HTTP")
        expect(
            before < len(scripted.seen),
            "all receipts come at the end: yield each as soon as it is known",
        )

    @pytest.mark.usefixtures("ready")
    def test_nothing_to_deliver(self, sink: Sink) -> None:
        """No messages, no receipts."""
        done = self._deliver(sink, [])
        expect(
            done.error is None and not done.receipts,
            "no messages: expected no receipts and no error",
        )

    @pytest.mark.usefixtures("ready")
    def test_an_unknown_address_stops_nobody_else(
        self, sink: Sink, messages: list[Message]
    ) -> None:
        """Somebody without an address is a receipt, not an error."""
        lost = messages[1]
        messages[1] = evolve(lost, recipient=evolve(lost.recipient, addresses={}))
        done = self._deliver(sink, messages)
        self._nobody_else(done, messages, "no address")

    def test_a_refused_recipient_stops_nobody_else(
        self,
        sink: Sink,
        messages: list[Message],
        ready: Callable[[], None],
        scripted: ScriptedServer,
    ) -> None:
        """The system does not accept one of them (422)."""
        spot = self._second_write(sink, messages, ready, scripted)
        scripted.fault(faults.status(422), first=spot, times=1)
        done = self._deliver(sink, messages)
        self._nobody_else(done, messages, "a refused recipient")
        expect(
            set(done.states().values()) != {"sent"},
            "a refused recipient: the receipt says sent; look at the answer of each",
        )

    def test_reasons_are_codes(
        self,
        sink: Sink,
        messages: list[Message],
        ready: Callable[[], None],
        scripted: ScriptedServer,
    ) -> None:
        """A reason is kept and shown: a short code, nobody's address."""
        echo = [text for one in messages for text in one.recipient.addresses.values()]
        found: list[Receipt] = []
        for number in (400, 404, 422, 500):
            ready()
            scripted.fault(faults.saying(number, *echo))
            found += self._deliver(sink, messages).receipts
        ready()
        found += self._deliver(sink, messages).receipts
        for receipt in found:
            expect(
                _CODE.fullmatch(receipt.reason),
                "a receipt's reason: expected a short code such as no-address, found other text",
            )

    # -- faults --------------------------------------------------------------------------------

    def test_token_refused(self, sink: Sink, messages: list[Message], broken: Broken) -> None:
        """401: the rest is tried later, and it is said."""
        broken(sink, messages, "token refused", faults.status(401), AccessDenied)

    def test_right_missing(self, sink: Sink, messages: list[Message], broken: Broken) -> None:
        """403 for everybody: nothing is said to be sent."""
        broken(sink, messages, "right missing", faults.status(403), LeercultuurError)

    def test_connection_lost(self, sink: Sink, messages: list[Message], broken: Broken) -> None:
        """Nobody answers: the rest is tried later."""
        broken(sink, messages, "connection lost", faults.hang_up, SourceUnavailable)

    def test_server_error(self, sink: Sink, messages: list[Message], broken: Broken) -> None:
        """500 at every try: nothing is said to be sent."""
        broken(sink, messages, "500", faults.status(500), SourceUnavailable)

    def test_unavailable(self, sink: Sink, messages: list[Message], broken: Broken) -> None:
        """503 at every try: nothing is said to be sent."""
        broken(sink, messages, "503", faults.status(503), SourceUnavailable)

    def test_too_many_requests(
        self, sink: Sink, messages: list[Message], broken: Broken, pace: Pace
    ) -> None:
        """429 with a wait of an hour: left to a later run."""
        change = faults.status(429, Retry_After="3600")
        broken(sink, messages, "429", change, SourceUnavailable)
        expect(sum(pace.slept) < 3600, "429: waited for an hour; leave it to a later run")

    def test_html_with_200(self, sink: Sink, messages: list[Message], broken: Broken) -> None:
        """A login or maintenance page is no yes."""
        broken(sink, messages, "HTML with 200", faults.web_page, SourceUnavailable)

    def test_hang(self, sink: Sink, messages: list[Message], broken: Broken, pace: Pace) -> None:
        """The server takes the request and says nothing."""
        pace.hurry()
        self.within(
            self.patience,
            lambda: broken(sink, messages, "hang", faults.hang, SourceUnavailable),
            "hang",
        )

    @pytest.fixture
    def broken(self, ready: Callable[[], None], scripted: ScriptedServer) -> Broken:
        """Checks what a sink says of a system that has a fault from the start."""

        def check(
            sink: Sink,
            messages: list[Message],
            fault: str,
            change: Change,
            raises: type[Exception],
        ) -> None:
            ready()
            self._deliver(sink, messages)
            if not scripted.seen:
                pytest.skip("not reached over HTTP: the faults of a server do not reach it")
            ready()
            scripted.fault(change)
            done = self._deliver(sink, messages)
            expect(
                "sent" not in done.states().values(),
                f"{fault}: a receipt says sent; look at the answer before you yield it",
            )
            expect(
                isinstance(done.error, raises)
                or (done.error is None and len(done.receipts) == len(messages)),
                f"{fault}: expected {raises.__name__}, or a receipt that says failed for each, "
                f"found {type(done.error).__name__}",
            )
            expect(
                raises is not AccessDenied or done.error is not None,
                f"{fault}: do not swallow it; raise AccessDenied, so that somebody gives access",
            )

        return check

    # -- what it promises ----------------------------------------------------------------------

    @pytest.fixture
    def box(self, inbox: Inbox | None, ready: Callable[[], None]) -> Inbox:
        """The inbox, where there is one."""
        if inbox is None:
            pytest.skip("give a fixture `inbox` that remembers what came (docs/testing.md)")
        ready()
        return inbox

    def test_each_arrives_once(self, sink: Sink, messages: list[Message], box: Inbox) -> None:
        """Every message comes, in the words of its prompt."""
        self._deliver(sink, messages)
        expect(
            _arrived(box, messages) == Counter(one.id for one in messages),
            "expected each message once in the inbox, with the text of its prompts",
        )

    def test_the_prompt_comes_in_its_own_language(
        self, sink: Sink, messages: list[Message], box: Inbox
    ) -> None:
        """What was written in Dutch comes in Dutch."""
        self._deliver(sink, messages)
        text = "\n".join(box.arrived())
        for one in messages:
            expect(
                one.prompts[0].step.partition(" ")[0] in text,
                f"the prompt in {one.recipient.language} does not come in its own words",
            )

    def test_twice_is_once(self, sink: Sink, messages: list[Message], box: Inbox) -> None:
        """For ``idempotent``: sending again does nothing more."""
        if sink.delivery != "idempotent":
            pytest.skip(f"delivery is {sink.delivery}")
        self._deliver(sink, messages)
        self._deliver(sink, messages)
        self._once(box, messages, "sent twice", "declare lookup or at_most_once, or send an id")

    @pytest.mark.usefixtures("box")
    def test_can_be_asked(self, sink: Sink, messages: list[Message]) -> None:
        """For ``lookup``: what was sent is found, and what was not is not."""
        if sink.delivery != "lookup":
            pytest.skip(f"delivery is {sink.delivery}")
        *sent, never = messages
        asked = self.again(sink)
        expect(
            all(asked.find(one) is None for one in messages),
            "find: says that a message was sent that never was; nobody would get it",
        )
        self._deliver(sink, sent)
        for one in sent:
            receipt = self.again(sink).find(one)
            expect(
                receipt is not None and receipt.message == one.id and receipt.state == "sent",
                "find: does not find a message that was sent; it would come twice",
            )
        expect(
            self.again(sink).find(never) is None,
            "find: says that a message was sent that never was; nobody would get it",
        )

    def test_answer_cut_after_it_was_taken(
        self,
        sink: Sink,
        messages: list[Message],
        box: Inbox,
        ready: Callable[[], None],
        scripted: ScriptedServer,
    ) -> None:
        """The system took it, and its answer never came: the next run does as the engine does."""
        if box.answers is None:
            pytest.skip("not reached over HTTP: an answer cannot be cut")
        spot = self._second_write(sink, messages, ready, scripted)
        fresh = [
            message(number, self.address(number), "nl")
            for number in range(_COUNT + 1, 2 * _COUNT + 1)
        ]
        ready()
        scripted.fault(faults.hang_up, first=spot)
        first = self._deliver(sink, fresh)
        ready()
        known = {one.message for one in first.receipts if one.state != "failed"}
        rest = [one for one in fresh if one.id not in known]
        if sink.delivery == "lookup":
            rest = [one for one in rest if self.again(sink).find(one) is None]
        if sink.delivery == "at_most_once":
            # Of the first without a receipt nobody knows; the engine does not send it again.
            started = len(first.receipts) < len(fresh)
            rest = rest[1:] if started else []
        self._deliver(sink, rest)
        arrived = _arrived(box, fresh)
        doubled = sum(count > 1 for count in arrived.values())
        expect(
            not doubled,
            f"answer cut after it was taken: {doubled} came twice, which {sink.delivery} rules out",
        )
        expect(
            sink.delivery == "at_most_once" or set(arrived) == {one.id for one in fresh},
            "answer cut after it was taken: a message is lost",
        )

    # -- secrecy -------------------------------------------------------------------------------

    def test_secrets_are_silent(self, sink: Sink) -> None:
        """Neither the adapter nor its settings show one."""
        shown = f"{sink!r}{sink}{sink.settings!r}{sink.settings}"
        expect(
            not any(secret in shown for secret in secrets_of(sink)),
            "a secret in a repr: give it the type Secret",
        )

    def test_errors_and_logs_name_nobody(
        self,
        sink: Sink,
        messages: list[Message],
        ready: Callable[[], None],
        scripted: ScriptedServer,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """Neither names nor addresses nor what was written, whatever the server repeats."""
        personal = [
            text
            for number, one in enumerate(messages, start=1)
            for text in (*one.recipient.addresses.values(), name_of(number), marker(number))
            if len(text) >= 4
        ]
        for number in (200, 400, 401, 404, 422, 500):
            with caplog.at_level(logging.DEBUG):
                ready()
                if number != 200:
                    scripted.fault(faults.saying(number, *personal))
                done = self._deliver(sink, messages)
            said = texts_of(done.error) + logged(caplog) + repr(done.receipts)
            expect(
                not any(text in said for text in personal),
                f"a name, address or text of somebody in an error, log or receipt (at {number})",
            )

    def test_secret_echoed_in_an_error(
        self,
        sink: Sink,
        messages: list[Message],
        ready: Callable[[], None],
        scripted: ScriptedServer,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """Servers repeat what they do not accept, the token included."""
        secrets = secrets_of(sink)
        for number in (400, 401, 403, 500):
            with caplog.at_level(logging.DEBUG):
                ready()
                scripted.fault(faults.saying(number, *secrets))
                done = self._deliver(sink, messages)
            said = texts_of(done.error) + logged(caplog) + repr(done.receipts)
            expect(
                not any(secret in said for secret in secrets),
                f"secret echoed in an error ({number}): it stands in your error, log or receipt; "
                "use self.http, which hides it",
            )

    @pytest.mark.usefixtures("ready")
    def test_redirect_to_another_host(
        self,
        sink: Sink,
        messages: list[Message],
        scripted: ScriptedServer,
        other_host: Scripted,
    ) -> None:
        """Neither credentials nor messages go there."""
        secrets = secrets_of(sink)
        scripted.fault(faults.redirect(f"{other_host.url}/elsewhere"))
        self._deliver(sink, messages)
        for one in other_host.seen:
            everything = f"{one.path}{one.query}{one.headers}{one.body!r}"
            expect(
                "authorization" not in one.headers
                and not any(secret in everything for secret in secrets),
                "redirect to another host: the credentials went there; use self.http",
            )
            expect(
                not any(marker(number) in everything for number in range(1, _COUNT + 1)),
                "redirect to another host: a message went there; use self.http",
            )

    # -- helpers -------------------------------------------------------------------------------

    def _deliver(self, sink: Sink, messages: Sequence[Message]) -> Delivered:
        receipts: list[Receipt] = []
        try:
            receipts.extend(self.again(sink).deliver(messages))
        except Exception as error:  # noqa: BLE001 - whatever an adapter raises is what is tested
            return Delivered(tuple(receipts), error)
        return Delivered(tuple(receipts))

    def _second_write(
        self,
        sink: Sink,
        messages: Sequence[Message],
        ready: Callable[[], None],
        scripted: ScriptedServer,
    ) -> int:
        """The number of the second request that brings something; leaves the system well."""
        self._deliver(sink, messages)
        writes = [n for n, one in enumerate(scripted.seen) if one.method in _WRITES]
        if not writes:
            pytest.skip("not reached over HTTP: the faults of a server do not reach it")
        ready()
        return writes[min(1, len(writes) - 1)]

    def _nobody_else(self, done: Delivered, messages: Sequence[Message], fault: str) -> None:
        expect(
            done.error is None,
            f"{fault}: expected a receipt, found {type(done.error).__name__}; the others wait for "
            "nothing then",
        )
        expect(
            [one.message for one in done.receipts] == [one.id for one in messages],
            f"{fault}: expected one receipt for each message, in their order",
        )
        sent = sum(one.state == "sent" for one in done.receipts)
        expect(
            sent >= len(messages) - 1 or sent == 0,
            f"{fault}: only {sent} of {len(messages)} are sent",
        )

    def _once(self, box: Inbox, messages: Sequence[Message], fault: str, advice: str) -> None:
        arrived = _arrived(box, messages)
        doubled = sum(count > 1 for count in arrived.values())
        expect(not doubled, f"{fault}: {doubled} came twice; {advice}")
        expect(len(arrived) == len(messages), f"{fault}: a message is lost")


Broken = Callable[[Sink, list[Message], str, Change, type[Exception]], Any]


def _arrived(box: Inbox, messages: Sequence[Message]) -> Counter[str]:
    """Message id → how often it came."""
    seen = list(box.arrived())
    return Counter(one.id for one in messages for text in seen if marker(int(one.id, 16)) in text)

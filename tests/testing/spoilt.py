"""Adapters with one fault each, and their test classes: each is caught by the test named for it.

Not collected with the other tests: `test_spoilt.py` runs this file and looks at what failed.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest
import requests
from attrs import evolve, field, frozen
from examples.acme.acme import AcmeSettings, AcmeSource

from leercultuur_core import (
    AccessDenied,
    Activity,
    Directory,
    DirectoryPerson,
    Issuer,
    Message,
    Page,
    Receipt,
    Reject,
    Secret,
    Sink,
    SourceUnavailable,
    State,
    identity,
)
from leercultuur_core.extension import Delivery
from leercultuur_core.testing import (
    DirectoryContract,
    Employee,
    Event,
    Inbox,
    IssuerContract,
    RecordedFile,
    Responder,
    ScriptedServer,
    Seen,
    Serve,
    SinkContract,
    SourceContract,
    Step,
    as_json,
    listing,
    paged,
    recorded,
)

_log = logging.getLogger("acme")
_ACME = Path(__file__).parents[2] / "examples" / "acme" / "acme-events.json"
_TOKEN = Secret("token-5f2c9e7a")


# -- sources -----------------------------------------------------------------------------------


class MarkBeforePage(AcmeSource):
    """Yields the mark of the page that comes next: a stop in between loses that page."""

    def fetch(self, state: State) -> Iterator[Page]:
        pages = list(super().fetch(state))
        for page, after in zip(pages, [*pages[1:], pages[-1]], strict=True):
            yield evolve(page, mark=after.mark)


def _overlapping(settings: Any, seconds: int) -> AcmeSettings:
    return AcmeSettings(settings.url, settings.token, seconds)


class StrictlyAfter(AcmeSource):
    """Asks for what is after the mark, without overlap: equal times are lost."""

    def fetch(self, state: State) -> Iterator[Page]:
        yield from AcmeSource(_overlapping(self.settings, -1)).fetch(state)


class NoOverlap(AcmeSource):
    """Starts exactly at the mark: what came late is lost."""

    def fetch(self, state: State) -> Iterator[Page]:
        yield from AcmeSource(_overlapping(self.settings, 0)).fetch(state)


class MarkIsNow(AcmeSource):
    """Takes the end of time for a mark where there is nothing yet."""

    def fetch(self, state: State) -> Iterator[Page]:
        for page in super().fetch(state):
            yield evolve(page, mark=page.mark or "9999999999")


class RevisionLost(AcmeSource):
    """Every version is the first."""

    def _read(self, event: dict[str, Any]) -> Activity | Reject:
        return super()._read({**event, "version": 0})


class ReadsAllAgain(AcmeSource):
    """Keeps no mark."""

    def fetch(self, state: State) -> Iterator[Page]:
        for page in super().fetch(State()):
            yield evolve(page, mark=None)


class ListsLearners(AcmeSource):
    """Goes through all that is remembered of learners, as if the store knew who they are."""

    def fetch(self, state: State) -> Iterator[Page]:
        remembered = dict(state.learners)
        for page in super().fetch(state):
            names = {name for one in page.records for name in getattr(one, "identities", ())}
            yield evolve(page, learners=dict.fromkeys(names - remembered.keys(), "seen"))


class OnlyNewIds(AcmeSource):
    """Makes an id up each time."""

    def _read(self, event: dict[str, Any]) -> Activity | Reject:
        read = super()._read(event)
        if isinstance(read, Activity):
            return msgspec.structs.replace(read, id=str(uuid.uuid4()))
        return read


class NaiveTimes(AcmeSource):
    """Cuts the offset off."""

    def _read(self, event: dict[str, Any]) -> Activity | Reject:
        read = super()._read(event)
        if isinstance(read, Activity):
            naive = datetime.fromisoformat(event["finished"][:19])
            return msgspec.structs.replace(read, stored_at=naive)
        return read


class OwnSpelling(AcmeSource):
    """Takes the bare name for an identifier."""

    def _read(self, event: dict[str, Any]) -> Activity | Reject:
        read = super()._read(event)
        if isinstance(read, Activity):
            return msgspec.structs.replace(read, identities=(event["user"],))
        return read


class QuotesPeople(AcmeSource):
    """Says in a reject what stood in the row."""

    def _read(self, event: dict[str, Any]) -> Activity | Reject:
        read = super()._read(event)
        if isinstance(read, Reject):
            return evolve(read, reason=f"expected an event, found {event}")
        return read


class StopsAtOneBadRow(AcmeSource):
    """One bad row ends the run."""

    def _read(self, event: dict[str, Any]) -> Activity | Reject:
        read = super()._read(event)
        if isinstance(read, Reject):
            raise SourceUnavailable("a row is wrong")
        return read


class DropsBadRows(AcmeSource):
    """A bad row is gone without a word."""

    def fetch(self, state: State) -> Iterator[Page]:
        for page in super().fetch(state):
            yield evolve(page, rejects=())


class SwallowsDenial(AcmeSource):
    """Takes no access for no news."""

    def fetch(self, state: State) -> Iterator[Page]:
        try:
            yield from super().fetch(state)
        except AccessDenied:
            return


class OwnRequests(AcmeSource):
    """Asks with `requests` itself; what each spoilt one does of that is a line below."""

    def headers(self) -> dict[str, str]:
        return {"X-Api-Key": self.settings.token.reveal()}

    def ask(self, url: str, since: int | None) -> requests.Response:
        query = {} if since is None else {"since": str(since)}
        return requests.get(url, params=query, headers=self.headers(), timeout=5)

    def body(self, answer: requests.Response) -> dict[str, Any]:
        answer.raise_for_status()
        return dict(answer.json())

    def failed(self, error: Exception) -> Exception:
        return SourceUnavailable(f"Acme does not answer ({type(error).__name__})")

    def fetch(self, state: State) -> Iterator[Page]:
        mark = state.mark or ""
        since = int(mark) - self.settings.overlap if mark.isdecimal() else None
        url: str | None = f"{self.settings.url}/v3/events"
        while url is not None:
            try:
                body = self.body(self.ask(url, since))
            except (requests.RequestException, ValueError) as error:
                raise self.failed(error) from None
            read = [self._read(event) for event in body.get("events", ())]
            records = [one for one in read if isinstance(one, Activity)]
            yield Page(records, mark=body.get("latest") and str(body["latest"]))
            following, since = body.get("next"), None
            url = requests.compat.urljoin(url, following) if following else None


class FollowsWithToken(OwnRequests):
    """Redirects and links are followed with the token."""


class EndlessPages(OwnRequests):
    """Never wonders whether it was here before."""


class TellsToken(OwnRequests):
    """Says in the error what was sent."""

    def failed(self, error: Exception) -> Exception:
        return SourceUnavailable(f"Acme does not answer to {self.headers()}")


class HtmlIsEmpty(OwnRequests):
    """What is no JSON is an empty page."""

    def body(self, answer: requests.Response) -> dict[str, Any]:
        try:
            return super().body(answer)
        except ValueError:
            return {}


class WaitsForEver(OwnRequests):
    """Gives no time-out."""

    def ask(self, url: str, since: int | None) -> requests.Response:
        return requests.get(url, headers=self.headers(), timeout=600)


class LogsToken(AcmeSource):
    """Writes the token in the log, at debug level."""

    def fetch(self, state: State) -> Iterator[Page]:
        _log.debug("asking with %s", self.settings.token.reveal())
        yield from super().fetch(state)


class LogsNames(AcmeSource):
    """Writes names in the log."""

    def _read(self, event: dict[str, Any]) -> Activity | Reject:
        _log.info("read %s", event)
        return super()._read(event)


class TokenInAddress(AcmeSource):
    """Sends the token as a parameter."""

    def fetch(self, state: State) -> Iterator[Page]:
        self.http.send("GET", "/v3/events", query={"key": self.settings.token.reveal()})
        yield from super().fetch(state)


@frozen
class OpenSettings(AcmeSettings):
    """Settings that show their token."""

    def __repr__(self) -> str:
        return f"OpenSettings({self.token.reveal()})"


class ShowsToken(AcmeSource):
    """Shows its token."""

    settings = OpenSettings


class AcmeTests(SourceContract):
    """The fixtures of the good one; a class below names the spoilt one."""

    spoilt: ClassVar[type[AcmeSource]] = AcmeSource
    patience = 3.0

    @pytest.fixture
    def source(self, scripted: ScriptedServer) -> AcmeSource:
        kind: Callable[..., Any] = self.spoilt.settings
        return self.spoilt(kind(url=scripted.url, token=_TOKEN))

    @pytest.fixture
    def script(self) -> RecordedFile:
        return recorded(_ACME)

    @pytest.fixture
    def serve(self) -> Serve:
        return listing(_row, "events", by="changed", since="since", next="next", latest="latest")


def _row(one: Event) -> dict[str, Any]:
    return {
        "id": one.number,
        "user": one.learner,
        "version": one.revision,
        "score": one.score,
        "changed": int(one.stored_at.timestamp()),
        "finished": one.occurred_at.isoformat(),
    }


# -- directories -------------------------------------------------------------------------------


class PeopleDirectory(Directory):
    """Reads all people, or says that it cannot."""

    name = "acme-people"
    settings = AcmeSettings

    def people(self) -> Iterator[Sequence[DirectoryPerson]]:
        for body in self.http.pages("/v3/people", next="next", having=["people"]):
            yield [self.person(one) for one in body["people"]]

    def person(self, row: Mapping[str, Any]) -> DirectoryPerson:
        boss = identity.employee("acme", row["boss"]) if row["boss"] else None
        return DirectoryPerson(
            (identity.employee("acme", row["number"]),), name=row["name"], manager=boss
        )


class HalfIsWhole(PeopleDirectory):
    """Takes the part that came for the whole."""

    def people(self) -> Iterator[Sequence[DirectoryPerson]]:
        try:
            yield from super().people()
        except SourceUnavailable:
            return


class DirectoryOwnSpelling(PeopleDirectory):
    """Takes the number for an identifier."""

    def person(self, row: Mapping[str, Any]) -> DirectoryPerson:
        return evolve(super().person(row), identifiers=(row["number"],))


class LosesOwnManager(PeopleDirectory):
    """Follows managers upwards without end."""

    def people(self) -> Iterator[Sequence[DirectoryPerson]]:
        pages = list(super().people())
        managers = {one.identifiers[0]: one.manager for page in pages for one in page}
        for above in managers.values():
            one, steps = above, 0
            while one is not None:
                one, steps = managers.get(one), steps + 1
                if steps > 1000:
                    raise SourceUnavailable("managers without end")
        yield from pages


class LoudPerson(DirectoryPerson):
    def __repr__(self) -> str:
        return f"LoudPerson({self.name})"


class ShowsNames(PeopleDirectory):
    """Its people show their names."""

    def person(self, row: Mapping[str, Any]) -> DirectoryPerson:
        quiet = super().person(row)
        return LoudPerson(quiet.identifiers, name=quiet.name, manager=quiet.manager)


class PeopleTests(DirectoryContract):
    spoilt: ClassVar[type[PeopleDirectory]] = PeopleDirectory

    @pytest.fixture
    def directory(self, scripted: ScriptedServer) -> Directory:
        return self.spoilt(AcmeSettings(url=scripted.url, token=_TOKEN))

    @pytest.fixture
    def employs(self) -> Callable[[Sequence[Employee]], Responder]:
        def serve(people: Sequence[Employee]) -> Responder:
            rows = [{"number": one.number, "name": one.name, "boss": one.manager} for one in people]

            def answer(request: Seen) -> Step:
                found, following = paged(request, rows)
                return as_json({"people": found, "next": following})

            return answer

        return serve


# -- sinks -------------------------------------------------------------------------------------


class NotesSink(Sink):
    """Writes a note for each message under the message's own id."""

    name = "acme-notes"
    settings = AcmeSettings
    delivery: ClassVar[Delivery] = "idempotent"

    def deliver(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        for message in messages:
            address = message.recipient.addresses.get("mail")
            if address is None:
                yield self.unreachable(message)
                continue
            note = json.dumps({"to": address, "text": message.prompts[0].text}).encode()
            answer = self.http.send("PUT", f"/v3/notes/{self.key(message)}", content=note)
            yield self.receipt(message, answer.status, answer.body)

    def key(self, message: Message) -> str:
        return message.id

    def unreachable(self, message: Message) -> Receipt:
        return Receipt(message.id, "refused", "no-address")

    def receipt(self, message: Message, status: int, body: bytes) -> Receipt:
        if status in {401, 403}:
            raise AccessDenied("Acme does not let us write notes", "write notes")
        if status in {400, 404, 422}:
            return Receipt(message.id, "refused", "not-accepted")
        if status != 200 or not body.startswith(b"{"):
            raise SourceUnavailable("Acme takes no notes now")
        return Receipt(message.id, "sent")


class AskedSink(NotesSink):
    """Can be asked whether a note is there; sent again, it would come twice."""

    delivery: ClassVar[Delivery] = "lookup"

    def key(self, message: Message) -> str:
        return f"{message.id}-{uuid.uuid4().hex}"

    def deliver(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        for message in messages:
            note = {"to": "x", "text": message.prompts[0].text}
            path = f"/v3/notes/{self.key(message)}"
            answer = self.http.send(
                "PUT", path, content=json.dumps(note).encode(), idempotent=False
            )
            yield self.receipt(message, answer.status, answer.body)

    def find(self, message: Message) -> Receipt | None:
        found = self.http.get_json("/v3/notes", like=message.id, having=["count"])
        return Receipt(message.id, "sent") if found["count"] else None


class FindLies(AskedSink):
    """Says of every message that it was sent."""

    def find(self, message: Message) -> Receipt | None:
        return Receipt(message.id, "sent")


class FindsNothing(AskedSink):
    """Says of every message that it was not."""

    def find(self, message: Message) -> Receipt | None:
        return None


class SendsTwice(NotesSink):
    """Makes a key up each time, and still promises that twice is once."""

    def key(self, message: Message) -> str:
        return uuid.uuid4().hex


class TriesAgain(AskedSink):
    """Promises at most once, and tries again where the answer was cut."""

    delivery: ClassVar[Delivery] = "at_most_once"

    def deliver(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        for message in messages:
            for _ in range(3):
                try:
                    yield from super().deliver([message])
                    break
                except SourceUnavailable:
                    continue


class RaisesForOne(NotesSink):
    """Somebody without an address ends it for all."""

    def unreachable(self, message: Message) -> Receipt:
        raise SourceUnavailable("no address")


class TellsAddress(NotesSink):
    """Says to whom it was that failed."""

    def receipt(self, message: Message, status: int, body: bytes) -> Receipt:
        if status == 422:
            return Receipt(message.id, "refused", f"no {message.recipient.addresses['mail']}")
        return super().receipt(message, status, body)


class SwallowsNo(NotesSink):
    """Says sent whatever is answered."""

    def receipt(self, message: Message, status: int, body: bytes) -> Receipt:
        return Receipt(message.id, "sent")


class ReceiptsAtTheEnd(NotesSink):
    """Keeps the receipts until all is sent."""

    def deliver(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        yield from list(super().deliver(messages))


class NotesTests(SinkContract):
    spoilt: ClassVar[type[NotesSink]] = NotesSink

    @pytest.fixture
    def sink(self, scripted: ScriptedServer) -> Sink:
        return self.spoilt(AcmeSettings(url=scripted.url, token=_TOKEN))

    @pytest.fixture
    def inbox(self) -> Inbox:
        notes: dict[str, str] = {}

        def answer(request: Seen) -> Step:
            if request.method == "PUT":
                notes[request.path] = json.loads(request.body)["text"]
                return as_json({"kept": True})
            return as_json({"count": sum(request.query["like"] in path for path in notes)})

        return Inbox(lambda: list(notes.values()), answer)


# -- issuers -----------------------------------------------------------------------------------


@frozen
class SealSettings:
    key: Secret = field(repr=False)


class SealIssuer(Issuer):
    """Puts a seal under a credential."""

    name = "seal"
    settings = SealSettings

    def issue(self, credential: Mapping[str, Any]) -> bytes:
        return json.dumps({**credential, "proof": self.seal()}).encode()

    def seal(self) -> str:
        return f"{len(self.settings.key.reveal())}"


class WritesKey(SealIssuer):
    """Writes the key in the credential."""

    def seal(self) -> str:
        return str(self.settings.key.reveal())


class ChangesDocument(SealIssuer):
    """Puts the seal in the document it was given."""

    def issue(self, credential: Mapping[str, Any]) -> bytes:
        assert isinstance(credential, dict)
        credential["proof"] = self.seal()
        return json.dumps(credential).encode()


class SealTests(IssuerContract):
    spoilt: ClassVar[type[SealIssuer]] = SealIssuer

    @pytest.fixture
    def issuer(self) -> Issuer:
        return self.spoilt(SealSettings(Secret("key-0c1d2e3f4a")))


# -- what catches which ------------------------------------------------------------------------

CAUGHT: dict[type, str] = {
    MarkBeforePage: "stopped_after_any_page",
    StrictlyAfter: "same_time_as_the_mark",
    NoOverlap: "late_rows_behind_the_mark",
    MarkIsNow: "empty_at_first",
    RevisionLost: "changed_afterwards",
    ReadsAllAgain: "only_what_is_new_is_read",
    ListsLearners: "learners_are_only_asked_for",
    OnlyNewIds: "ids_are_the_same_in_every_run",
    NaiveTimes: "times_carry_an_offset",
    OwnSpelling: "identifiers_are_canonical",
    QuotesPeople: "a_reject_quotes_nobody",
    StopsAtOneBadRow: "a_row_without_fields",
    DropsBadRows: "a_row_that_is_null",
    SwallowsDenial: "token_refused",
    FollowsWithToken: "redirect_to_another_host",
    EndlessPages: "endless_pages",
    TellsToken: "secret_echoed_in_an_error",
    HtmlIsEmpty: "html_with_200",
    WaitsForEver: "hang",
    LogsToken: "secrets_stay_out_of_logs",
    LogsNames: "names_stay_out_of_logs",
    TokenInAddress: "secrets_stay_out_of_addresses",
    ShowsToken: "secrets_are_silent",
    HalfIsWhole: "truncated_body",
    DirectoryOwnSpelling: "identifiers_are_canonical",
    LosesOwnManager: "managers_in_a_circle",
    ShowsNames: "a_repr_names_nobody",
    FindLies: "can_be_asked",
    FindsNothing: "answer_cut_after_it_was_taken",
    SendsTwice: "twice_is_once",
    TriesAgain: "answer_cut_after_it_was_taken",
    RaisesForOne: "an_unknown_address_stops_nobody_else",
    TellsAddress: "reasons_are_codes",
    SwallowsNo: "token_refused",
    ReceiptsAtTheEnd: "a_receipt_as_soon_as_it_is_known",
    WritesKey: "secrets_are_silent",
    ChangesDocument: "leaves_what_it_was_given",
}
"""Spoilt adapter → the check that catches it."""

GOOD: tuple[type, ...] = (AcmeSource, PeopleDirectory, NotesSink, AskedSink, SealIssuer)
"""Adapters that pass every check."""

_TESTS: dict[type, type] = {
    AcmeSource: AcmeTests,
    PeopleDirectory: PeopleTests,
    NotesSink: NotesTests,
    SealIssuer: SealTests,
}

for _adapter in (*CAUGHT, *GOOD):
    _base = next(tests for good, tests in _TESTS.items() if issubclass(_adapter, good))
    globals()[f"Test{_adapter.__name__}"] = type(
        f"Test{_adapter.__name__}", (_base,), {"spoilt": _adapter, "__module__": __name__}
    )

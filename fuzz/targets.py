"""Everything that reads something from outside, by the name of its folder of seeds."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qsl, urlsplit

from answers import SERVER, Answering
from attrs import evolve
from joserfc import jwt
from joserfc.jwk import RSAKey
from law import Broken, Said, Target
from starlette.requests import Request

from leercultuur_calendar import event
from leercultuur_core import Secret
from leercultuur_core.activity.evidence import EvidenceRules, default_rules, parse_rules
from leercultuur_core.advice.concert_rules import parse_concert_rules
from leercultuur_core.advice.people import parse_people
from leercultuur_core.advice.practice import parse_practice
from leercultuur_core.cli.evaluate import read_labels
from leercultuur_core.extension import Directory, FileSource, Page, Source, State
from leercultuur_core.phases.parameters import parse_parameters
from leercultuur_core.run.config import read_configuration
from leercultuur_core.run.links import Link, Links
from leercultuur_core.run.sources import read_activities
from leercultuur_core.testing.messages import message
from leercultuur_csv import ActivityMapping, CsvFile, CsvPeople
from leercultuur_csv.people import CsvPeopleSettings
from leercultuur_kolibri import KolibriPeople, KolibriSource, PeopleSettings, SourceSettings
from leercultuur_mail.letter import letter
from leercultuur_mail.mailbox import mailbox
from leercultuur_mail.settings import Sender
from leercultuur_moodle import MoodleDirectorySettings, MoodleSourceSettings
from leercultuur_moodle.client import MoodleClient
from leercultuur_moodle.directory import MoodlePeople
from leercultuur_moodle.log_source import MoodleLogSettings, MoodleLogSource
from leercultuur_moodle.source import MoodleSource
from leercultuur_records.intake import parse_batch
from leercultuur_records.keys import KeyRing
from leercultuur_records.standard import parse_standards
from leercultuur_records.status import decode
from leercultuur_records.verifying import verify
from leercultuur_scim import RoleWords, ScimPeople, ScimSettings
from leercultuur_tryton import (
    Allocations,
    Hours,
    Requests,
    TrytonPeople,
    TrytonPeopleSettings,
    TrytonSource,
    TrytonSourceSettings,
)
from leercultuur_web.lti import Lti
from leercultuur_web.security import Refused, read_form
from leercultuur_web.settings import Platform, WebSettings, checked
from leercultuur_xapi import XapiFile
from leercultuur_xapi.source import LrsSource, LrsSourceSettings

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
TOKEN = Secret("fuzz")
SITE = "https://moodle.example"


def text_of(data: bytes) -> str:
    """Bytes as text, whatever they are. Whoever opens a file refuses what is no UTF-8 before this."""
    return data.decode("utf-8", "replace")


def on_disk(data: bytes, read: Callable[[Path], None], name: str = "file") -> None:
    """Reads ``data`` from a file, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="leercultuur-fuzz-", dir=_memory()) as folder:
        path = Path(folder, name)
        path.write_bytes(data)
        read(path)


@cache
def _memory() -> str | None:
    """A place for files that is memory, where there is one."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - folders with odd names


def note(pages: Iterable[Page], said: Said) -> None:
    """Reads all pages, and notes why rows were kept aside."""
    for page in pages:
        for reject in page.rejects:
            said.add(reject)


def a_file(reader: type[FileSource], name: str = "file") -> Callable[[bytes, Said], None]:
    """Reads a file by a reader of files."""

    def read(data: bytes, said: Said) -> None:
        on_disk(data, lambda path: note(reader(path).pages(), said), name)

    return read


def a_source(source: Source, said: Said) -> None:
    """One night of a source, and a second with its mark."""
    mark: str | None = None
    for _ in range(2):
        for page in source.fetch(State(mark)):
            note([page], said)
            mark = page.mark or mark


def a_directory(directory: Directory, said: Said) -> None:
    """Everybody, and what it has to say in a check."""
    for page in directory.people():
        for person in page:
            said.add(person)
    list(directory.check())  # for whoever administers the service: it may name ids


def a_text(parse: Callable[[str, str], object]) -> Callable[[bytes, Said], None]:
    """Reads a text."""

    def read(data: bytes, said: Said) -> None:  # noqa: ARG001 - all that is said is an error
        parse(text_of(data), "the file")

    return read


def activities(data: bytes, said: Said) -> None:
    """JSON Lines of activities."""
    note(read_activities(BytesIO(data), "the file"), said)


def configuration(data: bytes, said: Said) -> None:  # noqa: ARG001
    """``leercultuur.toml``."""
    on_disk(
        data,
        lambda path: print_nothing(read_configuration(path, {"KEY": "k" * 40})),
        "leercultuur.toml",
    )


def labels(data: bytes, said: Said) -> None:  # noqa: ARG001
    """``labels.csv``."""
    on_disk(data, lambda path: print_nothing(read_labels(str(path))))


def print_nothing(value: object) -> None:
    """What is read must also have a picture of itself."""
    repr(value)


def mapped(data: bytes, said: Said) -> None:
    """A CSV of activities with Dutch dates, read by the words of its headings."""
    mapping = ActivityMapping(
        home_page=SITE, organisation="korenaar", verbs={"gelezen": "http://x.example/read"}
    )
    on_disk(data, lambda path: note(CsvFile(path, mapping=mapping).pages(), said))


def csv_people(data: bytes, said: Said) -> None:
    """A CSV of people."""

    def read(path: Path) -> None:
        settings = CsvPeopleSettings(path=path, home_page=SITE, organisation="korenaar")
        a_directory(CsvPeople(settings), said)

    on_disk(data, read)


def scim(data: bytes, said: Said) -> None:
    """A service that answers as SCIM, or nearly."""
    roles = RoleWords(groups={"Leidinggevenden": "manager"})
    settings = ScimSettings(
        url="https://id.example/scim", token=TOKEN, organisation="korenaar", roles=roles
    )
    directory = ScimPeople(settings)
    directory.__dict__["http"] = Answering(data)
    a_directory(directory, said)


def lrs(data: bytes, said: Said) -> None:
    """An LRS that answers a query for statements."""
    source = LrsSource(LrsSourceSettings(url=SERVER, token=TOKEN))
    source.__dict__["http"] = Answering(data)
    a_source(source, said)


def moodle(data: bytes, said: Said) -> None:
    """A Moodle, as a source and as a directory."""
    source_settings = MoodleSourceSettings(SITE, TOKEN)
    source = MoodleSource(source_settings, clock=AT.timestamp)
    source.__dict__["client"] = MoodleClient(source_settings, Answering(data))
    a_source(source, said)
    settings = MoodleDirectorySettings(SITE, TOKEN, manager_field="manager", unit_from="cohort")
    directory = MoodlePeople(settings)
    directory.__dict__["client"] = MoodleClient(settings, Answering(data))
    for finding in directory.check():
        said.add(finding.text)
    for page in directory.people():
        said.add(*page)


def moodle_log(data: bytes, said: Said) -> None:
    """An export of Moodle's log."""
    on_disk(
        data,
        lambda path: a_source(MoodleLogSource(MoodleLogSettings(SITE, export=path)), said),
        "log.csv",
    )


def kolibri(data: bytes, said: Said) -> None:
    """A Kolibri, with its exports."""
    account = {"url": "https://kolibri.example", "username": "beheer", "password": TOKEN}
    named = {"content-disposition": _every_month()}
    with patch("leercultuur_kolibri.exports.time.sleep"):
        source = KolibriSource(SourceSettings(**account))  # type: ignore[arg-type]
        source.__dict__["http"] = Answering(data, named)
        a_source(source, said)
        people = KolibriPeople(PeopleSettings(**account, organisation="korenaar"))  # type: ignore[arg-type]
        people.__dict__["http"] = Answering(data, named)
        for page in people.people():
            said.add(*page)


@cache
def _every_month() -> str:
    """The name of an export that fits whatever month was asked for around the seeds'."""
    first = date(2025, 1, 1)
    days = (first + timedelta(days=number) for number in range(800))
    return " ".join(map(str, days))


def tryton(data: bytes, said: Said) -> None:
    """A Tryton, by JSON-RPC."""
    account = {
        "url": "https://hr.example",
        "database": "hr",
        "user": "leer",
        "password": TOKEN,
        "organisation": "korenaar",
    }
    source = TrytonSource(
        TrytonSourceSettings(
            **account,  # type: ignore[arg-type]
            hours=(Hours("Gesprekken", "development talk"),),
            allocations=(Allocations("Plannen", "development plan"),),
            requests=(Requests("Leren", "training request"),),
        )
    )
    source.__dict__["http"] = Answering(data)
    a_source(source, said)
    people = TrytonPeople(TrytonPeopleSettings(**account))  # type: ignore[arg-type]
    people.__dict__["http"] = Answering(data)
    a_directory(people, said)


def calendar(data: bytes, said: Said) -> None:
    """What a calendar server has in place of an appointment."""
    one = message(1, {})
    named = data.replace(b"UID-OF-IT", event.uid(one).encode())
    there = event.read(named, one)
    if there is not None:
        wanted = event.appointment(
            one, AT, zone=_amsterdam(), duration=timedelta(minutes=15), links=True
        )
        event.rewritten(there, wanted, at=AT)
        said.add(there)


@cache
def _amsterdam() -> Any:
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    return ZoneInfo("Europe/Amsterdam")


def mail(data: bytes, said: Said) -> None:  # noqa: ARG001
    """An address and a text that come from elsewhere: the letter has no header more for it."""
    line, _, text = text_of(data).partition("\n")
    address, _, name = line.partition(",")
    to, by = mailbox(address, name), mailbox("leren@korenaar.example", name)
    if to is None or by is None:
        return
    one = message(1, {})
    one = evolve(one, prompts=tuple(evolve(prompt, text=text) for prompt in one.prompts))
    found = message_from_bytes(letter(one, Sender(by, None), to, at=AT), policy=default)
    if set(found.keys()) != _HEADERS or len(found.keys()) != len(_HEADERS):
        raise Broken(f"a letter with the headers {sorted(found.keys())}")


_HEADERS = {
    "Message-ID", "From", "To", "Subject", "Date", "Auto-Submitted", "Precedence",
    "X-Auto-Response-Suppress", "MIME-Version", "Content-Type", "Content-Language",
}  # fmt: skip


class _Echo:
    """Has the same bytes at every address: as a did document, and as a status list."""

    fetched = False

    def __init__(self, data: bytes) -> None:
        self._data = data

    def get(self, address: str) -> bytes | None:  # noqa: ARG002 - as the protocol names it
        """The bytes."""
        return self._data


def credential(data: bytes, said: Said) -> None:
    """A credential that somebody presents."""
    for check in verify(
        data, at=AT, documents=_Echo(data), subject="sanne@korenaar.example"
    ).checks:
        check.words("nl")
        if (
            check.outcome == "proved"
            and check.aspect == "proof"
            and data not in _seeds("credential")
        ):
            _same_as_a_seed(data)
        said.add(check.code)


@cache
def _seeds(name: str) -> frozenset[bytes]:
    folder = Path(__file__).parent / "seeds" / name
    return frozenset(path.read_bytes() for path in folder.iterdir())


def _same_as_a_seed(data: bytes) -> None:
    """A space more, another order or the same said twice is the same credential: a signature is over
    what it says, as a set."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return sorted((key, plain(item)) for key, item in value.items())
        if isinstance(value, list):
            items = sorted({repr(plain(item)) for item in value})
            return plain(value[0]) if len(items) == 1 else items
        return value

    def said(raw: bytes) -> str:
        try:
            return repr(plain(json.loads(raw)))
        except ValueError:
            return repr(raw.strip())

    if said(data) not in map(said, _seeds("credential")):
        raise Broken("a credential was proved that nobody signed")


@cache
def _platform() -> tuple[Lti, RSAKey]:
    key = RSAKey.generate_key(2048, {"kid": "k1"}, auto_kid=False)
    settings = checked(
        WebSettings(
            "https://leren.example",
            platform=(
                Platform(
                    name="moodle",
                    site=SITE,
                    client_id="tool-1",
                    deployments=("7",),
                    login=f"{SITE}/auth.php",
                    keys=f"{SITE}/certs.php",
                    people=("sub", "username", "mail"),
                ),
            ),
        )
    )
    return Lti(settings, lambda _: {"keys": [key.as_dict(private=False)]}), key


def lti(data: bytes, said: Said) -> None:
    """A launch: claims that the platform signed where they are JSON, else a token as it stands."""
    tool, key = _platform()
    begun = tool.login(
        {"iss": SITE, "login_hint": "1", "target_link_uri": "https://leren.example/"}, "", AT
    )
    asked = dict(parse_qsl(urlsplit(begun.address).query))
    token = text_of(data)
    try:
        claims = json.loads(token.replace("NONCE-OF-IT", asked["nonce"]))
    except (ValueError, RecursionError):
        claims = None
    if isinstance(claims, dict):
        try:
            token = jwt.encode({"alg": "RS256", "kid": "k1"}, claims, key)
        except Exception:  # noqa: BLE001 - what cannot be signed is no launch
            return
    launched = tool.launch({"state": asked["state"], "id_token": token}, begun.browser, AT)
    if not isinstance(claims, dict):
        raise Broken("somebody came in with a token that the platform did not sign")
    said.add(launched.language)


def link(data: bytes, said: Said) -> None:
    """The token of a link in a message."""
    links = Links("https://leren.example/a", (b"k" * 32,), timedelta(days=30))
    good = links.token(Link("answer", "p1", "done", AT + timedelta(days=1)))
    token = data.decode("utf-8", "surrogateescape").replace("TOKEN-OF-IT", good)
    found = links.verified(token, AT)
    # The last character of a signature has two bits to spare.
    if isinstance(found, Link) and token[:-1] != good[:-1]:
        raise Broken("a link was taken that we did not sign")
    said.add(found if not isinstance(found, Link) else found.purpose)


def form(data: bytes, said: Said) -> None:
    """A form that a browser sends, in pieces of a hundred bytes."""
    pieces = [data[first : first + 100] for first in range(0, len(data), 100)] or [b""]

    async def receive() -> Mapping[str, Any]:
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    headers = [(b"content-type", b"application/x-www-form-urlencoded")]
    request = Request({"type": "http", "method": "POST", "path": "/", "headers": headers}, receive)  # type: ignore[arg-type]
    found = asyncio.run(read_form(request))
    said.add(len(found))


def status_list(data: bytes, said: Said) -> None:
    """The packed bits of a status list."""
    said.add(len(decode(text_of(data))))


def practice(text: str, place: str) -> object:
    """``practice.csv`` beside the model that is shipped."""
    import leercultuur_core as lc  # noqa: PLC0415

    return parse_practice(text, place, model=lc.maturity_model())


def rules(text: str, place: str) -> object:
    """Evidence rules of one's own, after those that are shipped."""
    return _shipped_rules() + parse_rules(text, place)


@cache
def _shipped_rules() -> EvidenceRules:
    return default_rules()


TARGETS: Mapping[str, Target] = {
    "xapi": Target(a_file(XapiFile, "file.ndjson"), json=True),
    "lrs": Target(lrs, json=True),
    "activities": Target(activities, json=True),
    "rules": Target(a_text(rules), quotes=True),
    "configuration": Target(configuration, quotes=True),
    "parameters": Target(a_text(parse_parameters), quotes=True),
    "concert": Target(a_text(parse_concert_rules), quotes=True),
    "practice": Target(a_text(practice), quotes=True),
    "people": Target(a_text(parse_people)),
    "labels": Target(labels),
    "csv": Target(mapped),
    "csv-people": Target(csv_people),
    "scim": Target(scim, json=True),
    "moodle": Target(moodle, json=True),
    "moodle-log": Target(moodle_log, json=True),
    "kolibri": Target(kolibri, json=True),
    "tryton": Target(tryton, json=True),
    "calendar": Target(calendar),
    "mail": Target(mail),
    "records": Target(a_text(parse_batch)),
    "standards": Target(a_text(parse_standards), quotes=True),
    "keys": Target(a_text(KeyRing.parse)),
    "credential": Target(credential, json=True),
    "status-list": Target(status_list, errors=(ValueError,)),
    "lti": Target(lti, errors=(Refused,), json=True),
    "link": Target(link),
    "form": Target(form, errors=(Refused,)),
}

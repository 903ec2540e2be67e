"""Skills passports: the holder's choice, whole, and plain about what it proves."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import html5lib
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from leercultuur_core import AccessDenied, Secret
from leercultuur_records import demo
from leercultuur_records.claims import claim_of
from leercultuur_records.documents import Names, Publisher, Statement, render
from leercultuur_records.issuing import LocalIssuer, LocalIssuerSettings, build_credential
from leercultuur_records.keys import KeyRing
from leercultuur_records.passport import Item, NoPassport, make, open_passport
from leercultuur_records.record import Entry
from leercultuur_records.verifying import verify

HTML = "{http://www.w3.org/1999/xhtml}"
ZONE = ZoneInfo("Europe/Amsterdam")
AT = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
MAIL = "sanne@korenaar.example"


def credential(form: Any = "json") -> bytes:
    record, standard = demo.certified(), demo.standard()
    assert record.issued is not None
    settings_ = LocalIssuerSettings(
        Secret(KeyRing.new(demo.AT).dump()), "Bakkerij De Korenaar", format=form
    )
    issuer = LocalIssuer(settings_, clock=lambda: demo.AT)
    return issuer.issue(build_credential(claim_of(record, standard, record.issued, MAIL)))


def paper() -> str:
    publisher = Publisher("Bakkerij De Korenaar", ZONE)
    names = Names("Sanne de Bakker")
    return render(
        Statement("practice", demo.certified(), names, publisher, AT.date(), "nl", demo.standard())
    )


@pytest.fixture(scope="module")
def items() -> list[Item]:
    second = evolve(demo.certified(), id="7d9c2b1e-0000-4000-8000-00000000000b")
    return [Item(demo.certified(), credential(), paper()), Item(second, credential("jwt"))]


@pytest.fixture(scope="module")
def passport(items: list[Item]) -> bytes:
    return make(items, by=demo.HOLDER, name="Sanne de Bakker", at=AT, zone=ZONE)


def test_what_is_in_it(items: list[Item], passport: bytes) -> None:
    opened = open_passport(passport)
    assert not opened.problems
    assert list(opened.files) == [
        "index.html",
        "credentials/01.json",
        "documents/01.html",
        "credentials/02.jwt",
    ]
    assert list(opened.credentials.values()) == [item.credential for item in items]


def test_each_credential_in_it_can_be_checked_on_its_own(passport: bytes) -> None:
    for data in open_passport(passport).credentials.values():
        verdict = verify(data, at=AT, subject=MAIL)
        assert verdict["proof"].outcome == "proved"
        assert verdict["subject"].outcome == "proved"


@pytest.mark.parametrize("language", ["nl", "en"])
def test_what_its_first_page_says(
    items: list[Item], language: Any, snapshot: SnapshotAssertion
) -> None:
    data = make(items, by=demo.HOLDER, name="Sanne de Bakker", at=AT, zone=ZONE, language=language)
    page = open_passport(data).files["index.html"].decode()
    root = html5lib.HTMLParser(strict=True).parse(page)
    assert root.get("lang") == language
    assert not list(root.iter(f"{HTML}script"))
    body = root.find(f"{HTML}body")
    assert " ".join(" ".join(body.itertext()).split()) == snapshot
    # Its links stay inside the passport.
    links = [a.get("href") for a in root.iter(f"{HTML}a")]
    assert links == ["credentials/01.json", "documents/01.html", "credentials/02.jwt"]


def test_the_same_choice_is_the_same_file(items: list[Item], passport: bytes) -> None:
    assert make(items, by=demo.HOLDER, name="Sanne de Bakker", at=AT, zone=ZONE) == passport


def test_nothing_tells_of_the_store(passport: bytes) -> None:
    opened = open_passport(passport)
    for name, data in opened.files.items():
        for person in (demo.HOLDER, demo.ASSESSOR, demo.ISSUER):
            assert person.encode() not in data, name
        assert MAIL.encode() not in data


def test_only_its_holder_makes_one(items: list[Item]) -> None:
    for other in (demo.ISSUER, demo.COACH, ""):
        with pytest.raises(AccessDenied):
            make(items, by=other, name="Sanne", at=AT, zone=ZONE)
    theirs = evolve(items[0], record=evolve(items[0].record, holder=demo.COACH))
    with pytest.raises(AccessDenied):
        make([items[1], theirs], by=demo.HOLDER, name="Sanne", at=AT, zone=ZONE)


def test_what_cannot_be_in_one(items: list[Item]) -> None:
    def refused(chosen: list[Item]) -> str:
        with pytest.raises(NoPassport) as error:
            make(chosen, by=demo.HOLDER, name="Sanne", at=AT, zone=ZONE)
        return str(error.value)

    first = items[0]
    taken_back = first.record.with_entry(Entry("revoke", AT, demo.ISSUER, "issuer", "Fout"))
    assert "none chosen" in refused([])
    assert "twice" in refused([first, first])
    assert "withdrawn" in refused([evolve(first, record=taken_back)])
    assert "documented" in refused([evolve(first, record=demo.record())])
    assert "cannot be read" in refused([evolve(first, credential=b"\x89PNG")])


def test_what_no_longer_holds_is_said(items: list[Item]) -> None:
    late = datetime(2031, 3, 5, tzinfo=UTC)
    data = make([items[0]], by=demo.HOLDER, name="", at=late, zone=ZONE)
    page = open_passport(data).files["index.html"].decode()
    assert "gold tot en met 2 maart 2031" in page
    assert "<h1>Skillspaspoort</h1>" in page


def test_names_of_others_stay_words(items: list[Item]) -> None:
    document = json.loads(items[0].credential)
    document["name"] = document["issuer"]["name"] = "<img src=x onerror=alert(1)>"
    document["validFrom"] = "gisteren"
    foreign = evolve(items[0], credential=json.dumps(document).encode())
    data = make([foreign], by=demo.HOLDER, name="<b>Sanne</b>", at=AT, zone=ZONE)
    page = open_passport(data).files["index.html"].decode()
    root = html5lib.HTMLParser(strict=True).parse(page)
    assert not list(root.iter(f"{HTML}img"))
    assert not list(root.iter(f"{HTML}b"))
    assert "<img src=x onerror=alert(1)>" in "".join(root.itertext())


def changed(data: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def test_what_happened_on_the_way_is_named(passport: bytes) -> None:
    def meddle(files: dict[str, bytes]) -> None:
        del files["documents/01.html"]
        files["credentials/01.json"] += b" "
        files["../../evil"] = b"x"

    opened = open_passport(changed(passport, meddle))
    assert opened.problems == (
        "credentials/01.json: is not as it was when the passport was made",
        "documents/01.html: is not there",
        "../../evil: was added after the passport was made",
    )


@pytest.mark.parametrize(
    "manifest",
    [
        b"",
        b"[]",
        b"{}",
        b'{"format": "other", "files": []}',
        b'{"format": "leercultuur-passport-1", "files": [1]}',
        b"\xff",
    ],
)
def test_a_bad_manifest_is_refused(passport: bytes, manifest: bytes) -> None:
    def other(files: dict[str, bytes]) -> None:
        files["manifest.json"] = manifest

    with pytest.raises(NoPassport):
        open_passport(changed(passport, other))


def test_a_zip_without_a_manifest_is_refused(passport: bytes) -> None:
    def lose(files: dict[str, bytes]) -> None:
        del files["manifest.json"]

    with pytest.raises(NoPassport, match="manifest"):
        open_passport(changed(passport, lose))


def test_what_unpacks_to_a_mountain_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leercultuur_records.passport.MOST_BYTES", 1000)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", b"0" * 100_000)
    with pytest.raises(NoPassport, match="far more"):
        open_passport(target.getvalue())


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_one_byte_changed_is_noticed_or_refused(passport: bytes, data: st.DataObject) -> None:
    """Outside of what a zip leaves free (times and attributes), nothing changes unseen."""
    at = data.draw(st.integers(0, len(passport) - 1))
    value = data.draw(st.integers(0, 255).filter(lambda one: one != passport[at]))
    other = passport[:at] + bytes([value]) + passport[at + 1 :]
    try:
        opened = open_passport(other)
    except NoPassport:
        return
    assert opened.problems or opened.files == open_passport(passport).files


@given(st.binary(max_size=200))
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(NoPassport):
        open_passport(data)

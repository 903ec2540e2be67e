"""Statements on paper: what stands on them, for whom, and what can never get into them."""

from __future__ import annotations

import csv
import re
from datetime import UTC, date, datetime
from importlib import resources
from typing import Any, get_args
from zoneinfo import ZoneInfo

import html5lib
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from leercultuur_records import demo
from leercultuur_records.documents import (
    CannotDocument,
    Names,
    Publisher,
    Statement,
    StatementKind,
    render,
)
from leercultuur_records.documents.words import clean
from leercultuur_records.record import Decision, Entry, Evidence, Record, Skill
from leercultuur_records.vraak import default_rubric

HTML = "{http://www.w3.org/1999/xhtml}"
KORENAAR = Publisher("Bakkerij De Korenaar", ZoneInfo("Europe/Amsterdam"))


def statement(kind: StatementKind = "experience", **changes: Any) -> Statement:
    first = Statement(
        kind,
        demo.certified(),
        Names("Sanne de Bakker", {demo.ASSESSOR: "Joke Visser"}),
        KORENAAR,
        date(2026, 3, 3),
        "nl",
        demo.standard(),
        default_rubric(),
        "did:web:korenaar.example",
    )
    return evolve(first, **changes)


def rejected(criteria: tuple[str, ...] = ()) -> Record:
    """Sanne's record, had the decision been a no."""
    steps = [entry for entry in demo.certified().history if entry.step != "certify"]
    no = evolve(steps[-1], decision=Decision("rejected", criteria), reason="Nog te weinig bewijs.")
    return evolve(demo.record(), history=(*steps[:-1], no))


def tree(page: str) -> Any:
    """The page as a browser reads it. The parser raises at the first thing that is not valid."""
    return html5lib.HTMLParser(strict=True).parse(page)


def text(page: str) -> str:
    return " ".join(" ".join(tree(page).find(f"{HTML}body").itertext()).split())


@pytest.mark.parametrize("kind", get_args(StatementKind))
@pytest.mark.parametrize("language", ["nl", "en"])
def test_what_it_looks_like(
    kind: StatementKind, language: str, snapshot: SnapshotAssertion
) -> None:
    page = render(statement(kind, language=language))
    assert text(page) == snapshot


def test_the_whole_page(snapshot: SnapshotAssertion) -> None:
    assert render(statement("practice")) == snapshot


@pytest.mark.parametrize("kind", get_args(StatementKind))
def test_it_is_valid_and_says_which_language_it_is_in(kind: StatementKind) -> None:
    root = tree(render(statement(kind, language="en")))
    assert root.get("lang") == "en"
    assert len(root.findall(f".//{HTML}h1")) == 1
    assert root.find(f".//{HTML}blockquote").get("lang") == "nl"
    for table in root.iter(f"{HTML}table"):
        assert all(cell.get("scope") for cell in table.iter(f"{HTML}th"))
        # As many cells in each row as there are headings: no reader loses its way.
        head, *rows = table.iter(f"{HTML}tr")
        assert {len(row) for row in rows} == {len(head)}


@pytest.mark.parametrize("kind", get_args(StatementKind))
def test_it_loads_and_runs_nothing(kind: StatementKind) -> None:
    root = tree(render(statement(kind)))
    tags = {element.tag.removeprefix(HTML) for element in root.iter()}
    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "form", "base"}
    assert not [
        e for e in root.iter() for name in e.attrib if name.startswith("on") or name == "src"
    ]
    style = root.find(f".//{HTML}style").text
    assert "url(" not in style
    assert "@import" not in style
    policies = [e.get("content") for e in root.iter(f"{HTML}meta") if e.get("http-equiv")]
    assert policies
    assert policies[0].startswith("default-src 'none'")


NASTY = "<script>alert(1)</script>\" onload='x' {{ 7*7 }} {name} %s &amp; </style>\x00\x1b\u202e"


def test_words_stay_words() -> None:
    record = demo.certified()
    nasty = evolve(
        record,
        learned=NASTY,
        task=NASTY,
        context=NASTY,
        skills=(Skill("javascript:alert(1)", NASTY, NASTY, NASTY),),
        evidence=tuple(
            evolve(one, title=NASTY, context=NASTY, url="javascript:alert(1)")
            for one in record.evidence
        ),
    )
    names = Names(NASTY, {demo.ASSESSOR: NASTY})
    publisher = evolve(KORENAAR, name=NASTY, recognised_as=NASTY)
    page = render(statement(record=nasty, names=names, publisher=publisher, issuer=NASTY))
    root = tree(page)
    assert not list(root.iter(f"{HTML}script"))
    assert not [a for a in root.iter(f"{HTML}a") if not a.get("href").startswith("http")]
    said = "<script>alert(1)</script>\" onload='x' {{ 7*7 }} {name} %s &amp; </style>"
    assert root.find(f".//{HTML}blockquote").text == said
    assert root.find(f".//{HTML}dd").text == said
    assert "\u202e" not in page


@settings(max_examples=60, deadline=None)
@given(st.text(), st.text())
def test_any_words_make_a_valid_page(learned: str, name: str) -> None:
    record = evolve(demo.certified(), learned=learned)
    root = tree(render(statement("own", record=record, names=Names(name))))
    assert (root.find(f".//{HTML}blockquote").text or "") == clean(learned)


@given(st.text())
def test_cleaning_twice_is_cleaning_once(words: str) -> None:
    assert clean(clean(words)) == clean(words)


def test_who_did_not_agree_is_not_named_and_nobody_is_by_their_number() -> None:
    page = render(statement(names=Names("Sanne de Bakker")))
    assert "Joke" not in page
    assert "beoordelaar (naam niet vermeld)" in text(page)
    for person in (demo.HOLDER, demo.COACH, demo.ASSESSOR, demo.SECOND_ASSESSOR, demo.ISSUER):
        assert person not in page


def test_who_was_erased_is_named_by_role() -> None:
    record = demo.certified()
    history = tuple(
        evolve(entry, by="erased") if entry.by == demo.ASSESSOR else entry
        for entry in record.history
    )
    shown = text(render(statement(record=evolve(record, history=history))))
    assert "Joke" not in shown
    assert "beoordelaar (naam niet vermeld) beoordeeld 22 januari 2026" in shown


def test_two_in_one_role_are_told_apart() -> None:
    record = demo.certified()
    history = tuple(
        evolve(entry, role="assessor") if entry.role == "second_assessor" else entry
        for entry in record.history
    )
    shown = text(render(statement(record=evolve(record, history=history), names=Names("Sanne"))))
    assert "VRAAK Vraag beoordelaar 1 beoordelaar 2" in shown
    assert "beoordelaar 2 (naam niet vermeld) beoordeeld 23 januari 2026" in shown


def test_a_manager_who_judged_is_shown_as_one() -> None:
    record = demo.certified()
    history = tuple(
        evolve(entry, manager=True) if entry.by == demo.ASSESSOR else entry
        for entry in record.history
    )
    page = render(statement(record=evolve(record, history=history)))
    assert "Joke Visser, beoordelaar, ook leidinggevende" in text(page)


def test_what_others_said_and_what_was_only_claimed_stay_out() -> None:
    page = render(statement())
    assert "hoeft niet meer te vragen" not in page
    assert "volgens de houder" not in page
    assert "volgens de houder" in render(statement("own"))


def test_only_who_is_recognised_for_it_uses_the_protected_names() -> None:
    recognised = evolve(KORENAAR, recognised_as="erkend leerbedrijf, SBB 100000000")
    assert "<h1>Praktijkverklaring</h1>" in render(statement("practice", publisher=recognised))
    assert "<h1>Ervaringscertificaat</h1>" in render(statement(publisher=recognised))
    words: dict[StatementKind, str] = {
        "practice": "Praktijkverklaring",
        "experience": "Ervaringscertificaat",
    }
    for kind, word in words.items():
        page = render(statement(kind))
        assert f"<h1>{word}</h1>" not in page
        assert "in eigen naam" in page


def test_a_no_says_why_and_what_was_recognised_all_the_same() -> None:
    shown = text(render(statement(record=rejected(("D1",)))))
    assert "besloten: voor een deel erkend" in shown
    assert "Nog te weinig bewijs." in shown
    assert shown.count("W1 Deeg voorbereiden erkend") == 1
    assert shown.count("niet erkend") == 2
    assert "besloten: niet erkend" in text(render(statement(record=rejected())))


def test_without_a_credential_it_says_whom_to_ask() -> None:
    record = demo.certified()
    assessed = evolve(record, history=record.history[:-1])
    shown = text(render(statement("practice", record=assessed)))
    assert "hoort geen digitaal bewijs" in shown
    assert "vraagt het na bij Bakkerij De Korenaar" in shown


def test_what_no_longer_holds_says_so_at_the_top() -> None:
    late = statement(on=date(2031, 3, 3))
    assert '<p class="state">Dit bewijs gold tot en met 2 maart 2031.</p>' in render(late)
    assert '<p class="state">' not in render(statement(on=date(2031, 3, 2)))


def test_days_are_those_of_the_place() -> None:
    night = datetime(2026, 1, 26, 23, 30, tzinfo=UTC)
    record = rejected()
    history = (*record.history[:-1], evolve(record.history[-1], at=night))
    assert "Op 27 januari 2026" in render(statement(record=evolve(record, history=history)))


@pytest.mark.parametrize("kind", ["practice", "experience"])
def test_nothing_is_stated_that_was_not_decided(kind: StatementKind) -> None:
    documented = demo.record()
    appealed = rejected().with_entry(
        Entry("appeal", demo.AT, demo.HOLDER, "worker", reason="Kijk nog eens")
    )
    taken_back = demo.certified().with_entry(
        Entry("revoke", demo.AT, demo.ISSUER, "issuer", reason="Fout in de naam")
    )
    for record in (documented, appealed, taken_back):
        with pytest.raises(CannotDocument, match=record.stage):
            render(statement(kind, record=record))
        assert "Niemand heeft het beoordeeld" in render(statement("own", record=record))


def test_a_no_is_no_statement_of_practice() -> None:
    with pytest.raises(CannotDocument, match="rejected"):
        render(statement("practice", record=rejected()))


def test_another_standard_is_refused() -> None:
    other = evolve(demo.standard(), version="2027-01")
    with pytest.raises(CannotDocument, match="KORENAAR-DEEG 2026-01"):
        render(statement(standard=other))


def test_a_record_with_nothing_but_words() -> None:
    bare = Record("r1", demo.HOLDER, "Ik leerde luisteren.", date(2026, 1, 1))
    page = render(Statement("own", bare, Names("Sanne"), KORENAAR, date(2026, 1, 2)))
    assert "Er is nog geen bewijs bewaard." in text(page)


def test_a_link_is_one_and_a_fingerprint_is_whole() -> None:
    page = render(statement())
    root = tree(page)
    assert "https://schrift.korenaar.example/sanne/desem" in [
        a.get("href") for a in root.iter(f"{HTML}a")
    ]
    digest = next(one.sha256 for one in demo.record().evidence if one.kind == "file")
    assert digest in [code.text for code in root.iter(f"{HTML}code")]


def test_evidence_of_every_kind_and_relation_has_words() -> None:
    kinds = [
        Evidence("statement", "x", date(2026, 1, 1), text="y", relation=relation)
        for relation in ("manager", "client", "colleague", "coach", "trainer")
    ]
    kinds.append(Evidence("activity", "x", date(2026, 1, 1), sha256="ab"))
    record = evolve(demo.certified(), evidence=tuple(kinds))
    for language in ("nl", "en"):
        shown = text(render(statement(record=record, language=language)))
        assert shown.count("verklaring (" if language == "nl" else "statement (") == 5


def test_every_colour_of_text_can_be_read() -> None:
    """4.5 to 1 on white, as WCAG 2.2 asks (1.4.3)."""
    style = (resources.files("leercultuur_records") / "templates" / "style.css").read_text("utf-8")
    colours = re.findall(r"(?<![-\w])color: #([0-9a-f]+)", style)
    assert colours
    for colour in colours:
        whole = colour if len(colour) == 6 else "".join(2 * digit for digit in colour)
        parts = [int(whole[at : at + 2], 16) / 255 for at in (0, 2, 4)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        assert 1.05 / (light + 0.05) >= 4.5, colour


@pytest.mark.parametrize("table", ["document", "passport", "edubadge"])
def test_what_people_read_is_whole_and_kind(table: str) -> None:
    place = resources.files("leercultuur_records") / "texts" / f"{table}.tsv"
    rows = list(csv.DictReader(place.read_text("utf-8").splitlines(), delimiter="\t"))
    assert len({row["key"] for row in rows}) == len(rows)
    for row in rows:
        for language in ("nl", "en"):
            said = row[language]
            assert said
            assert said == said.strip()
            assert "!" not in said
            assert "je moet" not in said
            assert "you should" not in said.lower()

"""Sanne, who is made up, and what she learned about sourdough: a record that went the whole road."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from attrs import evolve

from .record import Decision, Entry, Evidence, Issued, Judgement, Level, Mark, Record, Skill, Step
from .road import Actor, RoadRules, take_step
from .standard import Criterion, Standard
from .vraak import default_rubric

HOLDER = "5a8e1f6c-0000-4000-8000-000000000001"
COACH = "5a8e1f6c-0000-4000-8000-000000000002"
ASSESSOR = "5a8e1f6c-0000-4000-8000-000000000003"
SECOND_ASSESSOR = "5a8e1f6c-0000-4000-8000-000000000004"
ISSUER = "5a8e1f6c-0000-4000-8000-000000000005"

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""When her record was certified."""

RULES = RoadRules(assessors=2, four_eyes=True, valid_months=60)


def standard() -> Standard:
    """A made-up standard of a bakery with two work processes."""
    return Standard(
        code="KORENAAR-DEEG",
        version="2026-01",
        title="Deeg maken en beoordelen",
        issued_by="Bakkerij De Korenaar",
        framework="NLQF",
        level="2",
        criteria=(
            Criterion("D1", "Maakt zuurdesem op maat van de planning", "W1", "Deeg voorbereiden"),
            Criterion("D2", "Herkent aan geur en structuur of deeg rijp is", "W1", "Deeg voorbereiden"),
            Criterion("D3", "Past het recept aan bij ander weer of ander meel", "W2", "Deeg bijstellen"),
        ),
    )  # fmt: skip


def record() -> Record:
    """Her record before she handed it over: documented, with three pieces of evidence."""
    identified = datetime(2026, 1, 12, 8, 30, tzinfo=UTC)
    return Record(
        id="7d9c2b1e-0000-4000-8000-00000000000a",
        holder=HOLDER,
        learned="Ik ruik nu of het desem klaar is.\nAls het koud is, begin ik een uur eerder.",
        agreed_on=identified.date(),
        context="Nachtdienst, met twee nieuwe ovens",
        task="Zuurdesem bijhouden",
        period=(date(2025, 9, 1), date(2026, 1, 9)),
        skills=(
            Skill(
                "http://data.europa.eu/esco/skill/00000000-0000-4000-8000-000000000000",
                "ESCO",
                "1.2.0",
                "deeg bereiden",
            ),
        ),
        level=Level("NLQF", "2"),
        standard=standard().key,
        evidence=(
            Evidence(
                "file",
                "Foto's van mijn desem, week 40 tot 48",
                date(2025, 11, 28),
                sha256="3f79bb7b435b05321651daefd374cdc681dc06faa65e374e38337b88ca046dea",
                media_type="image/jpeg",
                context="nachtdienst",
                shows=("D1", "D2"),
            ),
            Evidence(
                "statement",
                "Wat mijn meester-bakker zag",
                date(2026, 1, 8),
                text="Sanne hoeft niet meer te vragen of het deeg klaar is.",
                relation="manager",
                context="dagdienst",
                shows=("D2", "D3"),
            ),
            Evidence(
                "link",
                "Mijn receptenschrift",
                date(2026, 1, 9),
                url="https://schrift.korenaar.example/sanne/desem",
                shows=("D3",),
            ),
        ),
        history=(
            Entry("identify", identified, HOLDER, "worker"),
            Entry("document", datetime(2026, 1, 14, 8, 30, tzinfo=UTC), COACH, "coach"),
        ),
        version=2,
    )


def certified() -> Record:
    """The same record after two assessors, a decision and a certificate."""
    vraak: dict[str, Mark] = dict.fromkeys(default_rubric().ids, "met")
    marks = Judgement({**vraak, "variation": "partly"}, {"D1": "met", "D2": "met", "D3": "met"})
    reason = "De foto's en het gesprek laten zien dat ze het zelf doet, ook als het koud is."
    decision = Decision("recognised", ("D1", "D2", "D3"))
    issued = Issued(
        "urn:uuid:0f6c1a52-0000-5000-8000-0000000000ff", AT, AT.replace(year=2031), "records-local"
    )
    steps: tuple[tuple[Step, str, str, int, dict[str, Any]], ...] = (
        ("submit", HOLDER, "worker", 15, {}),
        ("assess", ASSESSOR, "assessor", 22, {"judgement": marks}),
        ("assess", SECOND_ASSESSOR, "second_assessor", 23, {"judgement": marks}),
        ("decide", ASSESSOR, "assessor", 26, {"decision": decision, "reason": reason}),
    )
    found = record()
    for step, person, role, day, given in steps:
        at = datetime(2026, 1, day, 10, 0, tzinfo=UTC)
        found = take_step(
            found,
            step,
            Actor(person, frozenset({role})),
            at,
            rules=RULES,
            standard=standard(),
            rubric_ids=default_rubric().ids,
            **given,
        )
    issuer = Actor(ISSUER, frozenset({"issuer"}))
    found = take_step(found, "certify", issuer, AT, rules=RULES, standard=standard(), issued=issued)
    return evolve(found, version=found.version + len(steps) + 1)

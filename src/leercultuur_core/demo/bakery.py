"""Bakery De Korenaar: a made-up organisation as xAPI statements and a people file.

Forty-two people, half a year, one seed. Nobody here exists. Their weeks are drawn from the phase
model's own shipped parameters, so the bakery shows how things work; that estimates fit it proves
nothing about real people.
"""

from __future__ import annotations

import gzip
import json
import math
import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from ..maturity import maturity_model
from ..maturity.vocabulary import PHASES
from ..phases import Parameters, default_parameters

AT = datetime(2026, 3, 2, tzinfo=UTC)
"""The Monday on which the half year ends."""

WEEKS = 26
HOME = "https://login.korenaar.example"
MAIL = "korenaar.example"
LEARNING, LOGBOOK = "leren.korenaar.example", "werkboek.korenaar.example"

_TEAMS = {
    "bakkerij": [
        "Sanne",
        "Piet",
        "Jan",
        "Noor",
        "Bram",
        "Eva",
        "Daan",
        "Lotte",
        "Sem",
        "Iris",
        "Finn",
        "Roos",
        "Teun",
    ],
    "winkel": [
        "Anna",
        "Milan",
        "Saar",
        "Lars",
        "Julia",
        "Thijs",
        "Femke",
        "Gijs",
        "Naomi",
        "Ruben",
        "Vera",
        "Hugo",
        "Tess",
    ],
    "bezorging": [
        "Omar",
        "Bo",
        "Yara",
        "Koen",
        "Lina",
        "Stef",
        "Amir",
        "Joost",
        "Mila",
        "Niels",
        "Samira",
        "Wout",
        "Pien",
    ],
}
"""Unit → first names; the first of each is its manager."""

_DIRECTOR = "Ans"
_SELF_EMPLOYED = ("Kees", "Fatima")
_ENGLISH = {"Omar", "Lina"}
_BY_MAIL = {
    *_TEAMS["winkel"],
    *_TEAMS["bezorging"],
    _DIRECTOR,
    *_SELF_EMPLOYED,
}
"""Who logs in with a mail address, where anybody does."""

_LOW = {
    "bezorging": ("safety-and-workload", "safety"),
    "bakkerij": ("safety-and-workload", "workload-not-too-high"),
}
"""Unit → the facet of the preconditions that its people say is low."""


class Trace(NamedTuple):
    """How one kind of evidence looks as a statement."""

    verb: str
    display: str
    object_type: str
    platform: str


_ADL, _AS = "http://adlnet.gov/expapi", "http://activitystrea.ms/schema/1.0"
_TIN, _DOD = "http://id.tincanapi.com/verb", "https://w3id.org/xapi/dod-isd/verbs"

TRACES = {
    "viewed": Trace(
        f"{_ADL}/verbs/experienced", "experienced", f"{_ADL}/activities/module", LEARNING
    ),
    "searched": Trace(f"{_AS}/search", "searched", f"{_ADL}/activities/course", LEARNING),
    "planned": Trace(
        "http://www.tincanapi.co.uk/verbs/planned_learning",
        "planned",
        f"{_ADL}/activities/objective",
        LEARNING,
    ),
    "registered": Trace(
        f"{_ADL}/verbs/registered", "registered", f"{_ADL}/activities/course", LEARNING
    ),
    "progressed": Trace(
        f"{_ADL}/verbs/progressed", "progressed", f"{_ADL}/activities/lesson", LEARNING
    ),
    "completed": Trace(
        f"{_ADL}/verbs/completed", "completed", f"{_ADL}/activities/course", LEARNING
    ),
    "failed": Trace(f"{_ADL}/verbs/failed", "failed", f"{_ADL}/activities/assessment", LEARNING),
    "asked": Trace(f"{_ADL}/verbs/asked", "asked", f"{_ADL}/activities/question", LEARNING),
    "practised": Trace(f"{_DOD}/practiced", "practised", f"{_ADL}/activities/simulation", LOGBOOK),
    "applied": Trace(f"{_DOD}/applied", "applied", f"{_ADL}/activities/performance", LOGBOOK),
    "reflected": Trace(f"{_DOD}/reflected", "reflected", f"{_ADL}/activities/performance", LOGBOOK),
    "shared": Trace(f"{_ADL}/verbs/shared", "shared", f"{_ADL}/activities/media", LOGBOOK),
    "mentored": Trace(f"{_TIN}/mentored", "mentored", f"{_ADL}/activities/performance", LOGBOOK),
    "feedback-given": Trace(f"{_TIN}/rated", "rated", f"{_ADL}/activities/performance", LOGBOOK),
}
"""Evidence kind → how it looks as a statement."""

_COURSES = (
    "Zuurdesem",
    "Nieuwe oven",
    "Allergenen",
    "Klantgesprek",
    "Slim inpakken",
    "Veilig rijden",
)


def statements(seed: int = 2026, *, by_mail: bool = False) -> Iterator[dict[str, object]]:
    """The bakery's xAPI statements, each person's in the order of time. The same seed, the same
    statements. ``by_mail``: whether all but the bakers log in with their mail address, and are known
    by that."""
    for name, one in _statements(seed):
        if by_mail and name in _BY_MAIL:
            one["actor"] = {"objectType": "Agent", "mbox": f"mailto:{_address(name)}"}
        yield one


def _address(name: str) -> str:
    return f"{name.lower()}@{MAIL}"


def _statements(seed: int) -> Iterator[tuple[str, dict[str, object]]]:
    """Each statement with who it is of."""
    parameters = default_parameters()
    for team, names in _TEAMS.items():
        # Delivery has no logbook: what happens there cannot be seen, and is left out.
        platforms = {LEARNING} if team == "bezorging" else {LEARNING, LOGBOOK}
        for name in names:
            dice = random.Random(f"{seed}{name}")  # noqa: S311
            yield from ((name, one) for one in _half_year(name, platforms, parameters, dice))
    for name in (_DIRECTOR, *_SELF_EMPLOYED):
        dice = random.Random(f"{seed}{name}")  # noqa: S311
        platforms = {LEARNING, LOGBOOK}
        yield from ((name, one) for one in _half_year(name, platforms, parameters, dice))


def _half_year(
    name: str, platforms: set[str], parameters: Parameters, dice: random.Random
) -> Iterator[dict[str, object]]:
    """One person's half year: a walk over the phases, busy and quiet weeks, two weeks off."""
    activity_level = dice.gammavariate(parameters.activity_shape, 1 / parameters.activity_shape)
    away = set(dice.sample(range(WEEKS), 2))
    question_week = dice.randrange(WEEKS - 8, WEEKS) if dice.random() < 0.15 else None
    phase = draw(list(parameters.startprob), dice)
    start = AT - timedelta(weeks=WEEKS)
    for week in range(WEEKS):
        if week:
            phase = draw(list(parameters.transmat[phase]), dice)
        if week in away:
            continue
        monday = start + timedelta(weeks=week)
        burst = dice.gammavariate(parameters.burst_shape, 1 / parameters.burst_shape)
        moments = []
        for kind, trace in TRACES.items():
            if trace.platform not in platforms:
                continue
            mean = parameters.rates[kind][phase] * activity_level * burst
            moments += [(_working_moment(monday, dice), trace) for _ in range(poisson(mean, dice))]
        for moment, trace in sorted(moments):
            yield _statement(name, trace, dice.choice(_COURSES), moment, dice)
        if week == question_week:
            yield _answer(name, PHASES[phase], _working_moment(monday, dice), dice)


def draw(weights: list[float], dice: random.Random) -> int:
    """An index, as often as its weight says."""
    return dice.choices(range(len(weights)), weights)[0]


def poisson(mean: float, dice: random.Random) -> int:
    """A Poisson draw by multiplying uniforms (Knuth); fine for the small means here."""
    limit, product, count = math.exp(-mean), dice.random(), 0
    while product > limit:
        product *= dice.random()
        count += 1
    return count


def _working_moment(monday: datetime, dice: random.Random) -> datetime:
    return monday + timedelta(
        days=dice.randrange(5), hours=dice.randrange(6, 16), seconds=dice.randrange(3600)
    )


def _statement(
    name: str, trace: Trace, course: str, moment: datetime, dice: random.Random
) -> dict[str, object]:
    slug = course.lower().replace(" ", "-")
    course_id = f"https://{LEARNING}/course/{slug}"
    return {
        "id": str(uuid.UUID(int=dice.getrandbits(128), version=4)),
        "actor": {"objectType": "Agent", "account": {"homePage": HOME, "name": name.lower()}},
        "verb": {"id": trace.verb, "display": {"en": trace.display}},
        "object": {
            "id": f"{course_id}/{trace.display}/{dice.randrange(1, 9)}",
            "definition": {"type": trace.object_type, "name": {"nl": course}},
        },
        "context": {
            "platform": trace.platform,
            "contextActivities": {
                "grouping": [{"id": course_id, "definition": {"type": f"{_ADL}/activities/course"}}]
            },
        },
        "timestamp": moment.isoformat().replace("+00:00", "Z"),
        "stored": (moment + timedelta(seconds=2)).isoformat().replace("+00:00", "Z"),
        "version": "1.0.3",
    }


def _answer(name: str, phase: str, moment: datetime, dice: random.Random) -> dict[str, object]:
    trace = Trace(
        f"{_ADL}/verbs/answered", "answered", f"{_ADL}/activities/cmi.interaction", LEARNING
    )
    statement = _statement(name, trace, _COURSES[0], moment, dice)
    statement["object"] = {
        "id": "urn:leercultuur:question:phase",
        "definition": {"type": trace.object_type, "interactionType": "choice"},
    }
    statement["result"] = {"response": phase}
    return statement


def write_bakery(folder: Path, seed: int = 2026, *, by_mail: bool = False) -> tuple[Path, Path]:
    """Writes the statements (gzipped NDJSON) and the people file into ``folder``; gives both
    paths. ``by_mail`` as in `statements`."""
    folder.mkdir(parents=True, exist_ok=True)
    every = statements(seed, by_mail=by_mail)
    lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in every)
    activity, people = folder / "statements.ndjson.gz", folder / "people.csv"
    activity.write_bytes(gzip.compress(lines.encode(), mtime=0))
    people.write_text(people_csv(by_mail=by_mail), "utf-8")
    return activity, people


def people_csv(*, by_mail: bool = False) -> str:
    """The bakery's people file, as `leercultuur advise --people` reads it. ``by_mail`` as in
    `statements`."""
    rows = ["identifier,name,roles,manager,unit,language,employment,working_days"]

    def add(name: str, roles: str, manager: str, unit: str, employment: str) -> None:
        language = "en" if name in _ENGLISH else "nl"
        boss = _identifier(manager, by_mail) if manager else ""
        rows.append(
            f"{_identifier(name, by_mail)},{name},{roles},{boss},{unit},{language},{employment},"
            "mon-fri"
        )

    add(_DIRECTOR, "director|hr|worker", "", "", "employee")
    for unit, names in _TEAMS.items():
        for name in names:
            manager = name == names[0]
            add(
                name,
                "worker|manager" if manager else "worker",
                _DIRECTOR if manager else names[0],
                unit,
                "employee",
            )
    for name in _SELF_EMPLOYED:
        add(name, "worker", "", "", "self_employed")
    rows.append("employee|school|bakkersvak,Bakkersvakschool,education_contact,,,nl,,")
    return "\n".join(rows) + "\n"


def _identifier(name: str, by_mail: bool) -> str:
    if by_mail and name in _BY_MAIL:
        return _address(name)
    return f"account|{HOME}|{name.lower()}"


def answers_csv(seed: int = 2026, *, by_mail: bool = False) -> str:
    """What everybody answered to the questionnaire on preconditions, as `leercultuur preconditions
    import` reads it: delivery is not a safe place to learn, the bakery has no time for it, and the
    rest is in order. ``by_mail`` as in `statements`."""
    dice = random.Random(seed)  # noqa: S311
    items = maturity_model().items
    rows = ["identifier,item,answer"]
    everybody = [(unit, name) for unit, names in _TEAMS.items() for name in names]
    everybody += [("", name) for name in (_DIRECTOR, *_SELF_EMPLOYED)]
    for unit, name in everybody:
        for item in items:
            low = _LOW.get(unit) == (item.precondition, item.facet)
            answer = dice.randint(1, 2) if low else dice.randint(3, 5)
            rows.append(f"{_identifier(name, by_mail)},{item.id},{answer}")
    return "\n".join(rows) + "\n"

"""Draws one person's estimate in the terminal: bars, the spiral over the weeks, and the reasons."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape

from ..activity.evidence import evidence_kinds
from ..maturity.vocabulary import PHASES, UNKNOWN, Language
from ..phases import Estimate, default_parameters

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_SHADES = " ·░▒▓█"
_WIDTH = 20
_NAMED = 6  # kinds that could not be recorded, by name

_WORDS = {
    "nl": {
        "here": "hier sinds {week}, {sure}",
        "said": "zelf gezegd op {on}: {phase}",
        "why": "Waarom",
        "not_counted": "Niet meegeteld",
        "not_counted_why": "deze systemen kunnen dat niet laten zien",
        "unknown": "Te weinig te zien om een fase te noemen. Zelf vragen zegt het meest.",
        "nothing": "er is nog weinig te zien",
        "weeks": "week",
        "legend": "donkerder is waarschijnlijker · ○ het meest waarschijnlijke pad",
        "more": "en {count} andere",
        "joined": "De redenen zijn los van elkaar berekend en tellen niet op.",
    },
    "en": {
        "here": "here since {week}, {sure}",
        "said": "own answer on {on}: {phase}",
        "why": "Why",
        "not_counted": "Not counted",
        "not_counted_why": "these systems cannot record them",
        "unknown": "Too little to see to name a phase. Asking would tell most.",
        "nothing": "there is little to see yet",
        "weeks": "week",
        "legend": "darker is more likely · ○ the most likely path",
        "more": "and {count} more",
        "joined": "Each reason is reckoned on its own; they do not add up.",
    },
}


def sureness(probability: float, language: Language) -> str:
    """How sure an estimate is, in words."""
    nl, en = (
        ("zeker", "sure")
        if probability >= 0.9
        else ("vrij zeker", "fairly sure")
        if probability >= 0.6
        else ("niet zo zeker", "not so sure")
    )
    return nl if language == "nl" else en


def bar(share: float, width: int = _WIDTH) -> str:
    """``share`` of a full bar of ``width`` characters, in eighths."""
    eighths = round(share * width * 8)
    if share > 0:
        eighths = max(eighths, 1)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (_EIGHTHS[rest] if rest else "")).ljust(width)


def draw_bars(console: Console, estimate: Estimate, language: Language) -> None:
    """The five phases as bars, with the shown phase marked."""
    words = _WORDS[language]
    for phase in PHASES:
        share = estimate.probabilities[phase]
        number = f"{share:.2f}".lstrip("0") if share >= 0.05 else ""
        mark = ""
        if phase == estimate.phase:
            text = words["here"].format(week=estimate.episode, sure=sureness(share, language))
            mark = f"   ← {text}"
        console.print(f"  {phase:<11} {bar(share)} {number:>4}{mark}".rstrip(), markup=False)
    if estimate.phase == UNKNOWN:
        console.print(f"\n{words['unknown']}")
    if said := estimate.you_said:
        console.print("\n" + words["said"].format(on=said.on, phase=said.phase))


def draw_weeks(console: Console, estimate: Estimate, language: Language) -> None:
    """The weeks from left to right, continuing on top: the spiral as a strip."""
    story = estimate.story()
    shown = story[-max(console.width - 16, 10) :]
    for phase in reversed(PHASES):
        cells = []
        for week in shown:
            shade = _SHADES[min(int(week.probabilities[phase] * len(_SHADES)), len(_SHADES) - 1)]
            cells.append("○" if week.path == phase else shade)
        console.print(f"  {phase:<11} {''.join(cells)}", markup=False)
    labels = f"{shown[0].label} … {shown[-1].label}"
    console.print(f"  {words_of(language)['weeks']:<11} {labels}")
    console.print(f"  {'':<11} [dim]{words_of(language)['legend']}[/dim]")


def draw_reasons(console: Console, estimate: Estimate, language: Language) -> None:
    """What the estimate rests on, and what could not be seen."""
    words = words_of(language)
    reasons = estimate.explain(language)
    told = " · ".join(f"{reason.text} ({reason.log_odds:+.1f})" for reason in reasons)
    console.print(f"{words['why']}: {escape(told or words['nothing'])}")
    if len(reasons) > 1:
        console.print(f"[dim]{words['joined']}[/dim]")
    if missing := _missing(estimate, language):
        console.print(f"{words['not_counted']}: {escape(missing)} — {words['not_counted_why']}.")


def _missing(estimate: Estimate, language: Language) -> str:
    """The kinds that could not be recorded, those that would tell phases apart best first."""
    rates = default_parameters().rates
    kinds = evidence_kinds()
    telling = sorted(estimate.not_recorded, key=lambda kind: -max(rates[kind]) / min(rates[kind]))
    named = [kinds[kind][f"label_{language}"].lower() for kind in telling[:_NAMED]]
    if len(telling) > _NAMED:
        named.append(words_of(language)["more"].format(count=len(telling) - _NAMED))
    return " · ".join(named)


def words_of(language: Language) -> dict[str, str]:
    """The drawing's own words in ``language``."""
    return _WORDS[language]

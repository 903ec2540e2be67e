"""Made-up messages to made-up people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from ..advice.prompt import Prompt
from ..advice.recommend import Grounds
from ..extension import Message, Recipient
from ..maturity.vocabulary import Language, Phase

_STEPS: dict[Language, str] = {
    "nl": "Kies één ding dat je morgen kunt gebruiken",
    "en": "Choose one thing that you can use tomorrow",
}

MOMENT = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
"""When their recipients have a quarter of an hour."""

_MIX: dict[Phase, float] = {"acting": 1.0}


def message(number: int, addresses: Mapping[str, str], language: Language = "nl") -> Message:
    """A message with one prompt, whose text holds `marker` of ``number``."""
    step = f"{_STEPS[language]} ({marker(number)})"
    prompt = Prompt(
        recipient=f"employee|leer.example|{number}",
        recipient_role="worker",
        subject=f"employee|leer.example|{number}",
        layer="tasks",
        intervention="choose-one-thing",
        language=language,
        text=f"**{step}.** {'Vijf minuten is genoeg' if language == 'nl' else 'Five minutes will do'}.",
        step=step,
        why="",
        when_question="",
        grounds=Grounds("stated", ""),
        phase_mix=_MIX,
        episode="2026-W10",
    )
    return Message(
        f"{number:032x}",
        Recipient(f"person{number:04d}", name_of(number), language, addresses),
        (prompt,),
        moment=MOMENT,
    )


def marker(number: int) -> str:
    """A word that stands in message ``number`` and in no other."""
    return f"stap-{number:04d}"


def name_of(number: int) -> str:
    """What recipient ``number`` is called."""
    return f"Proefpersoon Nummer-{number:04d}"

"""From an estimate to a fitting first step, for one recipient. Pure: values in, values out."""

from __future__ import annotations

from .advice import Advice, Note, advise
from .own import Ask, Estimated, asks
from .people import Directory, Person, parse_people, read_people
from .prompt import Prompt
from .recommend import Grounds, Recommendation, recommend

__all__ = [
    "Advice",
    "Ask",
    "Directory",
    "Estimated",
    "Grounds",
    "Note",
    "Person",
    "Prompt",
    "Recommendation",
    "advise",
    "asks",
    "parse_people",
    "read_people",
    "recommend",
]

"""Statements in which leercultuur tells of its own suggestions, by the xAPI profile of this plugin.

A statement names the person or the intervention, never both: which intervention somebody is offered
says much about their phase, and more people can read a record store than this person. The profile
itself is in ``profile.jsonld`` of this package and described in ``docs/xapi-profile.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from importlib import resources
from typing import Any, Literal
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

PROFILE = "urn:leercultuur:profile"
"""The IRI of the profile; those of its versions begin with it."""

PROFILE_VERSION = f"{PROFILE}:1"
"""The IRI of this version, a category of every statement."""

SENT = "http://activitystrea.ms/schema/1.0/send"
RECEIVED = "http://activitystrea.ms/schema/1.0/receive"
POSTPONED = "urn:leercultuur:verb:postponed"

PROMPT = "urn:leercultuur:type:prompt"
INTERVENTION = "urn:leercultuur:type:intervention"
LAYER = "urn:leercultuur:type:layer"

Outcome = Literal["done", "not_now", "not_for_me", "wrong"]
"""What a person answers to a prompt."""

_OUTCOMES: Mapping[Outcome, tuple[str, str, str]] = {
    "done": ("http://activitystrea.ms/schema/1.0/complete", "deed", "did"),
    "not_now": (POSTPONED, "stelde uit", "postponed"),
    "not_for_me": ("http://activitystrea.ms/schema/1.0/reject", "wees af", "declined"),
    "wrong": (
        "http://activitystrea.ms/schema/1.0/disagree",
        "was het oneens met",
        "disagreed with",
    ),
}


def agent(address: str, home_page: str = "") -> dict[str, Any]:
    """The person of ``address``: an account at ``home_page``, or a mailbox where that is empty.

    Raises `ValueError` for a mailbox without ``@``.
    """
    if home_page:
        return {"objectType": "Agent", "account": {"homePage": home_page, "name": address}}
    if "@" not in address:
        raise ValueError("address: expected a mail address, as there is no home_page")
    return {"objectType": "Agent", "mbox": f"mailto:{address}"}


def sent(message: str, prompt: str, *, intervention: str, layer: str, by: str) -> dict[str, Any]:
    """That a suggestion went out, without whom it went to.

    ``message`` and ``prompt`` are ids, ``by`` is the address of the system in which leercultuur is
    known as ``leercultuur``.
    """
    statement = _statement(
        _id("sent", message, prompt), agent("leercultuur", by), (SENT, "stuurde", "sent")
    )
    statement["object"] = {
        "objectType": "Activity",
        "id": f"urn:leercultuur:intervention:{quote(intervention, safe='')}",
        "definition": {"type": INTERVENTION},
    }
    statement["context"]["contextActivities"]["grouping"] = [
        {"id": f"urn:leercultuur:layer:{quote(layer, safe='')}", "definition": {"type": LAYER}}
    ]
    return statement


def received(
    message: str, prompt: str, person: Mapping[str, Any], *, text: str = "", language: str = "nl"
) -> dict[str, Any]:
    """That a person got a suggestion, without which; ``person`` is an agent.

    ``text`` is what they read, for a record store that shows it to nobody else.
    """
    statement = _statement(
        _id("received", message, prompt), dict(person), (RECEIVED, "kreeg", "received")
    )
    statement["object"] = _prompt(prompt)
    if text:
        statement["object"]["definition"]["description"] = {language: text}
        statement["context"]["language"] = language
    return statement


def answered(
    prompt: str, outcome: Outcome, person: Mapping[str, Any], *, at: datetime
) -> dict[str, Any]:
    """What a person answered to a suggestion; the statement of that answer is the same each time.

    Raises `ValueError` for a moment without offset.
    """
    if at.tzinfo is None:
        raise ValueError("at: expected a time with an offset, found none")
    statement = _statement(_id("answered", prompt, outcome), dict(person), _OUTCOMES[outcome])
    statement["object"] = _prompt(prompt)
    statement["timestamp"] = at.isoformat()
    return statement


def is_own(statement: Any) -> bool:
    """Whether ``statement``, parsed JSON from anywhere, is one of this profile."""
    try:
        categories = statement["context"]["contextActivities"]["category"]
        return any(one["id"].startswith(PROFILE) for one in categories)
    except (KeyError, TypeError, AttributeError):
        return False


def profile_document() -> str:
    """The profile as JSON-LD."""
    return resources.files(__package__).joinpath("profile.jsonld").read_text("utf-8")


def _id(*parts: str) -> str:
    """The same for the same prompt, on every machine."""
    return str(uuid5(NAMESPACE_URL, ":".join([PROFILE, *parts])))


def _statement(
    statement_id: str, actor: dict[str, Any], verb: tuple[str, str, str]
) -> dict[str, Any]:
    """What all have. Without a timestamp, so that it is the same each time; the LRS adds one."""
    iri, dutch, english = verb
    category = {
        "id": PROFILE_VERSION,
        "definition": {"type": "http://adlnet.gov/expapi/activities/profile"},
    }
    return {
        "id": statement_id,
        "actor": actor,
        "verb": {"id": iri, "display": {"nl": dutch, "en": english}},
        "context": {"contextActivities": {"category": [category]}},
    }


def _prompt(prompt: str) -> dict[str, Any]:
    return {
        "objectType": "Activity",
        "id": f"urn:leercultuur:prompt:{quote(prompt, safe='')}",
        "definition": {"type": PROMPT, "name": {"nl": "Een suggestie", "en": "A suggestion"}},
    }

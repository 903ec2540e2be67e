"""Links in a message by which its recipient answers, or says no to more: signed, and good for once.

A link does nothing when it is opened: mail programs and virus scanners open links too. `read` says
what it would do; `use` does it, and only on a POST from the page that showed that.

Signed with *itsdangerous*: small, typed, without dependencies, and nothing in it can be chosen by who
sends a token, as the algorithm of a JWT can. Its own time stamps are left out: the clock is an argument
here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Literal, get_args

from attrs import evolve, field, frozen
from itsdangerous import BadData, URLSafeSerializer

from ..advice.care import Answer
from ..storage import OutboxMessage, OutboxPrompt, Transaction
from . import persons
from .config import Answers
from .group_prompts import is_group

UNSUBSCRIBE_FOR = timedelta(days=730)
"""How long a link to say no works. Judgement: saying no must be as easy as saying yes was (GDPR,
article 7), and mail is kept for long."""

_SALT = "leercultuur.links.1"
_LONGEST = 400
# The library passes over other characters, and would take them along with a good signature.
_WRITTEN = re.compile(r"[A-Za-z0-9_.-]+")
_ANSWERS: tuple[Answer, ...] = get_args(Answer)
_STOPS: tuple[Literal["own_prompts", "invitation"], ...] = ("own_prompts", "invitation")


@frozen
class Link:
    """What a link does.

    purpose
        ``answer``: gives ``answer`` to the prompt ``about``. ``unsubscribe``: says no to all that
        its recipient gets of themselves, because of the message ``about``; what they get as somebody
        who acts for a unit is part of that role and goes on.
    language
        Of the prompt or message, for the page.
    """

    purpose: Literal["answer", "unsubscribe"]
    about: str
    answer: Answer | None
    expires: datetime
    language: Literal["nl", "en"] = "nl"

    @property
    def what(self) -> str:
        """What it does, in one word; with ``about`` it is done once."""
        return self.answer or self.purpose


@frozen
class LinkRefused:
    """Why a link does nothing, and no more than that.

    ``forged``: we did not sign it, or with a key that is no longer there; ``expired``; ``used``: what
    it does was done by it before; ``gone``: what it was about is no longer held.
    """

    reason: Literal["forged", "expired", "used", "gone"]


@frozen
class Links:
    """Makes links, and reads what we signed. ``url`` is where the pages are; of ``keys`` the first
    signs, and all are read."""

    url: str
    keys: Sequence[bytes] = field(repr=False)
    valid: timedelta

    @classmethod
    def of(cls, answers: Answers | None) -> Links | None:
        """As configured; ``None`` where there are no pages to answer on."""
        if answers is None:
            return None
        return cls(answers.url.rstrip("/"), answers.keys, timedelta(days=answers.valid_days))

    def answers(
        self, message: OutboxMessage, prompts: Sequence[OutboxPrompt]
    ) -> Mapping[str, Mapping[str, str]]:
        """Prompt id → answer → address. The same whenever the message is sent."""
        return {
            one.prompt_id: {
                answer: self._address(
                    Link("answer", one.prompt_id, answer, message.created + self.valid)
                )
                for answer in _ANSWERS
            }
            for one in prompts
        }

    def unsubscribe(self, message: OutboxMessage, prompts: Sequence[OutboxPrompt]) -> str:
        """The address to say no to more; ``""`` where the message holds only what is part of
        somebody's role."""
        if all(map(is_group, prompts)):
            return ""
        expires = message.created + UNSUBSCRIBE_FOR
        return self._address(Link("unsubscribe", message.message_id, None, expires))

    def _address(self, link: Link) -> str:
        return f"{self.url}/{self.token(link)}"

    def token(self, link: Link) -> str:
        """``link``, signed, in characters that an address may hold; without its language."""
        key = self.keys[0]
        expires = int(link.expires.timestamp())
        signed = _serializer(key).dumps([link.purpose, link.about, link.answer, expires])
        return f"{_key_id(key)}.{signed}"

    def verified(self, token: str, now: datetime) -> Link | LinkRefused:
        """What is in a token. Looks at nothing but its signature and its time."""
        key_id, _, signed = token.partition(".")
        key = next((one for one in self.keys if _key_id(one) == key_id), None)
        if key is None or len(token) > _LONGEST or not _WRITTEN.fullmatch(token):
            return LinkRefused("forged")
        try:
            written = _serializer(key).loads(signed)
        except BadData:
            return LinkRefused("forged")
        match written:
            case ["answer", str(about), answer, int(seconds)] if answer in _ANSWERS:
                link = Link("answer", about, answer, datetime.fromtimestamp(seconds, UTC))
            case ["unsubscribe", str(about), None, int(seconds)]:
                link = Link("unsubscribe", about, None, datetime.fromtimestamp(seconds, UTC))
            case _:
                return LinkRefused("forged")
        return LinkRefused("expired") if now >= link.expires else link


def read(tx: Transaction, links: Links | None, token: str, now: datetime) -> Link | LinkRefused:
    """What a link would do at ``now`` (aware). Changes nothing."""
    return _look(tx, links, token, now)[0]


def use(tx: Transaction, links: Links | None, token: str, now: datetime) -> Link | LinkRefused:
    """Does what a link does, once; gives what that was."""
    link, person = _look(tx, links, token, now)
    if isinstance(link, LinkRefused):
        return link
    if not tx.delivery.use_link(link.about, link.what, person=person, at=now):
        return LinkRefused("used")
    if link.answer is not None:
        tx.delivery.answer(link.about, link.answer, at=now)
    else:
        for purpose in _STOPS:
            persons.consent(tx, person, purpose, False, by="link", now=now)
    return link


def _look(
    tx: Transaction, links: Links | None, token: str, now: datetime
) -> tuple[Link | LinkRefused, str]:
    """What a link does, and for whom."""
    if links is None:
        return LinkRefused("forged"), ""
    link = links.verified(token, now)
    if isinstance(link, LinkRefused):
        return link, ""
    if link.purpose == "answer":
        prompt = tx.delivery.prompt(link.about)
    else:
        prompt = next(iter(tx.delivery.prompts(message_id=link.about)), None)
    if prompt is None:
        return LinkRefused("gone"), ""
    if tx.delivery.link_used(link.about, link.what):
        return LinkRefused("used"), ""
    language: Literal["nl", "en"] = "en" if prompt.language == "en" else "nl"
    return evolve(link, language=language), prompt.recipient


def _key_id(key: bytes) -> str:
    """Says which key signed, and nothing about it."""
    return sha256(b"leercultuur link key id " + key).hexdigest()[:8]


def _serializer(key: bytes) -> URLSafeSerializer:
    # The salt makes what another part of a site signs with the same key worth nothing here.
    return URLSafeSerializer(
        key, salt=_SALT, signer_kwargs={"key_derivation": "hmac", "digest_method": sha256}
    )


__all__ = ["UNSUBSCRIBE_FOR", "Link", "LinkRefused", "Links", "read", "use"]

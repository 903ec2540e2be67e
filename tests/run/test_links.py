"""Links to answer by: what we signed works once, and nothing else works at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer

from leercultuur_core.extension import Delivery, Message, Receipt, Secret, Sink
from leercultuur_core.run.config import Answers
from leercultuur_core.run.engine import Engine
from leercultuur_core.run.links import UNSUBSCRIBE_FOR, Link, LinkRefused, Links

from .conftest import NOW, Make, workers
from .outside import Boundary, Stopped, StoppingStore

URL = "https://leren.korenaar.example/a"
KEY, OLD, NEW = (letter * 40 for letter in "kon")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

ANSWERED = Link("answer", "p1", "done", NOW + 60 * DAY)
STOPPED = Link("unsubscribe", "m1", None, NOW + 60 * DAY)


def links(*keys: str) -> Links:
    made = Links.of(Answers(URL, Secret("\n".join(keys or (KEY,)))))
    assert made is not None
    return made


class Keeping(Sink):
    """Keeps what it is handed."""

    name = "keeping"
    delivery: ClassVar[Delivery] = "idempotent"

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[Message] = []

    def deliver(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        for message in messages:
            self.messages.append(message)
            yield Receipt(message.id, "sent")


def reconfigured(engine: Engine, answers: Answers | None) -> Engine:
    engine.configuration = evolve(engine.configuration, answers=answers)
    engine.answer_links = Links.of(answers)
    return engine


@pytest.fixture
def sink() -> Keeping:
    return Keeping()


@pytest.fixture
def engine(make: Make, sink: Keeping) -> Engine:
    """With one message sent, and links in it."""
    made = reconfigured(
        make(directories={"people": workers(1)}, sinks={"sink": sink}), Answers(URL, Secret(KEY))
    )
    made.run(NOW)
    return made


def token(address: str) -> str:
    assert address.startswith(f"{URL}/")
    return address.removeprefix(f"{URL}/")


def given_answers(engine: Engine) -> list[str]:
    with engine.store.reading() as tx:
        return [one.answer for one in tx.delivery.answers()]


def said(engine: Engine) -> list[tuple[str, bool, str]]:
    (person,) = engine.find("Worker 0", NOW)
    with engine.store.reading() as tx:
        return [(one.purpose, one.given, one.recorded_by) for one in tx.privacy.consents_of(person)]


# -- tokens -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("link", [ANSWERED, STOPPED])
def test_what_was_signed_is_read_until_it_expires(link: Link) -> None:
    signed = links().token(link)
    assert links().verified(signed, NOW) == link
    assert links().verified(signed, NOW - 900 * DAY) == link  # a clock that went back
    assert links().verified(signed, link.expires - timedelta(seconds=1)) == link
    assert links().verified(signed, link.expires) == LinkRefused("expired")


def test_a_token_fits_in_an_address_and_names_nobody() -> None:
    signed = links().token(evolve(ANSWERED, about="ab" * 16, answer="not_for_me"))
    assert len(f"{URL}/{signed}") < 200
    assert not set(signed) - set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
    )


@given(st.integers(0, 200), st.characters(min_codepoint=33, max_codepoint=126))
def test_a_changed_character_makes_it_do_nothing_else(place: int, other: str) -> None:
    signed = links().token(ANSWERED)
    place %= len(signed)
    changed = signed[:place] + other + signed[place + 1 :]
    # The last character of a signature has two bits to spare: then it is the very same signature.
    assert links().verified(changed, NOW) in {ANSWERED, LinkRefused("forged")}
    if place < len(signed) - 1 and other != signed[place]:
        assert links().verified(changed, NOW) == LinkRefused("forged")


@pytest.mark.parametrize("more", ["\0", " ", "=", "\n", "é"])
def test_nothing_may_be_added_to_a_token(more: str) -> None:
    assert links().verified(f"{links().token(ANSWERED)}{more}", NOW) == LinkRefused("forged")


@given(st.text(max_size=500))
def test_what_a_stranger_makes_up_is_refused(text: str) -> None:
    assert links().verified(text, NOW) == LinkRefused("forged")
    prefix = links().token(ANSWERED).partition(".")[0]
    # Half a character is what bytes of an address become that are no UTF-8.
    for more in (text, f"{text}\udcff"):
        assert links().verified(f"{prefix}.{more}", NOW) == LinkRefused("forged")


@pytest.mark.parametrize(
    ("salt", "written"),
    [
        ("a session of the same site", ["answer", "p1", "done", 4102444800]),
        ("leercultuur.links.1", ["answer", "p1", "perhaps", 4102444800]),
        ("leercultuur.links.1", ["unsubscribe", "m1", "done", 4102444800]),
        ("leercultuur.links.1", ["log in", "m1", None, 4102444800]),
        ("leercultuur.links.1", ["answer", "p1", ["done"], 4102444800]),
        ("leercultuur.links.1", {"purpose": "answer"}),
    ],
)
def test_what_the_same_key_signed_for_something_else_is_refused(salt: str, written: object) -> None:
    from hashlib import sha256

    other = URLSafeSerializer(
        KEY, salt=salt, signer_kwargs={"key_derivation": "hmac", "digest_method": sha256}
    )
    prefix = links().token(ANSWERED).partition(".")[0]
    assert links().verified(f"{prefix}.{other.dumps(written)}", NOW) == LinkRefused("forged")


def test_a_new_key_signs_and_the_old_is_read_until_it_is_taken_out() -> None:
    before = links(OLD).token(ANSWERED)
    both = links(NEW, OLD)
    assert both.verified(before, NOW) == ANSWERED
    after = both.token(ANSWERED)
    assert links(OLD).verified(after, NOW) == LinkRefused("forged")
    assert links(NEW).verified(after, NOW) == ANSWERED
    assert links(NEW).verified(before, NOW) == LinkRefused("forged")
    key_id, _, signed = before.partition(".")
    other_id = after.partition(".")[0]
    assert key_id != other_id
    assert both.verified(f"{other_id}.{signed}", NOW) == LinkRefused("forged")


def test_keys_show_nowhere() -> None:
    assert KEY not in repr(links())
    assert KEY not in repr(Answers(URL, Secret(KEY)))


# -- in a message, and back ---------------------------------------------------------------------------


def test_a_message_has_a_link_for_each_answer_and_one_to_stop(
    engine: Engine, sink: Keeping
) -> None:
    (message,) = sink.messages
    (prompt,) = message.prompts
    assert {*message.links} == {prompt.id}
    assert [*message.links[prompt.id]] == ["done", "not_now", "not_for_me", "wrong"]
    for answer, address in message.links[prompt.id].items():
        assert engine.read_link(token(address), NOW) == Link(
            "answer",
            prompt.id,
            answer,  # type: ignore[arg-type]
            NOW + 60 * DAY,
            "en",
        )
    stop = engine.read_link(token(message.unsubscribe), NOW)
    assert stop == Link("unsubscribe", message.id, None, NOW + UNSUBSCRIBE_FOR, "en")
    (person,) = engine.find("Worker 0", NOW)
    for address in [*message.links[prompt.id].values(), message.unsubscribe]:
        assert person not in address
    assert given_answers(engine) == []  # reading did nothing
    assert said(engine) == []


def test_without_pages_there_are_no_links(make: Make, sink: Keeping) -> None:
    engine = make(directories={"people": workers(1)}, sinks={"sink": sink})
    engine.run(NOW)
    (message,) = sink.messages
    assert (dict(message.links), message.unsubscribe) == ({}, "")
    signed = links().token(ANSWERED)
    assert engine.read_link(signed, NOW) == engine.use_link(signed, NOW) == LinkRefused("forged")


def test_a_link_answers_once(engine: Engine, sink: Keeping) -> None:
    (message,) = sink.messages
    (choices,) = message.links.values()
    not_now = token(choices["not_now"])
    used = engine.use_link(not_now, NOW + HOUR)
    assert isinstance(used, Link)
    assert used.what == "not_now"
    assert given_answers(engine) == ["not_now"]
    for at in (NOW + 2 * HOUR, NOW - DAY):  # also when the clock went back
        assert engine.use_link(not_now, at) == LinkRefused("used")
        assert engine.read_link(not_now, at) == LinkRefused("used")
    # Somebody may change their mind, by another link.
    assert isinstance(engine.use_link(token(choices["done"]), NOW + 3 * HOUR), Link)
    assert given_answers(engine) == ["not_now", "done"]


def test_what_a_link_does_is_done_once_whichever_key_signed(engine: Engine, sink: Keeping) -> None:
    (message,) = sink.messages
    (choices,) = message.links.values()
    engine.use_link(token(choices["done"]), NOW)
    reconfigured(engine, Answers(URL, Secret(f"{NEW}\n{KEY}"), valid_days=400))
    (prompt,) = message.prompts
    made_links = engine.answer_links
    assert made_links is not None
    again = made_links.token(Link("answer", prompt.id, "done", NOW + 400 * DAY))
    assert again != token(choices["done"])
    assert engine.use_link(again, NOW) == LinkRefused("used")
    assert isinstance(engine.use_link(token(choices["wrong"]), NOW), Link)


def test_too_late_is_too_late(engine: Engine, sink: Keeping) -> None:
    (message,) = sink.messages
    (choices,) = message.links.values()
    late = NOW + 60 * DAY
    assert engine.use_link(token(choices["done"]), late) == LinkRefused("expired")
    assert given_answers(engine) == []
    assert isinstance(engine.use_link(token(message.unsubscribe), late), Link)


def test_one_click_ends_what_somebody_gets_of_themselves(engine: Engine, sink: Keeping) -> None:
    (message,) = sink.messages
    evening = NOW + 62 * DAY + 10 * HOUR
    engine.plan(evening)  # something waits for the morning
    stop = token(message.unsubscribe)
    assert isinstance(engine.use_link(stop, evening), Link)
    assert said(engine) == [("own_prompts", False, "link"), ("invitation", False, "link")]
    assert engine.status(evening).outbox == {"sent": 1, "withdrawn": 1}
    # Who says yes again is not stopped by the same link, in an old mail that somebody opens.
    (person,) = engine.find("Worker 0", NOW)
    engine.consent(person, "own_prompts", True, evening + DAY)
    assert engine.use_link(stop, evening + 2 * DAY) == LinkRefused("used")
    assert said(engine)[-1] == ("own_prompts", True, "self")


def test_a_link_of_somebody_who_was_erased_says_only_that_it_is_gone(
    engine: Engine, sink: Keeping
) -> None:
    (message,) = sink.messages
    (choices,) = message.links.values()
    engine.use_link(token(choices["done"]), NOW)
    (person,) = engine.find("Worker 0", NOW)
    assert engine.erase(person, NOW)["used_links"] == 1
    for address in (*choices.values(), message.unsubscribe):
        assert engine.read_link(token(address), NOW) == LinkRefused("gone")
        assert engine.use_link(token(address), NOW) == LinkRefused("gone")


@pytest.mark.parametrize("purpose", ["answer", "unsubscribe"])
def test_a_stop_at_any_boundary_of_a_link_does_it_whole_or_not_at_all(
    make: Make, tmp_path: Path, purpose: str
) -> None:
    stop_at, outcomes = 0, set()
    stopped = True
    while stopped:
        stop_at += 1
        sink = Keeping()
        answers = Answers(URL, Secret(KEY))
        first = reconfigured(
            make(
                store_class=StoppingStore,
                directories={"people": workers(1)},
                sinks={"sink": sink},
            ),
            answers,
        )
        first.run(NOW)
        (message,) = sink.messages
        (choices,) = message.links.values()
        signed = token(choices["done"] if purpose == "answer" else message.unsubscribe)
        boundary = Boundary(stop_at)
        first.store.boundary = boundary  # type: ignore[attr-defined]
        stopped = False
        try:
            first.use_link(signed, NOW)
        except Stopped:
            stopped = True
        path = Path(first.store.name)
        first.close()
        again = reconfigured(make(path=path, sinks={"sink": sink}), answers)
        done = bool(given_answers(again)) if purpose == "answer" else len(said(again)) == 2
        outcomes.add(done)
        expected = LinkRefused if done else Link
        assert isinstance(again.use_link(signed, NOW), expected)
        assert given_answers(again) == (["done"] if purpose == "answer" else [])
        assert len(said(again)) == (0 if purpose == "answer" else 2)
        again.close()
    assert stop_at == 3  # before the commit, after it, and not at all
    assert outcomes == {False, True}


def test_two_at_once_use_it_once(engine: Engine, sink: Keeping, make: Make) -> None:
    from concurrent.futures import ThreadPoolExecutor

    (message,) = sink.messages
    (choices,) = message.links.values()
    signed = token(choices["done"])

    def use(_: int) -> str:
        return type(
            engine.use_link(signed, datetime.fromtimestamp(NOW.timestamp(), NOW.tzinfo))
        ).__name__

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(use, range(8)))
    assert outcomes == ["Link", *["LinkRefused"] * 7]
    assert given_answers(engine) == ["done"]

"""Sinks that record: told once of what others brought and what was answered, in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import pytest

from leercultuur_core.errors import ConfigError, SourceUnavailable
from leercultuur_core.extension import Delivery, Happening, Message, Receipt, Sink
from leercultuur_core.run import recording
from leercultuur_core.run.builtin import make_all, switched_on
from leercultuur_core.run.config import read_configuration
from leercultuur_core.run.engine import Engine
from leercultuur_core.run.setup import initialise

from .conftest import NOW, Make, workers

HOUR = timedelta(hours=1)


class Register(Sink):
    """Takes down what it is told, each thing once."""

    name = "register"
    delivery: ClassVar[Delivery] = "idempotent"

    def __init__(self) -> None:
        super().__init__()
        self.noted: dict[tuple[str, str, str], int] = {}
        self.down = False

    def deliver(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        raise AssertionError("it brings nobody anything")

    def note(self, happenings: Sequence[Happening]) -> None:
        if self.down:
            raise SourceUnavailable("the register is down")
        for one in happenings:
            key = (one.message.recipient.person, one.prompt, one.what)
            self.noted[key] = self.noted.get(key, 0) + 1


class Post(Sink):
    """Brings everything but what is for ``refuses``."""

    name = "post"
    delivery: ClassVar[Delivery] = "idempotent"
    refuses = ""

    def deliver(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        for message in messages:
            refused = message.recipient.person == self.refuses
            yield Receipt(message.id, "refused" if refused else "sent", "blocked" * refused)


@pytest.fixture
def register() -> Register:
    return Register()


@pytest.fixture
def engine(make: Make, register: Register) -> Engine:
    made = make(
        directories={"people": workers(3)}, sinks={"post": Post()}, recorders={"log": register}
    )
    made.collect(NOW)
    return made


def test_it_is_told_once_of_what_others_brought_and_what_was_answered(
    engine: Engine, register: Register
) -> None:
    engine.run(NOW)
    with engine.store.reading() as tx:
        prompts = {one.recipient: one.prompt_id for one in tx.delivery.prompts()}
    assert register.noted == {(person, "", "sent"): 1 for person in prompts}
    person, prompt = next(iter(prompts.items()))
    engine.answer(prompt, "not_now", NOW + HOUR)
    engine.run(NOW + 2 * HOUR)
    engine.run(NOW + 3 * HOUR)
    assert register.noted == {
        **{(one, "", "sent"): 1 for one in prompts},
        (person, prompt, "not_now"): 1,
    }


def test_what_was_refused_is_told_as_well(engine: Engine, register: Register) -> None:
    engine.adapters.sinks["post"].refuses = "nobody"  # type: ignore[attr-defined]
    with engine.store.reading() as tx:
        blocked = min(tx.people.all())
    engine.adapters.sinks["post"].refuses = blocked  # type: ignore[attr-defined]
    engine.run(NOW)
    assert register.noted[blocked, "", "refused"] == 1


def test_one_that_is_down_stops_nobody_and_is_told_later(
    engine: Engine, register: Register
) -> None:
    register.down = True
    done = engine.run(NOW).delivered
    assert done.states["sent"] == 3
    assert done.problems == {"log": "the register is down"}
    assert not register.noted
    register.down = False
    assert engine.deliver(NOW + HOUR).problems == {}
    assert len(register.noted) == 3


def test_more_than_fits_in_one_batch_comes_in_order(
    engine: Engine, register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "TOGETHER", 1)
    engine.run(NOW)
    assert sorted(register.noted.values()) == [1, 1, 1]


def test_of_somebody_who_was_erased_there_is_nothing_to_tell(
    engine: Engine, register: Register
) -> None:
    register.down = True
    engine.run(NOW)
    with engine.store.reading() as tx:
        gone = min(tx.people.all())
    engine.erase(gone, NOW)
    register.down = False
    engine.deliver(NOW + HOUR)
    assert len(register.noted) == 2
    assert not any(person == gone for person, _, _ in register.noted)


def test_record_is_true_or_false_and_of_a_sink(tmp_path: Path) -> None:
    initialise(tmp_path, "Bakkerij")
    path = tmp_path / "leercultuur.toml"
    plain = path.read_text("utf-8")
    path.write_text(f'{plain}\n[[source]]\nname = "x"\nrecord = true\n', "utf-8")
    with pytest.raises(ConfigError, match=r"source\[0\].record: expected record at a"):
        read_configuration(path)
    path.write_text(f'{plain}\n[[sink]]\nname = "files"\nfolder = "o"\nrecord = 1\n', "utf-8")
    with pytest.raises(ConfigError, match=r"sink\[0\].record: expected true or false"):
        read_configuration(path)


def test_a_sink_that_records_delivers_nothing(tmp_path: Path) -> None:
    initialise(tmp_path, "Bakkerij")
    path = tmp_path / "leercultuur.toml"
    text = path.read_text("utf-8")
    path.write_text(f'{text}\n[[sink]]\nname = "files"\nfolder = "out"\nrecord = true\n', "utf-8")
    configuration = read_configuration(path)
    adapters = make_all(configuration, switched_on(configuration))
    assert not adapters.sinks
    assert list(adapters.recorders) == ["files"]

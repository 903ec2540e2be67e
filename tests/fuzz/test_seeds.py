"""Every seed of `fuzz/` is read again: what broke a reader once does not again."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

FUZZ = Path(__file__).parents[2] / "fuzz"
SEEDS = sorted(path for path in FUZZ.glob("seeds/*/*") if path.is_file())

pytestmark = pytest.mark.skipif(
    not FUZZ.exists(), reason="the fuzzers are not in this distribution"
)


@pytest.fixture(scope="module")
def fuzz() -> Iterator[dict[str, Any]]:
    """The modules beside the seeds, by name."""
    sys.path.insert(0, str(FUZZ))
    names = ("law", "answers", "mutate", "targets")
    yield {name: import_module(name) for name in names}
    sys.path.remove(str(FUZZ))
    for name in names:
        sys.modules.pop(name)


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: f"{seed.parent.name}-{seed.name}")
def test_the_law_holds_of_a_seed(fuzz: dict[str, Any], seed: Path) -> None:
    fuzz["law"].hold(fuzz["targets"].TARGETS[seed.parent.name], seed.read_bytes())


LONG = b"x" * 140_000  # more than a cell of csv, or a line, may hold
UNLIKELY = {
    "a long text": lambda data: data.replace(b"kanarie", LONG),
    "a long end": lambda data: data.rstrip() + LONG,
    "a quote that is left open": lambda data: data + b'\n"' + LONG,
    "a number without end": lambda data: data.replace(b"1", b"9" * 5000, 1),
    "lists in lists": lambda data: b'{"a":' * 60_000,
    "deep inside": lambda data: data.replace(b'"kanarie"', b"[" * 9_000 + b"]" * 9_000),
    "half a file": lambda data: data[: len(data) // 2],
    "nothing": lambda data: b"",
    "zeroes": lambda data: data.replace(b"a", b"\0"),
    "ends of lines of old": lambda data: data.replace(b"\n", b"\r"),
}
FIRST = sorted({seed.parent.name: seed for seed in reversed(SEEDS)}.values())


@pytest.mark.parametrize("change", UNLIKELY.values(), ids=UNLIKELY)
@pytest.mark.parametrize("seed", FIRST, ids=lambda seed: seed.parent.name)
def test_the_law_holds_of_what_hardly_ever_comes(
    fuzz: dict[str, Any], seed: Path, change: Callable[[bytes], bytes]
) -> None:
    fuzz["law"].hold(fuzz["targets"].TARGETS[seed.parent.name], change(seed.read_bytes()))


def test_every_reader_has_seeds_and_every_seed_a_reader(fuzz: dict[str, Any]) -> None:
    assert {seed.parent.name for seed in SEEDS} == set(fuzz["targets"].TARGETS)


@pytest.mark.parametrize(
    ("name", "holds"),
    [("quotes", False), ("raises", False), ("rejects", False), ("refuses", True)],
)
def test_the_law_can_be_broken(fuzz: dict[str, Any], name: str, holds: bool) -> None:
    law = fuzz["law"]

    def read(data: bytes, said: Any) -> None:
        if name == "raises":
            raise KeyError(data)
        if name == "rejects":
            said.add(data)
        raise law.LeercultuurError(f"expected {data!r}" if name == "quotes" else "expected another")

    target = law.Target(read)
    if holds:
        law.hold(target, b"Kanarie")
    else:
        with pytest.raises((law.Broken, KeyError)):
            law.hold(target, b"Kanarie")


def test_a_file_of_an_administrator_may_be_quoted(fuzz: dict[str, Any]) -> None:
    law = fuzz["law"]
    law.hold(law.Target(lambda data, said: said.add(data), quotes=True), b"kanarie")


def test_most_changes_of_json_are_json(fuzz: dict[str, Any]) -> None:
    mutate = fuzz["mutate"]
    lines = b'{"a": [1, {"b": "kanarie"}]}\n[2]\nno json\n'
    other = []

    def otherwise(data: bytes) -> bytes:
        other.append(data)
        return data

    changed = {mutate.mutate_json(lines, random.Random(seed), otherwise) for seed in range(300)}
    assert len(changed) > 50
    assert all(b"no json" in one for one in changed)
    assert 50 < len(other) < 250

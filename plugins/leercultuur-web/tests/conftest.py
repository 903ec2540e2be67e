"""The bakery after one night, and a browser at its pages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from joserfc.jwk import RSAKey

from leercultuur_core import Engine
from leercultuur_core.demo import answers_csv

from .bakery import ACTIVITY, NOW, ORGANISATION, PEOPLE, Clock, bakery, engine_of
from .visiting import Browser, Lms, client_of, visited

CONFIGURATION = f"""
plugins = ["web"]
{ORGANISATION}{ACTIVITY}{PEOPLE}
[[sink]]
name = "prompts"
kind = "files"
folder = "prompts"

[answers]
url = "https://leren.korenaar.example/a"
key = {{ file = "links.key" }}

[privacy]
own_prompts = "opt-out"
"""


@pytest.fixture(scope="session")
def one_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the bakery's configuration and its store after a night."""
    folder = tmp_path_factory.mktemp("night")
    bakery(folder, CONFIGURATION, identity="i" * 40, links="l" * 40)
    with engine_of(folder, create=True) as engine:
        assert engine.run(NOW).complete
    return folder


@pytest.fixture(scope="session")
def one_quarter(one_night: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That folder, with what people answered released as well."""
    folder = Path(shutil.copytree(one_night, tmp_path_factory.mktemp("quarter") / "bakery"))
    with engine_of(folder) as engine:
        engine.import_answers(answers_csv(), NOW)
        assert engine.release_preconditions(NOW)
    return folder


@pytest.fixture
def folder(one_night: Path, tmp_path: Path) -> Path:
    """A copy of the folder after a night, for one test."""
    return Path(shutil.copytree(one_night, tmp_path / "bakery"))


@pytest.fixture
def engine(folder: Path) -> Iterator[Engine]:
    with engine_of(folder) as engine:
        yield engine


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def lms_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "k1"}, auto_kid=False)


@pytest.fixture
def lms(clock: Clock, lms_key: RSAKey) -> Lms:
    return Lms(clock, lms_key)


@pytest.fixture
def browser(engine: Engine, clock: Clock, lms: Lms) -> Iterator[Browser]:
    with visited(engine, clock, lms) as browser:
        yield browser


@pytest.fixture
def other(browser: Browser, lms: Lms) -> Iterator[Browser]:
    """Somebody else, at the same pages."""
    with client_of(browser.client.app) as client:
        yield Browser(client, lms)

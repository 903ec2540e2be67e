"""Programs in other languages, against the real server: the very files that the docs show."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from holidays import country_holidays

from leercultuur_core import PHASES
from leercultuur_core.testing.servers import free_port, needs, python_environment, running
from leercultuur_web.api.clients import SCOPES, Clients

from ..bakery import ACTIVITY, LOGIN, ORGANISATION, PEOPLE, bakery, engine_of

pytestmark = pytest.mark.server

CLIENTS = Path(__file__).parents[1] / "clients"
SERVERS = Path(__file__).parents[1] / "servers"

CONFIGURATION = f"""
plugins = ["web", "records"]
{ORGANISATION}country = "COUNTRY"
{ACTIVITY}{PEOPLE}
[[sink]]
name = "php"
kind = "pull"

[care]
quiet = {{ before = "00:00", after = "23:59" }}

[privacy]
own_prompts = "opt-out"

[web]
url = "URL"
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of `leercultuur serve`, and its folder. It goes by the clock: so everybody works on
    every day, where today is no holiday."""
    folder = tmp_path_factory.mktemp("served")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    bakery(folder, configuration(url), identity="i" * 40)
    people = folder / "people.csv"
    people.write_text(people.read_text("utf-8").replace("mon-fri", "mon-sun"), "utf-8")
    with engine_of(folder, create=True) as engine:
        assert engine.run(datetime.now(UTC)).complete
    program = Path(sys.executable).with_name("leercultuur")
    config = folder / "leercultuur.toml"
    command: list[str | Path] = [program, "serve", "--config", config, "--port", str(port)]
    with running(command, ready=f"{url}/api/v1/openapi.json", cwd=folder):
        yield url, folder


def configuration(url: str) -> str:
    today = datetime.now(UTC).date()
    country = next(one for one in ("NL", "JP", "BR") if today not in country_holidays(one))
    return CONFIGURATION.replace("COUNTRY", country).replace("URL", url)


@pytest.fixture
def run(server: tuple[str, Path]) -> Callable[..., str]:
    """Runs a program with a token of its own; gives what it printed."""
    url, folder = server

    def start(name: str, *command: str | Path) -> str:
        with engine_of(folder) as engine:
            token = Clients(engine.database).add(
                name,
                frozenset(SCOPES),
                now=datetime.now(UTC),
                lifetime=timedelta(days=1),
                per_minute=100_000,
            )
        assert token is not None
        done = subprocess.run(  # noqa: S603 - programs of these tests
            [
                part.format(url=url, token=token) if isinstance(part, str) else part
                for part in command
            ],
            env={**os.environ, "LEERCULTUUR_URL": url, "LEERCULTUUR_TOKEN": token},
            capture_output=True,
            text=True,
            timeout=120,
            cwd=folder,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-3000:]
        return done.stdout

    return start


@needs("php")
def test_a_plugin_in_php(run: Callable[..., str]) -> None:
    lines = run("php", "php", CLIENTS / "php" / "example.php").splitlines()
    accepted, problem, phase, *messages, answered = lines
    assert accepted == "1 accepted"
    assert problem == "activities[1]: Object missing required field `identities`"
    assert phase.removeprefix("phase: ") in {*PHASES, "unknown"}
    assert messages
    assert all(one.startswith("message in ") for one in messages)
    assert answered == "answered"


@needs("node")
def test_a_portal_in_javascript(run: Callable[..., str]) -> None:
    lines = run("js", "node", CLIENTS / "js" / "example.mjs").splitlines()
    assert lines[-1] == "1 accepted"


def test_the_document_says_what_the_server_does(
    run: Callable[..., str], server: tuple[str, Path], tmp_path: Path
) -> None:
    """Some hundreds of requests that Schemathesis makes up from the OpenAPI document, fit and unfit: each
    answer is one that the document has, and none is an error of the server."""
    program = python_environment(SERVERS / "schemathesis.txt") / "schemathesis"
    with engine_of(server[1]) as engine:
        person = engine.identified(f"account|{LOGIN}|jan")
    settings = tmp_path / "schemathesis.toml"
    settings.write_text(f'[parameters]\nperson = "{person}"\n', "utf-8")
    printed = run(
        "schemathesis",
        program,
        "--config-file",
        settings,
        "run",
        "{url}/api/v1/openapi.json",
        "--url={url}/api/v1",
        "--header=Authorization: Bearer {token}",
        "--phases=examples,coverage,fuzzing",
        "--max-examples=10",
        "--generation-deterministic",
        "--continue-on-failure",
        "--no-color",
    )
    assert "Tested: 14" in printed
    assert " failed" not in printed

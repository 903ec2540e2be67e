"""The pages and the API under load: beside a constant page of the same framework, at the same rate.

    python bench/run_web.py [--people 20000] [--each 30] [--rate 20] [--seconds 5] [--rounds 3]

Two servers on this machine, each a process of uvicorn: the pages around a store of ``people``
(`run_pages`), and Starlette and FastAPI with one constant answer as long as ours. autocannon (npm) asks
them in turns, as many times a second; each request is of another person who is signed in, or by a client
with a token. A round is that of four: constant page, a worker's page, constant JSON, an estimate with
reasons. autocannon counts the waiting behind a slow answer too (coordinated omission).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from measure import ratio, report, value
from run_pages import AT, made
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from leercultuur_core.run.engine import Engine
from leercultuur_core.storage import Store
from leercultuur_core.testing.servers import free_port, node_environment
from leercultuur_web.api.application import PATH
from leercultuur_web.api.clients import Clients
from leercultuur_web.app import create_app
from leercultuur_web.sessions import Tickets
from leercultuur_web.settings import WebSettings, checked

HERE = Path(__file__).resolve().parent / "web_load"
PEOPLE_ASKED = 40
"""People whose pages and estimates are asked for, each some times in a round, as when people come back to
a page: an estimate is kept for the day as long as nothing it rests on changes. What the first view takes, of
the estimate and of drawing it, is measured apart."""

_FORK = get_context("fork")


@contextmanager
def serving(make: Callable[[int], Any]) -> Iterator[int]:
    """A server process around the application that ``make`` gives for a port."""
    port = free_port()

    def serve() -> None:
        uvicorn.run(make(port), host="127.0.0.1", port=port, access_log=False, log_level="warning")

    process = _FORK.Process(target=serve)
    process.start()
    try:
        deadline = time.monotonic() + 30
        while not answers(port):
            if not process.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("a server did not start")
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.join(10)


def answers(port: int) -> bool:
    """Whether anything answers at a port."""
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2).close()
    except urllib.error.HTTPError as error:
        error.close()
    except OSError:
        return False
    return True


def constant(page: bytes, body: object) -> Callable[[int], Starlette]:
    """The same framework, and nothing else: a page and a JSON answer as long as ours."""

    def show(_: Request) -> Response:
        return HTMLResponse(page)

    api = FastAPI()

    @api.get("/constant")
    def tell() -> object:
        return body

    app = Starlette(routes=[Route("/", show)])
    app.mount("/api", api)
    return lambda _: app


def ours(engine: Engine) -> Callable[[int], Starlette]:
    """The pages around the store of ``engine``, at the moment it was made for."""

    def make(port: int) -> Starlette:
        own = Engine(
            engine.configuration,
            Store.open(str(engine.store.name)),
            plugins=engine.plugins,
            adapters=engine.adapters,
        )
        settings = checked(WebSettings(f"http://127.0.0.1:{port}"))
        return create_app(own, settings, clock=lambda: AT)

    return make


def who_asks(engine: Engine) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The requests for pages, each of somebody who is signed in; and those of a client."""
    with engine.store.reading() as tx:
        said = sorted(tx.privacy.consents("own_prompts"))
    drawn = random.Random(5).sample(said, min(PEOPLE_ASKED, len(said)))
    tickets = Tickets(engine.database)
    day = timedelta(days=1)
    pages = []
    for person in drawn:
        token = tickets.issue("session", person, language="nl", now=AT, lifetime=day)
        pages.append({"path": "/", "headers": {"cookie": f"leercultuur-session={token}"}})
    client = Clients(engine.database).add(
        "bench", frozenset({"estimate:own"}), now=AT, lifetime=day, per_minute=1_000_000
    )
    headers = {"authorization": f"Bearer {client}"}
    estimates = [
        {"path": f"{PATH}/people/{person}/estimate", "headers": headers} for person in drawn
    ]
    return pages, estimates


def read(port: int, request: dict[str, Any]) -> bytes:
    """One answer."""
    asked = urllib.request.Request(
        f"http://127.0.0.1:{port}{request['path']}", headers=request.get("headers", {})
    )
    with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310 - of this machine
        return bytes(answer.read())


def timed(port: int, request: dict[str, Any]) -> float:
    """Milliseconds of one answer by itself."""
    begun = time.perf_counter()
    read(port, request)
    return (time.perf_counter() - begun) * 1000


def load(
    port: int, requests: Sequence[dict[str, Any]], given: argparse.Namespace
) -> dict[str, float]:
    """One round of one kind of request."""
    told = {
        "url": f"http://127.0.0.1:{port}",
        "rate": given.rate,
        "seconds": given.seconds,
        "connections": 4,
        "requests": list(requests),
    }
    modules = node_environment(HERE) / "node_modules"
    done = subprocess.run(
        ["node", str(HERE / "load.cjs")],
        input=json.dumps(told),
        env={**os.environ, "NODE_PATH": str(modules)},
        capture_output=True,
        text=True,
        timeout=given.seconds + 60,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    """Measures and reports."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--each", type=int, default=30)
    parser.add_argument("--rate", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    if shutil.which("node") is None:
        raise SystemExit("node is not on this machine: make system")
    with tempfile.TemporaryDirectory() as folder:
        engine = made(Path(folder), given.people, given.each)
        pages, estimates = who_asks(engine)
        engine.store.close()
        with serving(ours(engine)) as port:
            # Also what is read once in a process.
            page, told = read(port, pages[0]), json.loads(read(port, estimates[0]))
            pages_first = [timed(port, one) for one in pages[1:]]
            first = [timed(port, one) for one in estimates[1:]]
            with serving(constant(page, told)) as beside:
                measure(port, beside, pages, estimates, given)
            among = f"{given.people:,} people"
            report(
                value(f"the first view of a person that day, {among}", pages_first, "ms"),
                value(
                    f"an estimate by the API, first that day, after their page, {among}",
                    first,
                    "ms",
                ),
            )


def measure(
    port: int,
    beside: int,
    pages: Sequence[dict[str, Any]],
    estimates: Sequence[dict[str, Any]],
    given: argparse.Namespace,
) -> None:
    """Asks all in turns, and reports."""
    kinds = {
        "constant page": (beside, [{"path": "/"}]),
        "page": (port, pages),
        "constant JSON": (beside, [{"path": "/api/constant"}]),
        "estimate": (port, estimates),
    }
    found: dict[str, list[dict[str, float]]] = {name: [] for name in kinds}
    for _ in range(given.rounds):
        for name, (where, requests) in kinds.items():
            found[name].append(load(where, requests, given))
    p99 = {name: [max(one["p99"], 1.0) for one in rounds] for name, rounds in found.items()}
    note = f"{given.rate} requests a second"
    named = f"among {given.people:,} people"
    wrong = [
        sum(one["others"] + one["errors"] for one in rounds)
        for rounds in zip(*found.values(), strict=True)
    ]
    report(
        ratio(f"a worker's page {named}, p99", p99["page"], p99["constant page"],
              of="a constant page of the same framework", at_most=5, note=note),
        ratio(f"an estimate by the API {named}, p99", p99["estimate"], p99["constant JSON"],
              of="a constant answer of the same framework", at_most=5, note=note),
        value(f"a worker's page {named}, p99", p99["page"], "ms", note=note),
        value(f"an estimate by the API {named}, p99", p99["estimate"], "ms", note=note),
        value("a constant page, p99", p99["constant page"], "ms", note=note),
        value("errors under load", wrong, "answers", at_most=0, note=note),
    )  # fmt: skip


if __name__ == "__main__":
    main()

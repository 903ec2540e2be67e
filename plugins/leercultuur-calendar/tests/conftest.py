"""A real Radicale: three people with a calendar, and an account that may write in those of two."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from leercultuur_core import HttpClient, Secret
from leercultuur_core.testing.servers import free_port, python_environment, running

PEOPLE = ("leercultuur", "sanne", "ömer@bakker.example", "besloten")
PASSWORD = "wachtwoord-5f2c9e7a"  # noqa: S105 - of a server for one test
_RIGHTS = """
[own]
user: .+
collection: {user}(/.*)?
permissions: RrWw

[root]
user: .+
collection:
permissions: R

[steps]
user: leercultuur
collection: (?!besloten)[^/]+/werk
permissions: rw
"""


class Radicale:
    """Where it is, and a client for each person."""

    version = "3.9.0"

    def __init__(self, url: str) -> None:
        self.url = url

    def as_person(self, name: str) -> HttpClient:
        """The server as that person sees it."""
        return HttpClient(self.url, login=(name, Secret(PASSWORD)), headers={"Accept": "*/*"})


@pytest.fixture(scope="session")
def radicale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Radicale]:
    """The server, with an empty calendar ``werk`` for each person."""
    home = tmp_path_factory.mktemp("radicale")
    (home / "users").write_text("".join(f"{name}:{PASSWORD}\n" for name in PEOPLE), "utf-8")
    (home / "rights").write_text(_RIGHTS)
    port = free_port()
    (home / "config").write_text(f"""
[server]
hosts = 127.0.0.1:{port}
[auth]
type = htpasswd
htpasswd_filename = {home}/users
htpasswd_encryption = plain
delay = 0
[rights]
type = from_file
file = {home}/rights
[storage]
filesystem_folder = {home}/collections
""")
    programs = python_environment(Path(__file__).parent / "servers" / "radicale.txt")
    command: list[str | Path] = [programs / "python", "-m", "radicale", "--config", home / "config"]
    with running(command, ready=f"http://127.0.0.1:{port}/.web/", cwd=home):
        server = Radicale(f"http://127.0.0.1:{port}")
        for name in PEOPLE[1:]:
            answer = server.as_person(name).send("MKCALENDAR", f"/{name}/werk/")
            assert answer.status == 201
        yield server

"""Something is wrong in a system around us: the rest goes through, and `status` says what is left.

Each engine here is made of a configuration file, with a real mail server in this process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from leercultuur_core import ConfigError, Engine
from leercultuur_core.demo.post import NEEDED, PostOffice, open_post_office
from leercultuur_core.testing.scripted import Seen, Step, as_json, scripted

for _needed in (*NEEDED, "leercultuur_scim"):
    pytest.importorskip(_needed)

MORNING = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
TOKEN = "token-5f2c9e7a"  # noqa: S105 - of a server in this process
PEOPLE = ("anna", "bram", "chris", "daan")

ENVIRONMENT = {"KEY": "k" * 40, "TOKEN": TOKEN}
FILE = """
[organisation]
name = "De Korenaar"
identity_key = {{ env = "KEY" }}
time_zone = "{zone}"
[privacy]
invitation = "opt-out"
[[directory]]
name = "people"
kind = "people-file"
path = "people.csv"
[[sink]]
name = "mail"
url = "{mail}"
sender = "leren@korenaar.example"
"""
SCIM = """
[[directory]]
name = "scim"
url = "{url}"
token = {{ env = "TOKEN" }}
organisation = "korenaar"
"""


class Post(PostOffice):
    """Has an answer of its own for some addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[str, str] = {}

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        answer = self.answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    @property
    def came(self) -> Counter[str]:
        """Address → mails."""
        return Counter(str(mail["To"].addresses[0].addr_spec) for mail in self.mails)


def mail_of(*names: str) -> Counter[str]:
    return Counter(f"{name}@leer.example" for name in names)


@pytest.fixture
def post() -> Iterator[Post]:
    post = Post()
    with open_post_office(post):
        yield post


Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, post: Post) -> Write:
    """Writes the configuration and a people file in which each has a manager, or none."""

    def call(
        more: str = "", zone: str = "Europe/Amsterdam", managers: dict[str, str] | None = None
    ) -> Path:
        rows = ["identifier,name,roles,manager,unit,language"]
        rows += [
            f"{name}@leer.example,{name.title()},worker,{(managers or {}).get(name, '')},winkel,nl"
            for name in PEOPLE
        ]
        (tmp_path / "people.csv").write_text("\n".join(rows) + "\n", "utf-8")
        path = tmp_path / "leercultuur.toml"
        path.write_text(FILE.format(zone=zone, mail=post.url) + more, "utf-8")
        return path

    return call


def opened(path: Path) -> Engine:
    there = (path.parent / "leercultuur.db").exists()
    return Engine.from_config(path, ENVIRONMENT, create=not there)


class Scim:
    """Answers with users as RFC 7644 (3.4.2) writes them; ``promised`` is how many more it says that
    there are."""

    def __init__(self, *names: str) -> None:
        self.names = names
        self.promised = 0
        self.status = 200

    def __call__(self, seen: Seen) -> Step:
        if self.status != 200 or seen.headers.get("authorization") != f"Bearer {TOKEN}":
            return as_json({"detail": "Authorization failure.", "status": "401"}, 401)
        if seen.path not in {"/Users", "/Groups"}:
            return as_json({"status": "404"}, 404)
        start = int(seen.query["startIndex"]) - 1
        users = [
            {
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
                "id": f"id-{name}",
                "userName": name,
                "displayName": name.title(),
                "emails": [{"value": f"{name}@leer.example", "primary": True}],
                "active": True,
            }
            for name in (self.names if seen.path == "/Users" else ())
        ][start:]
        promised = self.promised if seen.path == "/Users" else 0
        return as_json(
            {
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
                "totalResults": start + len(users) + promised,
                "startIndex": start + 1,
                "itemsPerPage": len(users),
                "Resources": users,
            }
        )


def test_a_wrong_token(write: Write, post: Post, tmp_path: Path) -> None:
    scim = Scim("eva")
    scim.status = 401
    with scripted(scim) as server, opened(write(SCIM.format(url=server.url))) as engine:
        ran = engine.run(MORNING)
        assert not ran.complete
        assert list(ran.collected.problems) == ["scim"]
        assert "token" in ran.collected.problems["scim"]
        assert TOKEN not in str(ran)
        assert post.came == mail_of(*PEOPLE), "the others were read, and get their message"
        assert any(text.startswith("collect: 1 failed") for text in engine.status(MORNING).left)
        scim.status = 200
        assert engine.run(MORNING + HOUR).complete
        left = engine.status(MORNING + HOUR).left
        assert not any(text.startswith("collect") for text in left)
    assert post.came == mail_of(*PEOPLE, "eva")


def test_a_directory_that_gives_half_of_its_people(write: Write, post: Post) -> None:
    scim = Scim("eva", "finn", "gijs", "hugo")
    with scripted(scim) as server, opened(write(SCIM.format(url=server.url))) as engine:
        # At night, so that everything waits.
        assert engine.run(MORNING - 8 * HOUR).complete
        assert engine.status(MORNING).people == 8
        scim.names, scim.promised = ("eva", "finn"), 2
        ran = engine.run(MORNING)
        assert "expected 4, as it says, found 2" in ran.collected.problems["scim"]
        status = engine.status(MORNING)
        assert status.people == 8, "nobody has left for that"
        assert any(text.startswith("collect: 1 failed") for text in status.left)
    assert post.came == mail_of(*PEOPLE, "eva", "finn", "gijs", "hugo")


def test_a_manager_who_reports_to_themself(write: Write, post: Post) -> None:
    managers = dict.fromkeys(PEOPLE, "anna@leer.example")
    with opened(write(managers=managers)) as engine:
        assert engine.run(MORNING).complete
        told = " ".join(engine.status(MORNING).left)
        assert "1 people are named as their own manager; they count as without a manager" in told
        assert "Anna" not in told
    assert post.came == mail_of(*PEOPLE)


@pytest.mark.parametrize(
    ("answer", "state", "told"),
    [
        ("550 5.1.1 no such user", "dead", "1 prompts could not be delivered"),
        ("452 4.2.2 mailbox full", "failed", "deliver: 1 failed; the next run tries again"),
        ("552 5.2.2 mailbox full", "failed", "deliver: 1 failed; the next run tries again"),
    ],
)
def test_a_mailbox_that_refuses(
    write: Write, post: Post, answer: str, state: str, told: str
) -> None:
    post.answers = {"bram@leer.example": answer}
    with opened(write()) as engine:
        ran = engine.run(MORNING)
        assert ran.delivered.states == {"sent": 3, state: 1}
        assert post.came == mail_of("anna", "chris", "daan")
        status = engine.status(MORNING)
        assert status.outbox == {"sent": 3, state: 1}
        assert told in status.left
        reason = "no-such-mailbox" if state == "dead" else "mailbox-full"
        assert f"messages {state}, {reason}: 1" in status.left
        assert "bram" not in " ".join(status.left)
        post.answers = {}
        engine.run(MORNING + HOUR)
        after = engine.status(MORNING + HOUR)
    if state == "failed":
        assert post.came == mail_of(*PEOPLE), "there is room again"
        assert after.outbox == {"sent": 4}
        assert told not in after.left
    else:
        assert post.came == mail_of("anna", "chris", "daan"), "who is not there is not asked again"
        assert told in after.left


def test_a_mailbox_that_stays_full_is_given_up(write: Write, post: Post) -> None:
    post.answers = {"bram@leer.example": "552 5.2.2 mailbox full"}
    with opened(write()) as engine:
        for day in range(10):
            engine.run(MORNING + timedelta(days=day))
        status = engine.status(MORNING + timedelta(days=9))
    assert status.outbox == {"sent": 3, "dead": 1}
    assert "1 prompts could not be delivered" in status.left
    assert "messages dead, gave up: 1" in status.left
    assert post.came == mail_of("anna", "chris", "daan"), "and nobody else gets it again"


def test_an_unknown_time_zone(write: Write, post: Post, tmp_path: Path) -> None:
    with opened(write()) as engine:
        engine.collect(MORNING)
        before = engine.status(MORNING).people
    with pytest.raises(ConfigError) as caught:
        opened(write(zone="Europe/Amsterdm"))
    (problem,) = caught.value.problems
    assert problem.place == "organisation.time_zone"
    assert "Europe/Amsterdam" in problem.expected
    assert post.came == Counter(), "when people are at work is not guessed"
    with opened(write()) as engine:
        assert engine.status(MORNING).people == before
        assert engine.run(MORNING).complete, "once it is mended nothing is lost"
    assert post.came == mail_of(*PEOPLE)

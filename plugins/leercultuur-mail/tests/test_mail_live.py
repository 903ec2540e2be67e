"""Against aiosmtpd as it is, with TLS and a login."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import aiosmtpd
import pytest

from leercultuur_core import Engine
from leercultuur_core.testing import proved_live
from leercultuur_core.testing.messages import marker, message, name_of
from leercultuur_mail import MailSink

pytestmark = [
    pytest.mark.server,
    # It does not know that TLS from the start is TLS.
    pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning"),
]


@pytest.mark.parametrize("tls", ["start", "whole"])
def test_a_step_in_a_mailbox(
    opens: Callable[..., tuple[Any, str]],
    make_sink: Callable[..., MailSink],
    login: Any,
    server_login: Any,
    tls: str,
    request: pytest.FixtureRequest,
) -> None:
    proved_live(request, MailSink, system="aiosmtpd", version=aiosmtpd.__version__)
    # aiosmtpd offers a login after STARTTLS only; with TLS from the start it has to be told.
    more = {"auth_require_tls": False} if tls == "whole" else {"require_starttls": True}
    office, url = opens(tls, **server_login, **more)
    sink = make_sink(url, **login)
    assert [finding.level for finding in sink.check()] == ["ok"]
    assert office.mails == []
    messages = [message(n, {"mail": f"collega{n}@bücher.example"}) for n in (1, 2, 3)]
    assert [one.state for one in sink.deliver(messages)] == ["sent"] * 3
    assert office.sessions == 2, "one for the check, one for all messages"
    for number, (mail, envelope) in enumerate(
        zip(office.mails, office.envelopes, strict=True), start=1
    ):
        assert envelope.mail_from == "leren@korenaar.example"
        assert envelope.rcpt_tos == [f"collega{number}@xn--bcher-kva.example"]
        assert mail["To"].addresses[0].display_name == name_of(number)
        assert marker(number) in mail.get_body(("plain",)).get_content()
        assert marker(number) in mail.get_body(("html",)).get_content()
        assert parsedate_to_datetime(mail["Date"]).tzinfo is not None


def test_a_night_in_which_the_server_goes_away_after_the_final_dot(
    opens: Callable[..., tuple[Any, str]],
    login: Any,
    server_login: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    office, url = opens("start", **server_login)
    monkeypatch.setenv("MAIL_PASSWORD", login["password"].reveal())
    (tmp_path / "identity.key").write_text("k" * 40)
    (tmp_path / "identity.key").chmod(0o600)
    people = [f"collega{n}@leer.example" for n in range(1, 7)]
    rows = [f"{one},Collega {n},worker,,winkel,nl,employee," for n, one in enumerate(people)]
    head = "identifier,name,roles,manager,unit,language,employment,working_days"
    (tmp_path / "people.csv").write_text("\n".join([head, *rows]) + "\n")
    (tmp_path / "leercultuur.toml").write_text(f"""
[organisation]
name = "De Korenaar"
identity_key = {{ file = "identity.key" }}
[privacy]
invitation = "opt-out"
[[directory]]
name = "people"
kind = "people-file"
path = "people.csv"
[[sink]]
name = "mail"
url = "{url}"
sender = "leren@korenaar.example"
user = "{login["user"]}"
password = {{ env = "MAIL_PASSWORD" }}
ca_file = "{login["ca_file"]}"
""")
    office.answers = {people[0]: "550 5.1.1 no such user", people[1]: "552 5.2.2 over quota"}
    morning = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)
    came: Counter[str] = Counter()
    with Engine.from_config(tmp_path / "leercultuur.toml", create=True) as engine:
        office.stage = "taken"
        first = engine.run(morning)
        assert not first.complete
        assert "the log of the mail server" in first.delivered.problems["mail"]
        office.stage = ""
        for hours in (1, 2):
            engine.run(morning + timedelta(hours=hours))
        status = engine.status(morning + timedelta(hours=3))
    came = Counter(envelope.rcpt_tos[0] for envelope in office.envelopes)
    assert set(came) == set(people[2:]), "the rest goes through"
    assert set(came.values()) == {1}, "nobody gets it twice"
    assert status.outbox == {"sent": 3, "uncertain": 1, "dead": 1, "failed": 1}
    assert len(status.uncertain) == 1

"""The contract suite of sinks, against a mail server in the place of a scripted one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import pytest

from leercultuur_core.testing import Inbox, SinkContract
from leercultuur_mail import MailSink


class TestMail(SinkContract):
    """Faults of HTTP do not reach it; those of SMTP are in test_mail_stages.py."""

    does_not_apply: ClassVar[Mapping[str, str]] = {
        "broken": "it speaks SMTP: test_mail_stages breaks it at each stage",
        "a_receipt_as_soon_as_it_is_known": "it makes no HTTP requests to count",
        "a_refused_recipient_stops_nobody_else": "it speaks SMTP: test_mail_live refuses one",
        "answer_cut_after_it_was_taken": "it speaks SMTP: test_mail_stages cuts after the final dot",
        "can_be_asked": "its promise is at_most_once",
        "twice_is_once": "its promise is at_most_once",
    }

    @pytest.fixture
    def opened(self, opens: Callable[..., tuple[Any, str]], server_login: Any) -> tuple[Any, str]:
        return opens("start", **server_login)

    @pytest.fixture
    def sink(
        self, opened: tuple[Any, str], make_sink: Callable[..., MailSink], login: Any
    ) -> MailSink:
        return make_sink(opened[1], **login)

    @pytest.fixture
    def inbox(self, opened: tuple[Any, str]) -> Inbox:
        office = opened[0]

        def arrived() -> list[str]:
            return [mail.get_body(("plain",)).get_content() for mail in office.mails]

        return Inbox(arrived)

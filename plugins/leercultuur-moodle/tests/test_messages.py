"""Messages, against the scripted Moodle."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from typing import Any, ClassVar

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from scripted_moodle import AGENT, LEA, LEO, LINA, LUC, TOKEN, ScriptedMoodle, recorded_error

from leercultuur_core import AccessDenied, ConfigError, Message, Receipt, SourceUnavailable
from leercultuur_core.extension import Secret, structure
from leercultuur_core.testing import Inbox, ScriptedServer, SinkContract
from leercultuur_core.testing.messages import marker, message
from leercultuur_core.testing.scripted import Scripted, Step, scripted
from leercultuur_moodle.messages import MoodleMessages, MoodleMessageSettings, Unanswered
from leercultuur_moodle.words import LARGEST, mark, message_html

SEND = "core_message_send_instant_messages"


def busy_site() -> ScriptedMoodle:
    """The recorded site, with the service user in a course with some more people."""
    site = ScriptedMoodle()
    site.enrol(2, AGENT)
    for number in range(101, 120):
        site.add_user(number, f"more{number}", f"Proefpersoon Nummer-{number - 100:04d}")
        site.enrol(2, number)
    return site


class TestMessages(SinkContract):
    """Messages are instant messages."""

    does_not_apply: ClassVar[Mapping[str, str]] = {"twice_is_once": "its promise is lookup"}

    def address(self, number: int) -> Mapping[str, str]:
        return {"moodle": str(100 + number)}

    @pytest.fixture
    def sink(self, scripted: ScriptedServer) -> MoodleMessages:
        return MoodleMessages(MoodleMessageSettings(scripted.url, Secret(TOKEN), rate=1000))

    @pytest.fixture
    def inbox(self) -> Inbox:
        site = busy_site()
        return Inbox(lambda: [one["text"] for one in site.messages], site.respond)


@pytest.fixture
def site() -> ScriptedMoodle:
    return busy_site()


@pytest.fixture
def server(site: ScriptedMoodle) -> Iterator[Scripted]:
    with scripted(site.respond) as running:
        yield running


@pytest.fixture
def sink(server: Scripted) -> MoodleMessages:
    return made(server)


def made(server: Scripted) -> MoodleMessages:
    return MoodleMessages(MoodleMessageSettings(server.url, Secret(TOKEN), rate=1000))


def to(user: int | str, number: int = 1) -> Message:
    return message(number, {"moodle": str(user)})


def calls(site: ScriptedMoodle) -> list[str]:
    return [name for name, _ in site.calls]


def receipt(sink: MoodleMessages, one: Message) -> tuple[str, str]:
    (found,) = sink.deliver([one])
    assert found.message == one.id
    return found.state, found.reason


def test_one_message_a_call(sink: MoodleMessages, site: ScriptedMoodle) -> None:
    found = list(sink.deliver([to(LEA, 1), to(LINA, 2)]))
    assert [one.state for one in found] == ["sent", "sent"]
    assert calls(site) == ["core_user_get_users_by_field", SEND, SEND]
    assert [one["useridto"] for one in site.messages] == [LEA, LINA]


def test_nothing_to_send_asks_nothing(sink: MoodleMessages, site: ScriptedMoodle) -> None:
    assert list(sink.deliver([])) == []
    assert site.calls == []


def test_blocked(sink: MoodleMessages, site: ScriptedMoodle) -> None:
    site.blocked.add(LEA)
    assert receipt(sink, to(LEA)) == ("refused", "blocked")
    assert site.messages == []


def test_contacts_only(sink: MoodleMessages, site: ScriptedMoodle) -> None:
    site.blocked.add(LEA)
    info = b'[{"id": 3, "canmessage": false, "canmessageevenifblocked": false, "requirescontact": true}]'
    site.misbehave = lambda function, _: (
        Step(200, info, {"Content-Type": "application/json"})
        if function == "core_message_get_member_info"
        else None
    )
    assert receipt(sink, to(LEA)) == ("refused", "contacts-only")


def test_no_shared_course_is_tried_again(sink: MoodleMessages, site: ScriptedMoodle) -> None:
    site.unenrol(2, AGENT)
    assert receipt(sink, to(LEA)) == ("failed", "no-shared-course")
    site.enrol(2, AGENT)
    assert receipt(sink, to(LEA)) == ("sent", "")


def test_unknown_user(sink: MoodleMessages, site: ScriptedMoodle) -> None:
    assert receipt(sink, to(999999)) == ("failed", "not-seen")
    assert SEND not in calls(site)


@pytest.mark.parametrize(
    "account", [{"suspended": True}, {"auth": "nologin"}, {"confirmed": False}]
)
def test_an_account_not_in_use_gets_nothing(
    sink: MoodleMessages, site: ScriptedMoodle, account: dict[str, Any]
) -> None:
    # Moodle itself delivers it (recorded: errors/suspended_learner_message).
    site.users[LEA].update(account)
    assert receipt(sink, to(LEA)) == ("refused", "suspended")
    assert site.messages == []


@pytest.mark.parametrize("address", ["", "0", "1", "sanne", "-3", "٣", "9" * 30])
def test_no_address(sink: MoodleMessages, site: ScriptedMoodle, address: str) -> None:
    site.users[1] = {**site.users[LEA], "id": 1, "username": "guest"}
    state, _ = receipt(sink, to(address))
    assert state != "sent"
    assert site.messages == []


def test_a_site_that_hides_suspension_gets_nothing(
    sink: MoodleMessages, site: ScriptedMoodle
) -> None:
    del site.users[LEA]["suspended"]
    with pytest.raises(AccessDenied, match="Suspended account"):
        list(sink.deliver([to(LEA)]))
    assert site.messages == []


def test_turned_down_and_no_reason_to_be_had(sink: MoodleMessages, site: ScriptedMoodle) -> None:
    site.blocked.add(LEA)
    site.misbehave = lambda function, _: (
        recorded_error("wrong_type") if function == "core_message_get_member_info" else None
    )
    assert receipt(sink, to(LEA)) == ("failed", "not-taken")


def test_messaging_off_keeps_them_for_later(sink: MoodleMessages, site: ScriptedMoodle) -> None:
    site.misbehave = lambda function, _: (
        recorded_error("messaging_off") if function == SEND else None
    )
    with pytest.raises(AccessDenied, match="messaging switched off"):
        list(sink.deliver([to(LEA)]))


@pytest.mark.parametrize("case", ["database_down", "maintenance_mode_cli"])
def test_an_unclear_answer_is_looked_for(
    sink: MoodleMessages, site: ScriptedMoodle, case: str
) -> None:
    """Whether Moodle took it before it broke nobody knows: not `SourceUnavailable`, after which the
    engine sends again without a look."""

    def taken(function: str, parameters: dict[str, Any]) -> Step | None:
        if function != SEND:
            return None
        site.caller = AGENT
        site._core_message_send_instant_messages(**parameters)
        return recorded_error(case)

    site.misbehave = taken
    with pytest.raises(Unanswered) as raised:
        list(sink.deliver([to(LEA)]))
    assert not isinstance(raised.value, SourceUnavailable)
    site.misbehave = lambda _, __: None
    assert sink.find(to(LEA)) == Receipt(to(LEA).id, "sent")
    assert len(site.messages) == 1


def test_found_when_read_and_when_not(sink: MoodleMessages, site: ScriptedMoodle) -> None:
    list(sink.deliver([to(LEA)]))
    for read in (None, 1795475999):
        site.messages[0]["timeread"] = read
        found = sink.find(to(LEA))
        assert found == Receipt(to(LEA).id, "sent")
        assert sink.find(to(LEA, 2)) is None
        assert sink.find(to(LINA)) is None


def test_whether_it_was_read_stays_with_the_learner(
    sink: MoodleMessages, site: ScriptedMoodle
) -> None:
    list(sink.deliver([to(LEA)]))
    before = sink.find(to(LEA))
    site.messages[0]["timeread"] = 1795475999
    assert sink.find(to(LEA)) == before


def test_check_needs_no_right_over_blocks(server: Scripted, site: ScriptedMoodle) -> None:
    site.enrol(3, AGENT)
    assert "moodle/site:messageanyuser" not in site.rights
    assert [one for one in made(server).check() if one.level == "problem"] == []
    site.remove_function("core_message_get_messages")
    (problem,) = [one for one in made(server).check() if one.level == "problem"]
    assert "core_message_get_messages" in problem.text
    assert site.messages == []


def test_channel_is_not_a_setting() -> None:
    given: dict[str, Any] = {"url": "https://moodle.example.org", "token": {"env": "TOKEN"}}
    made = structure(MoodleMessageSettings, given, environ={"TOKEN": "a-long-token"})
    assert made.channel == "moodle"
    with pytest.raises(ConfigError, match="channel"):
        structure(MoodleMessageSettings, {**given, "channel": "mail"}, environ={"TOKEN": "a-token"})


# -- the words -----------------------------------------------------------------------------------

SITE = "https://moodle.example.org"


class _Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def with_text(text: str, count: int = 1) -> Message:
    one = to(LEA)
    prompt = one.prompts[0]
    return evolve(
        one, prompts=tuple(evolve(prompt, text=text, occasion=n + 1) for n in range(count))
    )


def test_in_the_language_of_the_recipient() -> None:
    dutch, english = message(1, {}, "nl"), message(2, {}, "en")
    assert "Wie mag mij berichten sturen?" in message_html(dutch, SITE)
    assert "Who may send me messages?" in message_html(english, SITE)
    assert '<div lang="en">' in message_html(english, SITE)


def test_html_of_a_message() -> None:
    one = with_text("Hoi <b>Sanne</b> & co,\nfijn.\n\n**Kies één ding.** Vijf minuten.")
    links = {
        one.prompts[0].id: {"done": "https://a.example/x?a=1&b=2", "wrong": "javascript:alert(1)"}
    }
    html = message_html(evolve(one, links=links), SITE)
    assert html == (
        '<div lang="nl"><p>Hoi &lt;b&gt;Sanne&lt;/b&gt; &amp; co,<br>fijn.</p>'
        "<p><strong>Kies één ding.</strong> Vijf minuten.</p>"
        '<p><a href="https://a.example/x?a=1&amp;b=2">Gedaan</a></p></div>'
        f'<p><a href="https://moodle.example.org/message/edit.php#{mark(one)}">'
        "Wie mag mij berichten sturen?</a></p>"
    )


def test_the_way_to_stop_all_of_it() -> None:
    one = evolve(to(LEA), unsubscribe="https://a.example/stop?of=1&sig=2")
    expected = (
        '<a href="https://a.example/stop?of=1&amp;sig=2">Geen kleine stappen meer ontvangen</a>'
    )
    assert f"<p>{expected} · <a href=" in message_html(one, SITE)
    assert "stop" not in message_html(evolve(one, unsubscribe='javascript:stop("x")'), SITE)


def test_too_long_is_cut_after_a_paragraph() -> None:
    first = f"**{'Lees één bladzijde. ' * 20}**"
    one = with_text("\n\n".join([first, *("woord " * 60 for _ in range(20))]))
    html = message_html(one, SITE)
    assert 4096 - 500 < len(html.encode()) <= 4096
    assert first.strip("*").strip() in _Tags(html).text
    assert "De rest past niet in een bericht." in html
    assert re.search(r"woord </p></div>", html)
    assert mark(one) in html


def test_one_endless_paragraph_is_cut_after_a_word() -> None:
    html = message_html(with_text("**zuurdesem** " * 1000), SITE)
    assert len(html.encode()) <= LARGEST
    assert "zuurdesem…</p>" in html
    assert "**" not in html


TEXTS = st.text(st.characters(codec=None, exclude_categories=()), max_size=9000) | st.builds(
    lambda part, times: part * times, st.text(min_size=1, max_size=40), st.integers(1, 2000)
)
ADDRESSES = st.from_regex(r"\Ahttps://a\.example/[a-z&']{0,800}\Z")


@given(TEXTS, st.integers(1, 9), st.lists(ADDRESSES, min_size=4, max_size=4))
def test_any_text_fits_and_is_only_text(text: str, count: int, where: list[str]) -> None:
    one = with_text(text, count)
    answers = dict(zip(("done", "not_now", "not_for_me", "wrong"), where, strict=True))
    html = message_html(evolve(one, links={p.id: answers for p in one.prompts}), SITE)
    assert len(html.encode()) <= LARGEST
    assert "\x00" not in html
    found = _Tags(html)
    assert {tag for tag, _ in found.tags} <= {"div", "p", "a", "br", "strong"}
    assert {key for _, attributes in found.tags for key in attributes} <= {"lang", "href"}
    addresses = [attributes["href"] for tag, attributes in found.tags if tag == "a"]
    assert addresses[-1] == f"{SITE}/message/edit.php#{mark(one)}"
    assert set(addresses[:-1]) <= set(where)


def test_marks_differ_and_name_nobody() -> None:
    assert mark(to(LEA, 1)) == mark(to(LUC, 1)) != mark(to(LEO, 2))
    assert re.fullmatch(r"lc-[0-9a-f]{16}", mark(to(LEA)))
    assert marker(1) not in mark(to(LEA))

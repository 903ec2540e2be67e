"""Whether a prompt may go to somebody now: `decide`.

Too many messages make the good ones unread. So all that is sent to one human counts together, over
all channels and all their roles, and silence is an answer too. The numbers are `CareRules`. They are
judgement, informed by what is known of nudges: effects are small and fade when repeated (DellaVigna &
Linos 2022; HeartSteps, Klasnja et al. 2019), and whoever feels pushed stops reading.

**Days are days on the calendar of the organisation**: after a message on a Tuesday the next may go
on the Tuesday after, at any allowed hour, whether or not the clock changed in between. A message that
seems to lie in the future, because a clock went back, still counts.

What somebody answered steers what is offered next and is never evidence of a phase.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Literal

from attrs import Factory, field, frozen

from .care_hours import ClosedReason, Quiet, WorkingTime, closed, moment_of, next_window

Answer = Literal["done", "not_now", "not_for_me", "wrong"]
"""What a recipient can say about a prompt. *Wrong*: what was thought of their phase is not so."""

QUESTION = "question"
"""Stands for an intervention where the prompt is the phase question."""

Reason = Literal[
    "expired",
    "moved_on",
    "stopped",
    "question_first",
    "not_for_me",
    "done",
    "not_now",
    "same_again",
    "weekly",
    "too_many_open",
    "slower",
    "leave",
    "holiday",
    "not_working_day",
    "friday",
    "quiet_hours",
]
"""Why something was not sent. These codes are stored and never change their meaning."""

_WEEK = 7

_NO_MATTER = ("same_again", "done")
"""What does not hold the question back once somebody said that their phase is not so."""


@frozen
class CareRules:
    """How often somebody may be prompted. Days and weeks are those of the calendar.

    at_most_per_week
        Messages in any seven days, managers too, however many teams they have.
    open_at_most
        Messages that wait for an answer at the same time.
    same_again_after_days
        The same intervention is not sent again sooner than this.
    later_after_days
        After "not now" the same one may come back this much later, also within the days above:
        that is what was asked for.
    slower_after_ignored, slower_weeks
        After so many messages in a row without an answer, one in so many weeks.
    stop_after_ignored
        After so many none at all, until the person asks or answers.
    expires_after_days
        A prompt that could not be sent by then is dropped; a message without an answer by then
        counts as ignored and no longer as open.
    """

    at_most_per_week: int = 1
    open_at_most: int = 2
    same_again_after_days: int = 60
    later_after_days: int = 28
    slower_after_ignored: int = 2
    slower_weeks: int = 4
    stop_after_ignored: int = 4
    expires_after_days: int = 14
    quiet: Quiet = Factory(Quiet)


@frozen
class WaitingPrompt:
    """A prompt that could be sent.

    ``intervention`` is its id, or `QUESTION`; ``made`` is aware; ``own`` says it is about the
    recipient's own learning and not about a unit.
    """

    intervention: str
    episode: str
    made: datetime
    own: bool = True


@frozen
class SentPrompt:
    """A prompt in a message that went out, and what was answered. ``answered_at`` is aware."""

    intervention: str
    episode: str
    own: bool = True
    answer: Answer | None = None
    answered_at: datetime | None = field(default=None)

    @answered_at.validator
    def _both_or_neither(self, _: object, value: datetime | None) -> None:
        if (value is None) != (self.answer is None):
            raise ValueError("expected an answer with its moment, or neither")


@frozen
class SentMessage:
    """One message with its prompts. What may have been sent (``uncertain``) counts as sent."""

    at: datetime
    prompts: tuple[SentPrompt, ...]

    @property
    def answered(self) -> bool:
        """Whether any of its prompts was answered."""
        return any(prompt.answer for prompt in self.prompts)


@frozen
class History:
    """All that went to one human in any role, in any order, over any channel.

    asked_at
        When they last asked to be sent prompts (again).
    said_at
        When they last answered the phase question of their own accord.
    """

    messages: tuple[SentMessage, ...] = ()
    asked_at: datetime | None = None
    said_at: datetime | None = None

    @property
    def prompts(self) -> Iterable[tuple[SentMessage, SentPrompt]]:
        """Each prompt with the message it went in."""
        return ((message, prompt) for message in self.messages for prompt in message.prompts)


@frozen
class Send:
    """It may go now. Prompts to one person that may go at the same moment make one message."""


@frozen
class Hold:
    """Not now; it may go from ``until`` (aware), if nothing else is sent before.

    ``since`` is the day of the message or answer that is the reason, where there is one.
    """

    reason: Reason
    until: datetime
    since: date | None = None


@frozen
class Drop:
    """Not at all: it could not go before it expires, or should not. It is not saved up."""

    reason: Reason
    since: date | None = None


@frozen
class Block:
    """Why an intervention is not offered; ``until`` is the first day it may be, or ``None``."""

    reason: Literal["not_for_me", "done", "not_now", "same_again"]
    since: date
    until: date | None


def decide(
    prompt: WaitingPrompt,
    history: History,
    *,
    rules: CareRules,
    now: datetime,
    working: WorkingTime,
    episode: str,
) -> Send | Hold | Drop:
    """Whether ``prompt`` may go at ``now`` (aware) to the person with ``history``.

    ``episode`` is the one its subject is in now; when that is another the prompt is dropped. Of all
    that holds a prompt the one that lasts longest is the reason. What is held longer than the prompt
    would live is dropped for that same reason, so that nothing piles up.

    Decide again at the moment of sending, with all that was sent since: a yes is for that moment.
    """
    today = working.day(now)
    expires = working.day(prompt.made) + timedelta(days=rules.expires_after_days)
    if today >= expires:
        return Drop("expired")
    if prompt.episode != episode:
        return Drop("moved_on")
    ignored = _ignored(history, today, rules, working)
    if len(ignored) >= rules.stop_after_ignored:
        return Drop("stopped", max(ignored))
    doubted = question_first(history)
    if doubted and prompt.own and prompt.intervention != QUESTION:
        return Drop("question_first", working.day(doubted))
    blocks = blocked_interventions(history, now, rules=rules, working=working, episode=episode)
    block = blocks.get(prompt.intervention)
    if doubted and block and prompt.intervention == QUESTION and block.reason in _NO_MATTER:
        block = None
    holds = _caps(history, today, ignored, rules, working)
    if block is not None and block.until is None:
        return Drop(block.reason, block.since)
    if block is not None and block.until is not None:
        holds.append((block.until, block.reason, block.since))
    first, reason, since = max(holds, default=(today, None, None), key=lambda hold: hold[0])
    opens = next_window(max(now, moment_of(first, working)), working, rules.quiet)
    why: Reason | ClosedReason | None = reason or closed(now, working, rules.quiet)
    if why is None:
        return Send()
    if opens is None or working.day(opens) >= expires:
        return Drop(why, since)
    return Hold(why, opens, since)


def blocked_interventions(
    history: History, now: datetime, *, rules: CareRules, working: WorkingTime, episode: str
) -> dict[str, Block]:
    """Intervention → why it is not to be offered at ``now``; `QUESTION` for the phase question.

    *Not for me*: never again. *Done*: not again in this ``episode``. *Not now*: not for some weeks
    after that answer. Anything else: not for some weeks after it was sent. *Wrong* says nothing about
    the step: `question_first` does. By intervention, whichever unit it was about.
    """
    today = working.day(now)
    found: dict[str, Block] = {}
    for message, prompt in history.prompts:
        block = _block(message, prompt, rules, working, episode)
        if block.until is not None and block.until <= today:
            continue
        other = found.get(prompt.intervention)
        if other is None or _strictness(block) > _strictness(other):
            found[prompt.intervention] = block
    return found


def question_first(history: History) -> datetime | None:
    """When the person said that their phase is not as thought, if the question is still to follow.

    Not where they said that the question is nothing for them.
    """
    wrong: list[datetime] = []
    settled = [history.said_at] if history.said_at else []
    for message, prompt in history.prompts:
        if prompt.intervention == QUESTION:
            settled.append(message.at)
            if prompt.answer == "not_for_me":
                return None
        elif prompt.own and prompt.answer == "wrong" and prompt.answered_at:
            wrong.append(prompt.answered_at)
    if not wrong or (settled and max(settled) > max(wrong)):
        return None
    return max(wrong)


def _block(
    message: SentMessage,
    prompt: SentPrompt,
    rules: CareRules,
    working: WorkingTime,
    episode: str,
) -> Block:
    sent = working.day(message.at)
    answered = working.day(prompt.answered_at) if prompt.answered_at else sent
    if prompt.answer == "not_for_me":
        return Block("not_for_me", answered, None)
    if prompt.answer == "done" and prompt.episode == episode:
        return Block("done", answered, None)
    if prompt.answer == "not_now":
        return Block("not_now", answered, answered + timedelta(days=rules.later_after_days))
    return Block("same_again", sent, sent + timedelta(days=rules.same_again_after_days))


def _strictness(block: Block) -> tuple[bool, bool, date]:
    """What lasts longest is told, and of what lasts for good the person's own no."""
    return (block.until is None, block.reason == "not_for_me", block.until or block.since)


def _caps(
    history: History,
    today: date,
    ignored: list[date],
    rules: CareRules,
    working: WorkingTime,
) -> list[tuple[date, Reason, date | None]]:
    """The caps that hold today: the first day after each, its reason, the day it counts from."""
    sent = sorted((working.day(message.at) for message in history.messages), reverse=True)
    waiting = sorted(_unanswered(history, working), reverse=True)
    asked: list[tuple[list[date], int, int, Reason]] = [
        (sent, rules.at_most_per_week, _WEEK, "weekly"),
        (waiting, rules.open_at_most, rules.expires_after_days, "too_many_open"),
    ]
    if len(ignored) >= rules.slower_after_ignored:
        asked.append((sent, 1, _WEEK * rules.slower_weeks, "slower"))
    holds: list[tuple[date, Reason, date | None]] = []
    for days, most, length, reason in asked:
        if len(days) >= most:
            first = days[most - 1] + timedelta(days=length)
            if first > today:
                holds.append((first, reason, days[0]))
    return holds


def _ignored(history: History, today: date, rules: CareRules, working: WorkingTime) -> list[date]:
    """Days of the messages without an answer in time, since the person was last heard from."""
    heard = [prompt.answered_at for _, prompt in history.prompts if prompt.answered_at]
    heard += [moment for moment in (history.asked_at, history.said_at) if moment]
    late = timedelta(days=rules.expires_after_days)
    last = max(heard, default=None)
    return [day for day in _unanswered(history, working, since=last) if day + late <= today]


def _unanswered(
    history: History, working: WorkingTime, since: datetime | None = None
) -> list[date]:
    return [
        working.day(message.at)
        for message in history.messages
        if not message.answered and (since is None or message.at > since)
    ]

"""One xAPI statement to one activity: what is read of it, and how it is mapped.

Versions 1.0.3 and 2.0 (IEEE 9274.1.1) are read alike: they differ in fields that are not used
here. The table of the mapping is in the README.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from sys import intern
from typing import NamedTuple, TypeVar

import msgspec

from leercultuur_core import (
    DEFAULT_SOURCE,
    GENERAL,
    PHASE_QUESTION,
    PHASES,
    Activity,
    Retraction,
    content_digest,
    identity,
)
from leercultuur_core.extension import Record

from .fields import (
    Actor,
    ContextActivities,
    ContextActivity,
    ContextList,
    Definition,
    Object,
    Statement,
    Verb,
)
from .profile import PROFILE
from .reasons import UnusableStatement, describe, unusable
from .required import RequiredWords, required_words

VOIDED = "http://adlnet.gov/expapi/verbs/voided"
COURSES = frozenset(
    {
        "http://adlnet.gov/expapi/activities/course",
        "https://w3id.org/xapi/cmi5/activitytype/course",  # cmi5, and Moodle since logstore_xapi 4.8
        "http://id.tincanapi.com/activitytype/lms/course",  # Moodle before that
    }
)
"""Types of activity that are a course."""

_SHA1 = re.compile(r"[0-9a-f]{40}", re.IGNORECASE)
_PHASE_IDS = frozenset[str](PHASES)
_MANY = 50_000  # so many different parts of one kind are remembered, before it starts anew
_LONG = 1_000  # parts of more bytes are read again each time


class _Learners(NamedTuple):
    """Who did it: identities of one learner, of the others in a group, and where they come from."""

    identities: tuple[str, ...]
    group: tuple[tuple[str, ...], ...]
    source: str


class _Thing(NamedTuple):
    """What it was done with."""

    id: str
    type: str
    topic: str
    required: bool
    reference: bool


class _Place(NamedTuple):
    """Among which other activities it was done; ``own``: said by leercultuur itself."""

    types: tuple[str, ...]
    course: str
    required: bool
    own: bool


_T = TypeVar("_T")


class _Memory(dict[bytes, _T]):
    """What a part of a statement means, by its bytes; read when it is not known yet.

    People, verbs and objects come back thousands of times in one file.
    """

    def __init__(self, path: str, read: Callable[[bytes], _T]) -> None:
        super().__init__()
        self._path = path
        self._read = read

    def __missing__(self, raw: bytes) -> _T:
        try:
            meaning = self._read(raw)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise UnusableStatement(describe(error, raw, self._path)) from None
        if len(raw) <= _LONG:
            if len(self) >= _MANY:
                self.clear()
            self[raw] = meaning
        return meaning


class Mapper:
    """Maps the statements of one file; remembers the people, verbs and objects it has seen.

    ``labels`` collects canonical identifier → address of the mailboxes seen; take it and put an
    empty one in its place whenever a page is handed over.
    """

    def __init__(self, words: RequiredWords | None = None) -> None:
        self.labels: dict[str, str] = {}
        self._words = words or required_words()
        self._flagged = self._words.flagged
        self._statement = msgspec.json.Decoder(Statement).decode
        self._who = _Memory("actor", self._read_actor)
        self._verb = _Memory("verb", _read_verb)
        self._thing = _Memory("object", self._read_object)
        self._place = _Memory("context.contextActivities", self._read_place)
        self._actor_of = msgspec.json.Decoder(Actor | None).decode
        self._object_of = msgspec.json.Decoder(Object | None).decode
        self._activities_of = msgspec.json.Decoder(ContextActivities | None).decode

    def record(self, raw: bytes) -> Record | None:
        """The activity or retraction in ``raw``, one statement as JSON in UTF-8.

        ``None`` for a statement of this plugin's own profile: what leercultuur says of itself is no
        evidence of anything, not even that somebody uses a system.

        Raises `UnusableStatement` with the reason; nothing else, whatever the bytes.
        """
        try:
            statement = self._statement(raw)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise UnusableStatement(describe(error, raw)) from None
        identities, group, source = self._who[bytes(statement.actor)]
        verb = self._verb[bytes(statement.verb)]
        object_id, object_type, topic, required, reference = self._thing[bytes(statement.object)]
        statement_id = statement.id
        if statement_id is not None:
            if not _is_uuid(statement_id):
                raise unusable("id", "a UUID", "another text")
            statement_id = statement_id.lower()
        if verb == VOIDED:
            if not reference:
                raise unusable(
                    "object.objectType",
                    "StatementRef, as the statement voids another",
                    "something else",
                )
            return Retraction(id=object_id)

        stored_at = moment("stored", statement.stored) if statement.stored is not None else None
        if statement.timestamp is not None:
            occurred_at = moment("timestamp", statement.timestamp)
        elif stored_at is not None:
            occurred_at = stored_at
        else:
            raise unusable("timestamp", "a time with an offset", "nothing, and no stored time")

        types: tuple[str, ...] = ()
        context = statement.context
        if context is not None:
            if context.platform:
                source = intern(context.platform)
            if around := bytes(context.activities):
                types, course, by_category, own = self._place[around]
                if own:
                    return None
                required = required or by_category
                if course and topic == GENERAL:
                    topic = course
            if context.extensions:
                required = required or self._flagged(context.extensions)

        completion = success = score = answer = None
        result = statement.result
        if result is not None:
            completion, success = result.completion, result.success
            if result.score is not None:
                score = result.score.scaled
                if score is not None and not -1.0 <= score <= 1.0:
                    raise unusable("result.score.scaled", "a number from -1 to 1", "another number")
            # The only text that is kept: an answer chosen from a closed list.
            if object_id == PHASE_QUESTION and result.response in _PHASE_IDS:
                answer = result.response

        # By position: naming seventeen fields takes five times as long, and this runs by the million.
        activity = Activity(
            statement_id or "",
            identities,
            verb,
            occurred_at,
            source,
            0,  # revision
            object_id,
            object_type,
            topic,
            types,
            required,
            completion,
            success,
            score,
            answer,
            group,
            stored_at,
        )
        if statement_id is None:
            digest = content_digest(activity).hex()
            return msgspec.structs.replace(activity, id=f"xapi:{digest}")
        return activity

    # Who did it

    def _read_actor(self, raw: bytes) -> _Learners:
        actor = self._actor_of(raw) if raw else None
        if actor is None:
            raise unusable("actor", "an agent or a group", "nothing")
        if actor.kind is None or actor.kind == "Agent":
            identities = self._identities(actor, "actor")
            if not identities:
                raise unusable("actor", "an account, mbox, mbox_sha1sum or openid", "none of these")
            return _Learners(identities, (), _home(actor) or DEFAULT_SOURCE)
        if actor.kind != "Group":
            raise unusable("actor.objectType", "Agent or Group", "another text")
        members: dict[str, tuple[tuple[str, ...], str]] = {}
        for number, member in enumerate(actor.member or ()):
            if member.kind is not None and member.kind != "Agent":
                continue  # a group within a group is not in the standard; nobody can be counted
            identities = self._identities(member, f"actor.member[{number}]")
            if identities:
                # Someone listed twice is one member; of two lists of links the lowest, in any order.
                person = (identities, _home(member))
                members[identities[0]] = min(members.get(identities[0], person), person)
        if not members:
            raise unusable("actor.member", "at least one agent who can be identified", "none")
        (first, home), *others = (members[key] for key in sorted(members))
        group = tuple(identities for identities, _ in others)
        return _Learners(first, group, _home(actor) or home or DEFAULT_SOURCE)

    def _identities(self, agent: Actor, path: str) -> tuple[str, ...]:
        """Identities of an agent, the one that the ledger is kept by first; none when it has none."""
        found: list[str] = []
        if (account := agent.account) is not None:
            if not account.home_page or not account.name:
                missing = "name" if account.home_page else "homePage"
                raise unusable(f"{path}.account.{missing}", "a text", "nothing")
            found.append(identity.account(account.home_page, account.name))
        if agent.mbox:
            address = agent.mbox[7:] if agent.mbox[:7].lower() == "mailto:" else agent.mbox
            if "@" not in address:
                raise unusable(f"{path}.mbox", "mailto: and a mail address", "another text")
            found.append(mailbox := identity.mailbox(address))
            self.labels[mailbox] = address
        if agent.mbox_sha1sum:
            if _SHA1.fullmatch(agent.mbox_sha1sum) is None:
                raise unusable(f"{path}.mbox_sha1sum", "40 hexadecimal digits", "another text")
            found.append(identity.mail_hash(agent.mbox_sha1sum))
        if agent.openid:
            found.append(identity.openid(agent.openid))
        return tuple(dict.fromkeys(found))

    # What it was done with, and where

    def _read_object(self, raw: bytes) -> _Thing:
        thing = self._object_of(raw) if raw else None
        if thing is None:
            raise unusable("object", "an activity, agent, group or statement", "nothing")
        if thing.kind == "StatementRef":
            target = (thing.id or "").lower()
            if not _is_uuid(target):
                raise unusable(
                    "object.id", "the UUID of a statement", "another text" if target else "nothing"
                )
            return _Thing(target, thing.kind, GENERAL, required=False, reference=True)
        if thing.kind in {"Agent", "Group", "SubStatement"}:
            # A substatement is what somebody plans or could do: what it says itself does not count.
            return _Thing("", thing.kind or "", GENERAL, required=False, reference=False)
        if thing.kind not in {None, "Activity"}:
            kinds = "Activity, Agent, Group, StatementRef or SubStatement"
            raise unusable("object.objectType", kinds, "another text")
        if not thing.id:
            raise unusable("object.id", "an IRI", "nothing")
        about = thing.definition or Definition()
        type_ = intern(about.type or "")
        required = self._words.flagged(about.extensions) if about.extensions else False
        topic = thing.id if type_ in COURSES else GENERAL
        return _Thing(thing.id, type_, topic, required, reference=False)

    def _read_place(self, raw: bytes) -> _Place:
        around = self._activities_of(raw) or ContextActivities()
        category = _listed(around.category)
        ids = [activity.id for activity in category if activity.id]
        types = {activity.definition.type for activity in category if activity.definition}
        course = ""
        for relation in (around.parent, around.grouping):  # the parent is the nearer one
            courses = []
            for activity in _listed(relation):
                if activity.definition and activity.definition.type:
                    types.add(activity.definition.type)
                    if activity.definition.type in COURSES and activity.id:
                        courses.append(activity.id)
            course = course or min(courses, default="")
        found = sorted({*ids, *(type_ for type_ in types if type_)})
        return _Place(
            tuple(map(intern, found)),
            course,
            any(map(self._words.named, ids)),
            any(one.startswith(PROFILE) for one in ids),
        )


def _is_uuid(text: str) -> bool:
    """Whether ``text`` is a UUID as RFC 4122 writes it."""
    try:
        digits = bytes.fromhex(text.replace("-", ""))
    except ValueError:
        return False
    return len(digits) == 16 and len(text) == 36 and text[8:24:5] == "----"


def _read_verb(raw: bytes) -> str:
    verb = msgspec.json.decode(raw, type=Verb | None) if raw else None
    if verb is None or not verb.id:
        raise unusable("verb.id", "an IRI", "nothing")
    return intern(verb.id)


def _home(actor: Actor) -> str:
    return (actor.account.home_page or "") if actor.account is not None else ""


def _listed(activities: ContextList) -> list[ContextActivity]:
    if activities is None:
        return []
    return activities if isinstance(activities, list) else [activities]


def moment(path: str, text: str) -> datetime:
    """``text``, which stands at ``path``, as a time in UTC; an ISO 8601 time with an offset.

    Raises `UnusableStatement`.
    """
    try:
        found_at = datetime.fromisoformat(text)
    except ValueError:
        try:
            # RFC 3339 allows small letters, Python does not.
            found_at = datetime.fromisoformat(text.upper())
        except ValueError:
            found = "another text, or a moment that does not exist"
            raise unusable(path, "a time such as 2026-03-02T09:00:00Z", found) from None
    if found_at.tzinfo is UTC:
        return found_at
    if found_at.tzinfo is None:
        raise unusable(path, "a time with an offset", "one without; add Z or +01:00")
    try:
        return found_at.astimezone(UTC)
    except OverflowError:
        raise unusable(path, "a time in the years 1 to 9999", "one outside them") from None

"""The fields of an xAPI statement that are read, and their types.

Fields that are not used are there so that a wrong type in them is noticed; decoding into
`AnyObject` checks that and builds nothing. Other fields are skipped. All may be left out: what is
missing is noticed where it is needed.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

NOTHING = msgspec.Raw()
"""A part that is not there."""


class AnyObject(msgspec.Struct, gc=False):
    pass


class Account(msgspec.Struct, gc=False):
    home_page: str | None = msgspec.field(name="homePage", default=None)
    name: str | None = None


class Actor(msgspec.Struct, gc=False):
    kind: str | None = msgspec.field(name="objectType", default=None)
    name: str | None = None
    mbox: str | None = None
    mbox_sha1sum: str | None = None
    openid: str | None = None
    account: Account | None = None
    member: list[Actor] | None = None


class Verb(msgspec.Struct, gc=False):
    id: str | None = None
    display: AnyObject | None = None


class Definition(msgspec.Struct, gc=False):
    type: str | None = None
    name: AnyObject | None = None
    description: AnyObject | None = None
    extensions: dict[str, msgspec.Raw] | None = None


class Object(msgspec.Struct, gc=False):
    kind: str | None = msgspec.field(name="objectType", default=None)
    id: str | None = None
    definition: Definition | None = None


class Score(msgspec.Struct, gc=False):
    scaled: float | None = None
    raw: float | None = None
    min: float | None = None
    max: float | None = None


class Result(msgspec.Struct, gc=False):
    score: Score | None = None
    success: bool | None = None
    completion: bool | None = None
    response: str | None = None
    duration: str | None = None
    extensions: AnyObject | None = None


class Type(msgspec.Struct, gc=False):
    type: str | None = None


class ContextActivity(msgspec.Struct, gc=False):
    id: str | None = None
    definition: Type | None = None


# A single activity in place of a list is allowed up to 1.0.3.
ContextList: TypeAlias = list[ContextActivity] | ContextActivity | None


class ContextActivities(msgspec.Struct, gc=False):
    parent: ContextList = None
    grouping: ContextList = None
    category: ContextList = None
    other: ContextList = None


class Context(msgspec.Struct, gc=False):
    platform: str | None = None
    registration: str | None = None
    revision: str | None = None
    language: str | None = None
    instructor: AnyObject | None = None
    team: AnyObject | None = None
    statement: AnyObject | None = None
    activities: msgspec.Raw = msgspec.field(name="contextActivities", default=NOTHING)
    extensions: dict[str, msgspec.Raw] | None = None


class Statement(msgspec.Struct, gc=False):
    # The parts that come back in many statements stay as they are, and are read once each.
    actor: msgspec.Raw = NOTHING
    verb: msgspec.Raw = NOTHING
    object: msgspec.Raw = NOTHING
    id: str | None = None
    result: Result | None = None
    context: Context | None = None
    timestamp: str | None = None
    stored: str | None = None
    version: str | None = None
    authority: AnyObject | None = None
    attachments: list[AnyObject] | None = None

"""What others get to see of a record, for pages: their list, one record whole, its files. Each look at a
record is noted in its holder's audit, by the role of who looked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import field, frozen
from sqlalchemy import Connection

from . import evidence_files, store
from .base import Base
from .record import Record, Step
from .road import Actor, Deadline, RefusalCode, deadline, in_the_way, may_follow
from .standard import Standard
from .vraak import Hint, hints


@frozen
class Listed:
    """A record in the list of somebody who works on it. Nothing of its content is to be shown there.

    may
        The steps that they can take now.
    judged
        Whether they assessed it already, since it was last submitted or appealed.
    """

    record: Record
    standard: Standard | None
    deadline: Deadline | None
    may: tuple[Step, ...]
    judged: bool


@frozen
class View:
    """A record as somebody else than its holder sees it.

    name
        Of the holder, who put it before them.
    steps
        Each step there is from here → why they cannot take it, ``None`` where they can.
    judged
        As in `Listed`.
    roles
        The roles they have.
    """

    record: Record
    name: str = field(repr=False)
    standard: Standard | None
    hints: tuple[Hint, ...]
    deadline: Deadline | None
    steps: Mapping[Step, RefusalCode | None]
    judged: bool
    roles: frozenset[str]

    @property
    def may(self) -> tuple[Step, ...]:
        """The steps they can take now."""
        return tuple(step for step, refused in self.steps.items() if refused is None)


class Viewing(Base):
    """Records of others. Raises `KeyError` where there is none, `AccessDenied` where it was not shared."""

    def inbox(self, by: str, now: datetime) -> tuple[Listed, ...]:
        """The records of others that ``by`` may see: first those with a deadline, the nearest first. Not
        noted in anybody's audit, for nothing of their content is in it."""
        roles, people = self._roles(by), self._people()
        found = []
        with self.engine.database() as connection:
            for record in store.every(connection):
                if record.holder == by or not self._sees(connection, record, by, roles, now):
                    continue
                holder = people.get(record.holder)
                actor = Actor(by, roles, holder is not None and holder.manager == by)
                steps = self._steps(connection, record, actor, now)
                found.append(
                    Listed(
                        record,
                        self._standard(connection, record),
                        deadline(record, self.rules),
                        tuple(step for step, refused in steps.items() if refused is None),
                        _judged(record, by),
                    )
                )
        return tuple(sorted(found, key=_urgency))

    def view(self, record: str, by: str, now: datetime) -> View:
        """A record of somebody else, with what can be counted of it and what ``by`` can do. Noted."""
        with self.engine.database() as connection:
            found = self._load(connection, record)
            self._may_see(connection, found, by, now)
            standard = self._standard(connection, found)
            candidate = store.find_candidate(connection, found.holder)
            actor = self._actor(by, found.holder)
            steps = self._steps(connection, found, actor, now)
        person = self._people({found.holder}).get(found.holder)
        self._noted(found, by, "record", now)
        return View(
            found,
            candidate.name if candidate else person.name if person else "",
            standard,
            hints(found, now.date(), rubric=self.rubric, standard=standard),
            deadline(found, self.rules),
            steps,
            _judged(found, by),
            self._roles(by),
        )

    def view_file(self, record: str, digest: str, by: str, now: datetime) -> bytes:
        """The content of a file of a record. Noted. Raises `KeyError` for another digest too."""
        with self.engine.database() as connection:
            found = self._load(connection, record)
            self._may_see(connection, found, by, now)
            content = evidence_files.read(connection, record, digest)
        if content is None:
            raise KeyError(digest)
        self._noted(found, by, "record file", now)
        return content

    def _steps(
        self, connection: Connection, record: Record, actor: Actor, now: datetime
    ) -> dict[Step, RefusalCode | None]:
        """The steps that people take; writing along asks for a share besides the role."""
        steps: dict[Step, RefusalCode | None] = {
            step: in_the_way(record, step, actor, rules=self.rules)
            for step in may_follow(record.stage)
            if step != "expire"
        }
        if steps.get("document", "stage") is None and not self._lets(
            connection, record, actor.person, now
        ):
            steps["document"] = "role"
        return steps

    def _noted(self, record: Record, by: str, what: str, now: datetime) -> None:
        if by != record.holder:
            # By role: who judged is named to nobody without their yes.
            role = " ".join(sorted(self._roles(by) - {"worker"})) or "shared"
            self.engine.note_read(record.holder, what, now, by=role, detail=record.id)


def _judged(record: Record, by: str) -> bool:
    return any(entry.by == by for entry in record.judgements)


def _urgency(one: Listed) -> tuple[bool, float, str]:
    until = one.deadline.until if one.deadline is not None else None
    last = one.record.history[-1].at if one.record.history else None
    # Without a deadline the last that was worked on comes first.
    order = until.timestamp() if until else -last.timestamp() if last else 0.0
    return (until is None, order, one.record.id)


__all__ = ["Listed", "View", "Viewing"]

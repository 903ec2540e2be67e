"""Everything that is held of a person: to hand over, to erase, and to let go of in time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any
from uuid import uuid4

from sqlalchemy import inspect

from ..activity.activity import day_date
from ..activity.identity import mailbox
from .interned import all_shapes
from .pages import ID_TABLES
from .payload import unpack
from .rows import Rows, moment, seconds
from .schema import metadata
from .versions import changed

_SHORTEST = 3
"""Shorter texts are not looked for in rejects: they would be found everywhere."""


Also = Callable[[str], Mapping[str, int]]
"""Forgets a person (uuid) elsewhere in the same transaction; gives table → rows gone."""


class Erasure:
    """Export, erase and retention."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def others_tables(self) -> list[str]:
        """Tables in the database that the core did not make, sorted: those of plugins."""
        found = inspect(self._rows.connection).get_table_names()
        return sorted(set(found) - set(metadata.tables) - {"alembic_version"})

    def erase(
        self,
        uuid: str,
        *,
        at: datetime,
        strings: Iterable[str] = (),
        also: Also | None = None,
    ) -> dict[str, int]:
        """Forgets a person and bars their identities; gives table → rows gone. Empty where there
        is no such person.

        ``strings`` are what else they are known by (the identifier that was asked with): rejects
        that hold one of these, their name or an address go too. Rows of others stay as they are;
        where one names this person (audit, practice, a release), the name is taken out. ``also`` is
        called for what others keep of them. Follow with `Store.scrub`, or use `Store.erase_person`.
        """
        found = self._person(uuid)
        if found is None:
            return {}
        elsewhere = {} if also is None else also(uuid)
        self._rows.run(
            "INSERT INTO settings (name, value) VALUES ('to_scrub', '1') "
            "ON CONFLICT (name) DO NOTHING"
        )
        return {**self._forget(*found, at=at, strings=strings, bar=True), **elsewhere}

    def to_scrub(self) -> bool:
        """Whether somebody was erased and `Store.scrub` is still to be done."""
        return self._rows.first("SELECT 1 FROM settings WHERE name = 'to_scrub'") is not None

    def scrubbed(self) -> None:
        """That it is done."""
        self._rows.run("DELETE FROM settings WHERE name = 'to_scrub'")

    def _person(self, uuid: str) -> tuple[int, str] | None:
        number = self._rows.value("SELECT person FROM persons WHERE uuid = ?", uuid)
        return None if number is None else (int(number), uuid)

    def _forget(
        self, person: int, uuid: str, *, at: datetime, strings: Iterable[str], bar: bool
    ) -> dict[str, int]:
        rows = self._rows
        counts: dict[str, int] = {}

        def gone(table: str, where: str, values: Iterable[Any]) -> None:
            sql = f"DELETE FROM {table} WHERE {where}"  # noqa: S608
            counts[table] = counts.get(table, 0) + rows.each_among(sql, values)

        mine = self._identities(person)
        entries, ids, topics = self._entries(mine)
        gone("rejects", "reject IN (?)", self._rejects(person, strings))
        gone("log", "entry IN (?)", entries)
        shared: set[bytes] = set()
        for table in ID_TABLES:
            own = "entry IN (SELECT entry FROM dedupe WHERE identity IN (?))"
            gone(table, own, mine)
            found = rows.among(f"SELECT id_digest FROM {table} WHERE id_digest IN (?)", ids)  # noqa: S608
            shared.update(digest for (digest,) in found)
        gone("conflicts", "id_digest IN (?)", ids - shared)
        gone("dedupe", "entry IN (?)", entries)
        gone("ledger", "identity IN (?)", mine)
        for table in ("presence", "learner_state", "links", "suggested"):
            gone(table, "identity IN (?)", mine)
        gone("suggested", "other IN (?)", mine)
        gone(
            "receipts",
            "message_id IN (SELECT message_id FROM messages WHERE recipient IN (?))",
            [person],
        )
        gone("outbox", "recipient IN (?)", [person])
        gone("outbox", "subject_person IN (?)", [person])
        gone("messages", "recipient IN (?)", [person])
        for table in (
            "answers",
            "used_links",
            "consents",
            "estimates",
            "precondition_answers",
            "votes",
            "effect_arms",
        ):
            gone(table, "person IN (?)", [person])
        rows.run("UPDATE audit SET subject = NULL WHERE subject = ?", person)
        rows.run("UPDATE audit SET who = 'erased' WHERE who = ?", uuid)
        rows.run("UPDATE consents SET recorded_by = 'erased' WHERE recorded_by = ?", uuid)
        rows.run("UPDATE practice SET recorded_by = NULL WHERE recorded_by = ?", person)
        # A difference between two releases must go on counting them, as nobody in particular.
        rows.run("UPDATE contributors SET person = ? WHERE person = ?", str(uuid4()), uuid)
        if bar:
            for number in mine:
                rows.run(
                    "INSERT INTO do_not_ingest (digest, key_id, since) "
                    "SELECT digest, key_id, ? FROM identities WHERE identity = ? "
                    "ON CONFLICT (digest) DO NOTHING",
                    seconds(at),
                    number,
                )
        gone("persons", "person IN (?)", [person])
        changed(rows, "people")
        changed(rows, "forgotten")
        gone("identities", "identity IN (?)", mine)
        counts["facets"] = self._drop_topics(topics)
        return {table: count for table, count in counts.items() if count}

    def _identities(self, person: int) -> list[int]:
        """A person's identities, and those that are nobody's and were only seen beside them."""
        rows = self._rows
        mine = [n for (n,) in rows.all("SELECT identity FROM links WHERE person = ?", person)]
        beside = rows.among(
            "SELECT DISTINCT s.other FROM suggested s LEFT JOIN links l ON l.identity = s.other "
            "WHERE l.identity IS NULL AND s.identity IN (?)",
            mine,
        )
        alone = [
            other
            for (other,) in list(beside)
            if {n for (n,) in rows.all("SELECT identity FROM suggested WHERE other = ?", other)}
            <= set(mine)
        ]
        return sorted({*mine, *alone})

    def _entries(self, mine: Sequence[int]) -> tuple[list[int], set[bytes], set[str]]:
        """The entries of these identities, the digests of their ids, and their topics. Reads all
        entries: an index by identity would be touched all over every night, and an erase is rare.
        """
        rows = self._rows
        found = list(
            rows.among(
                "SELECT d.entry, f.topic FROM dedupe d "
                "JOIN facets f ON f.facet = d.facet WHERE d.identity IN (?)",
                mine,
            )
        )
        ids = {
            digest
            for table in ID_TABLES
            for (digest,) in rows.among(
                f"SELECT i.id_digest FROM {table} i JOIN dedupe d ON d.entry = i.entry "  # noqa: S608
                "WHERE d.identity IN (?)",
                mine,
            )
        }
        return [entry for entry, _ in found], ids, {topic for _, topic in found}

    def _rejects(self, person: int, strings: Iterable[str]) -> list[int]:
        """Rejects that hold the person's name, an address or its hash, or one of ``strings``. Of a
        canonical identifier among these all parts must be there: so it stands in a statement."""
        row = self._rows.first("SELECT name, addresses FROM persons WHERE person = ?", person)
        known = {*strings}
        if row is not None:
            known |= {row[0], *json.loads(row[1]).values()}
        known |= {mailbox(text).rpartition("|")[2] for text in known if "@" in text}
        sought = [
            [_forms(part) for part in parts]
            for parts in map(_parts, known)
            if len(parts[-1]) >= _SHORTEST
        ]
        return [
            number
            for number, place, reason, raw in self._rows.stream(
                "SELECT reject, place, reason, raw FROM rejects"
            )
            if any(
                all(any(form in hay for form in forms) for forms in parts)
                for hay in (raw.lower(), place.encode().lower(), reason.encode().lower())
                for parts in sought
            )
        ]

    def _drop_topics(self, topics: Iterable[str]) -> int:
        """Removes facets with these topics that nothing refers to any more: a topic may name the
        one who learned it."""
        candidates = {
            facet
            for (facet,) in self._rows.among("SELECT facet FROM facets WHERE topic IN (?)", topics)
        }
        used = {
            facet
            for (facet,) in self._rows.among(
                "SELECT DISTINCT facet FROM dedupe WHERE facet IN (?)", candidates
            )
        }
        return self._rows.each_among("DELETE FROM facets WHERE facet IN (?)", candidates - used)

    def keep_until(
        self,
        *,
        payload_from: int,
        ledger_from: int,
        rejects_from: datetime,
        at: datetime,
        also: Also | None = None,
    ) -> dict[str, int]:
        """Retention; gives table → rows gone.

        Lets go of payload of days before ``payload_from``, of ledger, entries and tombstones before
        ``ledger_from`` (day numbers; an activity of such a day that comes again is left out), of
        rejects before ``rejects_from``, and of people of whom nothing is left: only ever seen,
        or no longer in their directory since before ``ledger_from``. ``also`` is called for each of
        these people.
        """
        rows = self._rows
        ledger_from = max(ledger_from, self.ledger_from() or ledger_from)
        counts = {
            "log": rows.run(
                "DELETE FROM log WHERE entry IN (SELECT entry FROM dedupe WHERE day < ?)",
                max(payload_from, ledger_from),
            ),
            **self._old_ids(ledger_from),
            "dedupe": rows.run("DELETE FROM dedupe WHERE day < ?", ledger_from),
            "ledger": rows.run("DELETE FROM ledger WHERE day < ?", ledger_from),
            "tombstones": rows.run("DELETE FROM tombstones WHERE day < ?", ledger_from),
            "rejects": rows.run("DELETE FROM rejects WHERE at < ?", seconds(rejects_from)),
            "precondition_answers": rows.run(
                "DELETE FROM precondition_answers WHERE day < ?", ledger_from
            ),
            # Of a round that nobody ever closed.
            "votes": rows.run(
                "DELETE FROM votes WHERE at < ?",
                seconds(datetime.combine(day_date(ledger_from), time(), UTC)),
            ),
        }
        if counts["ledger"]:
            changed(rows, "ledger")
        rows.run(
            "INSERT INTO settings (name, value) VALUES ('ledger_from', ?) "
            "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            str(ledger_from),
        )
        idle = rows.all(
            "SELECT p.person, p.uuid FROM persons p WHERE "
            "((p.directory IS NULL AND p.since < ?) OR (p.active = 0 AND p.until < ?)) "
            "AND p.person NOT IN (SELECT l.person FROM links l JOIN "
            "(SELECT DISTINCT identity FROM ledger) k ON k.identity = l.identity)",
            ledger_from,
            ledger_from,
        )
        for person, uuid in idle:
            elsewhere = {} if also is None else also(uuid)
            gone = {**self._forget(person, uuid, at=at, strings=(), bar=False), **elsewhere}
            for table, count in gone.items():
                counts[table] = counts.get(table, 0) + count
        return {table: count for table, count in counts.items() if count}

    def _old_ids(self, ledger_from: int) -> dict[str, int]:
        """Lets go of the ids and conflicts of entries before a day; the entries go after them."""
        old = "entry IN (SELECT entry FROM dedupe WHERE day < ?)"
        counts = dict.fromkeys(("conflicts", *ID_TABLES), 0)
        for table in ID_TABLES:
            counts["conflicts"] += self._rows.run(
                f"DELETE FROM conflicts WHERE id_digest IN (SELECT id_digest FROM {table} WHERE {old})",  # noqa: S608
                ledger_from,
            )
            counts[table] = self._rows.run(f"DELETE FROM {table} WHERE {old}", ledger_from)  # noqa: S608
        return counts

    def ledger_from(self) -> int | None:
        """The first day that retention left in the ledger; ``None`` where it never ran."""
        value = self._rows.value("SELECT value FROM settings WHERE name = 'ledger_from'")
        return None if value is None else int(value)

    def export(self, uuid: str) -> dict[str, Any]:
        """Everything held of a person, as JSON can write it: lists of what each table has. Empty
        where there is no such person. Days and moments are ISO 8601 texts in UTC."""
        found = self._person(uuid)
        if found is None:
            return {}
        rows, (person, _) = self._rows, found
        mine = self._identities(person)
        numbers = [person]

        def table(columns: str, sql: str, values: Iterable[Any] = numbers) -> list[dict[str, Any]]:
            names = columns.split()
            return [
                dict(zip(names, map(_readable, names, row), strict=True))
                for row in rows.among(sql, values)
            ]

        shapes = all_shapes(rows)
        activities = []
        for day, kind, source, topic, payload in rows.among(
            "SELECT d.day, f.kind, f.source, f.topic, g.payload FROM dedupe d "
            "JOIN facets f ON f.facet = d.facet LEFT JOIN log g ON g.entry = d.entry "
            "WHERE d.identity IN (?) ORDER BY d.day, d.entry",
            mine,
        ):
            one = {"day": day_date(day).isoformat(), "kind": kind, "source": source, "topic": topic}
            if payload is not None:
                activity = unpack(payload, shapes, source=source, topic=topic)
                one |= {
                    "occurred_at": activity.occurred_at.isoformat(),
                    "verb": activity.verb,
                    "object_id": activity.object_id,
                    "object_type": activity.object_type,
                    "context_types": list(activity.context_types),
                    "required": activity.required,
                    "completion": activity.completion,
                    "success": activity.success,
                    "score": activity.score,
                    "answer": activity.answer,
                }
            activities.append(one)
        return {
            "person": table(
                "person directory name roles unit language employment working_days addresses away "
                "channels active since until",
                "SELECT uuid, directory, name, roles, unit, language, employment, working_days, "
                "addresses, away, channels, active, since, until FROM persons WHERE person IN (?)",
            )[0],
            "identities": table(
                "digest key_id origin linked",
                "SELECT i.digest, i.key_id, l.origin, l.since FROM identities i "
                "LEFT JOIN links l ON l.identity = i.identity WHERE i.identity IN (?)",
                mine,
            ),
            "activities": activities,
            "ledger": table(
                "day source topic kind count",
                "SELECT k.day, f.source, f.topic, f.kind, k.count FROM ledger k "
                "JOIN facets f ON f.facet = k.facet WHERE k.identity IN (?) ORDER BY k.day",
                mine,
            ),
            "presence": table(
                "source since until",
                "SELECT source, start, until FROM presence WHERE identity IN (?)",
                mine,
            ),
            "remembered_by_sources": table(
                "source_name value",
                "SELECT source_name, value FROM learner_state WHERE identity IN (?)",
                mine,
            ),
            "estimates": table(
                "day phase unaware selecting acting applying continuing episode cycles",
                "SELECT day, phase, unaware, selecting, acting, applying, continuing, episode, "
                "cycles FROM estimates WHERE person IN (?)",
            ),
            "prompts": table(
                "prompt_id layer intervention asks episode occasion sink language payload state "
                "reason created due updated",
                "SELECT prompt_id, layer, intervention, asks, episode, occasion, sink, language, "
                "payload, state, reason, created, due, updated FROM outbox "
                "WHERE recipient IN (?) ORDER BY created",
            ),
            "prompts_about_them": table(
                "prompt_id layer intervention episode payload state created",
                "SELECT prompt_id, layer, intervention, episode, payload, state, created "
                "FROM outbox WHERE recipient <> subject_person AND subject_person IN (?)",
            ),
            "receipts": table(
                "message_id state reason at sink",
                "SELECT r.message_id, r.state, r.reason, r.at, r.sink FROM receipts r "
                "JOIN messages m ON m.message_id = r.message_id WHERE m.recipient IN (?)",
            ),
            "answers": table(
                "prompt_id answer at",
                "SELECT prompt_id, answer, at FROM answers WHERE person IN (?)",
            ),
            "used_links": table(
                "about what at",
                "SELECT about, what, at FROM used_links WHERE person IN (?)",
            ),
            "precondition_answers": table(
                "item value day",
                "SELECT item, value, day FROM precondition_answers WHERE person IN (?)",
            ),
            "votes": table(
                "unit choice at",
                "SELECT r.unit, v.choice, v.at FROM votes v "
                "JOIN vote_rounds r ON r.round = v.round WHERE v.person IN (?)",
            ),
            "effect_arms": table(
                "stratum arm day",
                "SELECT stratum, arm, day FROM effect_arms WHERE person IN (?)",
            ),
            "consents": table(
                "purpose given at recorded_by",
                "SELECT purpose, given, at, recorded_by FROM consents WHERE person IN (?)",
            ),
            "releases": table(
                "unit purpose quarter",
                "SELECT r.unit, r.purpose, r.quarter FROM contributors c "
                "JOIN releases r ON r.release = c.release WHERE c.person IN (?)",
                [uuid],
            ),
            "read_by": table(
                "at who what detail",
                "SELECT at, who, what, detail FROM audit WHERE subject IN (?)",
            ),
            "rejects": table(
                "place line reason raw at",
                "SELECT place, line, reason, raw, at FROM rejects WHERE reject IN (?)",
                self._rejects(person, ()),
            ),
        }


def _parts(known: str) -> list[str]:
    """What of a canonical identifier stands in a statement, or the text itself."""
    scheme, *parts = known.split("|", 2)
    return [part for part in parts if part] or [scheme]


def _forms(text: str) -> tuple[bytes, bytes]:
    """A text as bytes, plain and as JSON may write it, in lower case."""
    return (text.encode().lower(), json.dumps(text)[1:-1].encode().lower())


_DAYS = frozenset({"day", "since", "until", "linked"})
_MOMENTS = frozenset({"at", "created", "due", "updated"})
_JSON = frozenset({"payload", "addresses", "working_days", "away", "channels"})
_BOOLEANS = frozenset({"given", "active"})


def _readable(name: str, value: Any) -> Any:
    """A value of column ``name`` as somebody reads it."""
    if value is None:
        return None
    if name in _DAYS:
        return day_date(value).isoformat()
    if name in _MOMENTS:
        return moment(value).isoformat()
    if name in _JSON:
        return json.loads(value)
    if name in _BOOLEANS:
        return bool(value)
    if isinstance(value, bytes):
        return value.hex() if name == "digest" else value.decode("utf-8", "replace")
    return value

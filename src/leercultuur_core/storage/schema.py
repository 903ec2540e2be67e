"""The tables of a store. A tenant is a store, so no table has a tenant column.

Days are day numbers (days since 1970-01-01, UTC), moments whole seconds since 1970. Digests are
16 bytes. Tables that grow with every activity hold integers and digests only; texts stand once in
``facets``, ``shapes`` and ``rulesets``. Those tables have no foreign keys either: checking them
would cost more than the insert.

Why these keys: activity ids are random, so a night's ids are spread over every index on them, and
each touched page is written. Tonight's therefore go to a small table of their own (``recent_ids``),
which is moved to the large one (``ids``) once in many nights, in order; all else is appended to in
the order of time.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

VERSION = "0005"
"""The version of the schema this program reads and writes; that of the last migration."""

metadata = MetaData()

# SQLite numbers rows itself only in a column of type INTEGER.
_Number = BigInteger().with_variant(Integer(), "sqlite")


# By code point, as SQLite compares, and never by a locale of the system: when that is upgraded,
# indexes by it are wrong.
_Text = Text().with_variant(Text(collation="C"), "postgresql")


def _key(name: str) -> Column[int]:
    return Column(name, _Number, primary_key=True, autoincrement=True)


def _text(
    name: str,
    *,
    null: bool = False,
    key: bool = False,
    unique: bool = False,
    default: str | None = None,
) -> Column[str]:
    return Column(
        name, _Text, nullable=null, primary_key=key, unique=unique, server_default=default
    )


def _number(name: str, *, null: bool = False, key: bool = False) -> Column[int]:
    return Column(name, _Number, nullable=null, primary_key=key, autoincrement=False)


def _digest(name: str, *, key: bool = False, unique: bool = False) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=False, primary_key=key, unique=unique)


def _person(name: str = "person", *, null: bool = False, key: bool = False) -> Column[int]:
    target = ForeignKey("persons.person")
    return Column(name, _Number, target, nullable=null, primary_key=key, autoincrement=False)


# Numbers of erased people are never given out again, hence sqlite_autoincrement.
identities = Table(
    "identities",
    metadata,
    _key("identity"),
    _digest("digest", unique=True),
    _text("key_id"),
    sqlite_autoincrement=True,
)
persons = Table(
    "persons",
    metadata,
    _key("person"),
    _text("uuid", unique=True),
    _text("directory", null=True),  # which directory knows them; none: only seen
    _text("name"),
    _text("roles"),
    _number("manager", null=True),  # no foreign key: an erase changes no other row
    _text("unit"),
    _text("language", null=True),
    _text("employment"),
    _text("working_days", null=True),
    _text("addresses"),
    _number("active"),
    _number("since"),
    _number("until", null=True),
    _text("away", default="[]"),  # first and last day of each absence
    _text("channels", default="[]"),  # how they want messages, their own choice, first choice first
    sqlite_autoincrement=True,
)
links = Table(
    "links",
    metadata,
    Column(
        "identity",
        _Number,
        ForeignKey("identities.identity"),
        primary_key=True,
        autoincrement=False,
    ),
    _person(),
    _text("origin"),  # seen, directory, manual
    _number("since"),
    Index("links_person", "person"),
)
suggested = Table("suggested", metadata, _number("identity", key=True), _number("other", key=True))
do_not_ingest = Table(
    "do_not_ingest", metadata, _digest("digest", key=True), _text("key_id"), _number("since")
)
identity_keys = Table("identity_keys", metadata, _text("key_id", key=True), _number("since"))
settings = Table("settings", metadata, _text("name", key=True), _text("value"))

facets = Table(
    "facets",
    metadata,
    _key("facet"),
    _text("source"),
    _text("topic"),
    _text("kind"),
    Index("facets_once", "source", "topic", "kind", unique=True).ddl_if(dialect="sqlite"),
    # An entry of PostgreSQL's ordinary indexes is at most a third of a page, and a topic may be
    # any text.
    Index("facets_topic", "topic", postgresql_using="hash").ddl_if(dialect="postgresql"),
)
shapes = Table(
    "shapes",
    metadata,
    _key("shape"),
    _text("verb"),
    _text("object_type"),
    _text("context_types"),
    _number("required"),
    Index("shapes_once", "verb", "object_type", "context_types", "required", unique=True).ddl_if(
        dialect="sqlite"
    ),
    Index("shapes_verb", "verb", postgresql_using="hash").ddl_if(dialect="postgresql"),
)
rulesets = Table("rulesets", metadata, _key("ruleset"), _text("version", unique=True))

dedupe = Table(
    "dedupe",
    metadata,
    _number("entry", key=True),
    _number("identity"),
    _number("facet"),
    _number("day"),
    _number("revision"),
    _digest("content"),
    _number("ruleset"),
)
# An activity has an entry for each member of its group. Both tables together are the index.
ids = Table(
    "ids",
    metadata,
    _digest("id_digest", key=True),
    _number("entry", key=True),
    sqlite_with_rowid=False,
)
recent_ids = Table(
    "recent_ids",
    metadata,
    _digest("id_digest", key=True),
    _number("entry", key=True),
    sqlite_with_rowid=False,
)
log = Table(
    "log", metadata, _number("entry", key=True), Column("payload", LargeBinary, nullable=False)
)
tombstones = Table(
    "tombstones",
    metadata,
    _digest("id_digest", key=True),
    _number("revision"),
    _number("day"),  # on which it came
    sqlite_with_rowid=False,
)
conflicts = Table("conflicts", metadata, _digest("id_digest", key=True), sqlite_with_rowid=False)
ledger = Table(
    "ledger",
    metadata,
    _number("day", key=True),  # first, so that a night adds to the end
    _number("identity", key=True),
    _number("facet", key=True),
    _number("count"),
    sqlite_with_rowid=False,
)
sightings = Table(
    "sightings",
    metadata,
    _text("source", key=True),
    _text("kind", key=True),
    _number("day", key=True),
    _number("count"),
    sqlite_with_rowid=False,
)

declared = Table(
    "declared",
    metadata,
    _text("source_name", key=True),
    _text("source", key=True),
    _text("kind", key=True),
    _number("start", key=True),
    _number("until", null=True),
)
presence = Table(
    "presence",
    metadata,
    _number("identity", key=True),
    _text("source", key=True),
    _number("start", key=True),
    _number("until", null=True),
)
source_state = Table(
    "source_state",
    metadata,
    _text("source_name", key=True),
    _text("mark", null=True),
    _number("updated"),
)
learner_state = Table(
    "learner_state",
    metadata,
    _text("source_name", key=True),
    _number("identity", key=True),
    _text("value"),
)
rejects = Table(
    "rejects",
    metadata,
    _key("reject"),
    _text("source_name"),
    _text("place"),
    _number("line", null=True),
    _text("reason"),
    Column("raw", LargeBinary, nullable=False),
    _number("at"),
)
runs = Table(
    "runs",
    metadata,
    _key("run"),
    _text("verb"),
    _number("started"),
    _number("ended", null=True),
    _text("outcome", null=True),
    _text("counts"),
)

practice = Table(
    "practice",
    metadata,
    _text("unit", key=True),
    _text("intervention", key=True),
    _text("state"),
    _number("since"),
    _person("recorded_by", null=True),
)
estimates = Table(
    "estimates",
    metadata,
    _person(key=True),
    _number("previous", key=True),  # 0 the latest, 1 the one before
    _number("day"),
    _text("phase"),
    _number("unaware"),
    _number("selecting"),
    _number("acting"),
    _number("applying"),
    _number("continuing"),
    _text("episode"),
    _number("cycles"),
)
outbox = Table(
    "outbox",
    metadata,
    _text("prompt_id", key=True),
    _text("message_id", null=True),
    _person("recipient"),
    _person("subject_person", null=True),
    _text("subject"),
    _text("layer"),
    _text("intervention"),
    _text("episode"),
    _number("occasion"),
    _text("sink"),
    _text("language"),
    _text("payload"),
    _text("state"),
    _text("reason"),
    _number("created"),
    _number("due"),
    _number("updated"),
    _text("asks", default="step"),  # step, question, invitation
    Index("outbox_state", "state"),
    # All that care looks at: a night reads years of it, and must not read years of texts.
    Index(
        "outbox_past",
        "recipient",
        "created",
        "prompt_id",
        "message_id",
        "subject_person",
        "subject",
        "layer",
        "intervention",
        "asks",
        "episode",
        "state",
        "due",
    ),
    Index("outbox_message", "message_id"),
)
messages = Table(
    "messages",
    metadata,
    _text("message_id", key=True),
    _person("recipient"),
    _text("sink"),
    _text("state"),
    _text("reason"),
    _number("attempts"),
    _number("created"),
    _number("updated"),
    Index("messages_state", "state"),
    Index("messages_recipient", "recipient"),
)
receipts = Table(
    "receipts",
    metadata,
    _key("receipt"),
    Column("message_id", _Text, ForeignKey("messages.message_id"), nullable=False),
    _text("state"),
    _text("reason"),
    _number("at"),
    _text("sink", default=""),
    Index("receipts_message", "message_id"),
)
answers = Table(
    "answers",
    metadata,
    _key("answer_id"),
    _text("prompt_id"),
    _person(),
    _text("answer"),
    _number("at"),
    Index("answers_person", "person"),
)
# By what a link does and not by its token: one that was signed anew does nothing a second time.
used_links = Table(
    "used_links",
    metadata,
    _text("about", key=True),  # a prompt; for unsubscribing a message
    _text("what", key=True),  # an answer, or unsubscribe
    _person(),
    _number("at"),
    Index("used_links_person", "person"),
)

precondition_answers = Table(
    "precondition_answers",
    metadata,
    _person(key=True),
    _text("item", key=True),
    _number("value"),
    _number("day"),
)
vote_rounds = Table(
    "vote_rounds",
    metadata,
    _key("round"),
    _text("unit"),
    _text("options"),
    _number("opened"),
    _number("closed", null=True),
)
votes = Table(
    "votes",
    metadata,
    Column(
        "round", _Number, ForeignKey("vote_rounds.round"), primary_key=True, autoincrement=False
    ),
    _person(key=True),
    _text("choice"),
    _number("at"),
    Index("votes_person", "person"),
)

effect_studies = Table(
    "effect_studies",
    metadata,
    _key("study"),
    _text("plan"),
    _text("digest"),
    _number("written"),
    _number("started", null=True),
    _text("figures", null=True),
)
# Only while a study runs.
effect_arms = Table(
    "effect_arms",
    metadata,
    Column(
        "study", _Number, ForeignKey("effect_studies.study"), primary_key=True, autoincrement=False
    ),
    _person(key=True),
    _number("block"),
    _text("arm"),
    _text("stratum"),
    _number("day"),
    _number("at"),
    Index("effect_arms_person", "person"),
)

consents = Table(
    "consents",
    metadata,
    _key("consent"),
    _person(),
    _text("purpose"),
    _number("given"),
    _number("at"),
    _text("recorded_by"),
    Index("consents_person", "person", "purpose"),
)
releases = Table(
    "releases",
    metadata,
    _key("release"),
    _text("unit"),
    _text("purpose"),
    _text("quarter"),
    _text("payload"),
    _number("made"),
    Index("releases_once", "unit", "purpose", "quarter", unique=True),
)
# A person's uuid, or after an erase a random one in its place: the difference rule needs the count.
contributors = Table(
    "contributors",
    metadata,
    Column(
        "release",
        _Number,
        ForeignKey("releases.release"),
        primary_key=True,
        autoincrement=False,
    ),
    _text("person", key=True),
)
audit = Table(
    "audit",
    metadata,
    _key("entry"),
    _number("at"),
    _text("who"),
    _text("what"),
    _person("subject", null=True),
    _text("detail"),
)

"""The first schema. A migration that was released is never changed; write the next one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Makes every table."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    op.create_table(
        "conflicts",
        sa.Column("id_digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id_digest"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "declared",
        sa.Column("source_name", _text, nullable=False),
        sa.Column("source", _text, nullable=False),
        sa.Column("kind", _text, nullable=False),
        sa.Column("start", _number, nullable=False),
        sa.Column("until", _number, nullable=True),
        sa.PrimaryKeyConstraint("source_name", "source", "kind", "start"),
    )
    op.create_table(
        "dedupe",
        sa.Column("entry", _number, nullable=False),
        sa.Column("identity", _number, nullable=False),
        sa.Column("facet", _number, nullable=False),
        sa.Column("day", _number, nullable=False),
        sa.Column("revision", _number, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("ruleset", _number, nullable=False),
        sa.PrimaryKeyConstraint("entry"),
    )
    op.create_table(
        "do_not_ingest",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", _text, nullable=False),
        sa.Column("since", _number, nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "facets",
        sa.Column("facet", _number, nullable=False),
        sa.Column("source", _text, nullable=False),
        sa.Column("topic", _text, nullable=False),
        sa.Column("kind", _text, nullable=False),
        sa.PrimaryKeyConstraint("facet"),
    )
    if postgresql:
        op.create_index("facets_topic", "facets", ["topic"], postgresql_using="hash")
    else:
        op.create_index("facets_once", "facets", ["source", "topic", "kind"], unique=True)
    op.create_table(
        "identities",
        sa.Column("identity", _number, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", _text, nullable=False),
        sa.PrimaryKeyConstraint("identity"),
        sa.UniqueConstraint("digest"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "identity_keys",
        sa.Column("key_id", _text, nullable=False),
        sa.Column("since", _number, nullable=False),
        sa.PrimaryKeyConstraint("key_id"),
    )
    op.create_table(
        "ids",
        sa.Column("id_digest", sa.LargeBinary(), nullable=False),
        sa.Column("entry", _number, nullable=False),
        sa.PrimaryKeyConstraint("id_digest", "entry"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "learner_state",
        sa.Column("source_name", _text, nullable=False),
        sa.Column("identity", _number, nullable=False),
        sa.Column("value", _text, nullable=False),
        sa.PrimaryKeyConstraint("source_name", "identity"),
    )
    op.create_table(
        "ledger",
        sa.Column("day", _number, nullable=False),
        sa.Column("identity", _number, nullable=False),
        sa.Column("facet", _number, nullable=False),
        sa.Column("count", _number, nullable=False),
        sa.PrimaryKeyConstraint("day", "identity", "facet"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "log",
        sa.Column("entry", _number, nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("entry"),
    )
    op.create_table(
        "persons",
        sa.Column("person", _number, nullable=False),
        sa.Column("uuid", _text, nullable=False),
        sa.Column("directory", _text, nullable=True),
        sa.Column("name", _text, nullable=False),
        sa.Column("roles", _text, nullable=False),
        sa.Column("manager", _number, nullable=True),
        sa.Column("unit", _text, nullable=False),
        sa.Column("language", _text, nullable=True),
        sa.Column("employment", _text, nullable=False),
        sa.Column("working_days", _text, nullable=True),
        sa.Column("addresses", _text, nullable=False),
        sa.Column("active", _number, nullable=False),
        sa.Column("since", _number, nullable=False),
        sa.Column("until", _number, nullable=True),
        sa.PrimaryKeyConstraint("person"),
        sa.UniqueConstraint("uuid"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "presence",
        sa.Column("identity", _number, nullable=False),
        sa.Column("source", _text, nullable=False),
        sa.Column("start", _number, nullable=False),
        sa.Column("until", _number, nullable=True),
        sa.PrimaryKeyConstraint("identity", "source", "start"),
    )
    op.create_table(
        "recent_ids",
        sa.Column("id_digest", sa.LargeBinary(), nullable=False),
        sa.Column("entry", _number, nullable=False),
        sa.PrimaryKeyConstraint("id_digest", "entry"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rejects",
        sa.Column("reject", _number, nullable=False),
        sa.Column("source_name", _text, nullable=False),
        sa.Column("place", _text, nullable=False),
        sa.Column("line", _number, nullable=True),
        sa.Column("reason", _text, nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("at", _number, nullable=False),
        sa.PrimaryKeyConstraint("reject"),
    )
    op.create_table(
        "releases",
        sa.Column("release", _number, nullable=False),
        sa.Column("unit", _text, nullable=False),
        sa.Column("purpose", _text, nullable=False),
        sa.Column("quarter", _text, nullable=False),
        sa.Column("payload", _text, nullable=False),
        sa.Column("made", _number, nullable=False),
        sa.PrimaryKeyConstraint("release"),
    )
    op.create_index("releases_once", "releases", ["unit", "purpose", "quarter"], unique=True)
    op.create_table(
        "rulesets",
        sa.Column("ruleset", _number, nullable=False),
        sa.Column("version", _text, nullable=False),
        sa.PrimaryKeyConstraint("ruleset"),
        sa.UniqueConstraint("version"),
    )
    op.create_table(
        "runs",
        sa.Column("run", _number, nullable=False),
        sa.Column("verb", _text, nullable=False),
        sa.Column("started", _number, nullable=False),
        sa.Column("ended", _number, nullable=True),
        sa.Column("outcome", _text, nullable=True),
        sa.Column("counts", _text, nullable=False),
        sa.PrimaryKeyConstraint("run"),
    )
    op.create_table(
        "settings",
        sa.Column("name", _text, nullable=False),
        sa.Column("value", _text, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "shapes",
        sa.Column("shape", _number, nullable=False),
        sa.Column("verb", _text, nullable=False),
        sa.Column("object_type", _text, nullable=False),
        sa.Column("context_types", _text, nullable=False),
        sa.Column("required", _number, nullable=False),
        sa.PrimaryKeyConstraint("shape"),
    )
    if postgresql:
        op.create_index("shapes_verb", "shapes", ["verb"], postgresql_using="hash")
    else:
        op.create_index(
            "shapes_once",
            "shapes",
            ["verb", "object_type", "context_types", "required"],
            unique=True,
        )
    op.create_table(
        "sightings",
        sa.Column("source", _text, nullable=False),
        sa.Column("kind", _text, nullable=False),
        sa.Column("day", _number, nullable=False),
        sa.Column("count", _number, nullable=False),
        sa.PrimaryKeyConstraint("source", "kind", "day"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "source_state",
        sa.Column("source_name", _text, nullable=False),
        sa.Column("mark", _text, nullable=True),
        sa.Column("updated", _number, nullable=False),
        sa.PrimaryKeyConstraint("source_name"),
    )
    op.create_table(
        "suggested",
        sa.Column("identity", _number, nullable=False),
        sa.Column("other", _number, nullable=False),
        sa.PrimaryKeyConstraint("identity", "other"),
    )
    op.create_table(
        "tombstones",
        sa.Column("id_digest", sa.LargeBinary(), nullable=False),
        sa.Column("revision", _number, nullable=False),
        sa.Column("day", _number, nullable=False),
        sa.PrimaryKeyConstraint("id_digest"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "answers",
        sa.Column("answer_id", _number, nullable=False),
        sa.Column("prompt_id", _text, nullable=False),
        sa.Column("person", _number, nullable=False),
        sa.Column("answer", _text, nullable=False),
        sa.Column("at", _number, nullable=False),
        sa.ForeignKeyConstraint(
            ["person"],
            ["persons.person"],
        ),
        sa.PrimaryKeyConstraint("answer_id"),
    )
    op.create_index("answers_person", "answers", ["person"], unique=False)
    op.create_table(
        "audit",
        sa.Column("entry", _number, nullable=False),
        sa.Column("at", _number, nullable=False),
        sa.Column("who", _text, nullable=False),
        sa.Column("what", _text, nullable=False),
        sa.Column("subject", _number, nullable=True),
        sa.Column("detail", _text, nullable=False),
        sa.ForeignKeyConstraint(
            ["subject"],
            ["persons.person"],
        ),
        sa.PrimaryKeyConstraint("entry"),
    )
    op.create_table(
        "consents",
        sa.Column("consent", _number, nullable=False),
        sa.Column("person", _number, nullable=False),
        sa.Column("purpose", _text, nullable=False),
        sa.Column("given", _number, nullable=False),
        sa.Column("at", _number, nullable=False),
        sa.Column("recorded_by", _text, nullable=False),
        sa.ForeignKeyConstraint(
            ["person"],
            ["persons.person"],
        ),
        sa.PrimaryKeyConstraint("consent"),
    )
    op.create_index("consents_person", "consents", ["person", "purpose"], unique=False)
    op.create_table(
        "contributors",
        sa.Column("release", _number, nullable=False),
        sa.Column("person", _text, nullable=False),
        sa.ForeignKeyConstraint(
            ["release"],
            ["releases.release"],
        ),
        sa.PrimaryKeyConstraint("release", "person"),
    )
    op.create_table(
        "estimates",
        sa.Column("person", _number, nullable=False),
        sa.Column("previous", _number, nullable=False),
        sa.Column("day", _number, nullable=False),
        sa.Column("phase", _text, nullable=False),
        sa.Column("unaware", _number, nullable=False),
        sa.Column("selecting", _number, nullable=False),
        sa.Column("acting", _number, nullable=False),
        sa.Column("applying", _number, nullable=False),
        sa.Column("continuing", _number, nullable=False),
        sa.Column("episode", _text, nullable=False),
        sa.Column("cycles", _number, nullable=False),
        sa.ForeignKeyConstraint(
            ["person"],
            ["persons.person"],
        ),
        sa.PrimaryKeyConstraint("person", "previous"),
    )
    op.create_table(
        "links",
        sa.Column("identity", _number, nullable=False),
        sa.Column("person", _number, nullable=False),
        sa.Column("origin", _text, nullable=False),
        sa.Column("since", _number, nullable=False),
        sa.ForeignKeyConstraint(
            ["identity"],
            ["identities.identity"],
        ),
        sa.ForeignKeyConstraint(
            ["person"],
            ["persons.person"],
        ),
        sa.PrimaryKeyConstraint("identity"),
    )
    op.create_index("links_person", "links", ["person"], unique=False)
    op.create_table(
        "messages",
        sa.Column("message_id", _text, nullable=False),
        sa.Column("recipient", _number, nullable=False),
        sa.Column("sink", _text, nullable=False),
        sa.Column("state", _text, nullable=False),
        sa.Column("reason", _text, nullable=False),
        sa.Column("attempts", _number, nullable=False),
        sa.Column("created", _number, nullable=False),
        sa.Column("updated", _number, nullable=False),
        sa.ForeignKeyConstraint(
            ["recipient"],
            ["persons.person"],
        ),
        sa.PrimaryKeyConstraint("message_id"),
    )
    op.create_index("messages_recipient", "messages", ["recipient"], unique=False)
    op.create_index("messages_state", "messages", ["state"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("prompt_id", _text, nullable=False),
        sa.Column("message_id", _text, nullable=True),
        sa.Column("recipient", _number, nullable=False),
        sa.Column("subject_person", _number, nullable=True),
        sa.Column("subject", _text, nullable=False),
        sa.Column("layer", _text, nullable=False),
        sa.Column("intervention", _text, nullable=False),
        sa.Column("episode", _text, nullable=False),
        sa.Column("occasion", _number, nullable=False),
        sa.Column("sink", _text, nullable=False),
        sa.Column("language", _text, nullable=False),
        sa.Column("payload", _text, nullable=False),
        sa.Column("state", _text, nullable=False),
        sa.Column("reason", _text, nullable=False),
        sa.Column("created", _number, nullable=False),
        sa.Column("due", _number, nullable=False),
        sa.Column("updated", _number, nullable=False),
        sa.ForeignKeyConstraint(
            ["recipient"],
            ["persons.person"],
        ),
        sa.ForeignKeyConstraint(
            ["subject_person"],
            ["persons.person"],
        ),
        sa.PrimaryKeyConstraint("prompt_id"),
    )
    op.create_index("outbox_message", "outbox", ["message_id"], unique=False)
    op.create_index("outbox_recipient", "outbox", ["recipient"], unique=False)
    op.create_index("outbox_state", "outbox", ["state"], unique=False)
    op.create_table(
        "practice",
        sa.Column("unit", _text, nullable=False),
        sa.Column("intervention", _text, nullable=False),
        sa.Column("state", _text, nullable=False),
        sa.Column("since", _number, nullable=False),
        sa.Column("recorded_by", _number, nullable=True),
        sa.ForeignKeyConstraint(
            ["recorded_by"],
            ["persons.person"],
        ),
        sa.PrimaryKeyConstraint("unit", "intervention"),
    )
    op.create_table(
        "receipts",
        sa.Column("receipt", _number, nullable=False),
        sa.Column("message_id", _text, nullable=False),
        sa.Column("state", _text, nullable=False),
        sa.Column("reason", _text, nullable=False),
        sa.Column("at", _number, nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["messages.message_id"],
        ),
        sa.PrimaryKeyConstraint("receipt"),
    )
    op.create_index("receipts_message", "receipts", ["message_id"], unique=False)
    if postgresql:
        # The statistics of a column hold values of it, also of somebody who was erased.
        for table, column in (
            ("persons", "uuid"),
            ("persons", "name"),
            ("persons", "addresses"),
            ("facets", "topic"),
            ("log", "payload"),
            ("learner_state", "value"),
            ("rejects", "place"),
            ("rejects", "reason"),
            ("rejects", "raw"),
            ("outbox", "payload"),
            ("consents", "recorded_by"),
            ("contributors", "person"),
            ("audit", "who"),
            ("audit", "detail"),
        ):
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0")

"""Back into the loop: a record that was certified is evidence of its holder's learning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import URL, Row, Select, create_engine, inspect, make_url, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from leercultuur_core import Activity, Retraction, SourceUnavailable
from leercultuur_core.extension import Finding, Page, Source, State

from . import schema, store
from .records import HOME_PAGE, RecordsSettings, activity_digest

EARNED = "http://specification.openbadges.org/xapi/verbs/earned"
ACHIEVEMENT = "https://purl.imsglobal.org/spec/vc/ob/vocab.html#Achievement"

_PAGE = 200

_SHOULD = "it should be the organisation's: `store` for a file, `store_url` for PostgreSQL"


class CertifiedRecords(Source):
    """Which records were certified, and which of these were taken back, from the organisation's store.

    It says that something of somebody was recognised and when, never what. Only people in the store:
    a candidate has no identity there.
    """

    name = "records"
    settings = RecordsSettings

    def fetch(self, state: State) -> Iterator[Page]:
        """What was certified or taken back since, in the order in which that was noted.

        Raises `SourceUnavailable` where the store cannot be read.
        """
        if (absent := self._absent()) is not None:
            raise SourceUnavailable(f"{self._place}: {absent}; {_SHOULD}")
        engine = create_engine(self._address(), poolclass=NullPool, hide_parameters=True)
        try:
            with engine.connect() as connection:
                if not inspect(connection).has_table(schema.history.name):
                    return
                # A mark that is not its own: from the start, which does no harm.
                known = state.mark or ""
                mark = int(known) if known.isascii() and known.isdecimal() else 0
                while True:
                    rows = connection.execute(_steps(mark)).all()
                    if not rows:
                        return
                    mark = rows[-1].entry
                    yield Page([_activity(row) for row in rows], mark=str(mark))
        except DBAPIError as error:
            raise SourceUnavailable(
                f"{self._place}: cannot be read ({type(error.orig).__name__})"
            ) from None
        finally:
            engine.dispose()

    def check(self) -> Iterable[Finding]:
        """Whether the store is there."""
        absent = self._absent()
        if absent is None:
            yield Finding("ok", f"records in {self._place}")
        else:
            yield Finding("problem", f"{self._place}: {absent}", _SHOULD)

    @property
    def _place(self) -> str:
        """What the store is called: never by its address, which may hold a password."""
        return "store" if self.settings.store is None else str(self.settings.store)

    def _absent(self) -> str | None:
        """Why there is no store to read; ``None`` where there is, as far as can be told."""
        path = self.settings.store
        if (path is None) == (self.settings.store_url is None):
            return "expected `store` or `store_url`"
        return "there is no store" if path is not None and not path.is_file() else None

    def _address(self) -> URL:
        url = self.settings.store_url
        if url is None:
            return make_url(f"sqlite:///{self.settings.store}")
        return make_url(url.reveal()).set(drivername="postgresql+psycopg")


def _steps(mark: int) -> Select[tuple[int, str, str, str, str]]:
    history, records, candidates = schema.history, schema.records, schema.candidates
    return (
        select(
            history.c.entry, history.c.record, history.c.step, history.c.content, records.c.holder
        )
        .join(records, records.c.record == history.c.record)
        .where(
            history.c.entry > mark,
            history.c.step.in_(("certify", "revoke")),
            records.c.holder.not_in(select(candidates.c.candidate)),
        )
        .order_by(history.c.entry)
        .limit(_PAGE)
    )


def _activity(row: Row[tuple[int, str, str, str, str]]) -> Activity | Retraction:
    """Named by a digest: the id of a record stays in the store of records."""
    name = f"{HOME_PAGE}:{activity_digest(row.record)}"
    if row.step == "revoke":
        return Retraction(id=name)
    return Activity(
        id=name,
        identities=(f"account|{HOME_PAGE}|{row.holder}",),
        verb=EARNED,
        object_type=ACHIEVEMENT,
        occurred_at=store.entry(row.content).at,
        source=HOME_PAGE,
        success=True,
    )

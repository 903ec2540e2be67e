"""What a store asks of the database it is in, whichever that is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from ..errors import StoreError, StoreTrouble

Trouble = tuple[StoreTrouble, str]
"""What is the matter, and what to do about it."""


class Turn:
    """That a run has the store to itself. Where several may share it, a database has one of its own."""

    first = True
    """Whether no other run was at work when this one began."""

    def share(self) -> None:
        """Lets others join, from now on, who share the work."""

    def last(self) -> bool:
        """Whether nobody else is at work any more, so that what is done once may be done now. Where
        somebody is, they will be asked; this run has done its part."""
        return True


class Database(ABC):
    """A database with one store in it; ``name`` is what it is called in errors."""

    def __init__(self, engine: Engine, name: str) -> None:
        self.engine = engine
        self.name = name

    @abstractmethod
    def exists(self) -> bool:
        """Whether there is something at the address at all."""

    @abstractmethod
    def empty(self) -> Trouble:
        """What it means that there is a database without any tables."""

    @abstractmethod
    def begin(
        self, *, write: bool, durable: bool = False, beside: bool = False
    ) -> AbstractContextManager[Connection]:
        """A transaction; see `Store.transaction` and `Store.reading`."""

    @abstractmethod
    def hold(self, *, share: bool = False) -> AbstractContextManager[Turn]:
        """One run at a time; see `Store.alone`."""

    @abstractmethod
    def scrub(self) -> None:
        """See `Store.scrub`."""

    @abstractmethod
    def trouble(self, cause: BaseException | None) -> Trouble | None:
        """What an error of the driver means; ``None`` where it is a mistake in this program."""

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Turns what the database raises inside into a `StoreError` about this store."""
        try:
            yield
        except (DBAPIError, self.engine.dialect.dbapi.Error) as error:  # type: ignore[union-attr]
            # The driver's own comes from where rows are copied.
            trouble = self.trouble(error.orig if isinstance(error, DBAPIError) else error)
            if trouble is None:
                raise
            raise StoreError(f"store {self.name}: {trouble[1]}", trouble[0]) from error


def at_work() -> StoreError:
    """That another run is at work."""
    return StoreError(
        "another run is at work with this store; wait until it is done, then run again", "busy"
    )

"""What an adapter is: the classes an adapter inherits, and the values that pass between.

An adapter reads or writes one kind of system. It hands over closed values (`Activity`,
`Retraction`) and keeps aside what it cannot read (`Reject`); everything after that is the core's.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import ExitStack
from datetime import date, datetime
from functools import cached_property
from io import BufferedReader
from os import SEEK_END
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, Literal

from attrs import field, frozen

from ..activity.activity import Record
from ..activity.visibility import Visibility
from ..errors import SourceUnavailable
from ..maturity.vocabulary import Language

if TYPE_CHECKING:
    from ..advice.prompt import Prompt
    from .http import HttpClient


_STRETCH = 64 * 1024  # bytes of a line that are looked at together


@frozen
class Reject:
    """Something that could not be read, kept aside with its reason.

    place
        The file or address, as the caller named it.
    line
        The line in a file of lines, the item in a list, from 1; ``None`` for the whole.
    reason
        What was expected and what was found. Holds no personal data.
    raw
        The bytes themselves, for whoever must mend them; not shown in a ``repr`` or log.
    """

    place: str
    line: int | None
    reason: str
    raw: bytes = field(default=b"", repr=False)

    def __str__(self) -> str:
        where = self.place if self.line is None else f"{self.place}, line {self.line}"
        return f"{where}: {self.reason}"


@frozen
class Page:
    """A handful of records that belong together, in the order of the source.

    labels
        Canonical identifier → the name as the source writes it, where that is not already part
        of the identifier (a mailbox). Only for files that are read without storing anything.
    mark
        Where to go on after this page; opaque, says nothing about anyone. ``None``: as before.
    learners
        What the source remembers of single learners: canonical identifier → opaque text, or
        ``None`` to forget. Kept apart from the mark so that it can be erased.
    bytes_read
        How far the file was read so far, in bytes on disk: for a progress bar.
    lines
        How many lines this page goes through, with those of which nothing came; rejects of the next
        part of a file are numbered by it. Only for readers with `FileSource.parts`.
    """

    records: Sequence[Record] = ()
    rejects: Sequence[Reject] = ()
    labels: Mapping[str, str] = field(factory=dict, repr=False)
    mark: str | None = None
    learners: Mapping[str, str | None] = field(factory=dict, repr=False)
    bytes_read: int = 0
    lines: int = 0


@frozen
class State:
    """What a source knew at its last committed page.

    learners
        What it remembers of single learners. The store knows no identifiers, only their digests:
        ask for the canonical identifier of somebody whom the system names
        (``state.learners.get(identifier)``). Going through them (``items()``, ``for``, ``dict``)
        raises `TypeError`; ``len`` is of all that is remembered.
    """

    mark: str | None = None
    learners: Mapping[str, str] = field(factory=dict, repr=False)


@frozen
class NoSettings:
    """The settings of an adapter that has none."""


@frozen
class Finding:
    """What a check found: ``level`` is ``ok``, ``warning`` or ``problem``; ``hint`` what to do."""

    level: Literal["ok", "warning", "problem"]
    text: str
    hint: str = ""


class Adapter(ABC):
    """What all adapters share: a name to choose it by, and settings of its own.

    ``settings`` is the attrs class that its part of the configuration becomes; on an instance it is
    the value itself.
    """

    name: ClassVar[str]
    settings: Any = NoSettings

    def __init__(self, settings: Any = None) -> None:
        self.settings = NoSettings() if settings is None else settings

    @cached_property
    def http(self) -> HttpClient:
        """A client for the address ``settings.url`` with ``settings.token``, where there is one.

        Override it where a system wants to be logged in to in another way.
        """
        from .http import HttpClient  # noqa: PLC0415 - brings requests; only who calls needs it

        token = getattr(self.settings, "token", None)
        return HttpClient(self.settings.url, token=token, agent=f"leercultuur-{self.name}")

    def check(self) -> Iterable[Finding]:
        """Whether the system answers and grants what is needed; changes nothing anywhere."""
        return ()


class Source(Adapter):
    """Reads activities from a system, again and again, only what is new."""

    @abstractmethod
    def fetch(self, state: State) -> Iterator[Page]:
        """What happened since ``state``, oldest first where the system allows.

        Each page is committed with its mark before the next is asked for. Read a little before the
        mark again (overlap): late rows are then found, and rows that are read twice count once.
        Raises `SourceUnavailable` or `AccessDenied`; pages committed before that stay.
        """

    def visibility(self) -> Visibility | None:
        """What this system can record, where it can say so; ``None``: learn it from what comes."""
        return None


@frozen
class Bulk:
    """One file in the tables of a bulk engine: what SQL can read surely, and how to have the rest.

    facts
        Name of a table with the columns `leercultuur_core.bulk.expression.FACTS` and two more:
        ``line``, the id that the record itself has (of a void that of the voiding statement), and
        ``content``: where two rows of one ``line`` differ in it, their content may differ.
        ``digest`` is null.
    things
        Name of a table with ``thing`` and the columns `leercultuur_core.bulk.expression.THINGS`.
    doubtful
        Ids (``line``) of what SQL cannot decide; their rows do not count.
    rest
        Called with ids: the pages of all records that are not in the facts, and of those whose
        ``line`` is one of these, with their rejects, in the order of the file.
    labels
        As in a `Page`, of what is in the facts.
    """

    facts: str
    things: str
    doubtful: frozenset[str]
    rest: Callable[[Set[str]], Iterator[Page]]
    labels: Mapping[str, str] = field(factory=dict, repr=False)


class FileSource(Adapter):
    """Reads activities from one file. Inherit, give it a ``name``, write `pages`.

    The command line picks a reader by its name (``--reader``); a program makes one with a path.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    @abstractmethod
    def pages(self) -> Iterator[Page]:
        """The file's records, page by page, in bounded memory where its format allows.

        One bad record never stops the rest: it becomes a `Reject`. Raises `SourceUnavailable`
        when nothing of the file can be read.
        """

    def bulk(self, connection: Any, table: str) -> Bulk | None:  # noqa: ARG002 - for who overrides it
        """Makes tables named ``table``… of the file in a DuckDB ``connection``, for a reader whose format DuckDB can
        read faster than Python; what comes out in the end must be what `pages` gives.

        ``None``: this file (or every file) is read by `pages`, which then also says what is wrong
        with it.
        """
        return None

    def parts(self, size: int) -> Sequence[FileSource]:  # noqa: ARG002 - for who overrides it
        """Readers of the parts of this file, in its order, each of about ``size`` bytes of text.

        What their `pages` give one after another must be what those of the whole give, but for the
        lines of rejects: those are counted from the start of the part, and every line is in the
        ``lines`` of a page. The parts are read at one time, in other processes: they go there by
        ``pickle``, and their `pages` raise `SourceUnavailable` where the file has changed since.

        Only this reader, where the file (or every file) is read as a whole. Of a file of lines
        `line_ranges` gives what can be a part. May raise `OSError` where nothing can be read; `pages`
        then says what is wrong.
        """
        return (self,)

    def line_ranges(self, size: int) -> Sequence[range]:
        """The file as ranges of bytes, each of ``size`` or just over and each up to and with a line
        break, but for the last one; a line that is longer is not divided. Raises `OSError`."""
        ranges = []
        with self.path.open("rb") as file:
            whole, start = file.seek(0, SEEK_END), 0
            while whole - start > size:
                file.seek(start + size - 1)
                while (read := file.readline(_STRETCH)) and not read.endswith(b"\n"):
                    pass
                ranges.append(range(start, file.tell()))
                start = ranges[-1].stop
        return [*ranges, range(start, whole)] if start < whole else ranges

    def open_range(self, lines: range) -> BufferedReader:
        """The file, opened at the start of one of its `line_ranges`; reads on past its end.

        Raises `OSError`, and `SourceUnavailable` where the range no longer begins and ends with a
        line: then the file was changed. One to which lines were added gives what it held before.
        """
        with ExitStack() as stack:
            file = stack.enter_context(self.path.open("rb"))
            if _between_lines(file, lines.start) and _between_lines(file, lines.stop):
                file.seek(lines.start)
                stack.pop_all()
                return file
        raise SourceUnavailable(
            f"{self.path}: expected a file that stays the same while it is read in parts, found one "
            "that was changed; read it again once nothing writes to it"
        )


def _between_lines(file: BinaryIO, place: int) -> bool:
    if file.seek(0, SEEK_END) <= place:
        return file.tell() == place
    file.seek(max(place - 1, 0))
    return place == 0 or file.read(1) == b"\n"


@frozen
class DirectoryPerson:
    """A person as a directory knows them.

    ``identifiers`` are canonical and all of this one person; ``manager`` is one of the manager's
    identifiers; ``addresses`` maps a channel (``mail``, ``moodle`` …) to an address there; ``away``
    holds the first and the last day of each absence, past and coming, and never why.
    """

    identifiers: tuple[str, ...]
    name: str = ""
    roles: tuple[str, ...] = ("worker",)
    manager: str | None = None
    unit: str = ""
    language: Language | None = None
    employment: str = "employee"
    working_days: tuple[int, ...] | None = None
    addresses: Mapping[str, str] = field(factory=dict)
    active: bool = True
    away: tuple[tuple[date, date], ...] = ()

    def __repr__(self) -> str:
        return "<DirectoryPerson>"


class Directory(Adapter):
    """Reads people, their roles and units from a system."""

    @abstractmethod
    def people(self) -> Iterator[Sequence[DirectoryPerson]]:
        """All people, in pages. Raises `SourceUnavailable` when the list cannot be read whole, so
        that half a list never looks like people who left."""


@frozen
class Recipient:
    """Who a message is for."""

    person: str
    """The person's random id, the same in every run."""
    name: str
    language: Language
    addresses: Mapping[str, str] = field(factory=dict)

    def __repr__(self) -> str:
        return "<Recipient>"


@frozen
class Message:
    """One delivery to one person; carries one or more prompts. ``id`` never changes.

    links
        Prompt id → answer (``done``, ``not_now``, ``not_for_me``, ``wrong``) → the address where
        it is given. Empty where the organisation has no pages to answer on.
    unsubscribe
        The address where a POST ends all prompts about this person themselves; ``""`` where there is
        none, or the message holds only what is part of their role.
    moment
        An aware moment inside the recipient's working time that suits a quarter of an hour, for a
        calendar; ``None`` where there is none.
    """

    id: str
    recipient: Recipient
    prompts: tuple[Prompt, ...] = field(repr=False)
    links: Mapping[str, Mapping[str, str]] = field(factory=dict, repr=False)
    unsubscribe: str = field(default="", repr=False)
    moment: datetime | None = None


@frozen
class Receipt:
    """What became of a message.

    state
        ``sent``; ``refused`` (the recipient or their system does not want it: not tried again);
        ``failed`` (tried again later).
    reason
        A short code such as ``blocked``, ``no-address``, ``mailbox-full``; never an address.
    """

    message: str
    state: Literal["sent", "refused", "failed"]
    reason: str = ""


@frozen
class Happening:
    """What became of a message, or what was answered to one of its prompts (``prompt``, an id)."""

    message: Message
    what: Literal["sent", "refused", "done", "not_now", "not_for_me", "wrong"]
    at: datetime
    prompt: str = ""


Delivery = Literal["idempotent", "lookup", "at_most_once"]
"""What a sink can promise when the program dies between a send and its receipt.

``idempotent``: sending again does nothing more. ``lookup``: the system can be asked. ``at_most_once``:
neither; the message is then listed as uncertain and not sent again.
"""


class Sink(Adapter):
    """Puts messages back into a system."""

    delivery: ClassVar[Delivery]

    @abstractmethod
    def deliver(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        """Sends ``messages`` in order and yields a receipt for each, as soon as it is known.

        A recipient who cannot be reached is a receipt, not an error. Raises `SourceUnavailable` when
        the system does not answer, `AccessDenied` when it lets nobody in: the rest is then tried
        later.
        """

    def find(self, message: Message) -> Receipt | None:
        """For ``delivery = "lookup"``: the receipt of a message that may have been sent, or
        ``None`` when it surely was not."""
        raise NotImplementedError(f"{type(self).__name__} declares lookup and has no find")

    def note(self, happenings: Sequence[Happening]) -> None:
        """For a sink with ``record = true`` in the configuration: takes down what became of messages
        that others brought, in order. Noting one twice does no more than noting it once. Raises as
        `deliver` does; all that were given then come again."""
        raise NotImplementedError(f"{type(self).__name__} cannot record")

    def withdraw(self, message: Message) -> Receipt | None:  # noqa: ARG002 - for who overrides it
        """Takes back a message that was sent and no longer fits, such as an appointment; doing so
        twice is harmless. ``None``: what this sink sends cannot be taken back."""
        return None


class Issuer(Adapter):
    """Issues a credential for an assessed record."""

    @abstractmethod
    def issue(self, credential: Mapping[str, Any]) -> bytes:
        """The signed credential. ``credential`` is the unsigned Open Badges 3.0 document."""


CONTRACTS: Mapping[str, type[Adapter]] = {
    "source": Source,
    "directory": Directory,
    "sink": Sink,
    "issuer": Issuer,
    "reader": FileSource,
}
"""What kinds of adapter there are, by name: the first four are lists in the configuration."""

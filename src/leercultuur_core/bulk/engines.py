"""The engines by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from ..activity.evidence import EvidenceRules
from ..errors import SourceUnavailable
from ..extension import FileSource, Page
from ..phases import Parameters
from .estimating import Write
from .folded import Folded


class BulkEngine(Protocol):
    """Reads files once and folds what was in them."""

    unreadable: list[SourceUnavailable]

    def pages(self, readers: Sequence[FileSource]) -> Iterator[Page]:
        """Reads the files; the pages say what was kept aside, in the order of the files."""

    def fold(self, rules: EvidenceRules) -> Folded:
        """The fold of all that was read, once all pages are taken."""

    def fold_parquet(self, paths: str, rules: EvidenceRules) -> Folded:
        """The fold of Parquet files of `leercultuur_core.bulk.columns.RECORDS`; ``paths`` may be a
        pattern."""

    def lines(
        self,
        folded: Folded,
        write: Write,
        *,
        at: datetime,
        parameters: Parameters,
        labels: Mapping[str, str] | None = None,
    ) -> Iterator[str]:
        """What ``write`` says of everybody's estimate at ``at``, by identifier."""


@contextmanager
def open_engine(name: str, *, memory: str = "") -> Iterator[BulkEngine]:
    """``duckdb``, ``spark`` (in this process) or ``spark=URL``; closed at the end.

    memory
        For DuckDB, how much its tables may take (``"700MB"``), a quarter of the machine's without it:
        what does not fit goes to a temporary folder.
    """
    if name == "duckdb":
        import duckdb  # noqa: PLC0415 - each engine is loaded where it is asked for

        from .files import Files  # noqa: PLC0415

        with TemporaryDirectory(prefix="leercultuur-") as folder:
            config: dict[str, Any] = {"temp_directory": folder, "memory_limit": memory or "25%"}
            with duckdb.connect(config=config) as connection:
                yield Files(connection)
    else:
        from .spark import SparkFiles, session  # noqa: PLC0415

        with session(name.partition("=")[2]) as spark:
            yield SparkFiles(spark)

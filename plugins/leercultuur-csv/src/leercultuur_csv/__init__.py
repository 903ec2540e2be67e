"""Activities and people from CSV, TSV and Parquet: the plugin ``csv`` of leercultuur.

The reader ``csv`` reads a file with its mapping beside it; the source and the directory of that name
have their mapping in ``leercultuur.toml``.
"""

from __future__ import annotations

from leercultuur_core.extension import Adapter, hookimpl

from .activities import CsvActivities
from .mapping import ActivityColumns, ActivityMapping
from .people import CsvPeople
from .reader import CsvFile

__all__ = [
    "ActivityColumns",
    "ActivityMapping",
    "CsvActivities",
    "CsvFile",
    "CsvPeople",
    "leercultuur_adapters",
]


@hookimpl
def leercultuur_adapters() -> list[type[Adapter]]:
    """The reader of files, the source and the directory."""
    return [CsvFile, CsvActivities, CsvPeople]

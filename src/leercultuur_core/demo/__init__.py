"""Made-up people, to see the library at work without anybody's data."""

from .bakery import AT, answers_csv, people_csv, statements, write_bakery
from .organisation import (
    FILE,
    PAGES_AT,
    bakery_lists,
    clear,
    messages,
    practice_csv,
    store_files,
    write_organisation,
)
from .sanne import sanne

__all__ = [
    "AT",
    "FILE",
    "PAGES_AT",
    "answers_csv",
    "bakery_lists",
    "clear",
    "messages",
    "people_csv",
    "practice_csv",
    "sanne",
    "statements",
    "store_files",
    "write_bakery",
    "write_organisation",
]

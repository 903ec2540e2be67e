"""Made-up people, to see the library at work without anybody's data."""

from .bakery import AT, answers_csv, people_csv, statements, write_bakery
from .organisation import bakery_lists, clear, messages, store_files, write_organisation
from .sanne import sanne

__all__ = [
    "AT",
    "answers_csv",
    "bakery_lists",
    "clear",
    "messages",
    "people_csv",
    "sanne",
    "statements",
    "store_files",
    "write_bakery",
    "write_organisation",
]

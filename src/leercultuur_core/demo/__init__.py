"""Made-up people, to see the library at work without anybody's data."""

from .bakery import AT, people_csv, statements, write_bakery
from .sanne import sanne

__all__ = ["AT", "people_csv", "sanne", "statements", "write_bakery"]

"""Structured logs of a run, in which nobody can be recognised.

An event says what was done, by names that stand in the configuration (of sources, sinks, plugins),
counts, durations and reason codes of the library's own. Never a name, identifier, address or text of
a person, never a secret, and never the text of an error of somebody else's code: that could hold any
of these. What an error says stands in the answer of the verb, for whoever runs it.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from time import perf_counter
from typing import Literal, TextIO

ROOT = "leercultuur"
"""All loggers are below this one: ``leercultuur.collect``, ``leercultuur.deliver`` …"""

Value = str | int | float
Format = Literal["json", "text"]

_FIELDS = "leercultuur_event"
_PLAIN = re.compile(r"[\w.:/+-]+")

# As logging asks of a library: without it, warnings go to the error output of whoever did not ask.
logging.getLogger(ROOT).addHandler(logging.NullHandler())


def event(where: str, name: str, fields: Mapping[str, Value], *, level: int = logging.INFO) -> None:
    """Logs one event of ``leercultuur.<where>``."""
    row: dict[str, Value] = {"event": name, **fields}
    logging.getLogger(f"{ROOT}.{where}").log(level, "%s", _line(row), extra={_FIELDS: row})


class Stopwatch:
    """Seconds since it was made. For logs only: no decision rests on it."""

    def __init__(self) -> None:
        self._start = perf_counter()

    @property
    def seconds(self) -> float:
        """In thousandths."""
        return round(perf_counter() - self._start, 3)


@contextmanager
def logging_to(stream: TextIO, form: Format) -> Iterator[None]:
    """Writes events to ``stream`` as long as the block runs, one a line."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Json() if form == "json" else _Text())
    # What a plugin logs below our name may hold anything; only events are known to be clean.
    handler.addFilter(lambda record: hasattr(record, _FIELDS))
    logger = logging.getLogger(ROOT)
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.setLevel(before)
        logger.removeHandler(handler)


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        head = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        return json.dumps({**head, **getattr(record, _FIELDS)}, ensure_ascii=False)


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = _line(getattr(record, _FIELDS))
        return f"{_time(record)} {record.levelname.lower()} {record.name} {line}"


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _line(row: Mapping[str, Value]) -> str:
    return " ".join(f"{key}={_quoted(str(value))}" for key, value in row.items())


def _quoted(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


__all__ = ["ROOT", "Format", "Stopwatch", "event", "logging_to"]

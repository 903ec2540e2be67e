"""Phases from the table of a ledger, a part of the people at a time, by the very same filter.

Without a declared visibility all that is in the ledger could be seen, and everyone in it was there:
both are learned from these rows (`learned_visibility`, `assumed_presence`). So the counts of a week
are plain sums, made here from columns instead of a mapping in memory; what could be seen, who was
where, and own answers go through `observe` as always.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import pairwise
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from attrs import evolve, frozen

from ..activity.activity import utc_day
from ..activity.evidence import SELF_REPORT
from ..activity.ledger import Ledger
from ..activity.visibility import Presence, Visibility, assumed_presence, learned_visibility
from ..phases import Estimate, Estimates, Parameters
from ..phases.estimate import run_model
from ..phases.observations import Counts, Observations, observe
from .folded import Folded

PEOPLE = 4096
"""People in a part: some megabytes of weeks, and enough parts to share among cores."""

_WORKERS = 2  # parts at a time; each holds the weeks of its people

Write = Callable[[Estimate], str]
"""What is said of one estimate."""

Places = Mapping[str, tuple[tuple[int, int | None], ...]]


@frozen
class Sight:
    """What everyone's rows together say: what could be seen, and since when each source is there."""

    visibility: Visibility
    since: Places


def estimates(
    folded: Folded,
    *,
    at: datetime,
    parameters: Parameters,
    labels: Mapping[str, str] | None = None,
    people: int = PEOPLE,
) -> Iterator[Estimates]:
    """Everyone's estimates in parts, by identifier: what `leercultuur_core.phases.estimate` gives."""
    rows = ledger_before(folded.rows, at)
    sight = learned_sight(rows, at)
    # The engine could put them in order by name, but numbers are put in order ten times as fast.
    table = _by_learner(rows.to_pyarrow())
    ends = np.flatnonzero(np.diff(_numbers(table))) + 1
    starts = [0, *ends[people - 1 :: people].tolist()] if len(table) else []
    slices = [table.slice(low, high - low) for low, high in pairwise([*starts, len(table)])]
    with ThreadPoolExecutor(_WORKERS) as workers:
        yield from workers.map(
            lambda part: estimate_part(part, sight, at, parameters, labels), slices
        )


def _by_learner(rows: pa.Table) -> pa.Table:
    """``rows`` in the order of the learners, whose names are numbered in that order."""
    person, names = _coded(rows.column("learner"))
    sorted_names = sorted(names)
    place = {name: number for number, name in enumerate(sorted_names)}
    person = np.array([place[name] for name in names], dtype=np.int32)[person]
    learner = pa.DictionaryArray.from_arrays(person, pa.array(sorted_names, pa.string()))
    coded = {"learner": learner}
    for name in ("source", "kind"):
        coded[name] = rows.column(name).combine_chunks().dictionary_encode()
    coded |= {name: rows.column(name) for name in ("day", "count")}
    return pa.table(coded).take(np.argsort(person, kind="stable")).combine_chunks()


def _numbers(rows: pa.Table) -> Any:
    indices = [chunk.indices.to_numpy() for chunk in rows.column("learner").chunks]
    return np.concatenate(indices) if indices else np.zeros(0, dtype=np.int32)


def ledger_before(rows: ir.Table, at: datetime) -> ir.Table:
    """Ledger rows of days before ``at``, of all topics."""
    return rows.filter(rows.day < utc_day(at)).select("learner", "source", "kind", "day", "count")


def learned_sight(rows: ir.Table, at: datetime) -> Sight:
    """`Sight` from ledger rows."""
    seen = rows.select("source", "kind", "day").distinct().to_pyarrow().to_pydict()
    keys = zip(seen["source"], seen["kind"], seen["day"], strict=True)
    # The two functions look at no other part of a key.
    ledger = Ledger({("", source, "", kind, day): 1 for source, kind, day in keys})
    until = utc_day(at)
    present = assumed_presence(ledger, until=until).intervals
    return Sight(learned_visibility(ledger, until=until), present.get("", {}))


def estimate_part(
    rows: pa.Table,
    sight: Sight,
    at: datetime,
    parameters: Parameters,
    labels: Mapping[str, str] | None = None,
) -> Estimates:
    """Estimates of the people in ``rows``: all their rows, of days before ``at``."""
    observations = _observe(rows, sight, at, parameters)
    run = run_model(observations, parameters)
    return Estimates(run, visibility=sight.visibility, visibility_derived=True, labels=labels)


def _observe(rows: pa.Table, sight: Sight, at: datetime, parameters: Parameters) -> Observations:
    person, names = _coded(rows.column("learner"))
    source, sources = _coded(rows.column("source"))
    where: dict[str, set[str]] = {name: set() for name in names}
    for pair in np.flatnonzero(np.bincount(person * len(sources) + source)).tolist():
        who, place = divmod(pair, len(sources))
        where[names[who]].add(sources[place])
    presence = Presence(
        {name: {place: sight.since[place] for place in where[name]} for name in sorted(names)}
    )
    kind, kinds = _coded(rows.column("kind"))
    answer = np.array([name.startswith(SELF_REPORT) for name in kinds], dtype=np.bool_)
    said = rows.filter(pa.array(answer[kind])).to_pydict()
    answers = zip(said["learner"], said["source"], said["kind"], said["day"], strict=True)
    observations = observe(
        Ledger({(who, place, "", kind, day): 1 for who, place, kind, day in answers}),
        at=at,
        kinds=parameters.kinds,
        visibility=sight.visibility,
        presence=presence,
    )
    order = {name: number for number, name in enumerate(observations.identifiers)}
    person = np.array([order[name] for name in names], dtype=np.int64)[person]
    code = {name: number for number, name in enumerate(parameters.kinds)}
    kind = np.array([code.get(name, -1) for name in kinds], dtype=np.int64)[kind]
    day = rows.column("day").to_numpy().astype(np.int64) - (observations.first_week * 7 - 3)
    count = rows.column("count").to_numpy().astype(np.int64)
    inside = day >= 0
    used = observations.used
    used[person[inside], day[inside] // 7] = True
    known = inside & (kind >= 0)
    counts = _by_week(observations, person[known], day[known] // 7, kind[known], count[known])
    return evolve(observations, used=used, counts=counts)


def _coded(column: pa.ChunkedArray) -> tuple[Any, list[str]]:
    """Numbers in place of texts, and the texts; only those that are there."""
    coded = column.combine_chunks()
    if isinstance(coded, pa.ChunkedArray):  # several dictionaries; there is at least one row
        coded = coded.unify_dictionaries().combine_chunks()
    if not pa.types.is_dictionary(coded.type):
        coded = coded.dictionary_encode()
    indices = coded.indices.to_numpy()
    if not len(indices):
        return np.zeros(0, dtype=np.int64), []
    # Those of one part lie close together, so that counting is much faster than putting in order.
    lowest = indices.min()
    near = indices - lowest
    there = np.flatnonzero(np.bincount(near))
    numbers = np.zeros(there[-1] + 1, dtype=np.int64)
    numbers[there] = np.arange(len(there))
    return numbers[near], coded.dictionary.take(pa.array(there + lowest)).to_pylist()


def _by_week(seen: Observations, person: Any, week: Any, kind: Any, count: Any) -> Counts:
    weeks, kinds = max(seen.weeks, 1), max(len(seen.kinds), 1)
    every = (person * weeks + week) * kinds + kind
    order = np.argsort(every)
    every = every[order]
    starts = np.flatnonzero(np.diff(every, prepend=-1))
    keys = every[starts]
    total = np.add.reduceat(count[order], starts) if len(starts) else np.zeros(0, dtype=np.int64)
    pair, found = np.divmod(keys, kinds)
    return Counts(*np.divmod(pair, weeks), found, total)

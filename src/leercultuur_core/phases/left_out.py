"""The log-odds of a phase had a kind of evidence not been recorded at all, of many people at once.

The same filter as `filter_weeks`, of which only the end is asked for. Without kind k the likelihood
of a week changes by a factor of two parts (``phases/model.py`` has the formula; R' is what is left of
the rates R):

    ((a + m R) / (a + m R'))^(Σ x + a)   and, where k was counted,   (m r_k / (a + m R'))^(−x_k)

Both are powers of whole numbers and come out of tables, so that everybody's own likelihoods are
computed once for all kinds. Sums are products of small matrices and add in another order than
`filter_weeks`: that moves the last digits and nothing else.
"""

from __future__ import annotations

from itertools import pairwise
from math import log

import numpy as np
from attrs import frozen

from .model import LEAST, PHASE_COUNT, Chunk, Model, slope_and_base
from .observations import NO_ANSWER, Bools, Floats, Ints, Observations
from .parameters import Parameters

_LEAST_ODDS = 1e-12  # no probability counts as less

_COLUMNS = 1120
# Variants filtered at once: what is in use stays near the processor, and the products are too small
# for a library to spread over threads, which costs more than it saves.

_MOST = 127  # counts in a week that the tables hold

_BLOCK = 8  # weeks between two scalings

_LOST = 1e-250
# What weighs less than this before it is scaled may have lost digits.


@frozen(eq=False)
class LeftOut:
    """n people, to leave kinds out of.

    person, kind, row, edges
        Of each count, by week, whose and of what it is, and its row in `_Tables.counted`; and the
        places (W + 1,) where weeks begin and end.
    own
        (W, n, L · Z) likelihood of each week without own answers, times some factor.
    left
        (W, n) the row in `_Tables.left` for kind 0.
    answers
        (W, n) own answers, `NO_ANSWER` where there is none.
    rough
        (n,) who had a week that the tables do not hold.
    phases
        (n,) a phase of each.
    """

    chunk: Chunk
    tables: _Tables
    person: Ints
    kind: Ints
    row: Ints
    edges: Ints
    own: Floats
    left: Ints
    answers: Ints
    rough: Bools
    phases: Ints

    @classmethod
    def of(cls, part: Observations, parameters: Parameters, phases: Ints) -> LeftOut:
        """Everybody in ``part``. It is fastest where those of one group stand side by side."""
        model = Model.of(parameters, part.kinds)
        n, weeks, counts = part.people, part.weeks, part.counts
        chunk = Chunk.of(part, model, 0, n)
        days, place = np.unique(
            part.visible_days.reshape(-1, len(part.kinds)), axis=0, return_inverse=True
        )
        way = place.reshape(part.visible.shape)
        cell = counts.week * n + counts.person
        total = np.bincount(cell, counts.count, weeks * n).astype(np.int64).reshape(weeks, n)
        most = min(int(total.max(initial=0)), _MOST)
        tables = _Tables.of(model, days / 7.0, most)
        apart = np.bincount(cell, counts.count * tables.apart[counts.kind], weeks * n)
        rough: Bools = np.logical_or.reduce(total > most, axis=0)
        rough |= np.logical_or.reduce(apart.reshape(weeks, n) > tables.room, axis=0)
        answers = np.full((weeks, n), NO_ANSWER)
        answers[chunk.report_week, chunk.report_person] = chunk.report_answer
        seen_by = way[part.group].T
        place = np.where(chunk.silent > 0, most + 1, np.minimum(total, most))
        by_week = np.argsort(counts.week, kind="stable")
        week, person, kind = counts.week[by_week], counts.person[by_week], counts.kind[by_week]
        count = np.minimum(counts.count[by_week], most)
        return cls(
            chunk=chunk,
            tables=tables,
            person=person,
            kind=kind,
            row=(seen_by[week, person] * len(part.kinds) + kind) * most + count - 1,
            edges=np.searchsorted(week, np.arange(weeks + 1)),
            own=tables.own(chunk, part.group, way),
            left=seen_by * (len(part.kinds) + 1) * (most + 2) + place,
            answers=answers,
            rough=rough,
            phases=phases,
        )

    def log_odds(self, wanted: Bools) -> Floats:
        """(n, K + 1) the log-odds of each person's phase against the rest without each kind, and in
        the last column without own answers.

        NaN where it is not ``wanted`` (n, K + 1), or must be computed otherwise: for who is `rough`,
        and where digits may be lost.
        """
        who, kind = np.nonzero(wanted & ~self.rough[:, None])
        odds = np.full(wanted.shape, np.nan)
        for low in range(0, len(who), _COLUMNS):
            some = who[low : low + _COLUMNS], kind[low : low + _COLUMNS]
            odds[some] = self._log_odds(*some)
        return odds

    def _log_odds(self, who: Ints, kind: Ints) -> Floats:
        """(C,) of persons ``who`` (C,) without ``kind`` (C,); K stands for own answers."""
        model, chunk, tables = self.tables.model, self.chunk, self.tables
        size, kinds, shape = len(who), len(model.rates), (-1, model.levels, PHASE_COUNT)
        present, first = chunk.present[:, who], chunk.first[:, who]
        running: Bools = np.logical_and.reduce(present & ~first, axis=1)
        left = self.left[:, who] + kind * (tables.most + 2)
        counted = self._counted(who, kind)
        answers = self.answers[:, who]
        answers[:, kind == kinds] = NO_ANSWER
        answered: Bools = np.logical_or.reduce(answers != NO_ANSWER, axis=1)
        start = np.tile(model.start, (size, model.levels)) / model.levels
        state, ahead, factor = start.copy(), np.empty_like(start), np.empty_like(start)
        for week in range(chunk.weeks):
            np.matmul(
                state.reshape(-1, PHASE_COUNT),
                model.transitions,
                out=ahead.reshape(-1, PHASE_COUNT),
            )
            if not running[week]:
                np.copyto(ahead, start, where=first[week, :, None])
            ahead *= np.take(self.own[week], who, axis=0, out=factor, mode="clip")
            ahead *= np.take(tables.left, left[week], axis=0, out=factor, mode="clip")
            columns, rows = counted[week]
            ahead[columns] *= tables.counted[rows]
            if answered[week]:
                (told,) = np.nonzero(answers[week] != NO_ANSWER)
                said = model.reliability.T[answers[week, told], None, :]
                ahead.reshape(shape)[told] *= said
            if not running[week]:
                np.copyto(ahead, state, where=~present[week, :, None])
            state, ahead = ahead, state
            if week % _BLOCK == _BLOCK - 1 or week == chunk.weeks - 1:
                weight = state.sum(axis=1, keepdims=True)
                weight[weight < _LOST] = np.nan
                state /= weight
        return log_odds(state.reshape(shape).sum(axis=1).T, self.phases[who])

    def _counted(self, who: Ints, kind: Ints) -> list[tuple[Ints, Ints]]:
        """Of each week the columns whose own kind was counted in it, and their rows in
        `_Tables.counted`."""
        column = np.full((self.chunk.people, len(self.tables.model.rates) + 1), -1)
        column[who, kind] = np.arange(len(who))
        place = column[self.person, self.kind]
        found = np.flatnonzero(place >= 0)
        columns, rows = place[found], self.row[found]
        edges = np.searchsorted(found, self.edges).tolist()
        return [(columns[low:high], rows[low:high]) for low, high in pairwise(edges)]


@frozen(eq=False)
class _Tables:
    """What a week's likelihood is changed by, for each of V ways to be seen in it.

    left
        (V · (K + 1) · (most + 2), L · Z) the first part of the factor: without each kind, and
        without none; for 0, 1 … ``most`` counts of all kinds, and for a week in which nothing was
        recorded.
    counted
        (V · K · most, L · Z) the second part, for 1, 2 … counts of the kind that is left out.
    terms
        (V, Z + 3, L · Z) what the log-likelihood is of Σ x_k log r_kz for each phase, Σ x_k, whether
        nothing was recorded, and 1.
    apart, room
        (K,) how far at most each count brings the logarithms of a week's likelihoods apart, and how
        far all together may, so that none is `LEAST`.
    """

    model: Model
    most: int
    left: Floats
    counted: Floats
    terms: Floats
    apart: Floats
    room: float

    @classmethod
    def of(cls, model: Model, exposure: Floats, most: int) -> _Tables:
        """For ``exposure`` (V, K), and up to ``most`` counts in a week."""
        activity, cells = model.activity[:, None], model.levels * PHASE_COUNT
        ways, kinds = exposure.shape
        each = exposure[:, :, None] * model.rates / model.clump  # (V, K, Z)
        whole = each.sum(axis=1)[:, None]
        expected = np.concatenate([whole - each, whole], axis=1)[:, :, None, :]
        slope, base = slope_and_base(expected, activity, model)  # (V, K + 1, L, Z)
        shape = (ways, kinds + 1, cells)
        slope, base = slope.reshape(shape), base.reshape(shape)
        away = model.away / (1 - model.away)
        total = np.arange(most + 1.0)[:, None] / model.clump
        fall = slope[:, -1:] - slope, base[:, -1:] - base
        left = total * fall[0][:, :, None] + fall[1][:, :, None]
        still = np.exp(-base) + away
        left = np.concatenate([left, np.log(still / still[:, -1:])[:, :, None]], axis=2)
        rates = np.tile(model.log_rates, model.levels)  # (K, L · Z)
        value = rates - slope[:, :-1]
        count = np.arange(1.0, most + 1)[:, None] / model.clump
        counted = -count * value[:, :, None]
        terms = np.zeros((ways, PHASE_COUNT + 3, cells))
        terms[:, :PHASE_COUNT] = np.tile(np.eye(PHASE_COUNT), model.levels)
        terms[:, PHASE_COUNT] = -slope[:, -1]
        terms[:, PHASE_COUNT + 1] = np.log(still[:, -1]) + base[:, -1]
        terms[:, PHASE_COUNT + 2] = -base[:, -1]
        apart = [np.ptp(one - slope, axis=-1).max(initial=0.0) for one in rates]
        room = -log(LEAST) - np.ptp(base, axis=-1).max(initial=0.0)
        return cls(
            model=model,
            most=most,
            left=_powers(left).reshape(-1, cells),
            counted=_powers(counted).reshape(-1, cells),
            terms=terms,
            apart=np.array(apart) / model.clump,
            room=float(room),
        )

    def own(self, chunk: Chunk, group: Ints, way: Ints) -> Floats:
        """(W, n, L · Z) likelihoods of each week of people in ``group`` (n,), the largest 1;
        ``way`` (G, W) is how each group can be seen."""
        features = np.ones((chunk.weeks, chunk.people, PHASE_COUNT + 3))
        features[:, :, :PHASE_COUNT] = chunk.evidence.transpose(0, 2, 1)
        features[:, :, PHASE_COUNT] = chunk.total
        features[:, :, PHASE_COUNT + 1] = chunk.silent
        own = np.empty((chunk.weeks, chunk.people, self.terms.shape[2]))
        edges = np.flatnonzero(np.diff(group, prepend=-1, append=-1)).tolist()
        for low, high in pairwise(edges):
            alike = slice(low, high)
            np.matmul(features[:, alike], self.terms[way[group[low]]], out=own[:, alike])
        return _powers(own)


def _powers(logarithms: Floats) -> Floats:
    """(…, L · Z) in place e to the power of each, divided by what makes the largest of a row 1: what
    all cells share changes no odds."""
    logarithms -= logarithms.max(axis=-1, keepdims=True)
    return np.exp(logarithms, out=logarithms)


def log_odds(probabilities: Floats, phase: Ints) -> Floats:
    """(P,) natural log of the odds of number ``phase`` (P,) of each, of ``probabilities`` (Z, P)."""
    people = np.arange(len(phase))
    mine = probabilities[phase, people]
    rest = np.zeros(len(phase))
    for other in range(PHASE_COUNT):
        rest += np.where(phase == other, 0.0, probabilities[other])
    odds: Floats = np.log(np.maximum(mine, _LEAST_ODDS)) - np.log(np.maximum(rest, _LEAST_ODDS))
    return odds

"""Counts of any window over measurements held in memory: what a backtest asks instead of a store."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import accumulate
from typing import NamedTuple

from airflow_ai_slo.core.counts import Counts, is_bad
from airflow_ai_slo.core.definition import SLO
from airflow_ai_slo.core.durations import Runs
from airflow_ai_slo.core.evaluation import Evaluation, check_countable, evaluate, plan
from airflow_ai_slo.core.instants import from_micros, to_micros
from airflow_ai_slo.core.numbers import Exact


class Row(NamedTuple):
    """One measurement, instants in microseconds since 1970.

    :param key: None where every row stands for itself.
    """

    at: int
    good: Exact
    total: Exact
    recorded_at: int
    key: str | None = None


class History:
    """Measurements of one SLO, as they were known at some instant."""

    def __init__(self, slo: SLO, rows: Iterable[Row]) -> None:
        runs: dict[int, tuple[Exact, Exact]] = {}
        for row in rows:
            good, total = runs.get(row.at, (0, 0))
            runs[row.at] = (good + row.good, total + row.total)
        self._slo = slo
        self._at = sorted(runs)
        self._good = _sums(runs[at][0] for at in self._at)
        self._total = _sums(runs[at][1] for at in self._at)
        self._bad = _sums(int(is_bad(*runs[at], slo.objective)) for at in self._at)

    def counts(self, start: datetime, end: datetime) -> Counts:
        """What ``(start, end]`` holds."""
        first, last = bisect_right(self._at, to_micros(start)), bisect_right(self._at, to_micros(end))
        if last <= first:
            return Counts(0, 0)
        return self._between(first, last)

    def last_runs(self, count: int, end: datetime) -> Counts:
        """What the last ``count`` runs up to an instant hold."""
        last = bisect_right(self._at, to_micros(end))
        return self._between(max(0, last - count), last)

    def evaluate(self, at: datetime) -> Evaluation:
        """The state of the SLO at an instant."""
        needs = plan(self._slo, at)
        since: dict[datetime | Runs, Counts] = {start: self.counts(start, at) for start in needs.starts}
        since |= {span: self.last_runs(span.count, at) for span in needs.run_spans}
        return evaluate(self._slo, at, needs, since=since, first=from_micros(self._at[0]) if self._at else None)

    def _between(self, first: int, last: int) -> Counts:
        return Counts(
            self._good[last] - self._good[first],
            self._total[last] - self._total[first],
            int(self._bad[last] - self._bad[first]),
            last - first,
        )


def backtest(slo: SLO, rows: Sequence[Row], instants: Iterable[datetime]) -> list[Evaluation]:
    """Evaluate an SLO at instants of the past, each time over what had come in by then.

    :raises DefinitionError: a budgeting method that is not counted.
    """
    check_countable(slo)
    newest = max((row.recorded_at for row in rows), default=0)
    plain = all(row.key is None for row in rows)
    whole = History(slo, rows) if plain else None
    result = []
    for at in instants:
        # Rows that came in no later than they speak of need no filter: the windows leave later ones out.
        if whole is None or (to_micros(at) < newest and any(row.recorded_at > row.at for row in rows)):
            result.append(History(slo, known_at(slo, rows, at)).evaluate(at))
        else:
            result.append(whole.evaluate(at))
    return result


def known_at(slo: SLO, rows: Iterable[Row], at: datetime) -> list[Row]:
    """The rows that had come in by an instant, reruns settled as the SLO says."""
    known: dict[str, Row] = {}
    alone = []
    for row in sorted((row for row in rows if row.recorded_at <= to_micros(at)), key=lambda row: row.recorded_at):
        if row.key is None:
            alone.append(row)
        elif row.key not in known or _replaces(row, known[row.key], slo):
            known[row.key] = row
    return alone + list(known.values())


def _replaces(row: Row, old: Row, slo: SLO) -> bool:
    if slo.rerun == "worst":
        new, kept = row.good * old.total, old.good * row.total
        return new < kept or (new == kept and row.total > old.total)
    return slo.rerun == "replace"


def _sums(numbers: Iterable[Exact]) -> list[Exact]:
    return list(accumulate(numbers, initial=0))

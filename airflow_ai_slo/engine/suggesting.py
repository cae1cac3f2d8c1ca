"""Objectives from what was recorded, in the store or in a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from fractions import Fraction

from airflow_ai_slo.core.cadence import Cadence
from airflow_ai_slo.core.definition import SLO, Budgeting
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.expected import Pauses
from airflow_ai_slo.core.instants import from_micros, to_micros, utc
from airflow_ai_slo.core.proposal import Proposal
from airflow_ai_slo.core.stream import Row, Stream
from airflow_ai_slo.core.suggesting import Ran, suggest
from airflow_ai_slo.engine.moments import one_moment, settle
from airflow_ai_slo.store import Store, definitions, past

_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)


def suggest_for_applied(
    store: Store,
    *,
    at: datetime,
    back: timedelta,
    slos: Collection[str] | None = None,
    window: Duration | None = None,
) -> list[Proposal]:
    """What the recorded measurements of applied SLOs support.

    :param back: how far the past reaches.
    :param slos: only these; None means all.
    :param window: another one than the SLO's own.
    :raises UnknownSLOError: a name that nothing carries.
    """
    at = utc(at)
    settle(store, at=at)
    with one_moment(store) as connection:
        found = definitions.active(connection, slos)
        pasts = [(one.slo, past.runs(connection, one, at - back, at)) for one in found]
    return sorted((_of_slo(slo, runs, at, window) for slo, runs in pasts), key=lambda one: one.subject)


def suggest_for_rows(
    rows: Mapping[str, Sequence[Row]], *, at: datetime, back: timedelta, window: Duration
) -> list[Proposal]:
    """What measurements of a file support, by the names of their SLOs."""
    first, last = to_micros(utc(at) - back), to_micros(utc(at))
    proposals = []
    for name in sorted(rows):
        slo = SLO(name=name, service=name, objective="0.5", window=str(window), alerting="none")
        within = [row for row in rows[name] if first < row.at <= last]
        runs, _ = settled_runs(slo, within, last)
        proposals.append(_of_slo(slo, runs, utc(at), window, stands=False))
    return proposals


def settled_runs(slo: SLO, rows: Iterable[Row], now: int, pauses: Pauses = ()) -> tuple[list[Ran], Counter[str]]:
    """The runs that measurements make under an SLO, missing ones included, and how many are in which state.

    :param rows: in any order.
    :param pauses: when no runs were expected.
    """
    stream = Stream(slo)
    stream.pauses = pauses
    stream.arrive(sorted(rows, key=lambda row: row.recorded_at))
    stream.settle(now)
    runs = [stream.runs.between(place, place + 1) for place in range(len(stream.runs.at))]
    states = Counter(state for _, state in stream.states())
    return [Ran(at, run.good, run.total) for at, run in zip(stream.runs.at, runs, strict=True)], states


def expected_runs(slo: SLO, window: Duration) -> Fraction | None:
    """Runs of an average window by an SLO's cadence; None where the clock tells its coverage."""
    if slo.schedule is None or slo.budgeting is not Budgeting.OCCURRENCES:
        return None
    return Cadence.of(slo.schedule).per_day * Fraction(window.length // _MINUTE, _DAY // _MINUTE)


def _of_slo(slo: SLO, runs: Sequence[Ran], at: datetime, window: Duration | None, *, stands: bool = True) -> Proposal:
    length = window or slo.window.duration
    expected = expected_runs(slo, length)
    return Proposal(
        subject=slo.name,
        window=length,
        suggestion=suggest(runs, window=length.length, now=to_micros(at), expected=expected),
        since=from_micros(runs[0].at) if runs else None,
        until=at,
        cadence=None if slo.schedule is None else slo.schedule.cadence,
        stands=slo.objective if stands else None,
    )

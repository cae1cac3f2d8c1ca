"""Evaluations of the past, over measurements held in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from airflow_ai_slo.core.definition import SLO
from airflow_ai_slo.core.evaluation import Evaluation
from airflow_ai_slo.core.instants import to_micros
from airflow_ai_slo.core.stream import Row, Stream


def backtest(slo: SLO, rows: Iterable[Row], instants: Sequence[datetime]) -> list[Evaluation]:
    """Evaluate an SLO at instants of the past, each time over what had come in by then.

    :returns: one evaluation an instant, in the order of the instants.
    """
    stream, waiting = Stream(slo), sorted(rows, key=lambda row: row.recorded_at)
    seen: dict[datetime, Evaluation] = {}
    arrived = 0
    for at in sorted(set(instants)):
        micros, start = to_micros(at), arrived
        while arrived < len(waiting) and waiting[arrived].recorded_at <= micros:
            arrived += 1
        stream.arrive(waiting[start:arrived])
        seen[at] = stream.evaluate(at)
    return [seen[at] for at in instants]

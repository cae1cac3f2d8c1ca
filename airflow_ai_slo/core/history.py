"""Evaluations of the past, over measurements held in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from airflow_ai_slo.core.definition import SLO
from airflow_ai_slo.core.dropped import Drop
from airflow_ai_slo.core.evaluation import Evaluation
from airflow_ai_slo.core.instants import to_micros
from airflow_ai_slo.core.stream import Row, Stream

_LONG_AGO = -(2**62)


def backtest(
    slo: SLO, rows: Iterable[Row], instants: Sequence[datetime], corrections: Iterable[Drop] = ()
) -> list[Evaluation]:
    """Evaluate an SLO at instants of the past, each time over what had come in, and what was corrected, by then.

    :returns: one evaluation an instant, in the order of the instants.
    """
    past, seen = _Past(slo, rows, corrections), dict[datetime, Evaluation]()
    for at in sorted(set(instants)):
        past.move(to_micros(at))
        seen[at] = past.stream.evaluate(at)
    return [seen[at] for at in instants]


class _Past:
    """One SLO's past up to some instant."""

    def __init__(self, slo: SLO, rows: Iterable[Row], corrections: Iterable[Drop]) -> None:
        self.stream = Stream(slo)
        self._rows = sorted(rows, key=lambda row: row.recorded_at)
        self._arrived = 0
        moments = ((_LONG_AGO if one.known_at is None else one.known_at, one) for one in corrections)
        self._corrections = sorted(moments, key=lambda pair: pair[0], reverse=True)

    def move(self, now: int) -> None:
        """Let all come in, and be corrected, that was by an instant."""
        while self._corrections and self._corrections[-1][0] <= now:
            moment, correction = self._corrections.pop()
            self._arrive(moment - 1)
            self.stream.correct(correction.stretches, moment)
        self._arrive(now)

    def _arrive(self, now: int) -> None:
        rows, start = self._rows, self._arrived
        while self._arrived < len(rows) and rows[self._arrived].recorded_at <= now:
            self._arrived += 1
        self.stream.arrive(rows[start : self._arrived])

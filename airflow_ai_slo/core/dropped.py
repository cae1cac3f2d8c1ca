"""What corrections drop of one SLO in memory, as they become known."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from airflow_ai_slo.core.corrections import Stretch, Stretches, as_pauses, holds, merged, minus
from airflow_ai_slo.core.expected import Pauses
from airflow_ai_slo.core.instants import to_micros


class Drop(NamedTuple):
    """A correction of one SLO, in microseconds.

    :param known_at: from then on it holds; None: from the start.
    """

    known_at: int | None
    stretches: Stretches


class Dropped:
    """Stretches that are dropped by now.

    :param stretches: merged.
    """

    __slots__ = ("stretches",)

    def __init__(self) -> None:
        self.stretches: Stretches = ()

    def add(self, stretches: Iterable[Stretch]) -> list[Stretch]:
        """Drop more; returns what was not dropped before."""
        given = merged(stretches)
        new = minus(given, self.stretches)
        self.stretches = merged([*self.stretches, *given])
        return new

    def holds(self, at: int) -> bool:
        """Whether an ``at`` is dropped."""
        return bool(self.stretches) and holds(self.stretches, at)

    def pauses_within(self, start: datetime, end: datetime) -> Pauses:
        """When no runs are expected because of them: those that reach into a window."""
        if not self.stretches:
            return ()
        low, high = to_micros(start), to_micros(end)
        first = max(0, bisect_left(self.stretches, (low,)) - 1)
        return as_pauses([one for one in self.stretches[first : bisect_left(self.stretches, (high,))] if one[1] > low])

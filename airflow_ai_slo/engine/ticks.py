"""What a replay plays, moment by moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import merge
from itertools import groupby
from operator import attrgetter
from typing import Literal

from airflow_ai_slo.core.corrections import Stretches
from airflow_ai_slo.core.dropped import Drop
from airflow_ai_slo.core.instants import from_micros
from airflow_ai_slo.core.measured import Row

_FIRST = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Tick:
    """One moment of a replay: what comes in, then what is done.

    :param rows: measurements with the names of their SLOs, all recorded at this instant.
    :param slos: whom a pause, its end or a correction concerns; None means all.
    :param drops: what a correction drops.
    """

    at: datetime
    rows: Sequence[tuple[str, Row]] = ()
    do: Literal["evaluate", "pause", "resume", "correct"] | None = None
    slos: Sequence[str] | None = None
    drops: Stretches = ()


def corrected(ticks: Iterable[Tick], corrections: Mapping[str, Sequence[Drop]]) -> Iterator[Tick]:
    """The same ticks, and corrections as they become known: before all else of that instant.

    :param corrections: by SLO.
    """
    given = [
        Tick(_FIRST if one.known_at is None else from_micros(one.known_at), (), "correct", (slo,), one.stretches)
        for slo, several in corrections.items()
        for one in several
    ]
    return merge(sorted(given, key=attrgetter("at")), ticks, key=attrgetter("at"))


class Steps:
    """Ticks of measurements that come in when they say, with an evaluation at every step.

    :param rows: with the names of their SLOs, in the order in which they came in; not empty.
    :param step: evaluations lie at whole multiples of it since 1970, up to the first that has seen everything.
    """

    def __init__(self, rows: Sequence[tuple[str, Row]], step: timedelta) -> None:
        self._rows = rows
        self._step = step // timedelta(microseconds=1)
        self._first, self._last = (-(-rows[place][1].recorded_at // self._step) for place in (0, -1))

    @property
    def start(self) -> datetime:
        """The first evaluation."""
        return from_micros(self._first * self._step)

    @property
    def end(self) -> datetime:
        """The last one."""
        return from_micros(self._last * self._step)

    def __len__(self) -> int:
        """How many evaluations there are."""
        return self._last - self._first + 1

    def __iter__(self) -> Iterator[Tick]:
        now = self._first * self._step
        for recorded_at, group in groupby(self._rows, key=lambda row: row[1].recorded_at):
            while now < recorded_at:
                yield Tick(from_micros(now), do="evaluate")
                now += self._step
            yield Tick(from_micros(recorded_at), tuple(group))
        yield Tick(from_micros(now), do="evaluate")

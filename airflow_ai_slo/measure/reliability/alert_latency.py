"""How long it takes from something that happened to the alert that tells of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.instants import to_micros
from airflow_ai_slo.core.measurement import Cause
from airflow_ai_slo.measure.data import Source
from airflow_ai_slo.measure.reliability.stamps import Columns, Micros, in_database, read_micros

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Subquery

_SECOND = 1_000_000
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Latency:
    """Events that should alert, judged by when they did.

    :param good: alerted in time.
    :param total: settled: alerted, or waited for long enough.
    :param value: seconds within which 95% of the settled events were alerted (inverted CDF; a missed one is never);
        None where that many were not, or nothing is settled.
    :param missed: settled without an alert.
    :param waiting: not settled.
    :param undated: rows without the instant at which something happened.
    """

    good: int
    total: int
    value: float | None
    cause: Cause | None
    detail: str
    missed: int
    waiting: int
    undated: int


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked of alerts.

    :param occurred: column of when it happened.
    :param alerted: column of when the alert came; null where none has.
    :param at_most: the longest latency that is good, inclusive.
    :param max_wait: how long an event without an alert is waited for; at least, and by default, ``at_most``.
    :param now: what happened, and alerts that came, after it are not seen.
    :param over: only events whose wait was over in ``(now - over, now]``, so that each belongs to one run.
    :param zone: of stamps that carry no offset.
    """

    occurred: str
    alerted: str
    at_most: timedelta
    now: datetime
    max_wait: timedelta | None = None
    over: timedelta | None = None
    zone: ZoneInfo | None = None

    def __post_init__(self) -> None:
        for name in ("at_most", "max_wait", "over"):
            given = getattr(self, name)
            if given is not None and (not isinstance(given, timedelta) or given < timedelta(0)):
                raise ConfigurationError(f"{name}={given!r}: give a timedelta, such as timedelta(minutes=1)")
        if self.max_wait is not None and self.max_wait < self.at_most:
            raise ConfigurationError(
                f"max_wait={self.max_wait} is below at_most={self.at_most}: an alert may still come"
            )

    @property
    def limit(self) -> int:
        """Microseconds that are good."""
        return self.at_most // _MICROSECOND

    @property
    def wait(self) -> int:
        """Microseconds after which no alert is a missed one."""
        return (self.max_wait if self.max_wait is not None else self.at_most) // _MICROSECOND

    @property
    def span(self) -> tuple[int | None, int]:
        """Events that count happened after the first (where there is one) and up to the second, in microseconds."""
        now = to_micros(self.now)
        return (None, now) if self.over is None else (now - self.wait - self.over // _MICROSECOND, now - self.wait)


def alert_latency(source: Source, asked: Asked) -> Latency:
    """Alerts in time of the events that should alert; counted in the database where its stamps can be compared there.

    An alert before the event counts as at once. An event without an alert is bad once ``max_wait`` has passed, and
    waits until then.

    :raises DataError: a column is not there, or holds something else than stamps.
    """
    with in_database(source, [asked.occurred, asked.alerted], zone=asked.zone) as columns:
        if columns is not None:
            return _in_words(asked, *_counted(source, asked, columns))
    return _in_words(asked, *_from_rows(asked, *read_micros(source, [asked.occurred, asked.alerted], zone=asked.zone)))


def _rank(total: int) -> int:
    """The place of the 95th percentile in order, from 1."""
    return (total * 95 + 99) // 100


def _from_rows(asked: Asked, occurred: Sequence[Micros], alerted: Sequence[Micros]) -> tuple[int, ...]:
    now, (after, until) = to_micros(asked.now), asked.span
    latencies: list[int] = []
    missed = waiting = 0
    for happened, told in zip(occurred, alerted, strict=True):
        if happened is None or happened > until or (after is not None and happened <= after):
            continue
        if told is not None and told <= now:
            latencies.append(max(told - happened, 0))
        elif happened + asked.wait < now or asked.over is not None:
            missed += 1
        else:
            waiting += 1
    latencies.sort()
    total, good = len(latencies) + missed, sum(one <= asked.limit for one in latencies)
    place = _rank(total)
    p95 = latencies[place - 1] if 0 < place <= len(latencies) else -1
    return good, total, missed, waiting, sum(one is None for one in occurred), p95


def _counted(source: Source, asked: Asked, columns: Columns) -> tuple[int, ...]:
    import sqlalchemy as sa

    events = _events(source, asked, columns)
    latency, happened = events.c.latency, events.c.happened
    over = sa.true() if asked.over is not None else happened + asked.wait < to_micros(asked.now)
    alone = sa.and_(events.c.counts, latency.is_(None))

    def many(test: ColumnElement[bool]) -> ColumnElement[int]:
        return sa.func.coalesce(sa.func.sum(sa.case((test, 1), else_=0)), 0)

    figures = (
        sa.and_(events.c.counts, latency <= asked.limit),
        sa.and_(events.c.counts, latency.is_not(None)),
        sa.and_(alone, over),
        sa.and_(alone, sa.not_(over)),
        happened.is_(None),
    )
    row = columns.connection.execute(sa.select(*map(many, figures))).one()
    good, told, missed, waiting, undated = map(int, row)
    place, p95 = _rank(told + missed), -1
    if 0 < place <= told:
        ordered = sa.select(latency).where(events.c.counts, latency.is_not(None)).order_by(latency)
        p95 = int(columns.connection.execute(ordered.offset(place - 1).limit(1)).scalar_one())
    return good, told + missed, missed, waiting, undated, p95


def _events(source: Source, asked: Asked, columns: Columns) -> Subquery:
    """Each row: when it happened, whether it counts, and its latency, null without an alert."""
    import sqlalchemy as sa

    (after, until), now = asked.span, to_micros(asked.now)
    read = columns.read(source, happened=asked.occurred, told=asked.alerted)
    tests: list[Any] = [read.c.happened.is_not(None), read.c.happened <= until]
    if after is not None:
        tests.append(read.c.happened > after)
    seen = sa.case((read.c.told > now, None), (read.c.told < read.c.happened, 0), else_=read.c.told - read.c.happened)
    return sa.select(
        read.c.happened, sa.and_(*tests).label("counts"), sa.cast(seen, sa.BigInteger).label("latency")
    ).subquery("ai_slo_events")


def _in_words(asked: Asked, good: int, total: int, missed: int, waiting: int, undated: int, p95: int) -> Latency:
    value = None if p95 < 0 else p95 / _SECOND
    words = f"{good:,} of {total:,} events alerted within {asked.at_most}" if total else "no event is settled"
    words += f", P95 {value:g} s" if value is not None else ", P95 not reached" if total else ""
    for many, what in ((missed, "missed"), (waiting, "still waiting"), (undated, "without an instant, left out")):
        words += f"; {many:,} {what}" if many else ""
    cause = Cause.LATENCY if good < total else None
    return Latency(good, total, value, cause, words, missed, waiting, undated)

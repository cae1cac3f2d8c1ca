"""What makes a request good, and what was seen of some requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.measurement import Cause
from airflow_ai_slo.core.sketch import Sketch, merged, percentiles

TimeUnit = Literal["s", "ms", "us", "ns"]
"""Units of a latency column."""

_MILLISECONDS = {"s": 1000.0, "ms": 1.0, "us": 1e-3, "ns": 1e-6}
_NANOSECONDS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRules:
    """A request is good when everything holds that is given here.

    :param at_most: it took so long or less, by
    :param latency_column: how long it took, in ``unit``. Alone, it is timed and not judged.
    :param status_column: it was answered with a number below ``bad_from``; none is no answer.
    :param good_when: a column of booleans, or of 0 and others, is true.
    :param time_column: when it was; none means that all rows count, whenever they were.
    :param zone: of stamps that carry no offset.
    :raises ConfigurationError: options that make no rule.
    """

    latency_column: str | None = None
    at_most: timedelta | None = None
    unit: TimeUnit = "ms"
    status_column: str | None = None
    bad_from: int = 500
    good_when: str | None = None
    time_column: str | None = None
    zone: ZoneInfo | None = None

    def __post_init__(self) -> None:
        if self.at_most is not None and (not isinstance(self.at_most, timedelta) or self.at_most < timedelta(0)):
            raise ConfigurationError(f"at_most={self.at_most!r}: give a timedelta, such as timedelta(milliseconds=200)")
        if self.at_most is not None and self.latency_column is None:
            raise ConfigurationError("at_most needs latency_column, the column that holds how long a request took")
        if self.at_most is None and self.status_column is None and self.good_when is None:
            raise ConfigurationError("give at_most, status_column or good_when: what makes a request good")
        if self.unit not in get_args(TimeUnit):
            raise ConfigurationError(f"unit={self.unit!r} is not one of {', '.join(get_args(TimeUnit))}")
        if isinstance(self.bad_from, bool) or not isinstance(self.bad_from, int):
            raise ConfigurationError(f"bad_from={self.bad_from!r}: give the lowest status that is bad, such as 500")

    @property
    def columns(self) -> Sequence[str]:
        """Every column that is looked at, each once."""
        asked = (self.time_column, self.latency_column, self.status_column, self.good_when)
        return list(dict.fromkeys(name for name in asked if name is not None))

    @property
    def limit(self) -> float | None:
        """``at_most`` in the column's unit."""
        if self.at_most is None:
            return None
        exact = Fraction(self.at_most // _MICROSECOND * 1000, _NANOSECONDS[self.unit])
        return float(exact)

    @property
    def to_milliseconds(self) -> float:
        """What a value of the column is multiplied with."""
        return _MILLISECONDS[self.unit]


@dataclass(frozen=True, slots=True)
class Requests:
    """Some requests judged. ``total`` = good + failed + late.

    :param failed: not answered well, whatever they took.
    :param late: answered well, and took longer than allowed, or nobody knows how long.
    :param untimed: without a latency that is a length of time: missing, NaN or negative.
    :param sketch: of all latencies there are; None where none were looked at.
    """

    total: int
    failed: int
    late: int
    untimed: int
    sketch: Sketch | None

    @classmethod
    def together(cls, several: Sequence[Requests]) -> Requests:
        """Those of all parts of an interval."""
        sketches = [one.sketch for one in several if one.sketch is not None]
        return cls(
            total=sum(one.total for one in several),
            failed=sum(one.failed for one in several),
            late=sum(one.late for one in several),
            untimed=sum(one.untimed for one in several),
            sketch=merged(sketches) if sketches else None,
        )

    @property
    def good(self) -> int:
        """Answered well and in time."""
        return self.total - self.failed - self.late

    @property
    def value(self) -> float | None:
        """P95 in milliseconds; without latencies the share of good requests."""
        if self.sketch is not None:
            found = percentiles(self.sketch)
            return None if found is None else found.values["p95"]
        return self.good / self.total if self.total else None

    @property
    def cause(self) -> Cause | None:
        """``latency`` or ``infrastructure``, whichever more of the bad ones have; None where none is bad."""
        if not self.failed and not self.late:
            return None
        return Cause.LATENCY if self.late > self.failed else Cause.INFRASTRUCTURE

    @property
    def detail(self) -> str:
        """In one line."""
        if not self.total:
            return "no requests"
        bad = [f"{count:,} {what}" for count, what in ((self.failed, "failed"), (self.late, "late")) if count]
        timed = None if self.sketch is None else percentiles(self.sketch)
        parts = [f"{self.good:,} of {self.total:,} requests good" + (f" ({', '.join(bad)})" if bad else "")]
        parts += [str(timed)] if timed else []
        parts += [f"{self.untimed:,} without a latency"] if self.untimed else []
        return "; ".join(parts)

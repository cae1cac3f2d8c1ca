"""Mean time between failures, and hours without one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from airflow_ai_slo.core.errors import ConfigurationError, MeasurementError
from airflow_ai_slo.core.instants import from_micros, to_micros
from airflow_ai_slo.core.measurement import Cause
from airflow_ai_slo.measure.data import Source
from airflow_ai_slo.measure.reliability.stamps import in_database, read_micros

HOUR = 3_600_000_000
_MICROSECOND = timedelta(microseconds=1)
_CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Between:
    """One run judged by its mean time between failures.

    :param good: 1 when it is long enough.
    :param total: 1; 0 where nothing operated.
    :param value: hours, operating time / failures; None without a failure.
    :param lower_bound: hours that it lasts at least, at 95% confidence; None where nothing operated.
    """

    good: int
    total: int
    value: float | None
    cause: Cause | None
    detail: str
    failures: int
    lower_bound: float | None


def failures_by_hour(
    source: Source, column: str, *, start: datetime, end: datetime, zone: ZoneInfo | None = None
) -> dict[datetime, int]:
    """Failures in ``(start, end]`` by the UTC hour in which they lie: the one that ends at the key, its end inside.

    :param column: when it failed; rows where it is null are no failures.
    :raises DataError: the column is not there, or holds something else than stamps.
    """
    first, last = to_micros(start), to_micros(end)
    with in_database(source, [column], zone=zone) as columns:
        if columns is not None:
            import sqlalchemy as sa

            read = columns.read(source, failed=column)
            hour = sa.cast((read.c.failed - 1 - (read.c.failed - 1) % HOUR), sa.BigInteger).label("hour")
            within = sa.and_(read.c.failed > first, read.c.failed <= last)
            query = sa.select(hour, sa.func.count()).where(within).group_by(hour)
            return {from_micros(int(at) + HOUR): int(many) for at, many in columns.connection.execute(query)}
    stamps = read_micros(source, [column], zone=zone)[0]
    hours = Counter((one - 1) // HOUR for one in stamps if one is not None and first < one <= last)
    return {from_micros((hour + 1) * HOUR): many for hour, many in hours.items()}


def mtbf(failures: int, operating: timedelta, *, at_least: timedelta) -> Between:
    """Operating time / failures against a floor, exactly; the floor itself is long enough.

    Without a failure there is no mean time: the run is good, and the lower bound says how much that means. It is the
    one-sided bound of a test that ends by time, 2 T / chi-square(0.95; 2 r + 2): after no failure about T / 3.
    (MIL-HDBK-338B, section 8.3.2.5.2; NIST/SEMATECH e-Handbook, 8.4.5.1.)

    :raises ConfigurationError: the floor is not above zero.
    :raises MeasurementError: failures or operating time are negative.
    """
    if not isinstance(at_least, timedelta) or at_least <= timedelta(0):
        raise ConfigurationError(f"at_least={at_least!r}: give a timedelta above zero, such as timedelta(hours=100)")
    time = operating // _MICROSECOND
    if failures < 0 or time < 0:
        raise MeasurementError(f"{failures} failures in {operating}: neither can be negative")
    floor, asked = at_least // _MICROSECOND, f"at least {_hours(at_least // _MICROSECOND)} asked"
    if not time and not failures:
        return Between(0, 0, None, None, "nothing operated", 0, None)
    from scipy.stats import chi2

    bound = 2 * time / HOUR / float(chi2.ppf(_CONFIDENCE, 2 * failures + 2))
    beside = f"{_hours(time)} of operation; {bound:.4g} h or more at 95% confidence"
    if not failures:
        return Between(1, 1, None, None, f"no failure in {beside}; {asked}", 0, bound)
    good, value = time >= floor * failures, time / HOUR / failures
    words = f"{value:.4g} h between failures, {asked}: {failures} in {beside}"
    return Between(int(good), 1, value, None if good else Cause.INFRASTRUCTURE, words, failures, bound)


def whole_hours(start: datetime, end: datetime) -> list[datetime]:
    """The ends of the UTC hours that lie in ``(start, end]`` whole."""
    first, last = -(-to_micros(start) // HOUR), to_micros(end) // HOUR
    return [from_micros(hour * HOUR) for hour in range(first + 1, last + 1)]


def hours_without(failures: Mapping[datetime, int], hours: list[datetime]) -> list[tuple[datetime, int]]:
    """Each hour by its end, and 1 where nothing failed in it, else 0."""
    return [(hour, int(not failures.get(hour))) for hour in hours]


def _hours(micros: int) -> str:
    return f"{micros / HOUR:,.6g} h"

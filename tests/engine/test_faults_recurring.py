"""Recurring rules are looked for where the calendar is the same and ends soon: what is found stays what it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import takewhile

import pytest
from dateutil.rrule import rrulestr
from hypothesis import example, given, settings
from hypothesis import strategies as st

from airflow_ai_slo.core.corrections import Interval
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.instants import to_micros
from airflow_ai_slo.store.recurring import stretches

REACH = timedelta(days=3653)
RULES = [
    *("FREQ=YEARLY", "FREQ=YEARLY;INTERVAL=3", "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=MONTHLY;BYMONTHDAY=31"),
    *("FREQ=YEARLY;BYWEEKNO=1,53;BYDAY=MO", "FREQ=YEARLY;BYYEARDAY=-1,366", "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,TU"),
    *("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "FREQ=DAILY;INTERVAL=17;BYHOUR=3", "FREQ=MONTHLY;COUNT=40"),
    *("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "FREQ=WEEKLY;INTERVAL=3;WKST=SU;BYDAY=SA,SU,MO"),
]


@given(
    st.sampled_from(RULES),
    st.datetimes(datetime(1901, 1, 1), datetime(2220, 1, 1), timezones=st.just(UTC)),
)
@example("FREQ=WEEKLY;INTERVAL=2", datetime(2096, 2, 29, 12, tzinfo=UTC))
@example("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", datetime(2092, 2, 29, tzinfo=UTC))
@example("FREQ=YEARLY;BYWEEKNO=53;BYDAY=SU", datetime(1999, 12, 31, tzinfo=UTC))
@settings(max_examples=150)
def test_a_rule_comes_up_when_it_does_by_itself(rrule: str, start: datetime) -> None:
    start = start.replace(microsecond=0)
    rule = rrulestr(rrule, dtstart=start.replace(tzinfo=None))
    expected = [to_micros(at.replace(tzinfo=UTC)) for at in takewhile(lambda at: at < _end(start), rule)]
    if not expected:
        with pytest.raises(ConfigurationError, match="never comes up"):
            stretches(_period(rrule, start))
        return
    assert [begin for begin, _ in stretches(_period(rrule, start))] == expected


@pytest.mark.parametrize("year", [1900, 1999, 2026, 2095, 2396, 9799, 9800])
def test_any_year_has_one_like_it(year: int) -> None:
    found = stretches(_period("FREQ=MONTHLY", datetime(year, 2, 1, tzinfo=UTC)))
    assert len(found) in (120, 121)
    assert found[0][0] == to_micros(datetime(year, 2, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    "rrule",
    [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYSETPOS=5",
        "FREQ=DAILY;UNTIL=20270101;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=WEEKLY;BYMONTH=4;BYMONTHDAY=31",
        "FREQ=YEARLY;BYMONTH=6;BYWEEKNO=53",
    ],
)
def test_a_rule_that_never_comes_up_is_refused(rrule: str) -> None:
    """From 2026 on each took 3 to 30 seconds; a thousand of them in a row would not be waited for."""
    with pytest.raises(ConfigurationError, match="never comes up from 2026-01-01"):
        stretches(_period(rrule, datetime(2026, 1, 1, tzinfo=UTC)))


def _end(start: datetime) -> datetime:
    return (start + REACH).replace(tzinfo=None)


def _period(rrule: str, start: datetime) -> Interval:
    return Interval(start, rrule=rrule, duration=Duration.parse("1h"))

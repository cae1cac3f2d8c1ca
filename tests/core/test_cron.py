from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from croniter import croniter
from hypothesis import assume, given
from hypothesis import strategies as st

from airflow_ai_slo.core.cron import Cron

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")
CHANGES = {
    "Europe/Berlin": (datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)),
    "America/New_York": (datetime(2026, 3, 8, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)),
    "America/Havana": (datetime(2024, 3, 10, tzinfo=UTC), datetime(2024, 11, 3, tzinfo=UTC)),
    "Asia/Beirut": (datetime(2024, 3, 30, tzinfo=UTC), datetime(2024, 10, 26, tzinfo=UTC)),
    "America/Nuuk": (datetime(2024, 3, 31, tzinfo=UTC), datetime(2024, 10, 27, tzinfo=UTC)),
    "Australia/Lord_Howe": (datetime(2026, 4, 4, tzinfo=UTC), datetime(2026, 10, 3, tzinfo=UTC)),
}


def local(expression: str, start: datetime, end: datetime, zone: ZoneInfo = BERLIN, *, fold: int = 0) -> list[str]:
    found = Cron.parse(expression).instants(start, end, zone, fold=1 if fold else 0)
    return [f"{there.astimezone(zone):%d %H:%M%z}" for there in found]


def a_field(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    ranges = st.tuples(number, number).filter(lambda pair: pair[0] != pair[1]).map(lambda pair: f"{pair[0]}-{pair[1]}")
    stepped = st.tuples(number, number, st.integers(1, 9)).filter(lambda three: three[0] < three[1])
    return st.one_of(
        st.just("*"),
        st.integers(1, high).map(lambda step: f"*/{step}"),
        st.lists(number, min_size=1, max_size=3).map(lambda numbers: ",".join(map(str, numbers))),
        ranges,
        stepped.map(lambda three: f"{three[0]}-{three[1]}/{three[2]}"),
        st.tuples(number, st.integers(1, 9)).map(lambda pair: f"{pair[0]}/{pair[1]}"),
    )


expressions = st.tuples(a_field(0, 59), a_field(0, 23), a_field(1, 31), a_field(1, 12), a_field(0, 6)).map(" ".join)


def parsed(expression: str) -> tuple[Cron | None, str]:
    try:
        return Cron.parse(expression), ""
    except ValueError as error:
        return None, str(error)


@given(expressions, st.datetimes(datetime(2019, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)))
def test_expressions_mean_what_airflows_parser_takes_them_to_mean(expression: str, start: datetime) -> None:
    read, problem = parsed(expression)
    if read is None:
        assert "never runs" in problem
        return
    start = start.replace(second=0, microsecond=0)
    theirs = croniter(expression, start)
    ours = read.instants(start, start + 366 * 20 * DAY, UTC)
    assert list(islice(ours, 4)) == [theirs.get_next(datetime) for _ in range(4)]


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("@hourly", "0 * * * *"),
        ("@daily", "0 0 * * *"),
        ("@midnight", "0 0 * * *"),
        ("@weekly", "0 0 * * 0"),
        ("@monthly", "0 0 1 * *"),
        ("@quarterly", "0 0 1 1,4,7,10 *"),
        ("@yearly", "0 0 1 1 *"),
        ("0 6 * JAN-mar Mon-Fri", "0 6 * 1,2,3 1-5"),
        ("0 6 * * 7", "0 6 * * sun"),
        ("0 6 * * fri-sun", "0 6 * * 0,5,6"),
        ("0 6 * * 0-7", "0 6 * * *"),
        ("0 22-2 * nov-feb *", "0 0,1,2,22,23 * 1,2,11,12 *"),
        ("  0   6 ? * ?", "0 6 * * *"),
    ],
)
def test_one_schedule_can_be_written_in_several_ways(written: str, same: str) -> None:
    one, other = Cron.parse(written), Cron.parse(same)
    assert (one.times, one.hourly, one.days, one.months, one.weekdays) == (
        (other.times, other.hourly, other.days, other.months, other.weekdays)
    )


def test_either_day_field_is_enough_where_both_restrict() -> None:
    found = Cron.parse("0 0 13 * 5").instants(datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 2, 28, tzinfo=UTC), UTC)
    assert [there.day for there in found] == [6, 13, 20, 27]
    found = Cron.parse("0 0 14 * 5").instants(datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 2, 28, tzinfo=UTC), UTC)
    assert [there.day for there in found] == [6, 13, 14, 20, 27]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("0 0 30 2 *", "never runs"),
        ("0 0 31 4,6,9,11 *", "no such month has a day 31"),
        ("0 0 L * *", "L, W and # are not supported"),
        ("0 0 15W * *", "L, W and # are not supported"),
        ("0 0 * * 5#2", "L, W and # are not supported"),
        ("0 0 * * L5", "L, W and # are not supported"),
        ("60 * * * *", "'60' is not a minute; write 0 to 59"),
        ("0 0 * * monday", "not a day of week; write 0 to 7 or sun to sat"),
        ("0 0 * 13 *", "not a month; write 1 to 12 or jan to dec"),
        ("0 0 0 * *", "not a day of month; write 1 to 31"),
        ("*/0 * * * *", "a step is 1 or more"),
        ("5-5 * * * *", "is no range; write 5"),
        ("50-10/5 * * * *", "goes upwards; write a list"),
        ("-1 * * * *", "not a minute"),
        ("1,,2 * * * *", "not a minute"),
        ("? * * * *", "not a minute"),
        ("* * * *", "write five fields"),
        ("0 0 0 * * *", "write five fields"),
        ("", "write five fields"),
        ("@continuous", "not a schedule that repeats"),
    ],
)
def test_a_wrong_expression_says_in_one_line_what_would_be_right(wrong: str, says: str) -> None:
    with pytest.raises(ValueError, match=says.replace("*", r"\*")) as caught:
        Cron.parse(wrong)
    assert "\n" not in str(caught.value)


def test_a_date_that_comes_every_four_years_is_found_at_once() -> None:
    leap = Cron.parse("0 0 29 2 *").instants(datetime(2089, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC), UTC)
    assert [there.year for there in islice(leap, 4)] == [2092, 2096, 2104, 2108]


def test_a_local_time_in_a_gap_moves_on_by_the_gap() -> None:
    gap, _ = CHANGES["Europe/Berlin"]
    found = local("30 2 * * *", gap - DAY, gap + 2 * DAY)
    assert found == ["28 02:30+0100", "29 03:30+0200", "30 02:30+0200"]


def test_a_local_time_in_a_repeated_hour_happens_once() -> None:
    _, back = CHANGES["Europe/Berlin"]
    assert local("30 2 * * *", back - DAY, back + 2 * DAY) == ["24 02:30+0200", "25 02:30+0200", "26 02:30+0100"]
    later = local("30 2 * * *", back - DAY, back + 2 * DAY, fold=1)
    assert later == ["24 02:30+0200", "25 02:30+0100", "26 02:30+0100"]


def test_an_hourly_schedule_has_both_repeated_hours() -> None:
    gap, back = CHANGES["Europe/Berlin"]
    for expression, step in (("0 * * * *", HOUR), ("*/5 * * * *", 5 * MINUTE)):
        for change in (gap, back):
            found = list(Cron.parse(expression).instants(change - DAY, change + DAY, BERLIN))
            assert {b - a for a, b in pairwise(found)} == {step}


def test_a_day_that_never_was_has_no_run_of_its_own() -> None:
    # Samoa went from 29 to 31 December 2011.
    start, end = datetime(2011, 12, 28, tzinfo=UTC), datetime(2012, 1, 1, tzinfo=UTC)
    found = Cron.parse("0 6 * * *").instants(start, end, ZoneInfo("Pacific/Apia"))
    assert [f"{there.astimezone(ZoneInfo('Pacific/Apia')):%d}" for there in found] == ["28", "29", "31", "01"]


def by_the_minute(read: Cron, start: datetime, end: datetime, zone: ZoneInfo, fold: int) -> list[datetime]:
    """The slow way: every local minute asked whether it matches."""

    def matching() -> Iterator[datetime]:
        wall, moved = start.replace(tzinfo=None) - DAY, datetime.min
        while wall < end.replace(tzinfo=None) + DAY:
            wall += MINUTE
            on_day = read.days is not None and wall.day in read.days
            on_weekday = read.weekdays is not None and wall.isoweekday() % 7 in read.weekdays
            if not (on_day or on_weekday or read.days is read.weekdays is None) or wall.month not in read.months:
                continue
            if timedelta(hours=wall.hour, minutes=wall.minute) not in read.times:
                continue
            early, late = (wall.replace(tzinfo=zone, fold=side).astimezone(UTC) for side in (0, 1))
            if early > late:
                if wall - moved > 3 * HOUR:
                    yield early
                moved = wall
            else:
                yield from (early, late) if read.hourly else (late if fold else early,)

    return sorted({there for there in matching() if start < there <= end})


@given(
    st.sampled_from(sorted(CHANGES)),
    st.integers(0, 1),
    st.tuples(a_field(0, 59), a_field(0, 23), st.sampled_from(["*", "1-9", "*/2"]), st.just("*"), a_field(0, 6)),
    st.integers(0, 24 * 60),
    st.integers(1, 2 * 24 * 60),
    st.integers(0, 1),
)
def test_no_clock_change_loses_or_doubles_a_run(
    name: str, change: int, fields: tuple[str, ...], before: int, length: int, fold: int
) -> None:
    read, zone = Cron.parse(" ".join(fields)), ZoneInfo(name)
    start = CHANGES[name][change] - before * MINUTE
    end = start + length * MINUTE
    found = list(read.instants(start, end, zone, fold=1 if fold else 0))
    assert found == by_the_minute(read, start, end, zone, fold)
    assert read.count(start, end, zone, fold=1 if fold else 0) == len(found)


@given(expressions, st.datetimes(datetime(2019, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)), st.data())
def test_parts_of_a_span_hold_what_the_whole_holds(expression: str, start: datetime, data: st.DataObject) -> None:
    read, _ = parsed(expression)
    assume(read is not None)
    assert read is not None
    end = start + 20 * DAY
    middle = start + data.draw(st.timedeltas(timedelta(0), 20 * DAY))
    whole = list(read.instants(start, end, BERLIN))
    assert whole == [*read.instants(start, middle, BERLIN), *read.instants(middle, end, BERLIN)]
    assert whole == sorted(set(whole))
    assert read.count(start, middle, BERLIN) + read.count(middle, end, BERLIN) == len(whole)


def test_runs_a_day_are_the_average_over_the_years() -> None:
    assert Cron.parse("*/5 * * * *").per_day == 288
    assert Cron.parse("0 6 * * 1-5").per_day == Fraction(5, 7)
    assert Cron.parse("@monthly").per_day == Fraction(12 * 4, 1461)
    read = Cron.parse("0 6 1 * 1")
    years = read.count(datetime(2001, 1, 1, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC), UTC)
    assert read.per_day == Fraction(years, 28 * 365 + 7)


@pytest.mark.airflow
def test_clock_changes_are_as_airflows_own_timetable_has_them() -> None:
    import pendulum
    from airflow.timetables.interval import CronDataIntervalTimetable

    written = ("30 2 * * *", "0 0 * * *", "30 23 * * *", "*/15 * * * *", "0 */2 * * *", "*/20 0-5 * * *", "17 1 * * 0")
    for name in CHANGES.keys() - {"Australia/Lord_Howe"}:
        for expression in written:
            theirs = CronDataIntervalTimetable(expression, name)
            for change in CHANGES[name]:
                start, end = change - 30 * HOUR, change + 60 * HOUR
                expected, there = [], pendulum.instance(start)
                while (there := theirs._get_next(there)) <= end:
                    expected.append(datetime.fromtimestamp(there.timestamp(), UTC))
                found = list(Cron.parse(expression).instants(start, end, ZoneInfo(name), fold=1))
                assert found == expected, (name, expression, change)

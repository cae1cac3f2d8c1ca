"""Reading time stamps from whatever holds them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import create_engine

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.measure.watermark import Reach, Select, instant_of, like, table_reach, zone_of

NEW_YORK = ZoneInfo("America/New_York")
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    "stamp",
    [
        NOON,
        NOON.astimezone(NEW_YORK),
        pd.Timestamp(NOON),
        "2024-05-01T12:00:00Z",
        "2024-05-01 08:00:00-04:00",
        "2024-05-01 12:00:00+00",
        1_714_564_800,
        1_714_564_800.0,
        Decimal(1_714_564_800),
        "1714564800",
        np.int64(1_714_564_800),
    ],
)
def test_definite_stamps_need_no_zone(stamp: object) -> None:
    assert instant_of(stamp) == NOON
    assert type(instant_of(stamp)) is datetime


@pytest.mark.parametrize("stamp", [datetime(2024, 5, 1, 8), pd.Timestamp(2024, 5, 1, 8), "2024-05-01T08:00"])
def test_naive_stamps_need_a_declared_zone(stamp: object) -> None:
    with pytest.raises(DataError, match=r"no time zone: say in which one"):
        instant_of(stamp)
    assert instant_of(stamp, zone=NEW_YORK) == NOON


@pytest.mark.parametrize("stamp", [date(2024, 5, 1), "2024-05-01"])
def test_a_date_is_its_first_instant_in_the_declared_zone(stamp: object) -> None:
    with pytest.raises(DataError, match="no time zone"):
        instant_of(stamp)
    assert instant_of(stamp, zone=NEW_YORK) == datetime(2024, 5, 1, 4, tzinfo=UTC)


def test_a_repeated_hour_is_read_as_its_first_occurrence() -> None:
    for fold in (0, 1):
        stamp = datetime(2024, 11, 3, 1, 30, fold=fold)
        assert instant_of(stamp, zone=NEW_YORK) == datetime(2024, 11, 3, 5, 30, tzinfo=UTC)


def test_a_stamp_that_says_which_of_the_two_it_is_keeps_it() -> None:
    stamp = datetime(2024, 11, 3, 1, 30, fold=1, tzinfo=NEW_YORK)
    assert instant_of(stamp) == datetime(2024, 11, 3, 6, 30, tzinfo=UTC)


def test_a_time_in_the_gap_moves_on_by_the_gap() -> None:
    # 02:30 did not exist; an hour was left out, so it is 03:30 daylight time.
    stamp = instant_of(datetime(2024, 3, 10, 2, 30), zone=NEW_YORK)
    assert stamp == datetime(2024, 3, 10, 3, 30, tzinfo=NEW_YORK).astimezone(UTC)


@pytest.mark.parametrize("stamp", [None, float("nan"), pd.NaT, pd.NA, Decimal("nan"), "", " ", "None", "null", "NaT"])
def test_nothing_seen_stays_nothing(stamp: object) -> None:
    assert instant_of(stamp) is None


@pytest.mark.parametrize(
    ("stamp", "problem"),
    [
        (float("inf"), "finite"),
        (1_714_564_800_000, "divide milliseconds"),
        ("1714564800000", "divide milliseconds"),
        (42, "seconds since 1970"),
        (0, "seconds since 1970"),
        (True, r"True \(bool\)"),
        (b"2024", "not a time stamp"),
        ([NOON], "not a time stamp"),
        ("yesterday", "ISO 8601"),
        ("infinity", "ISO 8601"),
        ("2024-02-30", "ISO 8601"),
    ],
)
def test_what_is_no_stamp_is_refused_and_says_what_would_be_right(stamp: object, problem: str) -> None:
    with pytest.raises(DataError, match=problem):
        instant_of(stamp, zone=NEW_YORK)


@pytest.mark.parametrize("stamp", [datetime.max, "9999-12-31T23:59:59", datetime(9999, 12, 31, 22, tzinfo=NEW_YORK)])
def test_a_sentinel_at_the_end_of_time_is_the_far_future_not_a_crash(stamp: object) -> None:
    reached = instant_of(stamp, zone=NEW_YORK)
    assert reached is not None
    assert reached.year == 9999


def test_an_unknown_zone_is_a_wrong_setting() -> None:
    assert zone_of(None) is None
    assert zone_of("America/New_York") is NEW_YORK
    for name in ("Mars/Olympus", "", "../etc/passwd"):
        with pytest.raises(ConfigurationError, match="not an IANA time zone"):
            zone_of(name)


def table(declared: str, stamps: Sequence[object]) -> Select:
    connection = sqlite3.connect(":memory:")
    connection.execute(f"CREATE TABLE features (seen {declared})")
    connection.executemany("INSERT INTO features VALUES (?)", [(stamp,) for stamp in stamps])

    def select(sql: str, parameters: Sequence[Any]) -> Sequence[Any] | None:
        row: Sequence[Any] | None = connection.execute(sql, parameters).fetchone()
        return row

    return select


def reach(select: Select, *, zone: ZoneInfo | None = None) -> Reach:
    return table_reach(select, table="features", column="seen", placeholder="?", now=NOON, zone=zone)


@pytest.mark.parametrize("stamps", [[], [None, None]])
def test_an_empty_table_reaches_nowhere(stamps: list[object]) -> None:
    assert reach(table("TEXT", stamps)) == Reach(None, 0)


@pytest.mark.parametrize(
    ("declared", "stamps"),
    [
        ("TEXT", ["2024-05-01 11:00:00+00:00", "2024-05-01 12:06:00+00:00", "2024-05-02 00:00:00+00:00"]),
        ("TEXT", ["2024-05-01T11:00:00Z", "2024-05-01T12:05:01Z", "9999-12-31T00:00:00Z"]),
        ("TEXT", ["2024-05-01T11:00:00.000000Z", "2024-05-01T12:05:00.000001Z", "2024-06-01T00:00:00.000000Z"]),
        ("INTEGER", [1_714_561_200, 1_714_565_101, 1_914_564_800]),
        ("REAL", [1_714_561_200.0, 1_714_565_100.5, 1_914_564_800.25]),
        ("TEXT", ["1714561200", "1714565101", "1914564800"]),
    ],
)
def test_future_stamps_are_counted_and_what_lies_below_them_is_found(declared: str, stamps: list[object]) -> None:
    assert reach(table(declared, [None, *stamps])) == Reach(NOON - timedelta(hours=1), 2)


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("declared", "stamps"),
    [
        ("timestamptz", ["2024-05-01T11:00:00Z", "2024-05-01T12:05:00.000001Z", "2034-05-01T00:00:00Z"]),
        ("timestamp", ["2024-05-01T07:00:00", "2024-05-01T08:05:00.000001", "2034-05-01T00:00:00"]),
        ("bigint", [1_714_561_200, 1_714_565_101, 1_914_564_800]),
        ("numeric", ["1714561200", "1714565100.5", "1914564800.25"]),
        ("text", ["2024-05-01T11:00:00Z", "2024-05-01T12:05:01Z", "2034-05-01T00:00:00Z"]),
    ],
)
def test_every_type_of_postgresql_is_compared_as_what_it_is(
    postgres_server: str, declared: str, stamps: list[object]
) -> None:
    engine = create_engine(postgres_server)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE TEMPORARY TABLE features (seen {declared})")
        for stamp in [None, *stamps]:
            connection.exec_driver_sql("INSERT INTO features VALUES (%s)", (stamp,))

        def select(sql: str, parameters: Sequence[Any]) -> Sequence[Any] | None:
            return connection.exec_driver_sql(sql, tuple(parameters)).first()

        found = table_reach(select, table="features", column="seen", placeholder="%s", now=NOON, zone=NEW_YORK)
    engine.dispose()
    assert found == Reach(NOON - timedelta(hours=1), 2)


def test_naive_text_is_compared_in_its_own_zone() -> None:
    stamps = ["2024-05-01 07:00:00", "2024-05-01 08:04:59", "2024-05-01 08:06:00", "2024-05-01 13:00:00"]
    assert reach(table("TEXT", stamps), zone=NEW_YORK) == Reach(NOON + timedelta(minutes=4, seconds=59), 2)


def test_dates_in_the_future_are_left_out() -> None:
    assert reach(table("TEXT", ["2024-05-01", "2024-05-02", "2024-05-03"]), zone=NEW_YORK) == Reach(
        datetime(2024, 5, 1, 4, tzinfo=UTC), 2
    )


def test_nothing_but_future_stamps_reaches_nowhere() -> None:
    assert reach(table("TEXT", ["2034-05-01T00:00:00Z"])) == Reach(None, 1)


@pytest.mark.parametrize(("declared", "stamps"), [("TEXT", ["JFK", "LGA"]), ("INTEGER", [3, 4]), ("REAL", [1e300])])
def test_a_column_of_another_type_is_refused(declared: str, stamps: list[object]) -> None:
    with pytest.raises(DataError):
        reach(table(declared, stamps))


def test_text_that_does_not_sort_by_time_is_refused_where_sorting_matters() -> None:
    with pytest.raises(DataError, match="does not sort by time"):
        reach(table("TEXT", ["20340501T000000Z"]))


@given(
    stamp=st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1)),
    instant=st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC)),
    separator=st.sampled_from(" T"),
    precision=st.sampled_from(["minutes", "seconds", "milliseconds", "microseconds"]),
    offset=st.sampled_from(["", "Z", "+00:00", "+00", "-0330", "+05:45"]),
)
def test_an_instant_in_the_spelling_of_a_column_sorts_as_it_does_in_time(
    stamp: datetime, instant: datetime, separator: str, precision: str, offset: str
) -> None:
    # One spelling a column, and a zone that repeats no hour in these years: text then sorts as instants do.
    zone = ZoneInfo("Asia/Kolkata")
    text = stamp.isoformat(separator, precision) + offset
    spelled = like(text, instant, zone=zone)
    assert isinstance(spelled, str)
    read, limit = instant_of(text, zone=zone), instant_of(spelled, zone=zone)
    assert read is not None
    assert limit is not None
    assert len(spelled) == len(text)
    assert limit <= instant < limit + MINUTE
    assert (text <= spelled) == (read <= instant)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC)))
def test_an_instant_in_the_type_of_a_column_is_that_instant(instant: datetime) -> None:
    for sample in (NOON, NOON.astimezone(timezone(timedelta(hours=9))), datetime(2024, 1, 1)):
        spelled = like(sample, instant, zone=ZoneInfo("Asia/Kolkata"))
        assert instant_of(spelled, zone=ZoneInfo("Asia/Kolkata")) == instant


# New York puts its clocks back by an hour, Lord Howe by half an hour, and Kolkata never.
PUT_BACK = st.sampled_from(
    [
        (NEW_YORK, datetime(2024, 11, 3, 6, tzinfo=UTC)),
        (ZoneInfo("Australia/Lord_Howe"), datetime(2024, 4, 6, 15, tzinfo=UTC)),
        (ZoneInfo("Asia/Kolkata"), NOON),
    ]
)


@given(
    place=PUT_BACK,
    stamp=st.integers(-100, 100),
    instant=st.integers(-100 * 60, 100 * 60),
    as_text=st.booleans(),
)
@example(place=(NEW_YORK, datetime(2024, 11, 3, 6, tzinfo=UTC)), stamp=-1, instant=0, as_text=True)
@example(place=(NEW_YORK, datetime(2024, 11, 3, 6, tzinfo=UTC)), stamp=60, instant=60, as_text=False)
@example(
    place=(ZoneInfo("Australia/Lord_Howe"), datetime(2024, 4, 6, 15, tzinfo=UTC)), stamp=-1, instant=60, as_text=False
)
def test_naive_stamps_compare_as_they_are_read_also_where_a_clock_was_put_back(
    place: tuple[ZoneInfo, datetime], stamp: int, instant: int, as_text: bool
) -> None:
    zone, around = place
    written = (around + stamp * MINUTE).astimezone(zone).replace(tzinfo=None, fold=0)
    limit = around + timedelta(seconds=instant)
    sample: object = written.isoformat(" ", "seconds") if as_text else written
    bound: Any = like(sample, limit, zone=zone)
    read = instant_of(sample, zone=zone)
    assert read is not None
    assert (sample <= bound) == (read <= limit)


@pytest.mark.parametrize(("sample", "spelled"), [("1714564800", "1714564799"), ("1714564800.25", "1714564799.99")])
def test_numbers_in_text_are_cut_off_and_never_rounded_up(sample: str, spelled: str) -> None:
    assert like(sample, NOON - timedelta(microseconds=1), zone=None) == spelled

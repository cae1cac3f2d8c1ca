"""The share of keys that are fresh, counted in real databases."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.core.measurement import Cause
from airflow_ai_slo.measure.freshness import Freshness, freshness
from airflow_ai_slo.measure.freshness_keys import each_fresh, keys_fresh
from airflow_ai_slo.measure.spelling import Select

NEW_YORK = ZoneInfo("America/New_York")
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
HOUR, MINUTE, TICK = timedelta(hours=1), timedelta(minutes=1), timedelta(microseconds=1)
Rows = Sequence[tuple[object, object, object]]


def sqlite(rows: Rows, declared: str = "TEXT") -> Select:
    connection = sqlite3.connect(":memory:")
    connection.execute(f"CREATE TABLE features (region TEXT, part INTEGER, seen {declared})")
    connection.executemany("INSERT INTO features VALUES (?, ?, ?)", rows)

    def select(sql: str, parameters: Sequence[Any]) -> Sequence[Any] | None:
        row: Sequence[Any] | None = connection.execute(sql, parameters).fetchone()
        return row

    return select


def judged(select: Select, *keys: str, **options: Any) -> Freshness:
    defaults = {"table": "features", "column": "seen", "placeholder": "?", "now": NOON, "max_age": HOUR}
    return keys_fresh(select, keys=keys or ("region",), **(defaults | options))


def iso(age: timedelta) -> str:
    return (NOON - age).isoformat(timespec="microseconds")


def test_every_key_counts_once_by_its_newest_stamp() -> None:
    rows = [("eu", 1, iso(HOUR)), ("eu", 2, iso(30 * HOUR)), ("us", 1, iso(HOUR + TICK)), ("asia", 1, iso(3 * HOUR))]
    seen = judged(sqlite(rows))
    assert (seen.good, seen.total, seen.value, seen.cause) == (1, 3, 3 * 3600.0, Cause.STALE_FEATURES)
    assert seen.detail == "1 of 3 keys fresh, the stalest 3 h old, at most 1 h asked"
    assert judged(sqlite(rows), max_age=3 * HOUR).cause is None


def test_several_columns_make_one_key() -> None:
    rows = [("eu", 1, iso(HOUR)), ("eu", 2, iso(3 * HOUR)), ("us", 1, iso(HOUR)), ("us", 1, iso(9 * HOUR))]
    seen = judged(sqlite(rows), "region", "part")
    assert (seen.good, seen.total) == (2, 3)


def test_a_key_without_a_stamp_is_not_fresh_and_a_row_without_a_key_is_of_no_key() -> None:
    seen = judged(sqlite([("eu", 1, iso(HOUR)), ("us", 1, None), ("us", 2, None), (None, 1, iso(9 * HOUR))]))
    assert (seen.good, seen.total, seen.value) == (1, 2, 3600.0)
    assert seen.detail.endswith("; 1 without a watermark")


def test_future_stamps_are_counted_and_make_no_key_fresh() -> None:
    ahead = -(5 * MINUTE)
    rows = [("eu", 1, iso(ahead)), ("us", 1, iso(ahead - TICK)), ("us", 2, iso(9 * HOUR)), ("asia", 1, iso(-99 * HOUR))]
    seen = judged(sqlite(rows))
    assert (seen.good, seen.total, seen.future, seen.value) == (1, 3, 2, 9 * 3600.0)
    assert seen.detail.endswith("1 without a watermark; 2 watermarks over 5 minutes in the future ignored")


@pytest.mark.parametrize(
    ("rows", "total", "cause"),
    [([], 0, None), ([(None, 1, iso(HOUR))], 0, None), ([("eu", 1, None), ("us", 1, None)], 2, Cause.STALE_FEATURES)],
    ids=["empty", "no keys", "no stamps"],
)
def test_no_keys_are_unknown_and_keys_without_stamps_are_all_stale(rows: Rows, total: int, cause: Cause | None) -> None:
    seen = judged(sqlite(rows), max_age=timedelta(days=10_000))
    assert (seen.good, seen.total, seen.value, seen.cause) == (0, total, None, cause)


def test_only_the_rows_of_a_partition_are_looked_at() -> None:
    rows = [("eu", 1, iso(HOUR)), ("us", 2, iso(9 * HOUR)), ("us", 1, iso(9 * HOUR))]
    seen = judged(sqlite(rows), where="part = ? OR part = ?", bound=(1, 3))
    assert (seen.good, seen.total) == (1, 2)


def test_a_query_names_the_keys_that_should_be_there() -> None:
    expected = "SELECT 'eu' AS region UNION SELECT 'mars'"
    joined = f"SELECT k.region, f.seen FROM ({expected}) k LEFT JOIN features f ON f.region = k.region"
    seen = judged(sqlite([("eu", 1, iso(HOUR))]), table=f"({joined}) ours")
    assert (seen.good, seen.total) == (1, 2)


def test_a_column_of_another_type_and_a_negative_age_are_refused() -> None:
    with pytest.raises(DataError, match="is not a time stamp"):
        judged(sqlite([("eu", 1, "JFK")]))
    with pytest.raises(DataError, match="no time zone"):
        judged(sqlite([("eu", 1, "2024-05-01 07:00:00")]))
    with pytest.raises(ConfigurationError, match="negative"):
        judged(sqlite([]), max_age=-HOUR)


WRITTEN: dict[str, tuple[str, Callable[[datetime], object]]] = {
    "iso": ("TEXT", lambda at: at.isoformat(timespec="microseconds")),
    "z": ("TEXT", lambda at: f"{at:%Y-%m-%dT%H:%M:%S.%f}Z"),
    "local": ("TEXT", lambda at: f"{at.astimezone(NEW_YORK):%Y-%m-%d %H:%M:%S.%f}"),
    "epoch": ("REAL", lambda at: (at - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()),
    "epoch text": ("TEXT", lambda at: f"{(at - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds():.6f}"),
}


@pytest.mark.parametrize("written", WRITTEN)
@given(
    ages=st.lists(
        st.tuples(
            st.sampled_from("abc"),
            st.none() | st.sampled_from([HOUR, HOUR + TICK, HOUR - TICK, -5 * MINUTE, -5 * MINUTE - TICK, 9 * HOUR]),
        ),
        max_size=12,
    )
)
def test_it_equals_judging_each_key_by_itself_however_the_column_writes_time(
    written: str, ages: list[tuple[str, timedelta | None]]
) -> None:
    declared, write = WRITTEN[written]
    rows = [(key, 1, None if age is None else write(NOON - age)) for key, age in ages]
    seen = judged(sqlite(rows, declared), zone=NEW_YORK)
    stamps = {key: [None if age is None else NOON - age for of, age in ages if of == key] for key, _ in ages}
    each = {key: freshness(found, now=NOON, max_age=HOUR) for key, found in stamps.items()}
    values = [one.value for one in each.values() if one.value is not None]
    assert (seen.good, seen.total) == (sum(one.good for one in each.values()), len(each))
    assert seen.future == sum(one.future for one in each.values())
    assert seen.value == (pytest.approx(max(values), abs=1e-5) if values else None)


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("declared", "stamps"),
    [
        ("timestamptz", ["2024-05-01T11:00:00Z", "2024-05-01T10:59:59.999999Z", "2034-05-01T00:00:00Z"]),
        ("timestamp", ["2024-05-01T07:00:00", "2024-05-01T06:59:59.999999", "2034-05-01T00:00:00"]),
        ("bigint", [1_714_561_200, 1_714_561_199, 1_914_564_800]),
        ("numeric", ["1714561200", "1714561199.9999", "1914564800.25"]),
        ("text", ["2024-05-01T11:00:00Z", "2024-05-01T10:59:59Z", "2034-05-01T00:00:00Z"]),
    ],
)
def test_postgresql_counts_keys_of_any_type(postgres_server: str, declared: str, stamps: list[object]) -> None:
    engine = create_engine(postgres_server)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE TEMPORARY TABLE features (region boolean, part uuid, seen {declared})")
        part = "00000000-0000-0000-0000-000000000001"
        for region, stamp in zip([True, False, False], stamps, strict=True):
            connection.exec_driver_sql("INSERT INTO features VALUES (%s, %s, %s)", (region, part, stamp))

        def select(sql: str, parameters: Sequence[Any]) -> Sequence[Any] | None:
            return connection.exec_driver_sql(sql, tuple(parameters)).first()

        seen = judged(select, "region", "part", placeholder="%s", zone=NEW_YORK)
        dated = judged(select, placeholder="%s", zone=NEW_YORK, where="region = %s", bound=(True,))
    engine.dispose()
    assert (seen.good, seen.total, seen.future) == (1, 2, 1)
    assert (dated.good, dated.total) == (1, 1)


def test_a_column_of_dates_counts_from_their_first_instant(postgres_server: str) -> None:
    engine = create_engine(postgres_server)
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TEMPORARY TABLE days (region text, seen date)")
        connection.exec_driver_sql("INSERT INTO days VALUES ('eu', '2024-05-01'), ('us', '2024-04-30')")

        def select(sql: str, parameters: Sequence[Any]) -> Sequence[Any] | None:
            return connection.exec_driver_sql(sql, tuple(parameters)).first()

        # Midnight in New York is 8 hours before noon in UTC.
        options = {"table": "days", "placeholder": "%s", "zone": NEW_YORK}
        on_the_limit, below = (judged(select, **options, max_age=age) for age in (8 * HOUR, 8 * HOUR - TICK))
    engine.dispose()
    assert (on_the_limit.good, below.good, below.total) == (1, 0, 2)


def test_watermarks_at_hand_name_the_keys_that_are_not_fresh() -> None:
    watermarks = {"a": NOON - HOUR, "b": NOON - 2 * HOUR, "c": None, "d": NOON + HOUR, "e": None}
    seen = each_fresh(watermarks, now=NOON, max_age=HOUR)
    assert (seen.good, seen.total, seen.value, seen.future) == (1, 5, 7200.0, 1)
    assert "not fresh: b, c, d and 1 more; 3 without a watermark; 1 watermark over" in seen.detail
    assert each_fresh({}, now=NOON, max_age=HOUR).total == 0


def test_texts_of_several_offsets_or_forms_are_refused_rather_than_compared_by_letters() -> None:
    for other in ("2024-05-01T13:30:00+02:00", "2024-05-01 11:30:00+00:00", "2024-05-01T11:30:00"):
        rows = [("eu", 1, "2024-05-01T11:30:00+00:00"), ("us", 1, other)]
        with pytest.raises(DataError, match="the stamps of seen are texts spelled in different ways, such as '2024"):
            judged(sqlite(rows))

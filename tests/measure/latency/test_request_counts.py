"""Requests counted in frames, files, SQLite and PostgreSQL: the same, and what a slow loop counts."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.core.measurement import Cause
from airflow_ai_slo.core.sketch import Sketch, sketch_of
from airflow_ai_slo.measure.data import Source
from airflow_ai_slo.measure.latency import RequestRules, Requests, count_requests

START = datetime(2026, 5, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = [START, START + 24 * HOUR]
RULES = RequestRules(time_column="ts", latency_column="ms", at_most=timedelta(milliseconds=200), status_column="status")
Row = tuple[datetime, float | None, int | None]
Place = Callable[[pd.DataFrame], Source]


def log(rows: Sequence[Row]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["ts", "ms", "status"])
    return frame.astype({"ts": "datetime64[us, UTC]", "ms": "float64", "status": "Int64"})


def by_hand(rows: Sequence[Row], edges: Sequence[datetime]) -> list[Requests]:
    found = []
    for first, last in itertools.pairwise(edges):
        inside = [row for row in rows if first <= row[0] < last]
        failed = [row for row in inside if row[2] is None or row[2] >= 500]
        late = [row for row in inside if row not in failed and not (row[1] is not None and 0 <= row[1] <= 200)]
        timed = [row[1] for row in inside if row[1] is not None and row[1] >= 0]
        sketch = sketch_of(timed)
        found.append(Requests(len(inside), len(failed), len(late), len(inside) - len(timed), sketch))
    return found


@pytest.fixture(params=["frame", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def place(request: pytest.FixtureRequest) -> Place:
    """Puts a frame there and says where it is."""
    if request.param == "frame":
        return lambda frame: Source(frame=frame)
    url = "sqlite://" if request.param == "sqlite" else request.getfixturevalue("postgres_server")
    engine = sa.create_engine(url, **({"poolclass": sa.pool.StaticPool} if request.param == "sqlite" else {}))

    def put(frame: pd.DataFrame) -> Source:
        frame = frame.copy()
        if request.param == "sqlite" and isinstance(frame["ts"].dtype, pd.DatetimeTZDtype):
            frame["ts"] = [None if pd.isna(one) else one.isoformat(timespec="microseconds") for one in frame["ts"]]
        frame.to_sql("requests", engine, index=False, if_exists="replace")
        return Source(engine=engine, table="requests")

    return put


STAMPS = st.integers(-3600, 25 * 3600).map(lambda second: START + timedelta(seconds=second))
LATENCIES = st.one_of(
    st.none(),
    st.floats(-10, 1e6),
    st.sampled_from([0.0, 1e-9, 199.99, 200.0, 200.00001, 1e30, math.inf]),
)
ROWS = st.lists(st.tuples(STAMPS, LATENCIES, st.sampled_from([None, 200, 404, 499, 500, 503])), max_size=40)


@given(rows=ROWS, hours=st.sampled_from([1, 3, 24]))
@settings(max_examples=40)
def test_counts_and_sketches_are_those_of_a_slow_loop_wherever_the_rows_are(
    place: Place, rows: list[Row], hours: int
) -> None:
    edges = [START + n * hours * HOUR for n in range(24 // hours + 1)]
    seen = count_requests(place(log(rows)), RULES, edges)
    assert [(one.total, one.failed, one.late, one.untimed) for one in seen] == [
        (one.total, one.failed, one.late, one.untimed) for one in by_hand(rows, edges)
    ]
    for ours, true in zip(seen, by_hand(rows, edges), strict=True):
        assert ours.sketch is not None
        assert true.sketch is not None
        # A value on a bucket's bound may fall on either side of it, as the logarithm is rounded.
        moved = sum(abs(ours.sketch.counts.get(b, 0) - true.sketch.counts.get(b, 0)) for b in range(-1100, 2000))
        assert moved <= 2 * sum(1 for _, ms, _ in rows if ms in (200.0, 1.0))
        assert ours.sketch.count == true.sketch.count


def test_the_limit_itself_is_in_time_and_an_interval_holds_its_start_and_not_its_end(place: Place) -> None:
    rows: list[Row] = [(START, 200.0, 200), (START, math.nextafter(200.0, 300), 200), (DAY[1], 1.0, 200)]
    (seen,) = count_requests(place(log(rows)), RULES, DAY)
    assert (seen.total, seen.good, seen.late, seen.cause) == (2, 1, 1, Cause.LATENCY)


def test_an_answer_of_500_or_none_at_all_has_failed_whatever_it_took(place: Place) -> None:
    rows: list[Row] = [(START, 1.0, 499), (START, 1.0, 500), (START, 900.0, None)]
    (seen,) = count_requests(place(log(rows)), RULES, DAY)
    assert (seen.total, seen.good, seen.failed, seen.late, seen.cause) == (3, 1, 2, 0, Cause.INFRASTRUCTURE)


def test_without_a_latency_a_request_was_not_in_time_and_is_in_no_percentile(place: Place) -> None:
    rows: list[Row] = [(START, 10.0, 200), (START, None, 200), (START, -5.0, 200)]
    (seen,) = count_requests(place(log(rows)), RULES, DAY)
    assert (seen.total, seen.good, seen.late, seen.untimed) == (3, 1, 2, 2)
    assert seen.sketch == sketch_of([10.0])
    assert seen.detail == (
        "1 of 3 requests good (2 late); P50 10.07 ms · P90 10.07 ms · P95 10.07 ms · P99 10.07 ms; 2 without a latency"
    )


def test_nan_is_no_latency_and_infinity_is_a_long_one(place: Place) -> None:
    rows: list[Row] = [(START, math.inf, 200), (START, 10.0, 200)]
    frame = log(rows)
    (seen,) = count_requests(place(frame.assign(ms=np.array([math.inf, math.nan]))), RULES, DAY)
    assert (seen.good, seen.late, seen.untimed) == (0, 2, 1)
    assert seen.sketch is not None
    assert seen.sketch.quantile(1) == pytest.approx(1e15, rel=0.01)


def test_nothing_there_is_nothing_happened(place: Place) -> None:
    for rows in ([], [(START - HOUR, 10.0, 200)]):
        (seen,) = count_requests(place(log(rows)), RULES, DAY)
        assert seen == Requests(0, 0, 0, 0, Sketch())
        assert (seen.value, seen.cause, seen.detail) == (None, None, "no requests")


def test_a_flag_alone_makes_availability_and_times_nothing(place: Place) -> None:
    frame = log([(START, 1.0, 200)] * 3).assign(ok=pd.array([True, False, None], dtype="boolean"))
    rules = RequestRules(time_column="ts", good_when="ok")
    (seen,) = count_requests(place(frame), rules, DAY)
    assert (seen.total, seen.good, seen.failed, seen.sketch, seen.value) == (3, 1, 2, None, pytest.approx(1 / 3))


def test_without_a_time_column_every_row_counts(place: Place) -> None:
    rules = RequestRules(latency_column="ms", at_most=timedelta(milliseconds=200))
    (seen,) = count_requests(place(log([(START - 1000 * HOUR, 10.0, 200)])), rules, DAY)
    assert (seen.total, seen.good) == (1, 1)


@pytest.mark.parametrize(("unit", "column"), [("s", 0.2), ("ms", 200), ("us", 200_000), ("ns", 200_000_000)])
def test_units_are_the_columns_and_percentiles_are_milliseconds(place: Place, unit: Any, column: float) -> None:
    frame = log([(START, 1.0, 200)]).assign(ms=[column])
    rules = RequestRules(time_column="ts", latency_column="ms", at_most=timedelta(milliseconds=200), unit=unit)
    (seen,) = count_requests(place(frame), rules, DAY)
    assert (seen.good, seen.value) == (1, pytest.approx(200, rel=0.01))


def test_single_precision_meets_its_own_two_tenths(place: Place, request: pytest.FixtureRequest) -> None:
    if request.node.callspec.params["place"] == "sqlite":
        pytest.skip("SQLite has double precision alone")
    frame = log([(START, 1.0, 200)]).assign(ms=np.array([0.2], dtype="float32"))
    rules = RequestRules(time_column="ts", latency_column="ms", at_most=timedelta(milliseconds=200), unit="s")
    (seen,) = count_requests(place(frame), rules, DAY)
    assert seen.good == 1


def test_naive_stamps_need_a_zone_and_are_local_times_in_it(place: Place) -> None:
    frame = log([(START, 1.0, 200)]).assign(ts=pd.to_datetime(["2026-05-01 01:59:59", "2026-05-01 02:00:00"])[:1])
    with pytest.raises(DataError, match=r"time_column='ts': .*zone"):
        count_requests(place(frame), RULES, DAY)
    berlin = RequestRules(
        time_column="ts",
        latency_column="ms",
        at_most=timedelta(milliseconds=200),
        zone=ZoneInfo("Europe/Berlin"),
    )
    (seen,) = count_requests(place(frame), berlin, DAY)
    assert seen.total == 0
    (seen,) = count_requests(place(frame), berlin, [START - HOUR, START])
    assert seen.total == 1


def test_in_a_repeated_hour_naive_stamps_count_once_in_the_first(place: Place) -> None:
    stamps = pd.to_datetime(["2025-10-26 01:30", "2025-10-26 02:30", "2025-10-26 02:59", "2025-10-26 03:00"])
    frame = log([(START, 1.0, 200)] * 4).assign(ts=stamps)
    rules = RequestRules(time_column="ts", good_when="status", zone=ZoneInfo("Europe/Berlin"))
    edges = [datetime(2025, 10, 25, 23, tzinfo=UTC) + n * HOUR for n in range(5)]
    assert [one.total for one in count_requests(place(frame), rules, edges)] == [1, 2, 0, 1]


@pytest.mark.parametrize("kind", ["text", "seconds", "dates"])
def test_stamps_are_read_as_the_column_spells_them(place: Place, kind: str) -> None:
    stamps = {
        "text": ["2026-04-30T23:59:59.900Z", "2026-05-01T00:00:00.000Z", None],
        "seconds": [START.timestamp() - 1, START.timestamp(), None],
        "dates": [date(2026, 4, 30), date(2026, 5, 1), None],
    }[kind]
    frame = log([(START, 1.0, 200)] * 3).assign(ts=stamps)
    zone = ZoneInfo("UTC") if kind == "dates" else None
    rules = RequestRules(time_column="ts", good_when="status", zone=zone)
    assert [one.total for one in count_requests(place(frame), rules, DAY)] == [1]


@pytest.mark.parametrize("kind", ["text", "minutes", "seconds", "dates"])
def test_an_edge_between_two_stamps_parts_them(place: Place, kind: str) -> None:
    """The day changes at 24:00 of a night with 25 hours, and the edge lies in it."""
    zone = ZoneInfo("Europe/Berlin")
    edge = datetime(2026, 10, 24, 22, 30, 7, 300_000, tzinfo=UTC)
    before, after = edge.replace(microsecond=0), edge.replace(second=8, microsecond=0)
    stamps: dict[str, list[Any]] = {
        "text": [before.strftime("%Y-%m-%dT%H:%M:%SZ"), after.strftime("%Y-%m-%dT%H:%M:%SZ")],
        "minutes": ["2026-10-24T22:30Z", "2026-10-24T22:31Z"],
        "seconds": [int(before.timestamp()), int(after.timestamp())],
        "dates": [date(2026, 10, 25), date(2026, 10, 26)],
    }
    frame = log([(START, 1.0, 200)] * 2).assign(ts=stamps[kind])
    rules = RequestRules(time_column="ts", good_when="status", zone=zone if kind == "dates" else None)
    edges = [edge - 48 * HOUR, edge, edge + 48 * HOUR]
    assert [one.total for one in count_requests(place(frame), rules, edges)] == [1, 1]


@pytest.mark.parametrize(
    ("column", "values", "problem"),
    [
        ("status", ["200", "OK"], "status"),
        ("ms", ["quick", "slow"], "ms|text"),
        ("ts", ["yesterday", "today"], "time_column='ts'"),
    ],
)
def test_a_column_that_holds_something_else_is_an_error_and_not_bad_requests(
    place: Place, column: str, values: list[str], problem: str
) -> None:
    frame = log([(START, 1.0, 200)] * 2).assign(**{column: values})
    with pytest.raises(DataError, match=problem):
        count_requests(place(frame), RULES, DAY)


def test_a_missing_column_is_named(place: Place) -> None:
    with pytest.raises(DataError, match="has no column 'status'"):
        count_requests(place(log([(START, 1.0, 200)]).drop(columns="status")), RULES, DAY)


def test_files_decimals_and_time_differences_are_read(tmp_path: Path) -> None:
    frame = log([(START, 199.0, 200), (START, 201.0, 503)])
    frame.to_csv(tmp_path / "log.csv", index=False)
    frame.to_parquet(tmp_path / "log.parquet")
    for source in (
        Source(path=str(tmp_path / "log.csv")),
        Source(path=str(tmp_path / "log.parquet")),
        Source(frame=frame.assign(ms=[Decimal("199"), Decimal("201")])),
        Source(frame=frame.assign(ms=pd.to_timedelta([0.199, 0.201], unit="s"))),
    ):
        (seen,) = count_requests(source, RULES, DAY)
        assert (seen.total, seen.good, seen.failed) == (2, 1, 1)
        assert seen.sketch == sketch_of([199, 201])


@pytest.mark.postgres
def test_an_interval_column_says_what_would_be_right(postgres_server: str) -> None:
    engine = sa.create_engine(postgres_server)
    source = Source(engine=engine, sql="SELECT now() AS ts, interval '1 s' AS ms, 200 AS status")
    with pytest.raises(DataError, match="latency_column='ms' is interval; it must hold a number of ms"):
        count_requests(source, RULES, DAY)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({}, "what makes a request good"),
        ({"latency_column": "ms"}, "what makes a request good"),
        ({"at_most": timedelta(seconds=1)}, "at_most needs latency_column"),
        ({"at_most": 200, "latency_column": "ms"}, "give a timedelta"),
        ({"at_most": timedelta(seconds=1), "latency_column": "ms", "unit": "min"}, "unit='min'"),
        ({"status_column": "status", "bad_from": "500"}, "bad_from='500'"),
    ],
)
def test_wrong_rules_are_refused(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        RequestRules(**options)

"""Task success, time between failures and alert latency: rows in a database count as rows here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_ai_slo.core.errors import ConfigurationError, DataError, MeasurementError
from airflow_ai_slo.measure.data import Source
from airflow_ai_slo.measure.reliability.alert_latency import Asked, alert_latency
from airflow_ai_slo.measure.reliability.mtbf import failures_by_hour, hours_without, mtbf, whole_hours
from airflow_ai_slo.measure.reliability.tasks import FALSE, TRUE, Outcome, task_success
from airflow_ai_slo.measure.watermark import zone_of

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
STAMP = sa.DateTime(timezone=True)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def warehouse(request: pytest.FixtureRequest) -> Iterator[sa.Engine]:
    url = "sqlite://" if request.param == "sqlite" else request.getfixturevalue("postgres_server")
    engine = sa.create_engine(url)
    yield engine
    engine.dispose()


def both(engine: sa.Engine, rows: list[dict[str, Any]], **kinds: Any) -> list[Source]:
    """The same rows as a frame and in a database; on SQLite stamps are texts."""
    texts = engine.dialect.name == "sqlite"
    columns = [sa.Column(name, sa.Text if texts and isinstance(k, sa.DateTime) else k) for name, k in kinds.items()]
    table = sa.Table("rows_", sa.MetaData(), *columns)
    spelled = [{k: v.isoformat() if texts and isinstance(v, datetime) else v for k, v in row.items()} for row in rows]
    with engine.begin() as connection:
        table.drop(connection, checkfirst=True)
        table.create(connection)
        if spelled:
            connection.execute(table.insert(), spelled)
    frame = pd.DataFrame(rows, columns=list(kinds), dtype=object)
    return [Source(frame=frame), Source(engine=engine, table="rows_"), Source(engine=engine, sql="SELECT * FROM rows_")]


tries = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from([None, 1, 2, 3]), st.sampled_from([None, True, False])),
    max_size=8,
)


@settings(max_examples=40)
@given(tries, st.sampled_from(["last", "first"]))
def test_each_task_counts_once_and_everywhere_the_same(warehouse: sa.Engine, rows: Any, counts: Any) -> None:
    filled = [{"task": task, "attempt": attempt, "ok": ok} for task, attempt, ok in rows]
    means = Outcome(
        key="task", column="ok", succeeded=TRUE, failed=FALSE, any_case=True, attempt="attempt", counts=counts
    )
    sources = both(warehouse, filled, task=sa.Text, attempt=sa.Integer, ok=sa.Boolean)
    good = total = 0
    for task in {row[0] for row in rows}:
        tried = [(-1 if one[1] is None else one[1], one[2]) for one in rows if one[0] == task]
        place = (max if counts == "last" else min)(one[0] for one in tried)
        said = [ok for at, ok in tried if at == place]
        if False in said:
            total += 1
        elif said.count(None) < len(said) and None not in said:
            good, total = good + 1, total + 1
        elif None in said and True in said:
            return  # a tie of a success and an unfinished attempt: nothing is asked of it
    for source in sources:
        seen = task_success(source, means)
        assert (seen.good, seen.total) == (good, total)


def test_a_retried_task_counts_by_its_last_attempt_or_its_first(warehouse: sa.Engine) -> None:
    rows = [
        {"task": "a", "attempt": 1, "status": "failed"},
        {"task": "a", "attempt": 2, "status": "done"},
        {"task": "b", "attempt": 1, "status": "done"},
        {"task": "c", "attempt": 1, "status": "failed"},
        {"task": "c", "attempt": 2, "status": "running"},
        {"task": "d", "attempt": 1, "status": "gave_up"},
    ]
    asked: dict[str, Any] = {"key": "task", "column": "status", "succeeded": ["done"], "pending": ["running"]}
    for source in both(warehouse, rows, task=sa.Text, attempt=sa.Integer, status=sa.Text):
        last = task_success(source, Outcome(**asked, attempt="attempt"))
        assert (last.good, last.total, last.waiting) == (2, 3, 1)
        assert last.detail == "2 of 3 tasks succeeded, 2 other attempts; 1 not finished"
        first = task_success(source, Outcome(**asked, attempt="attempt", counts="first"))
        assert (first.good, first.total, first.waiting) == (1, 4, 0)
        with pytest.raises(DataError, match="6 rows of 4 tasks; name the column that orders the attempts"):
            task_success(source, Outcome(**asked))


def test_rows_that_say_nothing_clear_are_refused(warehouse: sa.Engine) -> None:
    asked: dict[str, Any] = {"key": "task", "column": "ok", "succeeded": TRUE, "failed": FALSE, "any_case": True}
    for source in both(warehouse, [{"task": None, "ok": "true"}, {"task": "b", "ok": "t"}], task=sa.Text, ok=sa.Text):
        with pytest.raises(DataError, match="column 'task' is null in 1 of 2 rows"):
            task_success(source, Outcome(**asked))
    for source in both(warehouse, [{"task": "a", "ok": "perhaps"}, {"task": "b", "ok": "T"}], task=sa.Text, ok=sa.Text):
        with pytest.raises(DataError, match="column 'ok': 1 tasks have an outcome that is none of those known"):
            task_success(source, Outcome(**asked))
        with pytest.raises(DataError, match="has no column 'nope'"):
            task_success(source, Outcome(**asked | {"column": "nope"}))
    for source in both(warehouse, [], task=sa.Text, ok=sa.Text):
        assert task_success(source, Outcome(**asked)).detail == "no task is settled"


offsets = st.one_of(st.none(), st.integers(-5_000_000, 130_000_000))


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(-200, 5), offsets), max_size=12), st.sampled_from([None, 100 * SECOND]))
def test_latencies_are_counted_alike_everywhere(warehouse: sa.Engine, pairs: Any, over: timedelta | None) -> None:
    rows = [
        {
            "happened": NOW + at * SECOND,
            "told": None if after is None else NOW + at * SECOND + timedelta(microseconds=after),
        }
        for at, after in pairs
    ]
    asked = Asked(occurred="happened", alerted="told", at_most=MINUTE, max_wait=2 * MINUTE, now=NOW, over=over)
    found = [alert_latency(source, asked) for source in both(warehouse, rows, happened=STAMP, told=STAMP)]
    assert found[1] == found[0]
    assert found[2] == found[0]


def test_alerts_in_time_late_missed_and_awaited(warehouse: sa.Engine) -> None:
    def event(ago: float, latency: float | None) -> dict[str, Any]:
        at = NOW - ago * SECOND
        return {"happened": at, "told": None if latency is None else at + timedelta(seconds=latency)}

    rows = [
        event(600, 60),  # exactly on the limit
        event(600, 60.000001),
        event(600, -3),  # the clock of the alert runs behind
        event(600, None),  # missed
        event(120, None),  # exactly on the wait: still awaited
        event(10, 30),  # the alert lies ahead: not seen yet
        event(-10, 0),  # has not happened yet
        {"happened": None, "told": NOW},
    ]
    asked = Asked(occurred="happened", alerted="told", at_most=MINUTE, max_wait=2 * MINUTE, now=NOW)
    for source in both(warehouse, rows, happened=STAMP, told=STAMP):
        seen = alert_latency(source, asked)
        assert (seen.good, seen.total, seen.missed, seen.waiting, seen.undated) == (2, 4, 1, 2, 1)
        assert seen.value is None
        assert seen.detail == (
            "2 of 4 events alerted within 0:01:00, P95 not reached; 1 missed; 2 still waiting; "
            "1 without an instant, left out"
        )


def test_the_p95_is_a_latency_that_was_seen(warehouse: sa.Engine) -> None:
    rows = [{"happened": NOW - HOUR, "told": NOW - HOUR + second * SECOND} for second in range(1, 101)]
    asked = Asked(occurred="happened", alerted="told", at_most=MINUTE, now=NOW)
    for source in both(warehouse, rows, happened=STAMP, told=STAMP):
        assert alert_latency(source, asked).value == 95.0
        assert alert_latency(source, asked).good == 60
    five_missed = [row | {"told": None} if i > 94 else row for i, row in enumerate(rows)]
    for source in both(warehouse, five_missed, happened=STAMP, told=STAMP):
        assert alert_latency(source, asked).value == 95.0
    for source in both(warehouse, [], happened=STAMP, told=STAMP):
        assert alert_latency(source, asked).detail == "no event is settled"


def test_every_event_belongs_to_one_run(warehouse: sa.Engine) -> None:
    rows = [{"happened": NOW - minute * MINUTE, "told": None} for minute in range(300)]
    for source in both(warehouse, rows, happened=STAMP, told=STAMP):
        counted = [
            alert_latency(
                source, Asked(occurred="happened", alerted="told", at_most=MINUTE, now=NOW - run * HOUR, over=HOUR)
            ).total
            for run in range(6)
        ]
        assert counted == [60, 60, 60, 60, 59, 0]


def test_naive_stamps_need_a_zone_and_a_repeated_hour_is_the_first(warehouse: sa.Engine) -> None:
    rows = [{"happened": datetime(2026, 10, 25, 1, 59, 30), "told": datetime(2026, 10, 25, 2, 0, 10)}]
    asked: dict[str, Any] = {"occurred": "happened", "alerted": "told", "at_most": MINUTE, "now": NOW.replace(month=12)}
    for source in both(warehouse, rows, happened=sa.DateTime(), told=sa.DateTime()):
        with pytest.raises(DataError, match=r"column 'happened': .* has no time zone: say in which one"):
            alert_latency(source, Asked(**asked))
        for zone in ("Europe/Berlin", "UTC"):
            assert alert_latency(source, Asked(**asked, zone=zone_of(zone))).value == 40.0


def test_what_is_no_stamp_is_named_with_its_column(warehouse: sa.Engine) -> None:
    rows = [{"happened": "soon", "told": None}]
    for source in both(warehouse, rows, happened=sa.Text, told=sa.Text):
        with pytest.raises(DataError, match="column 'happened': 'soon' is not a time stamp"):
            alert_latency(source, Asked(occurred="happened", alerted="told", at_most=MINUTE, now=NOW))


def test_failures_are_counted_by_the_hour_they_lie_in(warehouse: sa.Engine) -> None:
    stamps = [NOW - HOUR, NOW - HOUR + timedelta(microseconds=1), NOW, NOW + SECOND, NOW - 3 * HOUR, None]
    for source in both(warehouse, [{"failed": one} for one in stamps], failed=STAMP):
        found = failures_by_hour(source, "failed", start=NOW - 3 * HOUR, end=NOW)
        assert found == {NOW: 2, NOW - HOUR: 1}
        hours = whole_hours(NOW - 3 * HOUR, NOW)
        assert hours_without(found, hours) == [(NOW - 2 * HOUR, 1), (NOW - HOUR, 0), (NOW, 0)]


@given(st.integers(0, 10_000_000), st.integers(0, 10_000_000))
def test_whole_hours_are_those_that_lie_within(start: int, length: int) -> None:
    begin = NOW + start * SECOND
    end = begin + length * SECOND
    hours = whole_hours(begin, end)
    assert len(hours) in (length // 3600, length // 3600 - 1)
    assert all(begin <= hour - HOUR and hour <= end and hour.minute == hour.second == 0 for hour in hours)


def test_mean_time_between_failures_is_operating_time_by_failures() -> None:
    seen = mtbf(3, 300 * HOUR, at_least=100 * HOUR)
    assert (seen.good, seen.total, seen.value, seen.cause) == (1, 1, 100.0, None)
    worse = mtbf(3, 300 * HOUR - SECOND, at_least=100 * HOUR)
    assert (worse.good, worse.cause) == (0, "infrastructure")
    # MIL-HDBK-338B, two-sided tables at 90%: 2 T / chi-square(0.95; 8) with r = 3
    assert seen.lower_bound == pytest.approx(600 / 15.507, rel=1e-4)


def test_no_failure_is_good_with_a_lower_bound_that_says_how_much_it_means() -> None:
    seen = mtbf(0, 300 * HOUR, at_least=1000 * HOUR)
    assert (seen.good, seen.total, seen.value) == (1, 1, None)
    assert seen.lower_bound == pytest.approx(300 / 2.9957, rel=1e-4)
    assert seen.detail == "no failure in 300 h of operation; 100.1 h or more at 95% confidence; at least 1,000 h asked"


def test_what_did_not_operate_is_neither_good_nor_bad() -> None:
    seen = mtbf(0, timedelta(0), at_least=HOUR)
    assert (seen.good, seen.total, seen.value, seen.lower_bound) == (0, 0, None, None)
    assert mtbf(1, timedelta(0), at_least=HOUR).good == 0


def test_impossible_figures_are_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"at_least=.* above zero"):
        mtbf(1, HOUR, at_least=timedelta(0))
    with pytest.raises(MeasurementError, match="neither can be negative"):
        mtbf(-1, HOUR, at_least=HOUR)
    with pytest.raises(ConfigurationError, match="max_wait=0:00:30 is below at_most=0:01:00"):
        Asked(occurred="a", alerted="b", at_most=MINUTE, max_wait=30 * SECOND, now=NOW)


def test_numbers_are_outcomes_also_where_a_null_made_floats_of_them(warehouse: sa.Engine) -> None:
    rows = [{"id": 1, "code": 200.0}, {"id": 2, "code": 500.5}, {"id": 3, "code": None}, {"id": 4, "code": 201.0}]
    for source in both(warehouse, rows, id=sa.Integer, code=sa.Double):
        seen = task_success(source, Outcome(key="id", column="code", succeeded=[200, 201]))  # type: ignore[list-item]
        assert (seen.good, seen.total, seen.waiting) == (2, 3, 1)


@pytest.mark.parametrize("order", [1, -1])
def test_of_attempts_in_the_same_place_one_that_is_not_finished_counts_before_a_success(
    order: int, warehouse: sa.Engine
) -> None:
    rows = [{"id": "a", "said": "done", "n": 1}, {"id": "a", "said": "running", "n": 1}][::order]
    outcome = Outcome(key="id", column="said", succeeded=["done"], pending=["running"], attempt="n")
    for source in both(warehouse, rows, id=sa.Text, said=sa.Text, n=sa.Integer):
        seen = task_success(source, outcome)
        assert (seen.good, seen.total, seen.waiting) == (0, 0, 1)


def test_numbers_as_texts_are_no_order_and_dates_as_texts_are(warehouse: sa.Engine) -> None:
    outcome = Outcome(key="id", column="said", succeeded=["done"], attempt="n")
    for attempts, problem in ((("9", "10"), "numbers as texts"), (("2026-01-09", "2026-01-10"), "")):
        rows = [{"id": 1, "said": "failed", "n": attempts[0]}, {"id": 1, "said": "done", "n": attempts[1]}]
        for source in both(warehouse, rows, id=sa.Integer, said=sa.Text, n=sa.Text):
            if problem:
                with pytest.raises(DataError, match=problem):
                    task_success(source, outcome)
            else:
                assert task_success(source, outcome).good == 1
    mixed = pd.DataFrame({"id": [1, 1], "said": ["failed", "done"], "n": pd.Series([9, "x"], dtype=object)})
    with pytest.raises(DataError, match="column 'n' has no order"):
        task_success(Source(frame=mixed), outcome)

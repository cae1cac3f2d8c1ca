"""Measurements page by page, and what a DAG feeds, on both stores."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slo_kit import DAY, NOW, an_slo, seen
from sqlalchemy import text

from airflow_ai_slo import engine
from airflow_ai_slo.core.counts import is_bad
from airflow_ai_slo.core.errors import UnknownSLOError
from airflow_ai_slo.engine.browsing import Seen
from airflow_ai_slo.store import Store, browsing, open_store

KEYS = ["b", "a", "ä", "a/b", "a b", "A", "B", "a-b", "_", "~", "é", "\U0001f600", "a0", "a/"]


def every_page(store: Store, limit: int, **chosen: object) -> list[Seen]:
    found: list[Seen] = []
    while True:
        before = found[-1].place if found else None
        page = engine.measurements(store, "done", limit=limit, before=before, **chosen)  # type: ignore[arg-type]
        found += page
        if len(page) < limit:
            return found


@pytest.mark.parametrize("limit", [1, 2, 5, 100])
def test_pages_hold_everything_once_whatever_shares_an_instant(store: Store, limit: int) -> None:
    engine.apply(store, [an_slo()], now=NOW)
    given = [seen(NOW - DAY * (n % 3), n % 2, 1, key=key) for n, key in enumerate(KEYS)]
    engine.record(store, given, now=NOW)
    found = every_page(store, limit)
    assert sorted(one.measurement.key for one in found) == sorted(KEYS)
    order = [(one.measurement.at, one.measurement.key) for one in found]
    assert order == sorted(order, reverse=True)  # by code point, also where the database's own order is another


@given(
    counts=st.lists(st.tuples(st.integers(0, 2**53), st.integers(0, 2**53)), max_size=12),
    objective=st.fractions(Fraction(1, 100), Fraction(9999, 10_000), max_denominator=10**9),
)
@settings(max_examples=40)
def test_bad_ones_are_those_that_the_semantics_call_bad(
    sqlite_template: object, counts: list[tuple[int, int]], objective: Fraction
) -> None:
    store = open_store("sqlite://")
    with store.write() as connection:
        for table in (
            "ai_slo_measurement",
            "ai_slo_run",
            "ai_slo_day",
            "ai_slo_evaluation",
            "ai_slo_silence",
            "ai_slo_slo",
        ):
            connection.execute(text(f"DELETE FROM {table}"))
    engine.apply(store, [an_slo(objective=objective)], now=NOW)
    pairs = [(min(pair), max(pair)) for pair in counts]
    rows = [seen(NOW - timedelta(hours=n), good, total) for n, (good, total) in enumerate(pairs)]
    engine.record(store, rows, now=NOW)
    bad = {one.key for one in rows if is_bad(one.good, one.total, objective)}
    assert {one.measurement.key for one in engine.measurements(store, "done", bad=True)} == bad
    assert {one.measurement.key for one in engine.measurements(store, "done") if one.is_bad} == bad


def test_exactly_on_the_objective_is_not_bad(store: Store) -> None:
    engine.apply(store, [an_slo(objective="0.995")], now=NOW)
    engine.record(store, [seen(key="on", good=995, total=1000), seen(key="under", good="0.9949", total=1)], now=NOW)
    engine.record(store, [seen(key="nothing", good=0, total=0)], now=NOW)
    assert [one.measurement.key for one in engine.measurements(store, "done", bad=True)] == ["under"]


def test_bounds_are_exclusive_then_inclusive(store: Store) -> None:
    engine.apply(store, [an_slo()], now=NOW)
    engine.record(store, [seen(NOW - DAY * n) for n in range(4)], now=NOW)
    found = engine.measurements(store, "done", start=NOW - DAY * 2, end=NOW - DAY)
    assert [one.measurement.at for one in found] == [NOW - DAY]
    with pytest.raises(UnknownSLOError, match="no SLO named nope"):
        engine.measurements(store, "nope")


def fed(store: Store, *path: str) -> list[str]:
    return [one.name for one in engine.fed_by(store, engine.listing(store, at=NOW, now=NOW), *path)]


def test_a_dag_feeds_what_its_keys_begin_with(store: Store) -> None:
    names = ["plain", "mapped", "other", "old", "odd"]
    engine.apply(store, [an_slo(name) for name in names], now=NOW)
    engine.record(
        store,
        [
            seen(slo="plain", key="dag/task/2026-01-01"),
            seen(slo="mapped", key="dag/task[7]/run:x"),
            seen(slo="other", key="dag.2/task/x"),
            seen(slo="old", key="dag", good=0),
            seen(slo="odd", key="d%g/t_sk/x"),
        ],
        now=NOW,
    )
    assert fed(store, "dag") == ["mapped", "plain"]
    assert fed(store, "dag.2") == ["other"]
    assert fed(store, "d%g") == ["odd"]
    assert fed(store, "d_g") == fed(store, "DAG") == fed(store, "da") == []
    assert fed(store, "dag", "task") == ["mapped", "plain"]
    assert fed(store, "dag", "tas") == fed(store, "dag", "task[7]x") == []


def test_a_definition_that_selects_a_dag_is_fed_by_it_before_anything_is_measured(store: Store) -> None:
    from airflow_ai_slo.core.definition import Indicator

    def selecting(name: str, **spec: object) -> object:
        metric = {"metricSource": {"type": "airflow", "spec": spec}}
        indicator = Indicator(source="airflow", spec={"ratioMetric": {"good": metric, "total": metric}})
        return an_slo(name, indicator=indicator)

    engine.apply(store, [selecting("one", dag_id="train"), selecting("many", dag_ids=["train", "score"]),
                         selecting("task", dag_id="score", task_id="fit"), selecting("none")], now=NOW)  # type: ignore[list-item]  # fmt: skip
    assert fed(store, "train") == ["many", "one"]
    assert fed(store, "score") == ["many", "task"]
    assert fed(store, "score", "fit") == ["task"]
    assert fed(store, "None") == []


def test_what_a_dag_feeds_is_looked_up_in_an_index(postgres_url: str) -> None:
    store = open_store(postgres_url)
    engine.apply(store, [an_slo()], now=NOW)
    engine.record(store, [seen(NOW - timedelta(minutes=n), key=f"k{n}") for n in range(3000)], now=NOW)
    with store.write() as connection:
        connection.execute(text("ANALYZE ai_slo_measurement"))
    with store.read() as connection:
        plan = "\n".join(
            connection.execute(
                text(
                    "EXPLAIN SELECT 1 FROM ai_slo_measurement WHERE slo_id = 1"
                    " AND key COLLATE \"C\" >= 'dag/' AND key COLLATE \"C\" < 'dag0'"
                )
            ).scalars()
        )
        assert browsing.fed_by(connection, ["k1"]) == {connection.execute(text("SELECT id FROM ai_slo_slo")).scalar()}
    assert "Seq Scan" not in plan
    assert "key" in plan.partition("Index Cond")[2]


def test_dags_are_read_from_the_newest_measurements(store: Store) -> None:
    engine.apply(store, [an_slo()], now=NOW)
    engine.record(
        store,
        [
            seen(key="train/score/1"),
            seen(key="push/1"),
            seen(key="x", attributes={"dag": "nightly"}),
            seen(key="y", attributes={"dag": ""}),
        ],
        now=NOW,
    )
    assert engine.detail(store, "done", at=NOW, now=NOW).dags == ("nightly", "train")

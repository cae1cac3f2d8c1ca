"""Which run a measurement belongs to: its key, its instant, and whether it counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_ai_slo.compat import natural_key, run_of

AT = datetime(2026, 3, 9, 6, tzinfo=UTC)
RUN_TYPES = ("scheduled", "backfill", "manual", "operator_triggered", "asset_triggered", "asset_materialization")


def a_context(*, scheduled: bool = True, map_index: int = -1, base_url: bool = True, **changes: Any) -> dict[str, Any]:
    values = {
        "dag_id": "flights",
        "run_id": "r1",
        "run_type": "scheduled",
        "conf": None,
        "logical_date": AT,
        "data_interval_end": AT,
        "run_after": AT,
        "partition_key": None,
        "triggering_user_name": None,
    }
    ti = SimpleNamespace(dag_id="flights", task_id="score", map_index=map_index, log_url="http://airflow/log")
    timetable = SimpleNamespace(can_be_scheduled=scheduled)
    return {"dag_run": SimpleNamespace(**(values | changes)), "ti": ti, "dag": SimpleNamespace(timetable=timetable)}


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({}, "flights/score/2026-03-09T06:00:00Z"),
        ({"run_type": "backfill", "run_id": "b"}, "flights/score/2026-03-09T06:00:00Z"),
        ({"map_index": 3}, "flights/score[3]/2026-03-09T06:00:00Z"),
        ({"run_type": "manual"}, "flights/score/run:r1"),
        ({"run_type": "operator_triggered"}, "flights/score/run:r1"),
        ({"run_type": "asset_triggered", "logical_date": None}, "flights/score/run:r1"),
        ({"partition_key": "2026-03", "logical_date": None}, "flights/score/partition:2026-03"),
        ({"partition_key": "eu", "run_type": "asset_triggered"}, "flights/score/partition:eu"),
        ({"run_id": "scheduled__2026-01-01", "run_type": "manual"}, "flights/score/run:scheduled__2026-01-01"),
    ],
)
def test_keys_are_natural(changes: dict[str, Any], key: str, airflow_home: object) -> None:
    assert run_of(a_context(**changes)).key == key


def test_the_run_by_hand_and_the_scheduled_run_of_one_interval_have_two_keys(airflow_home: object) -> None:
    scheduled, by_hand = run_of(a_context()), run_of(a_context(run_type="manual", run_id="manual__x"))
    assert scheduled.at == by_hand.at
    assert scheduled.key != by_hand.key


@given(
    run_type=st.sampled_from(RUN_TYPES),
    others=st.lists(st.tuples(st.text(), st.integers(-1, 99)), min_size=2, max_size=2, unique=True),
    zone=st.timezones(),
)
def test_a_key_depends_on_the_run_and_the_map_index_and_not_on_the_zone_of_its_date(
    run_type: str, others: list[tuple[str, int]], zone: Any
) -> None:
    def key(run_id: str, map_index: int, logical_date: datetime | None) -> str:
        return natural_key(
            dag_id="d",
            task_id="t",
            map_index=map_index,
            run_type=run_type,
            run_id=run_id,
            logical_date=logical_date,
            partition_key=None,
        )

    first, second = others
    assert key(*first, AT) == key(*first, AT.astimezone(zone))
    assert key(*first, None) != key(*second, None)
    assert key(*first, AT) != key(*first, AT + timedelta(microseconds=1)) or run_type not in ("scheduled", "backfill")


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({"data_interval_end": AT + timedelta(days=1)}, AT + timedelta(days=1)),
        ({"data_interval_end": None}, AT),
        (
            {"data_interval_end": None, "logical_date": None, "run_after": AT + timedelta(hours=2)},
            AT + timedelta(hours=2),
        ),
    ],
)
def test_the_instant_is_the_intervals_end_else_the_logical_date_else_run_after(
    changes: dict[str, Any], at: datetime, airflow_home: object
) -> None:
    run = run_of(a_context(**changes))
    assert run.at == at
    assert type(run.at) is datetime
    assert run.at.tzinfo is UTC


@pytest.mark.parametrize(
    ("changes", "count_manual", "counts"),
    [
        ({}, None, True),
        ({"run_type": "backfill"}, None, True),
        ({"run_type": "asset_triggered"}, None, True),
        ({"run_type": "operator_triggered"}, None, True),
        ({"run_type": "manual"}, None, False),
        ({"run_type": "manual", "scheduled": False}, None, True),
        ({"run_type": "manual"}, True, True),
        ({"run_type": "manual", "scheduled": False}, False, False),
        ({"run_type": "manual", "conf": {"ai_slo": {"count": True}}}, False, True),
        ({"conf": {"ai_slo": {"count": False}}}, None, False),
        ({"conf": {"ai_slo": "yes"}}, None, True),
        ({"run_type": "manual", "triggering_user_name": "dag_test", "scheduled": False}, True, False),
        ({"triggered_by": "test"}, None, False),
    ],
)
def test_runs_by_hand_count_when_asked_for_or_where_there_are_no_others(
    changes: dict[str, Any], count_manual: bool | None, counts: bool, airflow_home: object
) -> None:
    run = run_of(a_context(**changes), count_manual=count_manual)
    assert (run.ignored == "") is counts


def test_only_a_dag_test_run_that_counts_lives_in_the_past(
    airflow_home: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    tested = {"run_type": "manual", "triggering_user_name": "dag_test"}
    assert run_of(a_context(**tested)).now > AT + timedelta(days=1)
    monkeypatch.setenv("AI_SLO_COUNT_TEST_RUNS", "1")
    assert run_of(a_context(**tested)).now == AT
    assert run_of(a_context(run_type="backfill")).now > AT + timedelta(days=1)


def test_without_a_base_url_there_is_no_link(airflow_home: object, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_of(a_context()).attributes["run_url"] == "http://airflow/log"
    monkeypatch.delenv("AIRFLOW__API__BASE_URL")
    assert "run_url" not in run_of(a_context()).attributes

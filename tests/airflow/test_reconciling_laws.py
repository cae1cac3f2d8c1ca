"""However often and whenever somebody passes over the record, the store ends up the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from record_kit import DAY, HOUR, a_dag, a_run, an_slo, logged, seen, set_dag, set_run

from airflow_ai_slo.reconcile import reconcile, reconcile_runs
from airflow_ai_slo.store import open_store

pytestmark = pytest.mark.usefixtures("airflow_home")
TODAY = datetime(2026, 3, 10, tzinfo=UTC)
DAYS = 5
OUTCOMES = st.sampled_from(["success", "failed", "late", "never", "after all", "again", "still runs"])


def story(dag: Any, outcomes: list[str], paused_on: int | None) -> list[tuple[datetime, Any]]:
    """What happens to a DAG's record, and when."""
    told: list[tuple[datetime, Any]] = []
    for number, outcome in enumerate(outcomes):
        at = TODAY + number * DAY
        run = f"scheduled__{at.isoformat()}"
        if outcome == "never":
            continue
        begin = at + (30 * HOUR if outcome == "after all" else timedelta(0))
        told.append((begin, lambda at=at, begin=begin: a_run(dag, at, state="running", started=begin, changed=begin)))
        ended = begin + (3 * HOUR if outcome == "late" else HOUR)
        state = "failed" if outcome in ("failed", "again") else "success"
        if outcome != "still runs":
            told.append((ended, lambda run=run, ended=ended, state=state: over(dag, run, state, ended)))
        if outcome == "again":
            more = ended + 10 * HOUR
            told.append((more, lambda run=run, more=more: over(dag, run, "success", more)))
    if paused_on is not None:
        moment = TODAY + paused_on * DAY + 12 * HOUR
        told.append(
            (moment, lambda: (logged(dag.dag_id, "cli_dag_pause", moment), set_dag(dag.dag_id, is_paused=True)))
        )
    return sorted(told, key=lambda one: one[0])


def over(dag: Any, run: str, state: str, ended: datetime) -> None:
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import update

    set_run(dag.dag_id, run, state=state, ended=ended)
    with create_session() as session:
        of_run = TaskInstance.dag_id == dag.dag_id, TaskInstance.run_id == run
        values = {"state": state, "end_date": ended, "updated_at": ended}
        session.execute(update(TaskInstance).where(*of_run).values(values))


@given(
    outcomes=st.lists(OUTCOMES, min_size=1, max_size=DAYS),
    passes=st.lists(st.integers(0, DAYS * 24 + 60), max_size=4),
    paused_on=st.none() | st.integers(0, DAYS),
    spec=st.sampled_from([{}, {"finished_within": "2h"}, {"by": "01:30"}, {"task_id": "load"}]),
)
@settings(max_examples=15)
def test_any_passes_on_the_way_leave_what_one_at_the_end_does(
    tmp_path_factory: pytest.TempPathFactory,
    sqlite_template: Path,
    outcomes: list[str],
    passes: list[int],
    paused_on: int | None,
    spec: dict[str, str],
) -> None:
    folder = tmp_path_factory.mktemp("stores")
    often, once = (open_store(f"sqlite:///{folder / name}.db") for name in ("often", "once"))
    dag = a_dag(start_date=TODAY - DAY)
    for store in (often, once):
        an_slo(store, spec={"dag_id": dag.dag_id, **spec})
    coming = [TODAY + hours * HOUR for hours in sorted(passes)]
    for moment, happen in story(dag, outcomes, paused_on):
        while coming and coming[0] < moment:
            reconcile(often, now=coming.pop(0))
        happen()
    end = TODAY + (DAYS + 3) * DAY
    for moment in (*coming, end):
        reconcile(often, now=moment)
    reconcile(once, now=end)
    assert seen(often) == seen(once)
    assert reconcile(often, now=end).written == reconcile(once, now=end, since=TODAY - 9 * DAY).written == 0
    runs = [(dag.dag_id, one.attributes["run"]) for one in seen(once) if "run" in one.attributes]
    assert reconcile_runs(often, runs, now=end).written == 0
    for store in (often, once):
        store.engine.dispose()

"""Completion of real DAG runs: what is recorded, and what Airflow says of the run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow import __version__ as airflow_version
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.python import ShortCircuitOperator
from airflow.sdk import DAG, TaskGroup, task
from measuring_runs import Recorded, clear, new_store, run_as

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.operators.completion import BatchCompletionOperator

HOUR = timedelta(hours=1)


@pytest.fixture
def recorded(airflow_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    return new_store(tmp_path, monkeypatch, "completion")


def day(number: int) -> datetime:
    return datetime(2024, 5, number, tzinfo=UTC)


@task
def work(outcome: str = "") -> str:
    if outcome == "fail":
        raise ValueError("broken on purpose")
    return outcome


def pipeline(dag_id: str, *outcomes: str, **options: Any) -> DAG:
    """load >> score >> completion >> evaluate; load ends as asked for, retried where a second outcome is given."""
    left = list(outcomes)

    with DAG(dag_id, schedule="@daily", start_date=day(1), catchup=False) as dag:

        @task(retries=len(outcomes) - 1, retry_delay=timedelta(0))
        def load() -> None:
            if left.pop(0) == "fail":
                raise ValueError("broken on purpose")

        completion = BatchCompletionOperator(task_id="completion", slo="completion", **options)
        load() >> work.override(task_id="score")() >> completion
        completion >> EmptyOperator(task_id="evaluate")
    return dag


def test_a_run_that_failed_stays_failed_for_airflow_and_is_recorded(recorded: Recorded) -> None:
    ran = run_as(pipeline("fails", "fail"), logical_date=day(1))
    assert ran.state == "failed"
    assert ran.tasks == {
        "load": "failed", "score": "upstream_failed", "completion": "success", "evaluate": "success"
    }  # fmt: skip
    (seen,) = recorded("completion")
    assert (seen.good, seen.total, seen.cause) == (0, 1, "pipeline_failure")
    assert (seen.key, seen.at) == ("fails/completion/2024-05-01T00:00:00Z", day(1))
    assert (seen.attributes["detail"], seen.attributes["failed_task"]) == ("score failed", "score")
    assert ran.xcoms["completion"]["cause"] == "pipeline_failure"


def test_a_run_that_went_well_after_a_retry_counts_once_as_good(recorded: Recorded) -> None:
    ran = run_as(pipeline("retried", "fail", "pass"), logical_date=day(1))
    assert ran.state == "success"
    assert [(seen.good, seen.total) for seen in recorded("completion")] == [(1, 1)]


def test_a_cleared_run_replaces_what_it_recorded_before(recorded: Recorded) -> None:
    dag = pipeline("cleared", "fail", "pass")
    dag.get_task("load").retries = 0
    ran = run_as(dag, logical_date=day(1))
    assert [(seen.good, seen.total) for seen in recorded("completion")] == [(0, 1)]
    again = clear(dag, ran, "load", "score", "completion")
    assert (ran.state, again.state) == ("failed", "success")
    assert [(seen.good, seen.total) for seen in recorded("completion")] == [(1, 1)]


def test_fifty_mapped_tasks_are_one_event_and_a_failed_one_makes_it_bad(recorded: Recorded) -> None:
    with DAG("mapped", schedule="@daily", start_date=day(1)) as dag:
        many = work.expand(outcome=["", "fail", *[""] * 3])
        with TaskGroup("after") as group:
            EmptyOperator(task_id="publish", trigger_rule="all_done")
        many >> group
        group >> BatchCompletionOperator(task_id="completion", slo="completion", watch=["work", "after"])
    ran = run_as(dag, logical_date=day(1))
    assert ran.tasks["after.publish"] == "success"
    (seen,) = recorded("completion")
    assert (seen.good, seen.total, seen.attributes["detail"]) == (0, 1, "work[1] failed")
    assert seen.attributes["failed_task"] == "work"


@pytest.mark.parametrize(("name", "questions"), [("work_one", 1), ("work_1", 2)])
def test_watched_tasks_are_asked_for_at_once_unless_a_name_could_mean_two(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch, name: str, questions: int
) -> None:
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    asked = []
    ask = RuntimeTaskInstance.get_task_states

    def counted(**options: Any) -> Any:
        asked.append(options["task_ids"])
        return ask(**options)

    monkeypatch.setattr(RuntimeTaskInstance, "get_task_states", staticmethod(counted))
    with DAG(f"asked_{name}", schedule="@daily", start_date=day(1)) as dag:
        both = [work.expand(outcome=["", ""]), work.override(task_id=name, retries=0)("fail")]
        both >> BatchCompletionOperator(task_id="completion", slo="completion")
    run_as(dag, logical_date=day(1))
    (seen,) = recorded("completion")
    assert (seen.good, seen.attributes["detail"], seen.attributes["failed_task"]) == (0, f"{name} failed", name)
    assert len(asked) == questions


def test_a_run_that_had_nothing_to_do_is_neither_good_nor_bad(recorded: Recorded) -> None:
    with DAG("idle", schedule="@daily", start_date=day(1)) as dag:
        decide = ShortCircuitOperator(task_id="is_there_data", python_callable=lambda: False)
        decide >> EmptyOperator(task_id="score") >> BatchCompletionOperator(task_id="completion", slo="completion")
    ran = run_as(dag, logical_date=day(1))
    assert (ran.state, ran.tasks["score"], ran.tasks["completion"]) == ("success", "skipped", "success")
    assert [(seen.good, seen.total) for seen in recorded("completion")] == [(0, 0)]


def test_a_late_run_is_bad_and_a_backfill_of_the_same_date_never_late(recorded: Recorded) -> None:
    run_as(pipeline("late", "pass", deadline=HOUR), logical_date=day(1))
    (late,) = recorded("completion")
    assert (late.good, late.cause) == (0, "late")
    assert late.value > 3600
    run_as(pipeline("filled", "pass", deadline=HOUR), logical_date=day(1), run_type="backfill")
    (filled,) = [seen for seen in recorded("completion") if seen.key.startswith("filled/")]
    assert filled.good == 1


def test_measuring_again_later_judges_by_when_the_tasks_really_ended(recorded: Recorded) -> None:
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import update

    dag = pipeline("long_ago", "pass", deadline=HOUR)
    ran = run_as(dag, logical_date=day(1))
    with create_session() as session:
        times = {"start_date": day(1), "end_date": day(1) + HOUR}
        session.execute(update(TaskInstance).where(TaskInstance.dag_id == "long_ago").values(**times))
    clear(dag, ran, "completion")
    (seen,) = recorded("completion")
    assert (seen.good, seen.value) == (1, 3600.0)


def test_a_run_by_hand_counts_only_if_asked_to_and_its_deadline_from_its_own_start(recorded: Recorded) -> None:
    started = datetime.now(UTC)
    by_hand = {"logical_date": day(1), "run_type": "manual", "run_after": started}
    ran = run_as(pipeline("by_hand", "pass", deadline=HOUR), **by_hand)
    assert recorded("completion") == []
    assert ran.xcoms["completion"]["recorded"] is False
    ran = run_as(pipeline("counted", "pass", deadline=HOUR, count_manual=True), run_id="mine", **by_hand)
    (seen,) = recorded("completion")
    assert (seen.key, seen.at, seen.good) == ("counted/completion/run:mine", day(1), 1)


def test_fail_on_bad_fails_the_task_after_recording_and_without_retries(recorded: Recorded) -> None:
    ran = run_as(pipeline("strict", "fail", fail_on_bad=True, retries=3), logical_date=day(1))
    assert (ran.state, ran.tasks["completion"]) == ("failed", "failed")
    assert ran.tries["completion"] == 1
    assert [seen.good for seen in recorded("completion")] == [0]
    assert ran.xcoms["completion"]["good"] == 0


def test_a_name_that_is_not_in_the_dag_fails_the_task_and_says_so(recorded: Recorded) -> None:
    ran = run_as(pipeline("misnamed", "pass", watch=["scroe"]), logical_date=day(1))
    assert ran.tasks["completion"] == "failed"
    if not airflow_version.startswith(
        "3.2."
    ):  # whose dag.test() runs no callback of a task, from which problems are told
        assert ran.problems["completion"] == "watch: DAG 'misnamed' has no task or task group 'scroe'"
    assert recorded("completion") == []


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"deadline": timedelta(0)}, "timedelta above zero"),
        ({"deadline": 3600}, "timedelta above zero"),
        ({"watch": []}, "list of task ids"),
        ({"watch": "load"}, "list of task ids"),
    ],
)
def test_wrong_options_fail_when_the_dag_is_read(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        BatchCompletionOperator(task_id="completion", slo="completion", **options)


def test_it_may_stand_in_a_dag_that_fails_fast_and_keeps_a_trigger_rule_of_ones_own() -> None:
    with DAG("fast", schedule=None, fail_fast=True):
        assert BatchCompletionOperator(task_id="completion", slo="completion").is_teardown
    own = BatchCompletionOperator(task_id="completion", slo="completion", trigger_rule="all_done")
    assert (own.is_teardown, own.trigger_rule) == (False, "all_done")

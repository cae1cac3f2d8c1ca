"""``@task.measure_slo`` in real DAG runs."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG, task
from measuring_runs import Recorded, new_store, run_as

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.decorators import measure_slo

DAY = datetime(2024, 5, 1, tzinfo=UTC)
PAGE = Path(__file__).parents[2] / "docs" / "decorators" / "measure-slo.md"


@pytest.fixture
def recorded(airflow_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    return new_store(tmp_path, monkeypatch, "answers", "answers-grounded", "answers-length")


def test_arguments_context_and_templates_work_and_the_run_has_its_key(recorded: Recorded) -> None:
    with DAG("measure_slo_context", schedule="@daily", start_date=DAY) as dag:

        @task
        def scores() -> list[float]:
            return [0.9, 0.8, 0.95]

        @measure_slo(slo="{{ 'ans' ~ 'wers' }}", cause="model_quality", attributes={"model": "{{ ds }}"})
        def judged(found: list[float], least: float, ds: str | None = None) -> dict[str, Any]:
            good = sum(score >= least for score in found)
            return {"good": good, "total": len(found), "value": min(found), "attributes": {"day": ds}}

        judged(scores(), least=0.85)
    ran = run_as(dag, logical_date=DAY)
    assert ran.state == "success", ran.problems
    (seen,) = recorded("answers")
    assert (seen.good, seen.total, seen.value, seen.cause) == (2, 3, 0.8, "model_quality")
    assert (seen.key, seen.at) == ("measure_slo_context/judged/2024-05-01T00:00:00Z", DAY)
    assert (seen.attributes["day"], seen.attributes["model"]) == ("2024-05-01", "2024-05-01")
    assert ran.xcoms["judged"]["recorded"] is True
    assert (ran.xcoms["judged"]["good"], ran.xcoms["judged"]["total"]) == (2, 3)


def test_mapped_and_async_functions_measure_too(recorded: Recorded) -> None:
    with DAG("measure_slo_mapped", schedule="@daily", start_date=DAY) as dag:

        @measure_slo(slo="answers", at_least=0.5)
        async def one(value: float) -> float:
            return value

        one.expand(value=[0.4, 0.5, 0.6])
    assert run_as(dag, logical_date=DAY).state == "success"
    assert [(seen.key.split("/")[1], seen.good, seen.total) for seen in recorded("answers")] == [
        ("one[0]", 0, 1),
        ("one[1]", 1, 1),
        ("one[2]", 1, 1),
    ]


def test_a_bad_one_fails_the_task_only_where_asked_and_after_it_was_recorded(recorded: Recorded) -> None:
    with DAG("measure_slo_failing", schedule="@daily", start_date=DAY, default_args={"retries": 2}) as dag:

        @measure_slo(slo="answers", fail_on_bad=True)
        def complete() -> bool:
            return False

        complete()
    ran = run_as(dag, logical_date=DAY)
    assert (ran.tasks["complete"], ran.tries["complete"]) == ("failed", 1)
    assert [(seen.good, seen.total) for seen in recorded("answers")] == [(0, 1)]


def test_what_is_no_measurement_fails_at_once_and_records_nothing(recorded: Recorded) -> None:
    with DAG("measure_slo_wrong", schedule="@daily", start_date=DAY, default_args={"retries": 2}) as dag:

        @measure_slo(slo="answers")
        def forgetful() -> None:
            return None

        @measure_slo(slo="answers")
        def backwards() -> tuple[int, int]:
            return 3, 2

        @measure_slo(slo="answers")
        def unsure() -> dict[str, Any]:
            return {"good": 1, "total": 2, "cause": "weather"}

        forgetful(), backwards(), unsure()
    ran = run_as(dag, logical_date=DAY)
    assert set(ran.tries.values()) == {1}
    assert ran.problems["forgetful"].startswith("the function returned None: return good and total")
    assert "counts must satisfy 0 <= good <= total" in ran.problems["backwards"]
    assert "cause='weather' is not one of" in ran.problems["unsure"]
    assert recorded("answers") == []


def test_a_wrong_option_fails_when_the_dag_is_parsed(airflow_home: Path) -> None:
    def complete() -> bool:
        return True

    with (
        DAG("measure_slo_parsed", schedule=None),
        pytest.raises(ConfigurationError, match="cause='weather' is not one of"),
    ):
        measure_slo(slo="answers", cause="weather")(complete)()


def test_the_example_of_the_page_runs_with_the_decorator_that_airflow_offers(recorded: Recorded) -> None:
    first, *_ = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(first, str(PAGE), "exec"), names)
    ran = run_as(names["dag"], logical_date=datetime.now(UTC))
    assert ran.state == "success", ran.problems
    (grounded,), (length,) = recorded("answers-grounded"), recorded("answers-length")
    assert (grounded.good, grounded.total, grounded.cause) == (2, 3, "model_quality")
    assert (length.good, length.total, length.value) == (1, 1, 212.0)

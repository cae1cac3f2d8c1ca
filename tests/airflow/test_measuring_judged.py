"""Judged quality and reliability in real runs: what is recorded, what is refused, and what decisions make of it."""

from __future__ import annotations

import json
import re
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from airflow.sdk import DAG
from measuring_runs import Recorded, clear, new_store, run_as

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.operators.judged import JudgedQualityOperator, ScoreQualityOperator
from airflow_ai_slo.operators.mtbf import MTBFOperator
from airflow_ai_slo.operators.reliability import AlertLatencyOperator, TaskSuccessOperator

PAGES = Path(__file__).parents[2] / "docs" / "operators"
DAY = datetime(2026, 3, 1, tzinfo=UTC)
SLOS = (
    "answers-good",
    "answers-safe",
    "answers-true",
    "answers-reviewed",
    "agent-tasks",
    "agent-mtbf",
    "agent-hours",
    "alerts-in-time",
)


def answers(rows: int = 2000) -> pd.DataFrame:
    """Answers about a number in their source; 4% of the English and 25% of the others get it wrong."""
    draw = np.random.default_rng(11)
    language = draw.choice(["en", "de", "fr"], rows, p=[0.8, 0.15, 0.05])
    wrong = draw.random(rows) < np.where(language == "en", 0.04, 0.25)
    told = draw.integers(100, 999, rows)
    return pd.DataFrame(
        {
            "id": [f"a{i}" for i in range(rows)],
            "day": f"{DAY:%Y-%m-%d}",
            "language": language,
            "source": [f"the total is {number} as of today" for number in told],
            "answer": [f"it is {number + bad}" for number, bad in zip(told, wrong, strict=True)],
            "faithfulness": np.where(wrong, 0.3, 0.9),
            "instruction_following": np.where(draw.random(rows) < 0.01, np.nan, 0.7),
            "toxicity": np.where(draw.random(rows) < 0.002, 0.6, 0.02),
        }
    )


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> sqlite3.Connection:
    path = tmp_path / "warehouse.db"
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", f'{{"conn_type": "sqlite", "host": "{path}"}}')
    connection = sqlite3.connect(path)
    answers().to_sql("answers", connection, index=False)
    tasks = [("t1", 1, "failed"), ("t1", 2, "done"), ("t2", 1, "done"), ("t3", 1, "failed"), ("t4", 1, "running")]
    pd.DataFrame(tasks, columns=["task", "attempt", "status"]).assign(day=f"{DAY:%Y-%m-%d}").to_sql(
        "agent_tasks", connection, index=False
    )
    failed = [DAY - timedelta(hours=hours) for hours in (0.5, 0.75, 30, 300, 600, 900)]
    pd.DataFrame({"failed_at": [at.isoformat() for at in failed]}).to_sql("agent_failures", connection, index=False)
    happened = [DAY - timedelta(minutes=minutes) for minutes in (15, 16, 17, 18, 90)]
    alerted = [happened[0] + timedelta(seconds=60), happened[1] + timedelta(seconds=61), None, happened[3], None]
    pairs = [(at.isoformat(), told.isoformat() if told else None) for at, told in zip(happened, alerted, strict=True)]
    pd.DataFrame(pairs, columns=["occurred_at", "alerted_at"]).to_sql("anomalies", connection, index=False)
    return connection


@pytest.fixture
def recorded(airflow_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    monkeypatch.chdir(tmp_path)
    return new_store(tmp_path, monkeypatch, *SLOS)


def examples(page: str) -> list[DAG]:
    found = []
    for text in re.findall(r"```python\n(.*?)```", (PAGES / page).read_text(encoding="utf-8"), re.DOTALL):
        names: dict[str, Any] = {}
        exec(compile(text.replace("/tmp/reviews", "reviews"), str(PAGES / page), "exec"), names)
        found.append(names["dag"])
    return found


def test_the_examples_of_the_page_on_reliability_run(recorded: Recorded, warehouse: sqlite3.Connection) -> None:
    for dag in examples("reliability.md"):
        ran = run_as(dag, logical_date=DAY)
        assert ran.state == "success", ran.problems
    [tasks], [mtbf], [alerts] = recorded("agent-tasks"), recorded("agent-mtbf"), recorded("alerts-in-time")
    assert (tasks.good, tasks.total, tasks.cause) == (2, 3, "model_quality")
    assert tasks.attributes["not_finished"] == "1"
    assert (mtbf.good, mtbf.value, mtbf.attributes["failures"]) == (1, 144.0, "5")
    assert float(mtbf.attributes["lower_bound_hours"]) == pytest.approx(2 * 720 / 21.026, rel=1e-4)
    assert (alerts.good, alerts.total, alerts.value, alerts.cause) == (2, 4, None, "latency")
    hours = recorded("agent-hours")
    assert len(hours) == 24
    assert [(seen.at, seen.good, seen.value) for seen in hours if not seen.good] == [(DAY, 0, 2.0)]
    assert hours[-1].key == "agent_mtbf/hours/interval:2026-03-01T00:00:00Z"


def test_the_examples_of_the_page_on_judged_quality_run(
    recorded: Recorded, warehouse: sqlite3.Connection, tmp_path: Path
) -> None:
    scores, judged, review, forms = examples("judged-quality.md")
    for dag in (scores, judged, review):
        ran = run_as(dag, logical_date=DAY)
        assert ran.state == "success", ran.problems
    frame = answers()
    scored = frame[frame["instruction_following"].notna() | (frame["faithfulness"] < 0.8)]
    [good], [safe], [true] = recorded("answers-good"), recorded("answers-safe"), recorded("answers-true")
    assert (good.good, good.total) == ((scored["faithfulness"] >= 0.8).sum(), len(scored))
    assert good.attributes["unscored"] == str(len(frame) - len(scored))
    assert (safe.good, safe.total) == ((frame["toxicity"] <= 0.1).sum(), 2000)
    assert true.value == pytest.approx((frame["faithfulness"] > 0.5).mean(), abs=0.1)
    assert 40 < true.total <= 60
    assert true.attributes["population"] == "2000"
    kept = [json.loads(line) for line in (tmp_path / "verdicts" / f"{DAY:%Y-%m-%d}.jsonl").read_text().splitlines()]
    assert len(kept) == 60
    assert {one["sample"] for one in kept} == {true.attributes["sample"]}
    assert len(list((tmp_path / "reviews").iterdir())) == 3
    assert {task.task_id for task in forms.tasks} == {"draw", "ask", "take"}


def a_judge(row: dict[str, Any]) -> bool:
    return str(row["answer"].split()[-1]) in row["source"]


def judged(task_id: str = "judged", **options: Any) -> JudgedQualityOperator:
    values: dict[str, Any] = {"slo": "answers-true", "conn_id": "warehouse", "table": "answers", "key": "id", "n": 30}
    return JudgedQualityOperator(task_id=task_id, **(values | {"judge": a_judge} | options))


def test_a_retry_and_a_clear_judge_the_same_rows(recorded: Recorded, warehouse: sqlite3.Connection) -> None:
    calls: list[set[str]] = [set()]

    def judge(row: dict[str, Any]) -> bool:
        calls[-1].add(row["id"])
        return a_judge(row)

    with DAG("same_rows", schedule="@daily", start_date=DAY) as dag:
        judged(judge=judge)
    ran = run_as(dag, logical_date=DAY)
    calls.append(set())
    warehouse.execute("CREATE TABLE other AS SELECT * FROM answers ORDER BY id DESC")
    warehouse.execute("DROP TABLE answers")
    warehouse.execute("ALTER TABLE other RENAME TO answers")
    warehouse.commit()
    clear(dag, ran, "judged")
    calls.append(set())
    run_as(dag, logical_date=DAY + timedelta(days=1))
    assert calls[0] == calls[1]
    assert len(calls[0]) == 30
    assert calls[0] != calls[2]
    assert len(recorded("answers-true")) == 2


def test_errors_of_a_judge_are_neither_good_nor_bad_and_too_many_fail_the_task(
    recorded: Recorded, warehouse: sqlite3.Connection, tmp_path: Path
) -> None:
    def some(row: dict[str, Any]) -> Any:
        return None if row["language"] == "fr" else a_judge(row)

    with DAG("errors", schedule="@daily", start_date=DAY) as dag:
        judged("few", judge=some, max_errors=0.9, n=200)
        judged("many", judge=lambda row: 1 / 0, keep="{{ ds }}.csv")
        judged("unclear", judge=lambda row: 0.7)
        judged("no_key", key=None)
    ran = run_as(dag, logical_date=DAY)
    assert ran.tasks == {"few": "success", "many": "failed", "unclear": "failed", "no_key": "failed"}
    [seen] = recorded("answers-true")
    errors = int(seen.attributes["unjudged"])
    assert 0 < errors < 50
    assert seen.total == 200 - errors
    assert re.match(
        r"judge: 30 of 30 calls failed, at most 10% may; item a\d+: ZeroDivisionError: division by zero",
        ran.problems["many"],
    )
    assert "say by at_least or at_most which are good" in ran.problems["unclear"]
    assert "key is missing" in ran.problems["no_key"]
    assert (tmp_path / f"{DAY:%Y-%m-%d}.csv").read_text().count("ZeroDivisionError") == 30


def test_scores_of_a_judge_are_held_against_its_limit(recorded: Recorded) -> None:
    frame = pd.DataFrame({"score": [0.1, 0.2, 0.3, 0.9]})
    with DAG("limits", schedule="@daily", start_date=DAY) as dag:
        judged(
            conn_id=None, table=None, key=None, dataframe=lambda: frame, judge=lambda row: row["score"], at_most="0.2"
        )
    run_as(dag, logical_date=DAY)
    [seen] = recorded("answers-true")
    assert (seen.good, seen.total, seen.value, seen.cause) == (2, 4, 0.5, "model_quality")


def test_several_slos_are_all_recorded_before_a_bad_one_fails_the_task(recorded: Recorded) -> None:
    frame = pd.DataFrame({"faithfulness": [0.1] * 10, "toxicity": [0.0] * 10})
    criteria = {"faithfulness": {"at_least": 0.8}, "toxicity": {"at_most": 0.1, "slo": "answers-safe"}}
    with DAG("several", schedule="@daily", start_date=DAY) as dag:
        ScoreQualityOperator(
            task_id="scores", slo="answers-good", dataframe=lambda: frame, criteria=criteria, fail_on_bad=True
        )
    ran = run_as(dag, logical_date=DAY)
    assert ran.problems["scores"].startswith("SLO answers-good at ")
    assert ran.problems["scores"].endswith("0 good of 10, value 0, cause model_quality: bad, and fail_on_bad is set")
    assert [(seen.good, seen.total) for slo in ("answers-good", "answers-safe") for seen in recorded(slo)] == [
        (0, 10),
        (10, 10),
    ]
    assert [one["slo"] for one in ran.xcoms["scores"]["newest"]] == ["answers-good", "answers-safe"]


@pytest.mark.parametrize(("n", "acts"), [(10, False), (1000, True)])
def test_a_small_bad_sample_neither_alerts_nor_freezes_and_a_large_one_does(
    airflow_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n: int, acts: bool
) -> None:
    from airflow_ai_slo import SLO, engine
    from airflow_ai_slo.core.measurement import Measurement
    from airflow_ai_slo.store import open_store

    url = f"sqlite:///{tmp_path / 'slo.db'}"
    monkeypatch.setenv("AI_SLO_STORE_URL", url)
    store, now = open_store(url), datetime.now(UTC)
    slo = SLO(name="true", service="chat", objective="0.9", window="28d", freeze=True, confidence="0.95")
    engine.apply(store, [slo], now=now - timedelta(days=30))
    began = Measurement(slo="true", key="began", at=now - timedelta(days=27.99), good=1, total=1)
    engine.record(store, [began], now=now)
    frame = pd.DataFrame({"id": range(5000), "ok": [i % 5 > 0 for i in range(5000)]})  # 20% are bad
    with DAG(f"confident_{n}", schedule="@daily", start_date=DAY) as dag:
        judged(
            slo="true",
            conn_id=None,
            table=None,
            dataframe=lambda: frame,
            n=n,
            judge=lambda row: bool(row["ok"]),
            seed="3",
        )
    ran = run_as(dag, logical_date=now.replace(microsecond=0) - timedelta(minutes=1))
    seen = ran.xcoms["judged"]
    assert seen["total"] == n
    assert seen["good"] / n == pytest.approx(0.8, abs=0.11)
    assert seen["good"] / n < 0.9
    engine.evaluate(store, at=now)
    gate = engine.gate(lambda: store, "chat", now=now, labels=(), max_age=timedelta(days=1), actor="")
    assert (str(gate.outcome) == "frozen") is acts
    assert bool(_open_incidents(store)) is acts
    store.engine.dispose()


def _open_incidents(store: Any) -> list[Any]:
    import sqlalchemy as sa

    with store.read() as connection:
        return list(connection.execute(sa.text("SELECT * FROM ai_slo_incident WHERE resolved_at IS NULL")))


def test_hours_without_failure_count_as_timeslices_and_replace_one_another(
    recorded: Recorded, warehouse: sqlite3.Connection
) -> None:
    with DAG("hours", schedule="@daily", start_date=DAY) as dag:
        MTBFOperator(
            task_id="hours",
            slo="agent-hours",
            conn_id="warehouse",
            table="agent_failures",
            failed_at="failed_at",
            window=timedelta(days=2),
            event="hours",
            fail_on_bad=True,
        )
    ran = run_as(dag, logical_date=DAY)
    assert "2 of 48 hours with a failure" in ran.problems["hours"]
    warehouse.execute("DELETE FROM agent_failures")
    warehouse.commit()
    later = run_as(dag, logical_date=DAY + timedelta(days=1))
    assert later.state == "success"
    seen = recorded("agent-hours")
    assert len(seen) == 72
    assert [one.at for one in seen if not one.good] == [DAY - timedelta(hours=30)]


def test_mtbf_takes_operating_hours_and_is_good_without_a_failure(recorded: Recorded) -> None:
    frame = pd.DataFrame({"failed_at": pd.to_datetime([], utc=True)})
    asked: dict[str, Any] = {"slo": "agent-mtbf", "failed_at": "failed_at", "window": timedelta(days=30)}
    with DAG("quiet", schedule="@daily", start_date=DAY) as dag:
        MTBFOperator(
            task_id="mtbf",
            dataframe=lambda: frame,
            at_least=timedelta(hours=100),
            operating_hours="{{ 59.915 }}",
            **asked,
        )
    assert run_as(dag, logical_date=DAY).state == "success"
    [seen] = recorded("agent-mtbf")
    assert (seen.good, seen.total, seen.value) == (1, 1, None)
    assert float(seen.attributes["lower_bound_hours"]) == pytest.approx(20, rel=1e-3)


ROWS: dict[str, Any] = {"task_id": "t", "slo": "s", "path": "rows.csv"}
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("made", "options", "problem"),
    [
        (ScoreQualityOperator, {}, "either column with at_least or at_most, or criteria"),
        (ScoreQualityOperator, {"column": "a"}, "column='a' has no limit"),
        (ScoreQualityOperator, {"criteria": {"a": {"at_least": 1}}, "at_least": 1}, "go into each of the criteria"),
        (ScoreQualityOperator, {"slo": None, "criteria": {"a": {"at_least": 1}}}, "slo is missing"),
        (ScoreQualityOperator, {"criteria": {"a": {"at_least": 1, "slo": "b"}}}, "would measure nothing"),
        (JudgedQualityOperator, {"n": 5, "judge": "model"}, "give a function that takes a row"),
        (JudgedQualityOperator, {"n": 5, "judge": len, "timeout": 0}, "timeout=0: give seconds above zero"),
        (JudgedQualityOperator, {"n": 5, "judge": len, "concurrency": 0}, "concurrency=0"),
        (JudgedQualityOperator, {"n": 5, "judge": len, "max_errors": 5}, "max_errors=5: give a share"),
        (TaskSuccessOperator, {"key": "k"}, "either success, a column of booleans, or status"),
        (TaskSuccessOperator, {"key": "k", "status": "s"}, "status needs succeeded"),
        (TaskSuccessOperator, {"key": "k", "status": "s", "succeeded": "done"}, "status needs succeeded"),
        (TaskSuccessOperator, {"key": "k", "success": "s", "counts": "best"}, "neither 'last' nor 'first'"),
        (MTBFOperator, {"failed_at": "f", "window": 30}, "window=30: give a timedelta"),
        (MTBFOperator, {"failed_at": "f", "window": MINUTE}, "event='run' needs a timedelta above zero"),
        (MTBFOperator, {"failed_at": "f", "window": MINUTE, "event": "hours", "at_least": MINUTE}, "'hours' has none"),
        (MTBFOperator, {"failed_at": "f", "window": MINUTE, "event": "days"}, "neither 'run' nor 'hours'"),
        (AlertLatencyOperator, {"occurred_at": "o", "alerted_at": "a", "at_most": 60}, "at_most=60: give a timedelta"),
        (
            AlertLatencyOperator,
            {"occurred_at": "o", "alerted_at": "a", "at_most": MINUTE, "max_wait": MINUTE / 2},
            "is below at_most",
        ),
    ],
)
def test_wrong_options_fail_when_the_dag_is_read(made: Any, options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        made(**(ROWS | options))

"""People's verdicts, from the draw to the store: sheets that come back late, and Airflow's own forms."""

from __future__ import annotations

import csv
import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from airflow.sdk import DAG
from measuring_runs import Recorded, clear, new_store, run_as

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.operators.sampling import DrawSampleOperator, TakeVerdictsOperator

DAY = datetime(2026, 3, 1, tzinfo=UTC)
ANSWERS = pd.DataFrame(
    {
        "id": range(400),
        "lang": ["en"] * 360 + ["de"] * 40,
        "answer": [f"answer {i}" for i in range(400)],
        "true": [i % 40 != 0 for i in range(360)] + [i % 4 != 0 for i in range(40)],
    }
)


@pytest.fixture
def recorded(airflow_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    return new_store(tmp_path, monkeypatch, "faithful")


def drawing(folder: Path, **options: Any) -> DrawSampleOperator:
    values: dict[str, Any] = {
        "task_id": "draw",
        "slo": "faithful",
        "dataframe": lambda: ANSWERS,
        "n": 40,
        "key": "id",
        "stratify_by": "lang",
        "allocation": "equal",
        "folder": str(folder),
        "show": ["answer", "true"],
    }
    return DrawSampleOperator(**(values | options))


def fill_in(sheet: str, reviewer: str, wrong: int = 0) -> str:
    """What a careful reviewer writes; of the first ``wrong`` items the opposite."""
    with Path(sheet).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for place, row in enumerate(rows):
        row["verdict"] = "yes" if (row["true"] == "True") != (place < wrong) else "no"
        row["reviewer"] = reviewer
    path = Path(sheet).with_name(f"{Path(sheet).stem}-verdicts-{reviewer}.csv")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return str(path)


def test_late_verdicts_land_at_the_sample_s_time_and_replace_earlier_ones(recorded: Recorded, tmp_path: Path) -> None:
    with DAG("drawing", schedule="@daily", start_date=DAY) as draws:
        drawing(tmp_path)
    drawn = run_as(draws, logical_date=DAY)
    files = drawn.xcoms["draw"]
    assert files["items"] == 40
    assert Path(files["page"]).exists()
    assert clear(draws, drawn, "draw").xcoms["draw"] == files
    assert recorded("faithful") == []

    with DAG("taking", schedule="@daily", start_date=DAY) as takes:
        folder = str(tmp_path / "*-verdicts-*.csv")
        TakeVerdictsOperator(task_id="take", slo="faithful", sheet=files["sheet"], verdicts=folder)
    nothing = run_as(takes, logical_date=DAY + timedelta(days=3))
    assert "no such file yet" in nothing.problems["take"]

    fill_in(files["sheet"], "anna", wrong=40)
    run_as(takes, logical_date=DAY + timedelta(days=4))
    [first] = recorded("faithful")
    Path(files["sheet"]).with_name(f"{Path(files['sheet']).stem}-verdicts-anna.csv").unlink()
    for name, wrong in (("anna", 0), ("ben", 0), ("cleo", 2)):
        fill_in(files["sheet"], name, wrong)
    run_as(takes, logical_date=DAY + timedelta(days=5))
    [seen] = recorded("faithful")

    assert (seen.key, seen.at) == (first.key, first.at) == ("drawing/draw/2026-03-01T00:00:00Z", DAY)
    with Path(files["sheet"]).open(encoding="utf-8-sig", newline="") as file:
        truth = [row["true"] == "True" for row in csv.DictReader(file)]
    strata = [lang for _, lang in _items(files["sample"])]
    shares = {
        lang: sum(one for one, where in zip(truth, strata, strict=True) if where == lang) / 20 for lang in ("en", "de")
    }
    assert seen.value == pytest.approx(0.9 * shares["en"] + 0.1 * shares["de"])
    assert seen.good / seen.total == pytest.approx(seen.value)
    assert 20 < seen.total < 40
    assert seen.attributes["dag"] == "drawing"
    assert seen.attributes["population"] == "400"
    assert 0.5 < float(seen.attributes["agreement"]) < 1
    assert first.value < seen.value


def _items(sample: str) -> list[list[str]]:
    found: list[list[str]] = json.loads(Path(sample).read_text())["items"]
    return found


def test_a_sheet_of_another_slo_or_of_a_run_that_does_not_count_is_not_recorded(
    recorded: Recorded, tmp_path: Path
) -> None:
    with DAG("drawing_by_hand", schedule="@daily", start_date=DAY) as draws:
        drawing(tmp_path, n=4)
    files = run_as(draws, logical_date=DAY, run_type="manual").xcoms["draw"]
    answers = fill_in(files["sheet"], "anna")
    with DAG("taking_wrongly", schedule="@daily", start_date=DAY) as takes:
        TakeVerdictsOperator(task_id="other", slo="toxic", sheet=files["sheet"], verdicts=answers)
        TakeVerdictsOperator(task_id="by_hand", slo="faithful", sheet=files["sheet"], verdicts=[answers])
        TakeVerdictsOperator(task_id="empty", slo="faithful", sheet=files["sheet"])
    ran = run_as(takes, logical_date=DAY)
    assert "the sheet was drawn for 'faithful'" in ran.problems["other"]
    assert "the run that drew the sample does not count: it was started by hand" in ran.problems["by_hand"]
    assert "0 of 4 items have 1 answer(s)" in ran.problems["empty"]
    assert recorded("faithful") == []


@pytest.fixture
def answering(airflow_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[int, str]]:
    """Answers the forms of DAG ``reviewing`` through Airflow's REST API while the DAG runs; by map index."""
    from airflow.api_fastapi.app import create_app
    from fastapi.testclient import TestClient

    monkeypatch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS", "True")
    monkeypatch.setenv("AI_SLO_COUNT_TEST_RUNS", "1")
    client = TestClient(create_app())
    client.headers["Authorization"] = f"Bearer {client.get('/auth/token').json()['access_token']}"
    said: dict[int, str] = {}
    done = threading.Event()

    def answer() -> None:
        path = "/api/v2/dags/reviewing/dagRuns"
        while not done.is_set():
            time.sleep(0.2)
            found = client.get(f"{path}/~/hitlDetails").json().get("hitl_details", [])
            for one in found:
                ti = one["task_instance"]
                if one["response_received"] or ti["state"] not in ("awaiting_input", "deferred"):
                    continue
                verdict = "no" if "False" in one["body"] else "yes"
                where = f"{path}/{ti['dag_run_id']}/taskInstances/{ti['task_id']}/{ti['map_index']}/hitlDetails"
                if client.patch(where, json={"chosen_options": [verdict], "params_input": {}}).status_code == 200:
                    said[ti["map_index"]] = verdict

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    yield said
    done.set()
    thread.join(30)


def test_airflow_s_own_forms_take_the_verdicts(recorded: Recorded, answering: dict[int, str], tmp_path: Path) -> None:
    from airflow.providers.standard.operators.hitl import HITLOperator
    from measuring_runs import keep

    with DAG("reviewing", schedule="@daily", start_date=DAY) as dag:
        drawn = drawing(tmp_path, n=5, stratify_by=None, allocation="proportional", forms=True)
        answers = HITLOperator.partial(
            task_id="ask", subject="Is the answer supported?", options=["yes", "no", "skip"], defaults="skip"
        ).expand(body=drawn.output)
        TakeVerdictsOperator(task_id="take", slo="faithful", sheet=drawn.output["sheet"], answers=answers.output)
    keep(dag)
    done = dag.test(logical_date=DAY)
    assert str(done.state) == "success"
    assert sorted(answering) == [0, 1, 2, 3, 4]
    [seen] = recorded("faithful")
    assert (seen.total, seen.good) == (5, list(answering.values()).count("yes"))
    assert seen.at == DAY
    assert seen.attributes["reviewers"] == "1"


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"n": 0}, "whole number of rows above zero"),
        ({"n": 500, "forms": True}, "n=500, at most 100"),
        ({"reviewers": 0}, "reviewers=0"),
        ({"show": "answer"}, "give a list of columns"),
        ({"allocation": "optimal"}, "not one of proportional, equal, neyman"),
        ({"stratify_by": None}, "name their column by stratify_by"),
        ({"prior": {"en": 0.9}}, "prior is for allocation='neyman'"),
    ],
)
def test_wrong_options_fail_when_the_dag_is_read(options: dict[str, Any], problem: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        drawing(tmp_path, **options)


def test_with_a_seed_of_one_s_own_each_run_has_a_sample_of_its_own_name(recorded: Recorded, tmp_path: Path) -> None:
    with DAG("seeded", schedule="@daily", start_date=DAY) as draws:
        drawing(tmp_path, seed="always the same")
    first, second = (run_as(draws, logical_date=DAY + timedelta(days=days)).xcoms["draw"] for days in (0, 1))
    ids = [json.loads(Path(files["sample"]).read_text(encoding="utf-8"))["id"] for files in (first, second)]
    assert ids[0] != ids[1]
    assert _items(first["sample"]) == _items(second["sample"])

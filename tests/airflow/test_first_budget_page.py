"""docs/first-budget.md: its commands do what it says, on DAGs as it shows them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from past_kit import HOUR, NOW, a_dag, add_runs, daily, steps

from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.rungs import OBJECTIVES
from airflow_ai_slo.engine import drafting
from airflow_ai_slo.reconcile.suggesting import suggest_for_dags

PAGE = (Path(__file__).parents[2] / "docs" / "first-budget.md").read_text(encoding="utf-8")


def test_the_commands_of_the_page_in_order(airflow_home: Path, tmp_path: Path) -> None:
    dag_id = a_dag("walked_through", schedule="@hourly")
    past = steps("." * 400 + "x" + "." * 99, until=_this_hour(), step=HOUR)
    add_runs(dag_id, past, took=timedelta(seconds=30), began=timedelta(seconds=5))
    (block,) = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
    commands = [line.partition("#")[0].split() for line in block.strip().splitlines()]
    assert [command[1] for command in commands] == ["suggest", "apply", "import-history"]
    told = os.environ | {"AI_SLO_STORE_URL": f"sqlite:///{tmp_path / 'slo.db'}"}
    for command in commands:
        narrowed = ["--dag", dag_id] if command[1] == "suggest" else []
        code = [sys.executable, "-m", "airflow_ai_slo.cli", *command[1:], *narrowed]
        done = subprocess.run(code, cwd=tmp_path, env=told, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stdout.splitlines() if "-completion" in line]
    assert re.search(r"99\.\d+%, objective 99% over 28d", line)


def _this_hour() -> datetime:
    """The newest slot whose run has ended by now: whatever the minute, none is missing."""
    return (datetime.now(UTC) - timedelta(seconds=45)).replace(minute=0, second=0, microsecond=0)


def test_the_definition_of_the_page_is_what_is_written(airflow_home: Path) -> None:
    dag_id = a_dag("scores")
    minutes = [timedelta(minutes=one) for one in (20, 25, 31, 42)]
    add_runs(dag_id, daily("." * 50 + "x" + "." * 39), took=minutes)
    found = suggest_for_dags(at=NOW, back=timedelta(days=90), window=Duration(28, "d"), dags=[dag_id])
    (text,) = drafting.documents(found).values()
    (shown,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    _, _, slo = text.partition("---\n")
    assert slo.replace(dag_id.replace("_", "-"), "scores").replace(dag_id, "scores") == shown


def test_the_page_names_every_objective() -> None:
    (named,) = re.findall(r"Of (0\.5, [\d., ]+ and [\d.]+) it is", PAGE)
    assert [float(one) for one in re.findall(r"0\.\d+", named)] == [float(one) for one in OBJECTIVES]

"""What reading a DAG file with measuring operators loads."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import sys
from airflow.sdk import BaseHook, BaseOperator
before = set(sys.modules)
from airflow_ai_slo.operators.completion import BatchCompletionOperator
from airflow_ai_slo.operators.drift import DataDriftOperator
from airflow_ai_slo.operators.freshness import FeatureFreshnessOperator
from airflow_ai_slo.operators.judged import JudgedQualityOperator, ScoreQualityOperator
from airflow_ai_slo.operators.mtbf import MTBFOperator
from airflow_ai_slo.operators.reliability import AlertLatencyOperator, TaskSuccessOperator
from airflow_ai_slo.operators.sampling import DrawSampleOperator, TakeVerdictsOperator
from airflow_ai_slo.operators.throughput import ThroughputOperator
BatchCompletionOperator(task_id="a", slo="s")
DataDriftOperator(task_id="b", slo="s", reference="january", conn_id="warehouse", table="features")
ThroughputOperator(task_id="c", slo="s", sql="SELECT 1", conn_id="warehouse", at_least=1)
ScoreQualityOperator(task_id="d", slo="s", path="a.csv", criteria={"a": {"at_least": 1}})
JudgedQualityOperator(task_id="e", slo="s", path="a.csv", n=9, judge=len)
DrawSampleOperator(task_id="f", slo="s", path="a.csv", n=9, folder="sheets")
TakeVerdictsOperator(task_id="g", slo="s", sheet="a.csv")
TaskSuccessOperator(task_id="h", slo="s", path="a.csv", key="task", success="ok")
print(*sorted({name.partition(".")[0] for name in set(sys.modules) - before}))
print(*sorted(name for name in sys.modules if name.startswith("airflow_ai_slo.measure.")))
"""


def test_reading_a_dag_file_loads_nothing_but_the_operators() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    packages, measures = done.stdout.splitlines()[-2:]
    heavy = {"great_expectations", "pandas", "numpy", "scipy", "sqlalchemy", "pyarrow", "alembic", "matplotlib"}
    assert "airflow_ai_slo" in packages.split()
    assert heavy.isdisjoint(packages.split())
    assert measures == ""

"""What reading a DAG file with measuring operators loads."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import sys
from airflow.sdk import BaseHook, BaseOperator
before = set(sys.modules)
from airflow_ai_slo.operators.completion import BatchCompletionOperator
from airflow_ai_slo.operators.data_quality import DataQualityOperator
from airflow_ai_slo.operators.drift import DataDriftOperator
from airflow_ai_slo.operators.embedding_drift import EmbeddingDriftOperator
from airflow_ai_slo.operators.freshness import FeatureFreshnessOperator
from airflow_ai_slo.operators.throughput import ThroughputOperator
BatchCompletionOperator(task_id="a", slo="s")
DataDriftOperator(task_id="b", slo="s", reference="january", conn_id="warehouse", table="features")
DataQualityOperator(task_id="d", slo="s", suite="features.json", conn_id="warehouse", table="features")
EmbeddingDriftOperator(task_id="e", slo="s", reference="january", column="vector", path="vectors.parquet")
ThroughputOperator(task_id="c", slo="s", sql="SELECT 1", conn_id="warehouse", at_least=1)
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

"""What reading a DAG file with measuring operators loads."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import sys
from datetime import timedelta
from airflow.sdk import BaseHook, BaseOperator
before = set(sys.modules)
from airflow_ai_slo.operators.completion import BatchCompletionOperator
from airflow_ai_slo.operators.data_quality import DataQualityOperator
from airflow_ai_slo.operators.drift import DataDriftOperator
from datetime import timedelta
from airflow.sdk import Asset
from airflow_ai_slo.operators.freshness import AssetFreshnessOperator, FeastFreshnessOperator, FeatureFreshnessOperator
from airflow_ai_slo.operators.freshness import FileFreshnessOperator
from airflow_ai_slo.sensors.freshness import FileFreshnessSensor
from airflow_ai_slo.operators.latency import RequestLogOperator
from airflow_ai_slo.operators.probe import ProbeOperator
from airflow_ai_slo.operators.profile import BuildProfileOperator
from airflow_ai_slo.operators.judged import JudgedQualityOperator, ScoreQualityOperator
from airflow_ai_slo.operators.mtbf import MTBFOperator
from airflow_ai_slo.operators.reliability import AlertLatencyOperator, TaskSuccessOperator
from airflow_ai_slo.operators.sampling import DrawSampleOperator, TakeVerdictsOperator
from airflow_ai_slo.operators.quality import ModelQualityOperator
from airflow_ai_slo.operators.ranking import RankingQualityOperator
from airflow_ai_slo.operators.embedding_drift import EmbeddingDriftOperator
from airflow_ai_slo.operators.throughput import ThroughputOperator
BatchCompletionOperator(task_id="a", slo="s")
DataDriftOperator(task_id="b", slo="s", reference="january", conn_id="warehouse", table="features")
DataQualityOperator(task_id="r", slo="s", suite="features.json", conn_id="warehouse", table="features")
EmbeddingDriftOperator(task_id="s", slo="s", reference="january", column="vector", path="vectors.parquet")
ThroughputOperator(task_id="c", slo="s", sql="SELECT 1", conn_id="warehouse", at_least=1)
hour = timedelta(hours=1)
AssetFreshnessOperator(task_id="d", slo="s", asset=Asset("a"), max_age=hour)
FeastFreshnessOperator(task_id="e", slo="s", feature_view="v", feast_repo="/repo", max_age=hour)
FeatureFreshnessOperator(task_id="f", slo="s", conn_id="warehouse", table="t", column="c", key="k", max_age=hour)
FileFreshnessOperator(task_id="g", slo="s", path="s3://lake/features", max_age=hour)
FileFreshnessSensor(task_id="h", path="s3://lake/features", max_age=hour)
RequestLogOperator(
    task_id="i", slo="s", conn_id="w", table="t", time_column="t", latency_column="l", at_most=timedelta(seconds=1)
)
ProbeOperator(task_id="j", slo="s", at_most=timedelta(seconds=1), http_conn_id="api")
ScoreQualityOperator(task_id="k", slo="s", path="a.csv", criteria={"a": {"at_least": 1}})
JudgedQualityOperator(task_id="l", slo="s", path="a.csv", n=9, judge=len)
DrawSampleOperator(task_id="m", slo="s", path="a.csv", n=9, folder="sheets")
TakeVerdictsOperator(task_id="n", slo="s", sheet="a.csv")
TaskSuccessOperator(task_id="o", slo="s", path="a.csv", key="task", success="ok")
ModelQualityOperator(
    task_id="p", slo="s", metric="accuracy", label="y", prediction="p", conn_id="warehouse", table="scored"
)
RankingQualityOperator(
    task_id="q", slo="s", metric="recall", at_least=1, rank="r", conn_id="warehouse", table="t", golden_table="g"
)
BuildProfileOperator(task_id="t", name="features", conn_id="warehouse", table="features")
print(*sorted({name.partition(".")[0] for name in set(sys.modules) - before}))
print(*sorted(name for name in sys.modules if name.startswith("airflow_ai_slo.measure.")))
"""


def test_reading_a_dag_file_loads_nothing_but_the_operators() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    packages, measures = done.stdout.splitlines()[-2:]
    heavy = {
        "great_expectations",
        "pandas",
        "numpy",
        "scipy",
        "sqlalchemy",
        "pyarrow",
        "alembic",
        "matplotlib",
        "feast",
    }
    assert "airflow_ai_slo" in packages.split()
    assert heavy.isdisjoint(packages.split())
    light = {"latency", "latency.counting", "latency.requests", "probe", "spelling", "watermark"}
    # What a metric needs is checked when the DAG is read; what counts it is not there yet.
    light |= {"quality", "quality.ranking", "quality.ranking.spec", "quality.spec"}
    assert {name.removeprefix("airflow_ai_slo.measure.") for name in measures.split()} <= light

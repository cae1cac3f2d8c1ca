"""Importing every operator, above ``import airflow.sdk``; the limit is 30 ms, and nothing heavy may come along."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.measure import against

BASE = "import airflow.sdk; from airflow.sdk import BaseOperator, BaseSensorOperator, BaseHook"
MODULES = (
    "airflow_ai_slo.operators.completion",
    "airflow_ai_slo.operators.throughput",
    "airflow_ai_slo.operators.freshness",
    "airflow_ai_slo.operators.drift",
    "airflow_ai_slo.operators.evaluate",
    "airflow_ai_slo.operators.gate",
    "airflow_ai_slo.operators.report",
    "airflow_ai_slo.sensors.freshness",
    "airflow_ai_slo.sensors.gate",
    "airflow_ai_slo.decorators",
)
HEAVY = ("great_expectations", "pandas", "scipy", "sqlalchemy", "pyspark", "matplotlib")


def run(folder: Path) -> dict[str, Any]:
    """Median seconds of whole processes, and what our imports load beyond ``airflow.sdk``."""
    ours = f"{BASE}; import {', '.join(MODULES)}"
    environment = os.environ | {"AIRFLOW_HOME": str(folder), "AIRFLOW__CORE__UNIT_TEST_MODE": "False"}

    def python(code: str) -> str:
        command = [sys.executable, "-c", code]
        return subprocess.run(command, check=True, env=environment, capture_output=True, text=True).stdout

    times = against(lambda _: python(ours), lambda _: python(BASE), times=15)
    loaded = f"import sys; print(','.join(n for n in {HEAVY} if n in sys.modules))"
    before = set(python(f"{BASE}; {loaded}").strip().split(",")) - {""}
    after = set(python(f"{ours}; {loaded}").strip().split(",")) - {""}
    return times | {"extra_seconds": times["seconds"] - times["peer_seconds"], "heavy": sorted(after - before)}

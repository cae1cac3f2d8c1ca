"""Importing every operator, above ``import airflow.sdk``; the limit is 30 ms, and nothing heavy may come along."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

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
TIMES = 15
HEAVY = ("great_expectations", "pandas", "scipy", "sqlalchemy", "pyspark", "matplotlib")

_TIMED = f"""
import json, sys, time
start = time.perf_counter()
{BASE}
between, loaded = time.perf_counter(), set(sys.modules)
import {", ".join(MODULES)}
end = time.perf_counter()
heavy = [name for name in {HEAVY} if name in sys.modules and name not in loaded]
print(json.dumps({{"base": between - start, "extra": end - between, "heavy": heavy}}))
"""


def run(folder: Path) -> dict[str, Any]:
    """Median seconds, and what our imports load beyond ``airflow.sdk``.

    Both are timed within one process, one after the other, in several processes: between whole processes 30 ms would
    drown in the noise of seconds.
    """
    environment = os.environ | {"AIRFLOW_HOME": str(folder), "AIRFLOW__CORE__UNIT_TEST_MODE": "False"}
    command = [sys.executable, "-c", _TIMED]
    told = [
        json.loads(subprocess.run(command, check=True, env=environment, capture_output=True, text=True).stdout)
        for _ in range(TIMES)
    ]
    base, extra = (statistics.median(one[name] for one in told) for name in ("base", "extra"))
    return {
        "peer_seconds": base,
        "extra_seconds": extra,
        "ratio": (base + extra) / base,
        "heavy": sorted({name for one in told for name in one["heavy"]}),
    }

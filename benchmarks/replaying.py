"""``ai-slo replay`` as a whole process: a year of 100 hourly SLOs that freeze, at 5-minute steps; the limit is 60 s.

Once with ``pipeline`` rules, over runs of which some fail, and once with ``workbook`` rules, over counts
of requests with outages.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.measure import say, timed

START = datetime(2025, 1, 1, tzinfo=UTC)
SLOS, HOURS = 100, 365 * 24

_DEFINITION = """\
apiVersion: openslo/v1
kind: SLO
metadata:
  name: slo-{number:03}
  annotations: {{{annotations}, airflow-ai-slo/freeze: "true"}}
spec:
  service: service-{service}
  budgetingMethod: Occurrences
  indicator:
    metadata: {{name: indicator}}
    spec:
      ratioMetric:
        counter: true
        good: {{metricSource: {{type: recorded, spec: {{}}}}}}
        total: {{metricSource: {{type: recorded, spec: {{}}}}}}
  timeWindow: [{{duration: 28d, isRolling: true}}]
  objectives: [{{target: 0.99}}]
"""
_PIPELINE = "airflow-ai-slo/alerting: pipeline, airflow-ai-slo/cadence: 1h"
_WORKBOOK = "airflow-ai-slo/alerting: workbook"


def run(folder: Path) -> dict[str, Any]:
    """Seconds of one process each."""
    return {
        "pipeline": _measure(folder, "pipeline", _PIPELINE),
        "workbook": _measure(folder, "workbook", _WORKBOOK),
    }


def _measure(folder: Path, name: str, annotations: str) -> dict[str, Any]:
    definitions, measurements, told = (folder / f"{name}.{kind}" for kind in ("yaml", "csv", "json"))
    texts = [_DEFINITION.format(number=n, service=n % 20, annotations=annotations) for n in range(SLOS)]
    definitions.write_text("---\n".join(texts))
    rows = _write(measurements, requests=name == "workbook")
    command = [sys.executable, "-m", "airflow_ai_slo.cli", "replay", "--format", "json", "--every", "5m"]
    command += ["--definitions", str(definitions), "--measurements", str(measurements)]
    say(f"replaying {rows:,} measurements, {name}")
    before = _spent()
    with told.open("w") as out:
        seconds = timed(lambda: subprocess.run(command, check=True, stdout=out))
    happened = json.loads(told.read_text())
    found = {kind: len(happened[kind]) for kind in ("transitions", "freezes")}
    return {
        "rows": rows,
        "slos": SLOS,
        "steps": HOURS * 12,
        **found,
        "seconds": seconds,
        "cpu_seconds": _spent() - before,
    }


def _spent() -> float:
    """Processor seconds of all processes that were run so far: what a busy machine changes less."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _write(path: Path, *, requests: bool) -> int:
    """Measurements by the hour; in outages, that each SLO has at hours of its own, half of the requests or all fail."""
    with path.open("w") as file:
        file.write("slo,timestamp,good,total\n")
        for hour in range(HOURS):
            at = (START + timedelta(hours=hour)).isoformat()
            for number in range(SLOS):
                good, total = _counts(hour, number, requests=requests)
                file.write(f"slo-{number:03},{at},{good},{total}\n")
    return HOURS * SLOS


def _counts(hour: int, number: int, *, requests: bool) -> tuple[int, int]:
    is_out = (hour + 97 * number) % 1000 < number % 13 or (hour * 31 + number * 17) % 211 == 0
    if not requests:
        return int(not is_out), 1
    total = 1000 + (hour * 7 + number * 13) % 400
    return (total // 2 if is_out else total - (hour + number) % 9), total

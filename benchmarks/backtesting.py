"""``ai-slo backtest`` as a whole process: 165,000 rows, 28 SLOs, 10 instants; the limit is 3 s."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.measure import median

START = datetime(2026, 3, 1, tzinfo=UTC)
SLOS, ROWS, INSTANTS = 28, 165_000, 10

_DEFINITION = """\
apiVersion: openslo/v1
kind: SLO
metadata: {{name: slo-{number}}}
spec:
  service: service-{number}
  budgetingMethod: Occurrences
  indicator:
    metadata: {{name: indicator}}
    spec:
      ratioMetric:
        counter: true
        good: {{metricSource: {{type: recorded, spec: {{}}}}}}
        total: {{metricSource: {{type: recorded, spec: {{}}}}}}
  timeWindow: [{{duration: 28d, isRolling: true}}]
  objectives: [{{target: 0.995}}]
"""


def run(folder: Path) -> dict[str, Any]:
    """Median seconds of a process."""
    definitions, measurements = folder / "slos.yaml", folder / "measurements.csv"
    definitions.write_text("---\n".join(_DEFINITION.format(number=n) for n in range(SLOS)))
    each = ROWS // SLOS + 1
    lines = ["slo,timestamp,good,total,cause"]
    for index in range(ROWS):
        number, place = divmod(index, each)
        at = START + timedelta(minutes=10 * place)
        lines.append(f"slo-{number},{at.isoformat()},{90 if index % 97 == 0 else 100},100,")
    measurements.write_text("\n".join(lines) + "\n")
    command = [sys.executable, "-m", "airflow_ai_slo.cli", "backtest", "--format", "json"]
    command += ["--definitions", str(definitions), "--measurements", str(measurements)]
    for number in range(INSTANTS):
        command += ["--at", (START + timedelta(days=30 + number)).isoformat()]
    seconds = median(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL), times=5)
    return {"rows": ROWS, "slos": SLOS, "instants": INSTANTS, "seconds": seconds}

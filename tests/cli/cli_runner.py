"""What the tests of the command line share."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

DAILY = """\
apiVersion: openslo/v1
kind: SLO
metadata:
  name: daily
  annotations: {airflow-ai-slo/freeze: "true", airflow-ai-slo/alerting: seed}
spec:
  service: flights
  budgetingMethod: Occurrences
  indicator:
    metadata: {name: completed}
    spec:
      ratioMetric:
        counter: true
        good: {metricSource: {type: recorded, spec: {}}}
        total: {metricSource: {type: recorded, spec: {}}}
  timeWindow: [{duration: 10d, isRolling: true}]
  objectives: [{target: 0.9}]
"""


@dataclass(frozen=True)
class Result:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

"""The demo's definitions and DAG files fit together."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from flights.warehouse import FEATURES

from airflow_ai_slo import openslo

REPOSITORY = Path(__file__).parent.parent.parent
SLOS, DAGS = REPOSITORY / "slos", REPOSITORY / "dags"


def test_the_definitions_hold_by_openslos_letter_and_without_a_warning() -> None:
    for strict in (True, False):
        results = openslo.validate([SLOS], strict=strict)
        assert [(one.name, one.problems) for one in results if one.problems] == []


def test_the_dags_measure_every_slo_that_is_promised_and_no_other() -> None:
    named = {name for path in DAGS.glob("*.py") for name in re.findall(r'slo="([^"]+)"', path.read_text())}

    assert named == {slo.name for slo in openslo.load([SLOS]).slos}


def test_the_suite_compares_every_feature_the_model_uses() -> None:
    suite = json.loads((REPOSITORY / "expectations" / "flight_features.json").read_text())

    assert [one["kwargs"]["column"] for one in suite["expectations"]] == list(FEATURES)


def test_the_dag_files_import_and_bring_nothing_heavy() -> None:
    heavy = {"great_expectations", "pandas", "scipy", "sklearn", "numpy", "sqlalchemy"}
    script = f"""
import sys
sys.path.insert(0, {str(DAGS)!r})
import airflow.sdk
before = set(sys.modules)
import deploy_model, flights_delay, slo_evaluation
print(sorted({heavy!r} & (set(sys.modules) - before)))
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=120)

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[-1] == "[]"

from __future__ import annotations

import subprocess
import sys


def test_importing_alerts_loads_no_slack_sdk() -> None:
    code = "import sys, airflow_ai_slo.alerts; print(sorted({'slack_sdk', 'airflow', 'sqlalchemy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"

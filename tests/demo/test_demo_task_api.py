"""The demo's task API is Airflow's, of the newest version alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ASK = """
import json, httpx
from airflow.api_fastapi.execution_api.app import InProcessExecutionAPI
from demo.same_thread import SameThread
from demo.task_api import trim

def ask(app):
    client = httpx.Client(transport=SameThread(app), base_url="http://in-process")
    run = "/task-instances/0198b8a4-7d6f-7000-8000-000000000000/run"
    answers = [client.get("/health"), client.patch(run, json={}), client.get("/nowhere")]
    seen = [[answer.status_code, answer.json()] for answer in answers]
    return seen, sum(len(router.routes) > 10 for router in app.router.versioned_routers.values())

whole, trimmed = InProcessExecutionAPI().app, InProcessExecutionAPI().app
trim(trimmed)
first, second = ask(trimmed), ask(whole)
print("\\n" + json.dumps([first, second]))
"""
REPOSITORY = Path(__file__).parent.parent.parent


def test_it_answers_as_the_whole_api_does(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        env={"AIRFLOW_HOME": str(tmp_path), "PYTHONPATH": str(REPOSITORY), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    (trimmed, versions), (whole, every_version) = json.loads(done.stdout.splitlines()[-1])
    assert trimmed == whole
    assert [status for status, _ in whole] == [200, 422, 404]
    assert (versions, every_version > 1) == (1, True)

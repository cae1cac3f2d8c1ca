"""A small client of Airflow's REST API, for the demo's live runs."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import datetime
from typing import Any

FINISHED = ("success", "failed")
_LOCKED_SECONDS = 15
_ANSWER_SECONDS = 30
_SLOW_SECONDS = 120

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class AirflowError(Exception):
    """Airflow refused, or did not do something in time."""


class AirflowApi:
    """Talks to an API server whose simple auth manager takes everybody for an admin.

    :param origin: such as ``http://127.0.0.1:8080``.
    """

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self._token = ""

    def ill(self) -> list[str]:
        """The parts of Airflow that do not work (yet): names of components."""
        try:
            with _OPENER.open(f"{self.origin}/api/v2/monitor/health", timeout=5) as answer:
                parts = json.load(answer)
        except (OSError, ValueError):
            return ["api-server"]
        needed = {"scheduler": "scheduler", "triggerer": "triggerer", "dag_processor": "dag-processor"}
        return [name for part, name in needed.items() if (parts.get(part) or {}).get("status") != "healthy"]

    def unpause(self, dag_id: str) -> None:
        self._call("PATCH", f"/dags/{dag_id}", {"is_paused": False})

    def trigger(self, dag_id: str, conf: Mapping[str, Any] | None = None) -> str:
        """Start a run by hand; returns its id."""
        return str(
            self._call("POST", f"/dags/{dag_id}/dagRuns", {"logical_date": None, "conf": conf or {}})["dag_run_id"]
        )

    def backfill(self, dag_id: str, logical_date: datetime) -> str:
        """Start the run that a schedule would have made for a logical date; returns its id."""
        instant = logical_date.isoformat()
        asked = {"dag_id": dag_id, "from_date": instant, "to_date": instant, "reprocess_behavior": "none"}
        self._call("POST", "/backfills", asked)
        runs = self._call("GET", f"/dags/{dag_id}/dagRuns?limit=5&order_by=-logical_date")["dag_runs"]
        for run in runs:
            if run["logical_date"] and datetime.fromisoformat(run["logical_date"]) == logical_date:
                return str(run["dag_run_id"])
        raise AirflowError(f"backfill of {dag_id} made no run for {instant}")

    def wait(self, dag_id: str, run_id: str, *, patience: float) -> str:
        """Wait until a run has finished; returns its state.

        :param patience: seconds.
        """
        deadline = time.monotonic() + patience
        while True:
            state = str(self._call("GET", f"/dags/{dag_id}/dagRuns/{run_id}")["state"])
            if state in FINISHED:
                return state
            if time.monotonic() > deadline:
                raise AirflowError(f"{dag_id} {run_id} is still {state} after {patience:.0f} s")
            time.sleep(0.3)

    def log(self, dag_id: str, run_id: str, task_id: str, attempt: int = 1) -> list[str]:
        """What a task logged, one line for each event."""
        where = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/logs/{attempt}?full_content=true"
        lines: list[str] = []
        for entry in self._call("GET", where)["content"]:
            lines.append(str(entry.get("event", "")))
            lines += [str(error["exc_value"]) for error in entry.get("error_detail") or ()]
        return lines

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        if not self._token:
            self._token = str(self._request("GET", "/auth/token")["access_token"])
        return self._request(method, f"/api/v2{path}", body)

    def _request(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.origin + path, data, headers, method=method)
        began = time.monotonic()
        while True:
            try:
                with _OPENER.open(request, timeout=_ANSWER_SECONDS) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                # SQLite turns away a writer that another one has overtaken. Nothing was written: asking again is safe.
                if error.code not in (500, 503) or time.monotonic() > began + _LOCKED_SECONDS:
                    said = error.read().decode(errors="replace")[:300]
                    raise AirflowError(f"{method} {path}: {error.code} {said}") from None
            except OSError as error:
                # A busy machine answers late. What only reads may be asked again; anything else may have been done.
                late = isinstance(error, TimeoutError) or isinstance(getattr(error, "reason", None), TimeoutError)
                if not late or method != "GET" or time.monotonic() > began + _SLOW_SECONDS:
                    raise AirflowError(f"{method} {path}: {error}") from None
            time.sleep(0.5)

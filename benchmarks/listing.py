"""The REST API over HTTP, on a real API server of Airflow: 1,000 SLOs with 40 days of hourly history, on SQLite.

Each answer stands against ``/api/v2/version`` of the same server in the same run. *Anew* is after something was
recorded, so that every SLO is evaluated again; *again* is what a poll costs.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow_ai_slo import engine
from airflow_ai_slo.core.measurement import Measurement
from airflow_ai_slo.store import Store, open_store
from benchmarks.evaluating import fill
from benchmarks.measure import against, say

ROOT = "/ai-slo/api/v1"
FLOOR = "/api/v2/version"
TIMES = 15


def run(folder: Path) -> dict[str, Any]:
    """Seconds; the limit is 0.15 for each, *anew* included."""
    url = f"sqlite:///{folder / 'hourly.db'}"
    store = open_store(url)
    end = datetime.now(UTC).replace(microsecond=0)
    rows = fill(store, timedelta(hours=1), timedelta(days=40), end)
    engine.evaluate(store, at=end)
    home = folder / "home"
    home.mkdir()
    say("starting an API server of Airflow")
    os.environ |= {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "AIRFLOW__API_AUTH__JWT_SECRET": "only for benchmarks, and long enough for the signature",
    }
    subprocess.run(
        [sys.executable, "-m", "airflow", "db", "migrate"], check=True, stdout=subprocess.DEVNULL, stderr=sys.stderr
    )
    from tests.airflow.api_server import api_server

    with api_server(home, AI_SLO_STORE_URL=url) as server:
        return {"measurements": rows, **_measure(server, store)}


def _measure(server: Any, store: Store) -> dict[str, Any]:
    token = server.token("ann")
    first = server.call(f"{ROOT}/slos", token=token)

    def floor(_: int) -> None:
        assert server.call(FLOOR).status == 200

    def asked(path: str, status: int = 200, **headers: str) -> Callable[[int], None]:
        def ask(_: int) -> None:
            assert server.call(f"{ROOT}{path}", token=token, **headers).status == status

        return ask

    def anew(path: str) -> Callable[[int], None]:
        def ask(_: int) -> None:
            _record(store)
            asked(path)(0)

        return ask

    return {
        "slos_anew": against(anew("/slos"), floor, times=TIMES),
        "slos_with_trends_anew": against(anew("/slos?trend=true"), floor, times=TIMES),
        "slos_again": against(asked("/slos?trend=true&order_by=-burn"), floor, times=TIMES),
        "slos_unchanged": against(asked("/slos", 304, **{"If-None-Match": first.headers["etag"]}), floor, times=TIMES),
        "summary_again": against(asked("/summary"), floor, times=TIMES),
        "one_slo_anew": against(anew("/slos/slo-0007"), floor, times=TIMES),
        "measurements": against(asked("/slos/slo-0007/measurements?bad=true"), floor, times=TIMES),
        "slos_of_a_dag": against(asked("/dags/nobody/slos"), floor, times=TIMES),
    }


def _record(store: Store) -> None:
    """Something new, so that everything has to be looked at again."""
    now = datetime.now(UTC)
    one = Measurement(slo="slo-0999", key=now.isoformat(), at=now - timedelta(days=39), good=1, total=1)
    engine.record(store, [one], now=now)

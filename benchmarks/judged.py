"""Samples, scores and alert latencies counted in the database, against pulling the rows into pandas."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import sqlalchemy as sa

from airflow_ai_slo.measure.data import Source
from airflow_ai_slo.measure.judged.criteria import Criterion
from airflow_ai_slo.measure.judged.drawing import draw
from airflow_ai_slo.measure.judged.plan import Plan
from airflow_ai_slo.measure.judged.scores import scored
from airflow_ai_slo.measure.reliability.alert_latency import Asked, alert_latency
from benchmarks.measure import against, databases

ROWS = 200_000
CRITERIA = [[Criterion(name="score", column="score", at_least=0.1)]]
_COLUMNS = "n AS id, n % 5 AS lang, (n % 1000) / 1000.0 AS score, 'an answer of some length, as answers are' AS answer"
_STAMPS = {
    "postgresql": "timestamptz '2026-01-01Z' + n * interval '1 s' AS happened, "
    "timestamptz '2026-01-01Z' + n * interval '1 s' + (n % 90) * interval '1 s' AS told",
    "sqlite": "strftime('%Y-%m-%dT%H:%M:%S+00:00', 1767225600 + n, 'unixepoch') AS happened, "
    "strftime('%Y-%m-%dT%H:%M:%S+00:00', 1767225600 + n + n % 90, 'unixepoch') AS told",
}
_NUMBERS = {
    "postgresql": f"SELECT n FROM generate_series(1, {ROWS}) AS s (n)",
    "sqlite": f"WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {ROWS}) SELECT n FROM s",
}


def run(folder: Path) -> dict[str, Any]:
    """Median seconds and ratios over 200,000 rows; the peer reads the columns it needs with pandas."""
    result = {}
    with databases(folder) as urls:
        for name, url in urls.items():
            engine = sa.create_engine(url)
            with engine.begin() as connection:
                select = f"SELECT {_COLUMNS}, {_STAMPS[name]} FROM ({_NUMBERS[name]}) AS numbers"
                connection.exec_driver_sql(
                    f"CREATE TABLE answers AS {select.replace('%', '%%' if name == 'postgresql' else '%')}"
                )
            result[name] = _one(engine)
            engine.dispose()
    return {"rows": ROWS} | result


def _one(engine: sa.Engine) -> dict[str, Any]:
    source = Source(engine=engine, table="answers")
    asked = Asked(
        occurred="happened", alerted="told", at_most=timedelta(minutes=1), now=datetime(2027, 1, 1, tzinfo=UTC)
    )

    def read(columns: str) -> pd.DataFrame:
        with engine.connect() as connection:
            return pd.read_sql(sa.text(f"SELECT {columns} FROM answers"), connection)

    def sample(n: int) -> object:
        return draw(source, Plan(n=500, seed=str(n), key="id", stratify_by="lang", allocation="equal"))

    def latency(_: int) -> float:
        frame = read("happened, told")
        return float((pd.to_datetime(frame["told"]) - pd.to_datetime(frame["happened"])).quantile(0.95).total_seconds())

    return {
        "draw 500 of 5 strata": against(
            sample, lambda n: read("*").groupby("lang").sample(100, random_state=abs(n)), times=5
        ),
        "score column": against(lambda _: scored(source, CRITERIA), lambda _: (read("score") >= 0.1).mean(), times=5),
        "alert latency": against(lambda _: alert_latency(source, asked), latency, times=5),
    }

"""Good, total and P50 to P99 of ten million requests against exact percentiles alone; ten thousand sketches merged."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa
from ddsketch import DDSketch

from airflow_ai_slo import SLO, engine
from airflow_ai_slo.core.measurement import Measurement
from airflow_ai_slo.core.sketch import SHOWN, Sketch, merged, sketch_from_text, sketch_of
from airflow_ai_slo.measure.data import Source
from airflow_ai_slo.measure.latency import RequestRules, count_requests
from airflow_ai_slo.store import open_store
from benchmarks.measure import against, databases, median, say, timed

ROWS = int(os.environ.get("BENCH_ROWS", "10000000"))
RUNS, EACH = 10_000, 300
START = datetime(2026, 5, 1, tzinfo=UTC)
RULES = RequestRules(latency_column="ms", at_most=timedelta(milliseconds=200), status_column="status")
SHARES = f"percentile_disc(ARRAY{[float(share) for share in SHOWN.values()]}) WITHIN GROUP (ORDER BY ms)"
DUCKDB = """
import sys, time, duckdb
duckdb.sql("SET threads = %d" % int(sys.argv[3]))
duckdb.sql("SET enable_progress_bar = false")
good = "sum(CASE WHEN ms <= 200 AND status < 500 THEN 1 ELSE 0 END)"
sql = f"SELECT count(*), {good}, {sys.argv[2]} FROM '{sys.argv[1]}'"
def once():
    start = time.perf_counter()
    duckdb.sql(sql).fetchall()
    return time.perf_counter() - start
once()
print(sorted(once() for _ in range(3))[1])
"""


def run(folder: Path) -> dict[str, Any]:
    """Rows in PostgreSQL, in a Parquet file, and sketches of many runs."""
    with databases(folder) as urls:
        in_database = _postgres(urls["postgresql"])
    return {
        "rows": ROWS,
        "postgresql": in_database,
        "parquet": _parquet(folder),
        "merging_10000_runs": _merging(),
        "window_of_10000_runs": _window(folder),
    }


def _postgres(url: str) -> dict[str, Any]:
    say(f"PostgreSQL: {ROWS:,} requests")
    database = sa.create_engine(url)
    with database.begin() as connection:
        connection.execute(
            sa.text(
                "CREATE UNLOGGED TABLE requests AS SELECT exp(4 + 0.5 * sqrt(-2 * ln(1 - random())) * "
                "cos(2 * pi() * random())) AS ms, 200 AS status FROM generate_series(1, :rows)"
            ),
            {"rows": ROWS},
        )
    source = Source(engine=database, table="requests")
    exact: list[Any] = []

    def peer(_: int) -> None:
        with database.connect() as connection:
            exact[:] = [connection.execute(sa.text(f"SELECT count(*), {SHARES} FROM requests")).one()]

    ours: list[Any] = []
    figures = against(
        lambda _: ours.__setitem__(slice(None), count_requests(source, RULES, [START] * 2)), peer, times=3
    )
    database.dispose()
    say(str(figures))
    return figures | {"peer": "percentile_disc", "off_by": _off(ours[0].sketch, exact[0][1])}


def _parquet(folder: Path) -> dict[str, Any]:
    say(f"Parquet: {ROWS:,} requests")
    path = folder / "requests.parquet"
    ms = np.random.default_rng(1).lognormal(4, 0.5, ROWS)
    pd.DataFrame({"ms": ms, "status": np.full(ROWS, 200, dtype=np.int16)}).to_parquet(path)
    source, shares = Source(path=str(path)), [float(share) for share in SHOWN.values()]
    ours: list[Any] = []

    def floor(_: int) -> None:
        np.quantile(pd.read_parquet(path, columns=["ms"])["ms"].to_numpy(), shares, method="inverted_cdf")

    figures = against(
        lambda _: ours.__setitem__(slice(None), count_requests(source, RULES, [START] * 2)), floor, times=3
    )
    say(str(figures))
    off = _off(ours[0].sketch, np.quantile(ms, shares, method="inverted_cdf"))
    return figures | {"peer": "numpy.quantile", "off_by": off, "duckdb": _duckdb(folder, path, figures["seconds"])}


def _duckdb(folder: Path, path: Path, ours: float) -> dict[str, Any] | str:
    """Exact quantiles in an environment of its own, right after ours."""
    uv = shutil.which("uv") or str(Path(".uv/bin/uv").resolve())
    python = folder / "duckdb" / "bin" / "python"
    try:
        subprocess.run([uv, "venv", "-q", "--python", sys.executable, folder / "duckdb"], check=True)
        subprocess.run([uv, "pip", "install", "-q", "--python", python, "duckdb"], check=True)
        shares = f"quantile_disc(ms, {[float(share) for share in SHOWN.values()]})"
        cpus = str(len(os.sched_getaffinity(0)))
        done = subprocess.run([python, "-c", DUCKDB, path, shares, cpus], check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        return f"skipped: {error}"
    return {"peer": "DuckDB quantile_disc", "peer_seconds": float(done.stdout), "ratio": ours / float(done.stdout)}


def _runs() -> list[np.ndarray[Any, Any]]:
    rolls = np.random.default_rng(2)
    return [rolls.lognormal(4 + rolls.normal(0, 0.2), 0.5, EACH) for _ in range(RUNS)]


def _merging() -> dict[str, Any]:
    say(f"merging {RUNS:,} sketches")
    runs = _runs()
    texts = [sketch_of(run).to_text() for run in runs]
    theirs = []
    for one in runs:
        theirs.append(DDSketch(0.01))
        for value in one:
            theirs[-1].add(value)

    def peer(_: int) -> None:
        whole = DDSketch(0.01)
        for one in theirs:
            whole.merge(one)
        whole.get_quantile_value(0.99)

    figures = against(lambda _: merged(map(sketch_from_text, texts)).quantile(SHOWN["p99"]), peer, times=5)
    size = sum(map(len, texts)) / RUNS
    return figures | {"peer": "ddsketch.merge in memory; ours reads the kept texts too", "bytes_each": round(size)}


def _window(folder: Path) -> dict[str, Any]:
    say(f"a 30-day window over {RUNS:,} runs")
    store = open_store(f"sqlite:///{folder / 'window.db'}")
    engine.apply(store, [SLO(name="timed", service="s", objective=0.99, window="30d")], now=START)
    step = timedelta(days=30) / RUNS
    runs = [
        Measurement(slo="timed", key=str(n), at=START + (n + 1) * step, good=EACH, total=EACH, sketch=sketch_of(values))
        for n, values in enumerate(_runs())
    ]
    recording = timed(lambda: [engine.record(store, runs[n : n + 100], now=START) for n in range(0, RUNS, 100)])
    at = START + timedelta(days=30)
    seconds = median(lambda: engine.percentiles(store, at=at), times=5)
    edge = median(lambda: engine.percentiles(store, at=at - timedelta(hours=12)), times=5)
    return {"record_each_seconds": recording / RUNS, "whole_days_seconds": seconds, "cut_days_seconds": edge}


def _off(sketch: Sketch, exact: Any) -> float:
    """The largest relative error of the shown percentiles."""
    seen = [sketch.quantile(share) or 0.0 for share in SHOWN.values()]
    return max(abs(one - float(true)) / float(true) for one, true in zip(seen, exact, strict=True))

"""Drift of 1M rows x 25 columns against a stored reference.

Limits: twice one pass of NumPy over the same columns, four times through Great Expectations; a fiftieth of Evidently's
preset; memory 1.5 times the data's; in PostgreSQL one scan, and 1.5 times a hand-written SELECT of the same counts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from airflow_ai_slo.expectations import run_drift
from airflow_ai_slo.measure.drift import ReferenceProfile, build_profile, measure_frame, measure_table, save_profile
from benchmarks.measure import against, databases, say, timed

ROWS = int(os.environ.get("BENCH_ROWS", "1000000"))
NUMBERS = [f"n{place}" for place in range(20)]
TEXTS = {f"c{place}": categories for place, categories in enumerate((5, 10, 15, 20, 50))}
EVIDENTLY = ("evidently==0.7.23", "pandas<3", "pyarrow")


def run(folder: Path) -> dict[str, Any]:
    """Ratios of medians, each against its peer in the same run."""
    reference, current = made(1), made(2, shift=0.1)
    profile = build_profile(reference, name="reference", now=datetime.now(UTC))
    save_profile(profile, folder / "reference.json")
    reference.to_parquet(folder / "reference.parquet")
    current.to_parquet(folder / "current.parquet")
    floor = by_numpy(profile, current)
    frame = against(lambda _: measure_frame(profile, current), lambda _: floor(), times=5)
    return {
        "rows": ROWS,
        "data_bytes": int(current.memory_usage(deep=True).sum()),
        "pandas": frame,
        "duckdb_floor_seconds": by_duckdb(profile, current),
        "great_expectations": against(lambda _: run_drift(profile, current), lambda _: floor(), times=5),
        "memory": memory(folder),
        "one_call": one_call(folder),
        "evidently": evidently(folder, frame["seconds"]),
        "postgresql": in_postgresql(folder, profile),
    }


def made(seed: int, shift: float = 0.0) -> pd.DataFrame:
    """Numbers of four shapes with 2% missing, and texts."""
    draw = np.random.default_rng(seed)
    shapes: tuple[Callable[[], Any], ...] = (
        lambda: draw.normal(shift, 1, ROWS),
        lambda: draw.exponential(1 + shift, ROWS),
        lambda: draw.integers(0, 1000, ROWS) + shift,
        lambda: np.where(draw.random(ROWS) < 0.3, 0.0, draw.gamma(2, 1, ROWS)) + shift,
    )
    columns: dict[str, Any] = {}
    for place, name in enumerate(NUMBERS):
        columns[name] = np.where(draw.random(ROWS) < 0.02, np.nan, shapes[place % len(shapes)]())
    for name, categories in TEXTS.items():
        columns[name] = draw.choice([f"category {n}" for n in range(categories)], ROWS)
    return pd.DataFrame(columns)


def by_numpy(profile: ReferenceProfile, frame: pd.DataFrame) -> Callable[[], None]:
    """One pass over each column: a binary search into the profile's edges, a factorisation of the texts."""
    edges = {name: np.array(profile.columns[name].edges) for name in NUMBERS}

    def counted() -> None:
        for name in NUMBERS:
            values = frame[name].to_numpy()
            np.bincount(np.searchsorted(edges[name], values[~np.isnan(values)]), minlength=len(edges[name]) + 1)
        for name in TEXTS:
            np.bincount(pd.factorize(frame[name])[0] + 1)

    return counted


def by_duckdb(profile: ReferenceProfile, frame: pd.DataFrame) -> float | str:
    """Seconds DuckDB takes for histograms of the same columns."""
    try:
        import duckdb
    except ImportError:
        return "skipped: duckdb is not installed"
    connection = duckdb.connect()
    connection.register("frame", frame)
    parts = [f"histogram({name}, {list(profile.columns[name].edges)})" for name in NUMBERS]
    query = f"SELECT {', '.join([*parts, *(f'histogram({name})' for name in TEXTS)])} FROM frame"
    return min(timed(lambda: connection.execute(query).fetchall()) for _ in range(3))


_MEMORY = """
import resource, sys
import pandas as pd
from airflow_ai_slo.expectations import run_drift
from airflow_ai_slo.measure.drift import load_profile
profile = load_profile(sys.argv[1])
run_drift(profile, pd.read_parquet(sys.argv[2]).head(100))
frame = pd.read_parquet(sys.argv[2])
def now():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()
open("/proc/self/clear_refs", "w").write("5")  # the peak so far is forgotten
before = now()
run_drift(profile, frame)
peak = next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))
data = int(frame.memory_usage(deep=True).sum())
print((peak - before + data) / data)
"""


def memory(folder: Path) -> dict[str, Any]:
    """Peak memory through Great Expectations, beyond the libraries', as a multiple of the data."""
    return {"ratio": float(_child(_MEMORY, folder / "reference.json", folder / "current.parquet"))}


_ONE_CALL = """
import sys, time
import pandas as pd
from airflow_ai_slo.measure.drift import load_profile, measure_frame
from airflow_ai_slo.expectations import run_drift
profile = load_profile(sys.argv[1])
frame = pd.read_parquet(sys.argv[2]).head(1000)
measure_frame(profile, frame)
def timed(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
def load():
    import great_expectations
    import airflow_ai_slo.expectations.psi
print(timed(load), timed(lambda: run_drift(profile, frame)),
      min(timed(lambda: run_drift(profile, frame)) for _ in range(5)),
      min(timed(lambda: measure_frame(profile, frame)) for _ in range(5)))
"""


def one_call(folder: Path) -> dict[str, float]:
    """What Great Expectations adds to one call of the operator: its import, then context and validation."""
    said = _child(_ONE_CALL, folder / "reference.json", folder / "current.parquet")
    loaded, first, later, ours = map(float, said.split())
    return {"import": loaded, "first_validation": first, "next_validation": later, "counting_alone": ours}


_EVIDENTLY = """
import sys, time
import pandas as pd
from evidently import Report
from evidently.presets import DataDriftPreset
reference, current = pd.read_parquet(sys.argv[1]), pd.read_parquet(sys.argv[2])
start = time.perf_counter()
Report([DataDriftPreset()]).run(current, reference).dict()
print(time.perf_counter() - start)
"""


def evidently(folder: Path, ours: float) -> dict[str, Any]:
    """Its preset in an environment of its own, since it does not import on pandas 3."""
    python = folder / "evidently" / "bin" / "python"
    try:
        subprocess.run([_uv(), "venv", "-q", "--python", sys.executable, python.parent.parent], check=True)
        subprocess.run([_uv(), "pip", "install", "-q", "--python", python, *EVIDENTLY], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        return {"skipped": f"cannot be installed: {error}"}
    seconds = float(_child(_EVIDENTLY, folder / "reference.parquet", folder / "current.parquet", python=python))
    return {"seconds": seconds, "ours_seconds": ours, "times_faster": seconds / ours}


def _uv() -> str:
    beside = Path(__file__).parents[1] / ".uv" / "bin" / "uv"
    return str(beside) if beside.exists() else "uv"


def _child(code: str, *arguments: Path, python: Path | str = sys.executable) -> str:
    said = subprocess.run([python, "-c", code, *arguments], check=True, stdout=subprocess.PIPE, text=True)
    return said.stdout.splitlines()[-1]


def in_postgresql(folder: Path, profile: ReferenceProfile) -> dict[str, Any]:
    """Counted in the database, by ourselves and through Great Expectations, against the SELECT one would write."""
    with databases(folder) as urls:
        engine = sa.create_engine(urls["postgresql"])
        say("filling PostgreSQL")
        with engine.begin() as connection:
            connection.execute(sa.text(_table()))
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("VACUUM ANALYZE features"))
        peer = _select(profile)

        def by_hand(_: int) -> None:
            with engine.connect() as connection:
                connection.exec_driver_sql(peer).all()

        return {
            "scans": _scans(engine, lambda: measure_table(profile, engine, table="features")),
            "ours": against(lambda _: measure_table(profile, engine, table="features"), by_hand, times=3),
            "great_expectations": against(
                lambda _: run_drift(profile, connection=engine, table="features"), by_hand, times=3
            ),
        }


def _table() -> str:
    numbers = [f"CASE WHEN random() > 0.02 THEN random() * 4 - 1 END AS {name}" for name in NUMBERS]
    texts = [f"'category ' || floor(random() * {categories})::int AS {name}" for name, categories in TEXTS.items()]
    return f"CREATE UNLOGGED TABLE features AS SELECT {', '.join(numbers + texts)} FROM generate_series(1, {ROWS})"


def _select(profile: ReferenceProfile) -> str:
    parts = ["count(*)"]
    for name in NUMBERS:
        parts.append(f"count({name})")
        parts += [f"count(*) FILTER (WHERE {name} <= {edge!r})" for edge in profile.columns[name].edges]
    for name in TEXTS:
        parts.append(f"count({name})")
        parts += [f"count(*) FILTER (WHERE {name} = '{one}')" for one in profile.columns[name].categories]
    return f"SELECT {', '.join(parts)} FROM features"


def _scans(engine: sa.Engine, call: Callable[[], object]) -> int:
    """How many times a call reads the table, by the plans of the statements it sends."""
    asked: list[tuple[str, Any]] = []
    listener = lambda _conn, _cursor, statement, parameters, *_: asked.append((statement, parameters))  # noqa: E731
    sa.event.listen(engine, "before_cursor_execute", listener)
    call()
    sa.event.remove(engine, "before_cursor_execute", listener)
    scans = 0
    with engine.connect() as connection:
        for statement, parameters in asked:
            plan = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters).scalar()
            scans += _scans_in((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])
    return scans


def _scans_in(plan: dict[str, Any]) -> int:
    here = "Scan" in plan["Node Type"] and plan.get("Relation Name") == "features" and plan["Actual Rows"] > 0
    return int(here) + sum(_scans_in(part) for part in plan.get("Plans", ()))

"""A million predictions: accuracy, F1, AUC-ROC and RMSE against scikit-learn in the same run, and in a database against
pulling the columns out of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import sklearn.metrics as sk
import sqlalchemy as sa

from airflow_ai_slo.measure.data import Source
from airflow_ai_slo.measure.quality import QualitySpec
from airflow_ai_slo.measure.quality.measuring import measure_quality
from benchmarks.measure import against, databases, say

ROWS = 1_000_000
TIMES = 3


def run(folder: Path) -> dict[str, Any]:
    """In memory against scikit-learn, in PostgreSQL against reading the columns and scikit-learn."""
    frame = predictions(ROWS)
    memory = Source(frame=frame)
    peers = {
        "accuracy": lambda f: sk.accuracy_score(f.y, f.p),
        "f1": lambda f: sk.f1_score(f.y, f.p),
        "auc_roc": lambda f: sk.roc_auc_score(f.y, f.s),
        "rmse": lambda f: sk.root_mean_squared_error(f.x, f.z),
    }
    result: dict[str, Any] = {"rows": ROWS, "memory": {}, "postgresql": {}}
    for name, peer in peers.items():
        say(f"quality: {name}")
        spec = SPECS[name]
        result["memory"][name] = _compared(memory, spec, lambda peer=peer: peer(frame))
    with databases(folder) as urls:
        engine = sa.create_engine(urls["postgresql"])
        _load(engine, frame)
        table = Source(engine=engine, table="scored")
        for name in ("accuracy", "f1", "auc_roc", "rmse"):
            say(f"quality in PostgreSQL: {name}")
            columns = [one for one in (SPECS[name].label, SPECS[name].prediction, SPECS[name].score) if one]
            pulled = lambda name=name, columns=columns: peers[name](table.read(columns))  # noqa: E731
            result["postgresql"][name] = _compared(table, SPECS[name], pulled, times=2)
        engine.dispose()
    return result


SPECS = {
    "accuracy": QualitySpec(metric="accuracy", label="y", prediction="p"),
    "f1": QualitySpec(metric="f1", label="y", prediction="p"),
    "auc_roc": QualitySpec(metric="auc_roc", label="y", score="s", at_least=0.5),
    "rmse": QualitySpec(metric="rmse", label="x", prediction="z", at_most=1),
}


def predictions(rows: int) -> pd.DataFrame:
    """Labels and predictions of two classes with scores, and of a number."""
    draw = np.random.default_rng(7)
    y = draw.integers(0, 2, rows)
    s = np.clip(0.3 + 0.4 * y + draw.normal(0, 0.3, rows), 0, 1)
    x = draw.normal(0, 10, rows)
    return pd.DataFrame({"y": y, "p": (s >= 0.5).astype("int64"), "s": s, "x": x, "z": x + draw.normal(0, 1, rows)})


def _compared(source: Source, spec: QualitySpec, peer: Any, *, times: int = TIMES) -> dict[str, Any]:
    mine = measure_quality(source, spec).parts[0].quality.value
    theirs = float(peer())
    figures = against(lambda _: measure_quality(source, spec), lambda _: peer(), times=times)
    return figures | {"difference": abs((mine or 0) - theirs)}


def _load(engine: sa.Engine, frame: pd.DataFrame) -> None:
    columns = ["y", "p", "s", "x", "z"]
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE scored (y bigint, p bigint, s float8, x float8, z float8)"))
        raw: Any = connection.connection.driver_connection
        with raw.cursor().copy("COPY scored FROM STDIN (FORMAT csv)") as copy:
            copy.write(frame[columns].to_csv(index=False, header=False))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM ANALYZE scored"))

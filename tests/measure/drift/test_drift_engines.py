"""The same figures from DuckDB, Polars and Parquet as from pandas."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_ai_slo.expectations import run_drift
from airflow_ai_slo.measure.data import Source
from airflow_ai_slo.measure.drift import DriftResult, Verdict, build_profile, measure_frame, measure_table

duckdb = pytest.importorskip("duckdb")
pl = pytest.importorskip("polars")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def made(rows: int, seed: int, shift: float = 0.0) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    number = draw.normal(shift, 1, rows)
    number[:20], number[20:25], number[25:28] = np.nan, np.inf, -np.inf
    stamps = pd.Timestamp("2024-01-01") + pd.to_timedelta(draw.integers(0, 10**12, rows), unit="us")
    return pd.DataFrame(
        {
            "number": number,
            "whole": draw.integers(0, 9, rows),
            "name": draw.choice(["a", "A", "", "ü"] if not shift else ["a", "A", "new"], rows),
            "many": [f"m{value}" for value in draw.integers(0, int(80 + 20 * shift), rows)],
            "flag": draw.random(rows) < 0.3 + shift / 5,
            "at": stamps,
            "zoned": stamps.tz_localize("UTC"),
        }
    )


REFERENCE, CURRENT = made(3000, 1), made(2000, 2, 0.5)
PROFILE = build_profile(REFERENCE, name="reference", now=NOW)
EXPECTED = measure_frame(PROFILE, CURRENT)


def in_duckdb(folder: Path, **tables: pd.DataFrame) -> sa.Engine:
    path = folder / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        for name, frame in tables.items():
            connection.register("frame", frame)
            connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM frame")
            connection.unregister("frame")
    return sa.create_engine(f"duckdb:///{path}")


def figures(result: DriftResult) -> dict[str, Any]:
    return {one["column"]: one for one in result.to_dict()["columns"]}


def test_duckdb_counts_what_pandas_counts(tmp_path: Path) -> None:
    engine = in_duckdb(tmp_path, features=CURRENT)
    assert measure_table(PROFILE, engine, table="features").columns == EXPECTED.columns
    assert measure_table(PROFILE, engine, sql="SELECT * FROM features;").columns == EXPECTED.columns
    through = run_drift(PROFILE, connection=engine, table="features", event="run")
    assert (through.columns, through.total) == (EXPECTED.columns, 1)


def test_duckdb_leaves_out_nan_as_well_as_null(tmp_path: Path) -> None:
    engine = in_duckdb(tmp_path, features=CURRENT)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE features SET number = 'NaN'::DOUBLE WHERE number IS NULL"))
    assert measure_table(PROFILE, engine, table="features", columns=["number"]).columns == EXPECTED.columns[:1]


def test_missing_columns_other_types_and_no_rows_are_verdicts_on_duckdb_too(tmp_path: Path) -> None:
    wrong = CURRENT.assign(number="text", whole=[[1, 2]] * len(CURRENT)).drop(columns="flag")
    engine = in_duckdb(tmp_path, wrong=wrong, empty=CURRENT.head(0))
    found = figures(measure_table(PROFILE, engine, table="wrong"))
    assert {name for name, one in found.items() if one["verdict"] == "error"} == {"number", "whole", "flag"}
    assert {one.verdict for one in measure_table(PROFILE, engine, table="empty").columns} == {Verdict.EMPTY}
    engine.dispose()
    numbers = in_duckdb(tmp_path, numbers=CURRENT.assign(flag=CURRENT["flag"] * 2))
    assert "not boolean" in measure_table(PROFILE, numbers, table="numbers", columns=["flag"]).columns[0].message


@settings(max_examples=25)
@given(st.lists(st.one_of(st.none(), st.sampled_from([f"v{n}" for n in range(120)])), max_size=200))
def test_categories_beyond_those_kept_by_name_agree(
    tmp_path_factory: pytest.TempPathFactory, values: list[Any]
) -> None:
    reference = pd.DataFrame({"v": [f"v{n % 75}" for n in range(150)]})
    current = pd.DataFrame({"v": pd.Series(values, dtype="str")})
    for known in (0, None):
        profile = build_profile(reference, name="r", now=NOW, known=known)
        engine = in_duckdb(tmp_path_factory.mktemp("duckdb"), current=current)
        assert measure_table(profile, engine, table="current").columns == measure_frame(profile, current).columns
        engine.dispose()


@pytest.mark.postgres
def test_plain_sums_agree_on_postgresql(postgres_server: str) -> None:
    from airflow_ai_slo.measure.data.sql import column_types, table_source
    from airflow_ai_slo.measure.drift.compare import compare
    from airflow_ai_slo.measure.drift.sql_plain import count_columns

    engine = sa.create_engine(postgres_server)
    CURRENT.to_sql("plain_sums", engine, index=False, if_exists="replace")
    with engine.connect() as connection:
        source = table_source("plain_sums")
        types = {name: found[0] for name, found in column_types(connection, source).items()}
        counted = dict(count_columns(connection, source, PROFILE.columns, types))
    assert tuple(compare(PROFILE.columns[name], counted[name]) for name in PROFILE.columns) == EXPECTED.columns


def test_polars_frames_are_read_without_columns_that_nobody_asked_for() -> None:
    frame = pl.from_pandas(CURRENT).with_columns(
        pl.col("name").cast(pl.Categorical), unasked=pl.lit(object(), dtype=pl.Object)
    )
    read = Source(frame=frame).read(only=[*CURRENT.columns, "missing"])
    assert list(read.columns) == list(CURRENT.columns)
    assert measure_frame(PROFILE, read).columns == EXPECTED.columns


def test_a_lazy_frame_of_polars_is_collected_with_the_columns_asked_for(tmp_path: Path) -> None:
    CURRENT.to_parquet(tmp_path / "current.parquet")
    read = Source(frame=pl.scan_parquet(tmp_path / "current.parquet")).read(only=["number", "many"])
    assert list(read.columns) == ["number", "many"]
    found = measure_frame(PROFILE, read, columns=["number", "many"]).columns
    assert found == tuple(one for one in EXPECTED.columns if one.column in ("number", "many"))


def test_of_a_parquet_file_or_folder_only_the_columns_asked_for_are_read(tmp_path: Path) -> None:
    CURRENT.to_parquet(tmp_path / "current.parquet")
    CURRENT.to_parquet(tmp_path / "parts", partition_cols=["whole"])
    for path in ("current.parquet", "parts"):
        read = Source(path=str(tmp_path / path)).read(only=["at", "missing", "number"])
        assert sorted(read.columns) == ["at", "number"]
        assert len(read) == len(CURRENT)


def lengths_of(engine: str, folder: Path, server: str) -> sa.Engine:
    if engine == "duckdb":
        return in_duckdb(folder, texts=TEXTS)
    url = f"sqlite:///{folder / 'texts.db'}" if engine == "sqlite" else server
    made_engine = sa.create_engine(url)
    TEXTS.to_sql("texts", made_engine, index=False, if_exists="replace")
    return made_engine


TEXTS = pd.DataFrame({"comment": ["", "ü", "🙂🙂", None, *("x" * n for n in range(60))]})


@pytest.mark.postgres
@pytest.mark.parametrize("engine", ["duckdb", "sqlite", "postgresql"])
def test_texts_are_compared_by_length_where_asked_for(engine: str, tmp_path: Path, postgres_server: str) -> None:
    reference = pd.DataFrame({"comment": ["x" * (n % 9) for n in range(500)]})
    profile = build_profile(reference, name="r", now=NOW, text_length=["comment"])
    expected = measure_frame(profile, TEXTS).columns
    assert (expected[0].kind, expected[0].verdict, expected[0].n_current) == ("text_length", "drift", 63)
    assert (
        run_drift(profile, connection=lengths_of(engine, tmp_path, postgres_server), table="texts").columns == expected
    )
    wrong = measure_frame(profile, pd.DataFrame({"comment": [1, 2]})).columns[0]
    assert wrong.message == "column 'comment' is numeric (int64); only texts have a length"


def test_vanished_categories_are_reported() -> None:
    profile = build_profile(pd.DataFrame({"v": ["a"] * 6 + ["b"] * 3 + ["c"]}), name="r", now=NOW)
    found = measure_frame(profile, pd.DataFrame({"v": ["a", "new"]})).columns[0]
    assert found.vanished_category_share == 0.4
    assert "categories that made up 40.0% of the reference are gone: 'b', 'c'" in found.warnings

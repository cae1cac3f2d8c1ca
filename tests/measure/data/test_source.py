"""Rows wherever they are: the same from a frame, a file and a database."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.measure.data import Source

FRAME = pd.DataFrame({"a": [1, 2, 3], "Mixed name": ["x", "", "z"]})


@pytest.fixture
def engine(tmp_path: Path) -> sa.Engine:
    made = sa.create_engine(f"sqlite:///{tmp_path / 'w.db'}")
    FRAME.to_sql("rows", made, index=False)
    return made


def test_the_same_rows_from_everywhere(tmp_path: Path, engine: sa.Engine) -> None:
    FRAME.to_parquet(tmp_path / "rows.parquet")
    sources = [
        Source(frame=FRAME),
        Source(path=str(tmp_path / "rows.parquet")),
        Source(engine=engine, table="rows"),
        Source(engine=engine, sql="SELECT * FROM rows;"),
    ]
    for source in sources:
        pd.testing.assert_frame_equal(source.read(), FRAME, check_dtype=False)
        pd.testing.assert_frame_equal(source.read(["Mixed name"]), FRAME[["Mixed name"]], check_dtype=False)


def test_a_missing_column_is_named_and_so_is_what_is_there(tmp_path: Path, engine: sa.Engine) -> None:
    FRAME.to_parquet(tmp_path / "rows.parquet")
    with pytest.raises(DataError, match=r"rows\.parquet: has no column 'b'; it has a, Mixed name"):
        Source(path=str(tmp_path / "rows.parquet")).read(["b"])
    with pytest.raises(DataError, match="sql: has no column 'No such'; it has a, Mixed name"):
        Source(engine=engine, sql="SELECT * FROM rows").read(["No such"])
    with pytest.raises(DataError, match="no such table: none"):
        Source(engine=engine, table="none").read()


def test_exactly_one_place(engine: sa.Engine) -> None:
    for wrong in ({}, {"frame": FRAME, "path": "x"}, {"engine": engine}, {"table": "rows"}):
        with pytest.raises(ConfigurationError, match="give one of"):
            Source(**wrong)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="the frame: is not in a database"):
        _ = Source(frame=FRAME).rows

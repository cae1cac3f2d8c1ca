"""Frames from files."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.measure.files import read_frame

FRAME = pd.DataFrame({"delay": [1.5, None], "carrier": ["AA", "B6"]})


def test_parquet_files_and_folders_and_csv_plain_or_compressed_read_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "flights.parquet"
    folder.mkdir()
    FRAME.to_parquet(tmp_path / "one.parquet")
    FRAME.to_parquet(folder / "part-0.parquet")
    FRAME.to_csv(tmp_path / "one.csv", index=False)
    FRAME.to_csv(tmp_path / "ONE.CSV.gz", index=False)
    for name in ("one.parquet", "flights.parquet", "flights.parquet/", "one.csv", "ONE.CSV.gz"):
        read = read_frame(f"{tmp_path}/{name}")
        assert read["delay"].equals(FRAME["delay"]), name
        assert list(read["carrier"]) == ["AA", "B6"], name


def test_what_cannot_be_read_is_refused_in_one_line_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 not really")
    (tmp_path / "empty.csv").touch()
    (tmp_path / "flights.xlsx").touch()
    for name, error, problem in (
        ("missing.csv", DataError, "no such file"),
        ("missing.parquet", DataError, "no such file"),
        ("broken.parquet", DataError, "cannot be read"),
        ("empty.csv", DataError, "cannot be read"),
        ("flights.xlsx", ConfigurationError, "must end in .parquet or .csv"),
    ):
        with pytest.raises(error, match=problem) as caught:
            read_frame(tmp_path / name)
        assert name in str(caught.value)
        assert "\n" not in str(caught.value)

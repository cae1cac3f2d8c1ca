from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cli_runner import Result

START = datetime(2026, 1, 1, tzinfo=UTC)
Run = Callable[..., Result]


def write(path: Path, rows: list[str], header: str = "slo,timestamp,good,total,cause") -> Path:
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def days(*good: int) -> list[str]:
    return [f"daily,{(START + timedelta(days=n)).isoformat()},{g},1," for n, g in enumerate(good)]


def test_it_prints_the_documented_shape(ai_slo: Run, daily: Path, tmp_path: Path) -> None:
    file = write(tmp_path / "m.csv", days(*[1] * 9, 0, 1))
    result = ai_slo(
        "backtest", "--definitions", daily, "--measurements", file, "--at", "2026-01-11T00:00:00Z", "--format", "json"
    )
    assert result.code == 0
    assert result.json == {
        "evaluations": [
            {
                "slo": "daily",
                "at": "2026-01-11T00:00:00+00:00",
                "objective": 0.9,
                "window": "10d",
                "good": 9,
                "total": 10,
                "sli": 0.9,
                "budget": {"allowed": 1.0, "consumed": 1, "remaining": 0.0, "coverage": 1.0, "estimate": False},
                "burn_rates": {"1h": 0.0, "6h": 0.0, "10d": 1.0},
                "alerts": [
                    {"severity": "page", "long": "1h", "short": None, "factor": 5.0, "outcome": "healthy"},
                    {"severity": "ticket", "long": "6h", "short": None, "factor": 7.0, "outcome": "healthy"},
                ],
            }
        ]
    }


def test_an_instant_sees_only_what_had_come_in_by_then(ai_slo: Run, daily: Path, tmp_path: Path) -> None:
    late = f"daily,{START.isoformat()},0,1,{(START + timedelta(days=5)).isoformat()}"
    rows = [f"daily,{(START + timedelta(days=1)).isoformat()},1,1,", late]
    file = write(tmp_path / "m.csv", rows, "slo,timestamp,good,total,recorded_at")
    at = ["--at", "2026-01-04T00:00:00Z", "--at", "2026-01-07T00:00:00Z"]
    result = ai_slo("backtest", "--definitions", daily, "--measurements", file, *at, "--format", "json")
    assert [(e["good"], e["total"]) for e in result.json["evaluations"]] == [(1, 1), (1, 2)]


def test_a_key_written_again_replaces(ai_slo: Run, daily: Path, tmp_path: Path) -> None:
    rows = [f"daily,{START.isoformat()},0,1,a", f"daily,{START.isoformat()},1,1,a"]
    file = write(tmp_path / "m.csv", rows, "slo,timestamp,good,total,key")
    at = ["--at", "2026-01-04T00:00:00Z"]
    result = ai_slo("backtest", "--definitions", daily, "--measurements", file, *at, "--format", "json")
    assert [(e["good"], e["total"]) for e in result.json["evaluations"]] == [(1, 1)]


def test_no_measurements_are_unknown_and_never_a_number(ai_slo: Run, daily: Path, tmp_path: Path) -> None:
    file = write(tmp_path / "m.csv", [])
    at = ["--at", "2026-01-04T00:00:00Z"]
    [one] = ai_slo("backtest", "--definitions", daily, "--measurements", file, *at, "--format", "json").json[
        "evaluations"
    ]
    assert one["sli"] is None
    assert one["budget"] == {"allowed": None, "consumed": 0, "remaining": None, "coverage": 0.0, "estimate": True}
    assert set(one["burn_rates"].values()) == {None}
    assert {alert["outcome"] for alert in one["alerts"]} == {"unknown"}


def test_parquet_reads_as_csv_does(ai_slo: Run, daily: Path, tmp_path: Path) -> None:
    import pandas as pd

    csv = write(tmp_path / "m.csv", days(1, 0, 1))
    frame = pd.read_csv(csv, dtype={"good": "int64"})
    frame["timestamp"] = pd.to_datetime(frame["timestamp"], utc=True)
    frame.to_parquet(tmp_path / "m.parquet")
    at = ["--at", "2026-01-04T00:00:00Z", "--format", "json"]
    results = [
        ai_slo("backtest", "--definitions", daily, "--measurements", tmp_path / name, *at).json
        for name in ("m.csv", "m.parquet")
    ]
    assert results[0] == results[1]
    assert results[0]["evaluations"][0]["total"] == 3


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("daily,2026-01-01T00:00:00,1,1,", "m.csv:2: timestamp: '2026-01-01T00:00:00' has no zone"),
        ("daily,yesterday,1,1,", "m.csv:2: timestamp: 'yesterday' is not ISO 8601"),
        ("daily,2026-01-01T00:00:00Z,2,1,", "m.csv:2: good=2 total=1: counts must satisfy 0 <= good <= total"),
        ("daily,2026-01-01T00:00:00Z,-1,1,", "m.csv:2: good=-1 total=1: counts must satisfy 0 <= good <= total"),
        ("daily,2026-01-01T00:00:00Z,nan,1,", "m.csv:2: good: 'nan' is not finite"),
        ("daily,2026-01-01T00:00:00Z,1,inf,", "m.csv:2: total: 'inf' is not finite"),
        ("daily,2026-01-01T00:00:00Z,1e999999999,1,", "m.csv:2: good: '1e999999999' is too large"),
        ("daily,2026-01-01T00:00:00Z,1e310,1e310,", "m.csv:2: good: '1e310' is too large"),
        ("daily,0001-01-01T00:00:00+14:00,1,1,", "is outside the years 1900 to 2999"),
        ("daily,9999-12-31T23:59:59-14:00,1,1,", "is outside the years 1900 to 2999"),
        ("daily,2026-01-01T00:00:00Z,1,1,bogus", "m.csv:2: cause: 'bogus' is not one of data_drift"),
        ("daily,2026-01-01T00:00:00Z,,1,", "m.csv:2: good: '' is not a number"),
        ("daily,2026-01-01T00:00:00Z,1", "m.csv:2: 3 fields where the header has 5"),
        (",2026-01-01T00:00:00Z,1,1,", "m.csv:2: slo: is empty"),
    ],
)
def test_a_wrong_row_is_one_line_with_its_place(ai_slo: Run, daily: Path, tmp_path: Path, row: str, says: str) -> None:
    file = write(tmp_path / "m.csv", [row])
    result = ai_slo("backtest", "--definitions", daily, "--measurements", file, "--at", "now")
    assert result.code == 2
    assert says in result.err
    assert len(result.err.splitlines()) == 1


def test_wrong_files_and_instants_are_one_line(ai_slo: Run, daily: Path, tmp_path: Path) -> None:
    file = write(tmp_path / "m.csv", days(1))
    binary = tmp_path / "b.csv"
    binary.write_bytes(b"\xff\xfe\x00")
    wrong = [
        (daily, tmp_path / "none.csv", "No such file"),
        (daily, binary, "neither UTF-8 CSV"),
        (daily, write(tmp_path / "h.csv", [], "slo,good"), "column timestamp, total is missing"),
        (tmp_path / "none.yaml", file, "none.yaml"),
    ]
    for definitions, measurements, says in wrong:
        result = ai_slo("backtest", "--definitions", definitions, "--measurements", measurements, "--at", "now")
        assert (result.code, len(result.err.splitlines())) == (2, 1)
        assert says in result.err
    result = ai_slo("backtest", "--definitions", daily, "--measurements", file, "--at", "2026-01-01")
    assert result.code == 2
    assert "has no zone" in result.err


def test_fractions_in_a_file_are_exact(ai_slo: Run, daily: Path, tmp_path: Path) -> None:
    rows = [f"daily,{(START + timedelta(minutes=n)).isoformat()},0.9,1.0," for n in range(10)]
    file = write(tmp_path / "m.csv", rows)
    at = ["--at", "2026-01-01T00:30:00Z", "--format", "json"]
    [one] = ai_slo("backtest", "--definitions", daily, "--measurements", file, *at).json["evaluations"]
    assert (one["good"], one["sli"], one["burn_rates"]["1h"]) == (9, 0.9, 1.0)


def test_a_wrong_value_and_a_column_that_stands_twice_are_told(ai_slo: Run, daily: Path, tmp_path: Path) -> None:
    for value in ("bogus", "nan", "inf"):
        file = write(tmp_path / "m.csv", [f"daily,{START.isoformat()},1,1,{value}"], "slo,timestamp,good,total,value")
        result = ai_slo("backtest", "--definitions", daily, "--measurements", file, "--at", "now")
        assert (result.code, len(result.err.splitlines())) == (2, 1)
        assert f"m.csv:2: value: '{value}' is not" in result.err
    file = write(tmp_path / "m.csv", [], "slo,timestamp,good,good,total")
    assert (
        "column good stands twice"
        in ai_slo("backtest", "--definitions", daily, "--measurements", file, "--at", "now").err
    )


def test_a_count_just_below_the_objective_is_not_rounded_to_it(ai_slo: Run, daily: Path, tmp_path: Path) -> None:
    file = write(tmp_path / "m.csv", ["daily,2026-01-01T00:00:00Z,0.89999999999999,1,"])
    at = ["--at", "2026-01-02T00:00:00Z", "--format", "json"]
    [one] = ai_slo("backtest", "--definitions", daily, "--measurements", file, *at).json["evaluations"]
    assert one["sli"] < 0.9


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-01-01", "soon"])
def test_an_unusable_instant_is_one_line(ai_slo: Run, daily: Path, tmp_path: Path, at: str) -> None:
    file = write(tmp_path / "m.csv", days(1))
    for command in (
        ("backtest", "--definitions", daily, "--measurements", file, "--at", at),
        ("status", "--at", at),
        ("evaluate", "--at", at),
        ("record", "daily", "--good", "1", "--total", "1", "--at", at),
        ("freeze", "override", "flights", "--reason", "x", "--until", at),
    ):
        result = ai_slo(*command)
        assert (result.code, len(result.err.splitlines())) == (2, 1)
        assert at in result.err


def test_a_wrong_option_is_one_line(ai_slo: Run, daily: Path) -> None:
    for command in (
        ("backtest", "--definitions", daily),
        ("freeze", "check", "flights", "--on-unknown", "maybe"),
        ("freeze", "override", "flights"),
        ("record", "daily", "--good", "1", "--total", "1", "--cause", "bogus"),
        ("apply",),
        ("frobnicate",),
    ):
        result = ai_slo(*command)
        assert (result.code, len(result.err.splitlines())) == (2, 1)
        assert result.err.startswith("error: ")

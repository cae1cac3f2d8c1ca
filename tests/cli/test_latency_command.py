"""Percentiles on the command line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cli_runner import Result

from airflow_ai_slo import engine
from airflow_ai_slo.core.measurement import Measurement
from airflow_ai_slo.core.sketch import sketch_of
from airflow_ai_slo.store import open_store

AT = datetime(2026, 3, 10, tzinfo=UTC)


@pytest.fixture
def timed(ai_slo: Callable[..., Result], daily: Path, tmp_path: Path) -> Callable[..., Result]:
    assert ai_slo("apply", daily).code == 0
    values = [float(n) for n in range(1, 1001)]
    one = Measurement(slo="daily", key="k", at=AT, good=1000, total=1000, sketch=sketch_of(values))
    engine.record(open_store(f"sqlite:///{tmp_path / 'slo.db'}"), [one], now=AT)
    return ai_slo


def test_percentiles_are_said_in_a_line_and_in_json(timed: Callable[..., Result]) -> None:
    told = timed("latency", "daily", "--at", AT.isoformat())
    assert told.out == (
        "daily, the SLO's window up to 2026-03-10 00:00 UTC: P50 497.8 ms · P90 907 ms · P95 944 ms · "
        "P99 982.6 ms (within 1%), 1,000 timed\n"
    )
    seen = timed("latency", "daily", "--window", "7d", "--at", AT.isoformat(), "--format", "json").json
    assert (seen["slo"], seen["window"], seen["percentiles"]["unit"]) == ("daily", "7d", "ms")
    assert seen["percentiles"]["p99"] == pytest.approx(990, rel=0.01)


def test_status_shows_percentiles_beside_the_sli_only_where_there_are_any(
    timed: Callable[..., Result], ai_slo: Callable[..., Result]
) -> None:
    (seen,) = timed("status", "--at", AT.isoformat(), "--format", "json").json["evaluations"]
    assert seen["percentiles"]["count"] == 1000
    assert "P99 ms" in timed("status", "--at", AT.isoformat()).out
    (before,) = timed("status", "--at", "2026-01-01T00:00:00+00:00", "--format", "json").json["evaluations"]
    assert "percentiles" not in before
    assert "P99" not in timed("status", "--at", "2026-01-01T00:00:00+00:00").out


def test_nothing_timed_is_unknown_and_a_wrong_window_is_one_line(timed: Callable[..., Result]) -> None:
    nothing = timed("latency", "daily", "--at", "2026-01-01T00:00:00+00:00")
    assert (nothing.code, nothing.out) == (
        4,
        "daily: nothing was timed in the SLO's window up to 2026-01-01 00:00 UTC\n",
    )
    wrong = timed("latency", "daily", "--window", "soon")
    assert (wrong.code, wrong.err.count("\n")) == (2, 1)
    assert "not a duration" in wrong.err
    assert timed("latency", "other").code == 2


def test_the_report_shows_percentiles(timed: Callable[..., Result], tmp_path: Path) -> None:
    for name in ("r.html", "r.md"):
        assert timed("report", "--at", AT.isoformat(), "--output", tmp_path / name).code == 0
        text = (tmp_path / name).read_text()
        assert "P99 982.6 ms" in text
        assert "P50 497.8 ms, P90 907 ms, P95 944 ms; 1,000 timed" in text

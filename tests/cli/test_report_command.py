"""``ai-slo report`` of calendar periods, and SLAs in ``ai-slo status``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cli_runner import Result
from slo_kit import an_slo, seen

from airflow_ai_slo import SLA, engine
from airflow_ai_slo.store import open_store

START = datetime(2025, 11, 20, 6, tzinfo=UTC)
AT = "2026-02-11T07:00Z"


Run = Callable[..., Result]


@pytest.fixture
def reported(tmp_path: Path, ai_slo: Run) -> Run:
    """Runs every day until 10 February; bad ones on the 1st, and on more days of January. With an SLA of 90%."""
    store = open_store(f"sqlite:///{tmp_path / 'slo.db'}")
    sla = SLA("0.9", credits={"0.9": "0.1", "0.8": "0.25"})
    engine.apply(store, [an_slo(objective="0.95", freeze=False, sla=sla), an_slo("other", freeze=False)], now=START)
    days = [START + timedelta(days=number) for number in range(83)]
    runs = [seen(at, int(at.day != 1 and not (at.month == 1 and at.day in (5, 6, 7))), 1) for at in days]
    engine.record(store, runs, now=days[-1])
    store.engine.dispose()
    return ai_slo


def test_the_last_month_is_written_under_its_own_name(
    reported: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert reported("report", "--period", "month", "--at", AT).out == "wrote slo-report-2026-01.html\n"
    page = (tmp_path / "slo-report-2026-01.html").read_text(encoding="utf-8")
    assert "January 2026: 0 of 1 SLO met; last month 1 of 1." in page
    assert reported("report", "--period", "week", "--format", "markdown", "--at", AT).out == (
        "wrote slo-report-2026-W06.md\n"
    )


def test_json_is_one_document_on_stdout(reported: Run) -> None:
    document = reported("report", "--period", "month", "--at", AT, "--format", "json").json
    assert (document["period"]["period"], document["end"]) == ("2026-01", "2026-02-01T00:00:00+00:00")
    done, other = document["services"][0]["slos"]
    compared = done["compared"]
    assert (compared["now"]["good"], compared["now"]["total"], compared["now"]["met"]) == (27, 31, False)
    assert (compared["before"]["good"], compared["before"]["total"], compared["before"]["met"]) == (30, 31, True)
    assert compared["change"]["spent"] == "worse"
    assert [(one["period"], one["met"]) for one in compared["periods"]] == [
        ("2025-11", None),
        ("2025-12", True),
        ("2026-01", False),
    ]
    sla = done["sla"]
    assert (sla["target"], sla["window"], sla["timezone"]) == (0.9, "month", "UTC")
    assert (sla["now"]["over"], sla["now"]["outlook"], sla["now"]["credit"]) == (True, "missed", 0.1)
    assert [(one["period"], one["outlook"], one["credit"]) for one in sla["past"]] == [
        ("2025-11", "met", 0.0),
        ("2025-12", "met", 0.0),
    ]
    assert other["sla"] is None
    assert (other["sli"], other["compared"]["now"]["sli"]) == (None, None)


def test_status_shows_how_the_sla_stands(reported: Run) -> None:
    [head, _, done, other] = reported("status", "--at", AT).out.splitlines()
    assert head.split()[-1] == "SLA"
    assert done.endswith("on course, 90%")
    assert other.endswith("  -")
    [document, _] = reported("status", "--at", AT, "--format", "json").json["evaluations"]
    # 9 of 10 so far, with 10 days and 7 hours of 28 days watched: the whole month bears 2.7 and one was bad.
    assert (document["sla"]["now"]["compliance"], document["sla"]["now"]["bears"]) == (0.9, 1)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--period", "fortnight"], "write week, month, quarter, year, or a length such as 28d"),
        (["--period", "month", "--timezone", "Berlin"], "no IANA time zone"),
        (["--period", "month", "--days", "3"], "give --period or --days, not both"),
    ],
)
def test_wrong_periods_are_one_line(reported: Run, words: list[str], said: str) -> None:
    ran = reported("report", "-o", "-", *words)
    assert ran.code == 2
    assert said in ran.err
    assert len(ran.err.splitlines()) == 1

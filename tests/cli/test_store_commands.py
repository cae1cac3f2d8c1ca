from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cli_runner import DAILY, Result

from airflow_ai_slo.store import schema

Run = Callable[..., Result]


def ago(days: float) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat()


@pytest.fixture
def spent(ai_slo: Run, daily: Path) -> Run:
    """A store in which the flights service has spent its budget."""
    assert ai_slo("apply", daily).out == "daily: created (generation 1)\n"
    for day in range(11):
        bad = day < 2
        assert ai_slo("record", "daily", "--good", "0" if bad else "1", "--total", "1", "--at", ago(day)).code == 0
    return ai_slo


def test_a_spent_budget_freezes_and_an_override_lets_through(spent: Run) -> None:
    assert spent("freeze", "check", "flights").code == 4
    assert "frozen" in spent("evaluate").out
    answer = spent("freeze", "check", "flights", "--format", "json")
    assert answer.code == 3
    assert answer.json["outcome"] == "frozen"
    assert [reason["slo"] for reason in answer.json["reasons"]] == ["daily"]
    assert answer.json["reasons"][0]["remaining"] < 0
    assert spent("freeze", "check", "flights", "--label", "security").code == 0
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert spent("freeze", "override", "flights", "--reason", "hotfix", "--until", until, "--author", "ada").code == 0
    passed = spent("freeze", "check", "flights", "--format", "json")
    assert passed.code == 0
    assert passed.json["override"]["author"] == "ada"
    log = spent("freeze", "log", "flights", "--format", "json").json["log"]
    assert [line["action"] for line in log] == ["allowed", "override", "allowed", "frozen", "frozen", "unknown"]


def test_a_release_ends_the_freeze(spent: Run) -> None:
    spent("evaluate")
    assert spent("freeze", "release", "flights", "--reason", "agreed").code == 0
    spent("evaluate")
    assert spent("freeze", "check", "flights").code == 0
    again = spent("freeze", "release", "flights", "--reason", "agreed")
    assert (again.code, again.err) == (2, "error: service flights is not frozen\n")


def test_status_shows_evaluations_and_freezes(spent: Run) -> None:
    spent("evaluate")
    status = spent("status", "daily", "--format", "json").json
    assert status["evaluations"][0]["slo"] == "daily"
    assert status["freeze"]["flights"]["frozen"] is True
    assert status["freeze"]["flights"]["slos"] == ["daily"]
    assert "daily" in spent("status").out


def test_unknown_services_block_unless_allowed(ai_slo: Run) -> None:
    blocked = ai_slo("freeze", "check", "nobody", "--format", "json")
    assert (blocked.code, blocked.json["outcome"]) == (4, "unknown")
    assert ai_slo("freeze", "check", "nobody", "--on-unknown", "allow").code == 0


def test_a_store_that_cannot_be_opened_blocks_and_says_why(ai_slo: Run, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/none/slo.db"
    answer = ai_slo("freeze", "check", "flights", "--store", url)
    assert answer.code == 4
    assert "unable to open database file" in answer.out
    status = ai_slo("status", "--store", url)
    assert (status.code, len(status.err.splitlines())) == (4, 1)
    assert ai_slo("status", "--store", "nonsense").code == 2
    assert (
        ai_slo("status", "--store", "mysql://u:secret@h/d").err == "error: mysql: the store is SQLite or PostgreSQL\n"
    )


def test_record_refuses_what_breaks_the_rules(ai_slo: Run, daily: Path) -> None:
    ai_slo("apply", daily)
    for arguments, says in (
        (["nope", "--good", "1", "--total", "1"], "no SLO named nope; known: daily"),
        (["daily", "--good", "2", "--total", "1"], "0 <= good <= total"),
        (["daily", "--good", "x", "--total", "1"], "'x' is not a number"),
        (["daily", "--good", "1", "--total", "1", "--value", "nan"], "value=nan is not finite"),
        (["daily", "--good", "1"], "give SLO --good G --total T"),
        (["--file", "none.csv"], "No such file"),
    ):
        result = ai_slo("record", *arguments)
        assert result.code == 2
        assert says in result.err


def test_a_file_of_measurements_is_recorded_once(ai_slo: Run, daily: Path, tmp_path: Path) -> None:
    ai_slo("apply", daily)
    file = tmp_path / "m.csv"
    file.write_text("slo,timestamp,good,total,cause\ndaily,2026-01-01T00:00:00Z,0,1,late\n")
    assert ai_slo("record", "--file", file).out == "1 recorded, 1 changed something\n"
    assert ai_slo("record", "--file", file).out == "1 recorded, 0 changed something\n"
    file.write_text("slo,timestamp,good,total\n" + "daily,2026-01-01T00:00:00Z,0,1\n" * 2)
    assert "twice" in ai_slo("record", "--file", file).err


def test_measurements_ahead_of_the_clock_are_kept_and_told(ai_slo: Run, daily: Path) -> None:
    ai_slo("apply", daily)
    done = ai_slo("record", "daily", "--good", "1", "--total", "1", "--at", "2900-01-01T00:00:00Z")
    assert (done.code, done.out) == (0, "1 recorded, 1 changed something\n")
    says = "1 lie ahead of the clock, the first at 2900-01-01T00:00:00+00:00; they count from then on"
    assert done.err == f"warning: {says}\n"


def test_apply_takes_all_or_nothing(ai_slo: Run, daily: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(DAILY.replace("0.9", "1.5").replace("name: daily", "name: other"))
    result = ai_slo("apply", daily, wrong)
    assert result.code == 2
    assert "spec.objectives[0].target" in result.err
    assert "no SLO is applied" in ai_slo("status").out
    assert (
        "updated"
        in (ai_slo("apply", daily), daily.write_text(DAILY.replace("10d", "20d")), ai_slo("apply", daily))[2].out
    )


def test_a_report_is_written_and_printed(spent: Run, tmp_path: Path) -> None:
    spent("evaluate")
    page = tmp_path / "out" / "report.html"
    assert spent("report", "-o", page, "--days", "20").out == f"wrote {page}\n"
    assert "daily" in page.read_text()
    assert spent("report", "-o", "-", "--format", "markdown").out.startswith("#")
    assert "no service other" in spent("report", "--service", "other").err


def test_help_lists_every_command_and_a_typo_is_one_line(ai_slo: Run) -> None:
    shown = ai_slo("--help").out
    for name in ("validate", "backtest", "drift", "db", "apply", "record", "evaluate", "status", "report", "freeze"):
        assert name in shown
    assert ai_slo("frobnicate").code == 2


def test_db_upgrade_says_where_and_which(ai_slo: Run, tmp_path: Path) -> None:
    result = ai_slo("db", "upgrade", "--store", f"sqlite:///{tmp_path / 'new.db'}")
    assert result.out == f"sqlite:///{tmp_path / 'new.db'}: version {schema.HEAD}\n"


def test_slices_are_counted_the_same_by_a_store_and_by_a_backtest(ai_slo: Run, daily: Path, tmp_path: Path) -> None:
    slices = DAILY.replace("Occurrences", "Timeslices").replace(
        "{target: 0.9}", "{target: 0.9, timeSliceTarget: 0.9, timeSliceWindow: 1h}"
    )
    daily.write_text(slices)
    file = tmp_path / "m.csv"
    lines = [
        f"daily,2026-06-01T{hour:02}:{minute:02}:00Z,{9 - (hour == 3)},10" for hour in range(8) for minute in (10, 40)
    ]
    file.write_text("\n".join(["slo,timestamp,good,total", *lines, "daily,2026-06-01T08:20:00Z,0,10", ""]))
    assert ai_slo("apply", daily).code == 0
    assert ai_slo("record", "--file", file).code == 0
    asked = ("--format", "json")
    at = "2026-06-01T08:30:00Z"
    [kept] = json.loads(ai_slo("status", "--at", at, *asked).out)["evaluations"]
    told = ai_slo("backtest", "--definitions", daily, "--measurements", file, "--at", at, *asked).out
    [tested] = json.loads(told)["evaluations"]
    assert (kept["good"], kept["total"]) == (tested["good"], tested["total"]) == (7, 8)
    assert kept["budget"] == tested["budget"]

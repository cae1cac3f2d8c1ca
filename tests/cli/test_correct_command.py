from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cli_runner import DAILY, Result

from airflow_ai_slo.store.recurring import stretches

Run = Callable[..., Result]
AT = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
FROM, TO = (AT - timedelta(days=4, hours=1)).isoformat(), AT.isoformat()
WHO = ("--reason", "the source was broken", "--author", "ann")


@pytest.fixture
def failing(ai_slo: Run, daily: Path) -> Run:
    """Eleven daily runs up to a moment ago, of which one of the last five failed."""
    ai_slo("apply", daily)
    for day in range(11):
        at = (AT - timedelta(days=day)).isoformat()
        result = ai_slo("record", "daily", "--good", str(int(day != 2)), "--total", "1", "--at", at)
        assert result.code == 0, result.err
    return ai_slo


def table(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_preview_shows_both_sides_and_saves_nothing(failing: Run) -> None:
    when = ("--slo", "daily", "--from", FROM, "--to", TO)
    shown = failing("correct", "preview", *when)
    assert (shown.code, shown.err) == (0, "")
    lines = table(shown.out)
    assert lines[2][:4] == ["daily", "before", "10", "1"]
    assert lines[3][:4] == ["daily", "after", "5", "0"]
    [found] = failing("correct", "preview", *when, "--format", "json").json["corrections"]
    assert [(found[key]["total"], found[key]["good"]) for key in ("before", "after")] == [(10, 9), (5, 5)]
    assert failing("correct", "list").out == "no correction\n"


def test_add_asks_before_it_saves_and_revoke_takes_back(failing: Run) -> None:
    given = ("correct", "add", "--service", "flights", "--from", FROM, "--to", TO, *WHO)
    refused = failing(*given)
    assert refused.code == 2, "nobody is there to say yes"
    assert failing("correct", "list").out == "no correction\n"
    saved = failing(*given, "--yes")
    assert saved.code == 0, saved.err
    assert saved.out.splitlines()[-1] == "correction 1 of daily is saved; `ai-slo correct revoke 1` takes it back"
    [listed] = failing("correct", "list", "--format", "json").json["corrections"]
    assert {name: listed[name] for name in ("id", "slo", "from", "to", "author", "reason", "revoked_at")} == {
        "id": 1, "slo": "daily", "from": FROM, "to": TO, "author": "ann", "reason": "the source was broken",
        "revoked_at": None,
    }  # fmt: skip
    assert failing("status", "--format", "json").json["evaluations"][0]["total"] == 5
    ended = failing("correct", "revoke", "1", *WHO)
    assert (ended.code, ended.out) == (0, "correction 1 of daily is revoked\n")
    assert failing("correct", "list", "daily").out == "no correction\n"
    assert ", revoked " in failing("correct", "list", "--revoked").out
    assert failing("status", "--format", "json").json["evaluations"][0]["total"] == 10
    log = failing("freeze", "log", "flights", "--format", "json").out
    assert "correction revoked" in log
    assert "#1 of daily" in log


def test_a_recurring_correction_is_listed_as_its_rule(failing: Run) -> None:
    rule = ("--rrule", "FREQ=WEEKLY;BYDAY=SU", "--duration", "1d", "--zone", "Europe/Berlin")
    saved = failing("correct", "add", "--slo", "daily", "--from", "2026-01-03T23:00Z", *rule, *WHO, "--yes")
    assert saved.code == 0, saved.err
    assert "1d each FREQ=WEEKLY;BYDAY=SU (Europe/Berlin), from 2026-01-03 23:00 UTC" in failing("correct", "list").out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--slo", "daily", "--from", TO, "--to", FROM), "holds nothing: end it later"),
        (("--slo", "daily", "--from", FROM), "needs an end, or an rrule with a duration"),
        (("--from", FROM, "--to", TO), "of some SLOs, or of a service: name either"),
        (("--slo", "dayli", "--from", FROM, "--to", TO), "no SLO named dayli; known: daily"),
        (("--slo", "daily", "--from", FROM, "--rrule", "FREQ=DAILY", "--duration", "1x"), "is not a duration"),
        (("--slo", "daily", "--from", FROM, "--rrule", "SUNDAYS", "--duration", "1d"), "write for example FREQ=WEEKLY"),
        (("--slo", "daily", "--from", "sunday", "--to", TO), "is not an instant"),
    ],
)
def test_a_mistake_is_one_line(failing: Run, arguments: tuple[str, ...], says: str) -> None:
    result = failing("correct", "add", *arguments, *WHO, "--yes")
    assert (result.code, result.out) == (2, "")
    assert says in result.err
    assert len(result.err.splitlines()) == 1


PAGE = (Path(__file__).parents[2] / "docs" / "corrections.md").read_text()


def test_the_pages_example_is_what_the_command_shows(ai_slo: Run, tmp_path: Path) -> None:
    """30 daily runs, of which two failed early; the last 15 days are dropped."""
    text = DAILY.replace("name: daily", "name: scores-complete").replace("duration: 10d", "duration: 30d")
    path = tmp_path / "scores.yaml"
    path.write_text(text)
    ai_slo("apply", path)
    rows = [(AT - timedelta(days=day), int(day not in (25, 26))) for day in range(32)]
    measured = tmp_path / "runs.csv"
    measured.write_text(
        "slo,timestamp,good,total\n" + "".join(f"scores-complete,{at.isoformat()},{good},1\n" for at, good in rows)
    )
    ai_slo("record", "--file", measured)
    start = (AT - timedelta(days=15)).isoformat()
    shown = ai_slo("correct", "preview", "--slo", "scores-complete", "--from", start, "--to", TO)
    assert f"```\n{shown.out}```" in PAGE, shown.out


def test_the_pages_periods_are_ones() -> None:
    [code] = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(code, "corrections.md", "exec"), names)
    assert str(names["broken"]) == "2026-03-01 00:00 UTC to 2026-03-03 00:00 UTC"
    assert len(stretches(names["sundays"])) == 522

"""``ai-slo backtest`` of SLOs whose runs are expected: every figure of its JSON against the slow reference."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from cli_runner import DAILY, Result
from expected_reference import Arrival, Definition, Reference
from expected_slots import cron_slots, interval_slots

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BEGIN = datetime(2026, 3, 20, 6, tzinfo=UTC)
Run = Callable[..., Result]
WRITTEN: dict[Any, str] = {HOUR: "1h", DAY: "1d", 2 * HOUR: "2h", 36 * HOUR: "36h"}

DEFINITIONS = {
    "daily": Definition(Fraction("0.9"), 28 * DAY, DAY, start=BEGIN - DAY, deadline=2 * HOUR),
    "hourly": Definition(Fraction("0.99"), 28 * DAY, HOUR),
    "weekdays in Berlin": Definition(
        Fraction("0.95"), 28 * DAY, "0 6 * * 1-5", zone="Europe/Berlin", deadline=36 * HOUR, late="accept"
    ),
    "in the hour that Berlin skips": Definition(
        Fraction("0.9"), 28 * DAY, "30 2 * * *", zone="Europe/Berlin", rerun="worst"
    ),
}


def document(given: Definition) -> str:
    annotations = {
        "alerting": "pipeline",
        "cadence": given.cadence if isinstance(given.cadence, str) else WRITTEN[given.cadence],
        "timezone": given.zone,
        "late": given.late,
        "rerun": given.rerun,
    }
    if given.deadline is not None:
        annotations["deadline"] = WRITTEN[given.deadline]
    if given.start is not None:
        annotations["start"] = given.start.isoformat()
    lines = "".join(f'\n    airflow-ai-slo/{name}: "{value}"' for name, value in annotations.items())
    head, _, rest = DAILY.partition(" {airflow-ai-slo/freeze")
    _, _, rest = rest.partition("\n")
    return f"{head}{lines}\n{rest}".replace("10d", "28d").replace("0.9}", f"{float(given.objective)}}}")


def arrivals_of(given: Definition, dice: random.Random) -> list[Arrival]:
    until = BEGIN + 12 * DAY
    if isinstance(given.cadence, str):
        slots = cron_slots(given.cadence, given.zone, BEGIN, until)
    else:
        slots = interval_slots(given.cadence, BEGIN, BEGIN, until)
    found = []
    for number, at in enumerate(slots):
        if number and dice.random() < 0.2:
            continue
        good = Fraction(dice.choice(["1", "1", "1", "0"])) * 3
        delay = dice.choice([timedelta(0), HOUR, HOUR, 2 * DAY + HOUR]) if number else timedelta(0)
        found.append(Arrival(f"run-{number}", at, good, Fraction(3), at + delay))
        if dice.random() < 0.2:
            found.append(Arrival(f"run-{number}", at, Fraction(5, 2), Fraction(3), at + delay + DAY))
    return sorted(found, key=lambda one: one.recorded_at)


@pytest.mark.parametrize("name", DEFINITIONS)
def test_the_json_shows_the_runs_that_were_expected(ai_slo: Run, tmp_path: Path, name: str) -> None:
    given = DEFINITIONS[name]
    arrivals = arrivals_of(given, random.Random(name))
    (tmp_path / "slo.yaml").write_text(document(given))
    rows = (
        f"daily,{one.at.isoformat()},{float(one.good)},{one.total},{one.recorded_at.isoformat()},{one.key}"
        for one in arrivals
    )
    (tmp_path / "m.csv").write_text("\n".join(["slo,timestamp,good,total,recorded_at,key", *rows]) + "\n")
    moments = [BEGIN + hours * HOUR for hours in (1, 40, 100, 215, 216, 217, 330, 600)]
    at = [part for moment in moments for part in ("--at", moment.isoformat())]
    files = ("--definitions", tmp_path / "slo.yaml", "--measurements", tmp_path / "m.csv")
    result = ai_slo("backtest", *files, *at, "--format", "json")
    assert (result.code, result.err) == (0, "")
    expected = Reference(given, arrivals)
    for shown, moment in zip(result.json["evaluations"], moments, strict=True):
        assert shown == figures(expected, moment), moment


def figures(expected: Reference, at: datetime) -> dict[str, Any]:
    """One evaluation in the shape of interfaces that others hold on to."""
    status, rules = expected.status(at), expected.rules(at)
    assert rules is not None
    rates = {
        f"{count} runs": expected.burn(expected.last(count, at)) for one in rules for count in (one.long, one.short)
    }
    return {
        "slo": "daily",
        "at": at.isoformat(),
        "objective": float(expected.slo.objective),
        "window": "28d",
        "good": number(status.good),
        "total": number(status.total),
        "sli": fraction(status.good / status.total if status.total else None),
        "budget": {
            "allowed": fraction(status.allowed),
            "consumed": number(status.consumed),
            "remaining": fraction(status.remaining),
            "coverage": float(status.coverage),
            "estimate": status.coverage < 1,
        },
        "burn_rates": {name: fraction(rate) for name, rate in {**rates, "28d": status.burn}.items()},
        "alerts": [
            {
                "severity": one.severity,
                "long": f"{one.long} runs",
                "short": f"{one.short} runs",
                "factor": float(one.factor),
                "outcome": expected.outcome(one, at),
            }
            for one in rules
        ],
    }


def number(value: Fraction) -> int | float:
    return int(value) if value.denominator == 1 else float(value)


def fraction(value: Fraction | None) -> float | None:
    return None if value is None else float(value)

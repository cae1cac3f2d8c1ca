from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cli_runner import Result

Run = Callable[..., Result]
AT = datetime(2026, 3, 10, 6, tzinfo=UTC)


@pytest.fixture
def spent(ai_slo: Run, daily: Path) -> Run:
    """Eleven daily runs: two failed under version 4, one under version 3."""
    ai_slo("apply", daily)
    for day in range(11):
        bad, at = day in (0, 2, 6), (AT - timedelta(days=day)).isoformat()
        version = f"model_version={4 if day < 5 else 3}"
        arguments = ["--cause", "pipeline_failure" if day else "late"] if bad else []
        result = ai_slo(
            "record", "daily", "--good", "0" if bad else "1", "--total", "1", "--at", at, "--attribute", version,
            "--attribute", "note=a=b", *arguments,
        )  # fmt: skip
        assert result.code == 0, result.err
    return ai_slo


def test_spent_shows_who_spent_it_for_people_and_as_json(spent: Run) -> None:
    shown = spent("spent", "daily", "--by", "version", "--at", AT.isoformat())
    assert (shown.code, shown.err) == (0, "")
    lines = [line.split() for line in shown.out.splitlines()]
    assert shown.out.startswith("daily: 10d window up to 2026-03-10 06:00 UTC\n")
    assert lines[4] == ["model", "4", "2", "66.7%", "200%", "2", "2026-03-10", "06:00"]
    assert lines[5] == ["model", "3", "1", "33.3%", "100%", "1", "2026-03-04", "06:00"]
    found = spent("spent", "daily", "--by", "version", "--at", AT.isoformat(), "--format", "json").json
    assert {name: found[name] for name in ("slo", "at", "window", "by", "spent", "allowed", "estimate")} == {
        "slo": "daily", "at": AT.isoformat(), "window": "10d", "by": "version",
        "spent": 3, "allowed": 1.0, "estimate": False,
    }  # fmt: skip
    assert found["groups"][0] == {
        "group": "model 4",
        "values": {"model_version": "4"},
        "bad": 2,
        "share": 2 / 3,
        "of_budget": 2.0,
        "bad_runs": 2,
        "newest": AT.isoformat(),
    }


def test_cause_is_what_is_asked_for_by_default_and_any_attribute_can_be(spent: Run) -> None:
    at = ("--at", AT.isoformat(), "--format", "json")
    assert [(one["group"], one["bad"]) for one in spent("spent", "daily", *at).json["groups"]] == [
        ("pipeline_failure", 2),
        ("late", 1),
    ]
    assert [one["group"] for one in spent("spent", "daily", "--by", "attribute:note", *at).json["groups"]] == ["a=b"]
    assert spent("spent", "daily", "--by", "dag", *at).json["groups"][0]["group"] == "not given"


def test_nothing_spent_and_mistakes_are_one_line(spent: Run, ai_slo: Run) -> None:
    long_ago = "2020-01-01T00:00:00Z"
    assert spent("spent", "daily", "--at", long_ago).out == (
        "daily: 10d window up to 2020-01-01 00:00 UTC: nothing is spent\n"
    )
    for arguments, says in (
        (("spent", "daily", "--by", "model"), "by='model': write cause, version, dag, task or attribute:NAME"),
        (("spent", "nope"), "no SLO named nope; known: daily"),
        (("spent",), "Missing argument 'SLO'"),
        (("record", "daily", "--good", "1", "--total", "1", "--attribute", "v4"), "--attribute 'v4': write NAME=VALUE"),
        (("record", "--file", "x.csv", "--attribute", "v=4"), "--file takes the place of"),
    ):
        result = ai_slo(*arguments)
        assert (result.code, len(result.err.splitlines())) == (2, 1), result.err
        assert says in result.err

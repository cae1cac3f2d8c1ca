from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cli_runner import DAILY, Result

START = datetime(2026, 1, 1, tzinfo=UTC)
Run = Callable[..., Result]

POLICY = """\
---
apiVersion: openslo/v1
kind: AlertPolicy
metadata: {name: week}
spec:
  alertWhenBreaching: true
  conditions:
    - kind: AlertCondition
      metadata: {name: week}
      spec: {severity: page, condition: {kind: burnrate, op: gt, threshold: 2, lookbackWindow: 7d}}
  notificationTargets: [{kind: AlertNotificationTarget, metadata: {name: chat}, spec: {target: slack}}]
"""


@pytest.fixture
def watched(tmp_path: Path) -> Path:
    path = tmp_path / "watched.yaml"
    text = DAILY.replace(", airflow-ai-slo/alerting: seed", "").replace("10d", "20d")
    path.write_text(text + "  alertPolicies: [{alertPolicyRef: week}]\n" + POLICY)
    return path


def journal(path: Path, verdicts: str) -> Path:
    lines: list[dict[str, Any]] = []
    for day, verdict in enumerate(verdicts):
        at = START + timedelta(days=day)
        now = (at + timedelta(minutes=10)).isoformat()
        good = int(verdict == ".")
        lines.append(
            {"t": now, "do": "record", "slo": "daily", "key": f"{day}", "at": at.isoformat(), "good": good, "total": 1}
        )
        lines.append({"t": (at + timedelta(hours=1)).isoformat(), "do": "evaluate"})
    path.write_text("\n".join(map(json.dumps, lines)) + "\n")
    return path


def test_a_journal_is_played_through_incidents_and_freezes(ai_slo: Run, watched: Path, tmp_path: Path) -> None:
    file = journal(tmp_path / "j.jsonl", "." * 20 + "xx" + "." * 12)
    result = ai_slo("replay", "--definitions", watched, "--journal", file, "--format", "json")
    assert result.code == 0
    found = result.json
    assert [(t["transition"], t["severity"], t["at"][:10]) for t in found["transitions"]] == [
        ("opened", "page", "2026-01-22"),
        ("resolved", "page", "2026-01-28"),
    ]
    assert "burn" in found["transitions"][0]["reason"]
    assert found["freezes"] == [
        {
            "service": "flights",
            "from": "2026-01-22T01:00:00+00:00",
            "to": "2026-01-27T01:00:00+00:00",
            "slo": "daily",
        }
    ]
    assert "opened" in ai_slo("replay", "--definitions", watched, "--journal", file).out


def test_a_file_of_measurements_is_evaluated_at_every_step(ai_slo: Run, watched: Path, tmp_path: Path) -> None:
    rows = [
        f"daily,{(START + timedelta(days=day)).isoformat()},{int(verdict == '.')},1"
        for day, verdict in enumerate("." * 20 + "xx" + "." * 12)
    ]
    file = tmp_path / "m.csv"
    file.write_text("\n".join(["slo,timestamp,good,total", *rows]) + "\n")
    result = ai_slo("replay", "--definitions", watched, "--measurements", file, "--every", "6h", "--format", "json")
    assert [t["transition"] for t in result.json["transitions"]] == ["opened", "resolved"]
    assert result.json["freezes"][0]["from"] == "2026-01-22T00:00:00+00:00"


def test_a_quiet_history_says_so(ai_slo: Run, watched: Path, tmp_path: Path) -> None:
    file = journal(tmp_path / "j.jsonl", "." * 10)
    assert ai_slo("replay", "--definitions", watched, "--journal", file).out == "no incident, no freeze\n"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("[]", "j.jsonl:1: is not a JSON object"),
        ("{", "j.jsonl:1: is not a JSON object"),
        ('{"t": "2026-01-01", "do": "evaluate"}', "j.jsonl:1: t: '2026-01-01' has no zone"),
        ('{"t": "2026-01-01T00:00:00Z", "do": "dance"}', "do: 'dance' is not one of record, evaluate"),
        ('{"t": "2026-01-01T00:00:00Z", "do": "record", "slo": "daily"}', "at, good, total is missing"),
        (
            '{"t": "2026-01-01T00:00:00Z", "do": "record", "slo": "x", "at": "2026-01-01T00:00:00Z",'
            ' "good": 1, "total": 1, "key": "a"}',
            "no SLO named x; known: daily",
        ),
    ],
)
def test_a_wrong_journal_is_one_line(ai_slo: Run, watched: Path, tmp_path: Path, line: str, says: str) -> None:
    file = tmp_path / "j.jsonl"
    file.write_text(line + "\n")
    result = ai_slo("replay", "--definitions", watched, "--journal", file)
    assert result.code == 2
    assert says in result.err
    assert len(result.err.splitlines()) == 1
    assert ai_slo("replay", "--definitions", watched).code == 2
    assert ai_slo("replay", "--definitions", watched, "--measurements", file, "--every", "soon").code == 2

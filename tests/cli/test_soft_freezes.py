"""What ``status`` and ``evaluate`` say of soft freezes, and of instants that are yet to come."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cli_runner import DAILY, Result

Run = Callable[..., Result]

SERVICE = """\
apiVersion: openslo/v1
kind: Service
metadata:
  name: flights
  annotations: {{airflow-ai-slo/freeze-mode: {mode}}}
spec: {{}}
---
"""


def ago(**length: float) -> str:
    return (datetime.now(UTC) - timedelta(**length)).isoformat()


@pytest.fixture
def spent(ai_slo: Run, tmp_path: Path) -> Callable[[str], Run]:
    """The flights service with a spent budget, frozen as asked."""

    def apply(mode: str) -> Run:
        path = tmp_path / "flights.yaml"
        path.write_text(SERVICE.format(mode=mode) + DAILY)
        ai_slo("apply", path)
        for day in range(3):
            ai_slo("record", "daily", "--good", "0", "--total", "1", "--at", ago(days=day))
        return ai_slo

    return apply


@pytest.mark.parametrize(("mode", "shown"), [("soft", "warned (soft freeze)"), ("hard", "frozen")])
def test_a_soft_freeze_is_not_shown_as_one_that_stops_changes(
    spent: Callable[[str], Run], mode: str, shown: str
) -> None:
    ai_slo = spent(mode)
    for command in ("evaluate", "status"):
        [row] = [line for line in ai_slo(command).out.splitlines() if line.startswith("flights")]
        assert row.endswith(f"  {shown}")
    [freeze] = ai_slo("status", "--format", "json").json["freeze"].values()
    assert (freeze["frozen"], freeze["slos"], freeze["mode"]) == (True, ["daily"], mode)


def test_a_service_that_is_not_frozen_has_no_mode(ai_slo: Run, tmp_path: Path) -> None:
    path = tmp_path / "flights.yaml"
    path.write_text(SERVICE.format(mode="soft") + DAILY)
    ai_slo("apply", path)
    assert ai_slo("status", "--format", "json").json["freeze"]["flights"]["mode"] is None
    assert ai_slo("status").out.splitlines()[-1].endswith("  -")


def test_an_evaluation_of_the_future_is_refused_and_blocks_no_later_one(spent: Callable[[str], Run]) -> None:
    ai_slo = spent("hard")
    refused = ai_slo("evaluate", "--at", ago(days=-400))
    assert (refused.code, refused.out) == (2, "")
    assert "is yet to come" in refused.err
    assert "ai-slo status --at" in refused.err
    assert "frozen" in ai_slo("evaluate").out


def test_clocks_may_differ_by_a_little(spent: Callable[[str], Run]) -> None:
    ai_slo = spent("hard")
    assert ai_slo("evaluate", "--at", ago(minutes=-4)).code == 0
    assert ai_slo("evaluate", "--at", ago(minutes=-6)).code == 2

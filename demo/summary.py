"""What stands at the end: budgets, freezes, and where to look."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from airflow_ai_slo.alerts.words import percent_left
from demo.settings import PLACES, REPOSITORY
from demo.terminal import Terminal


def summary(env: Mapping[str, str], *, terminal: Terminal, origin: str) -> str:
    """The table that ``ai-slo status`` knows, and the ways on."""
    command = [str(Path(sys.executable).parent / "ai-slo"), "status", "--format", "json"]
    asked = subprocess.run(
        command, env={**env, "AI_SLO_STORE_URL": f"sqlite:///{PLACES.store}"}, check=True, capture_output=True
    )
    status = json.loads(asked.stdout)
    bold = terminal.bold
    return "\n".join(
        [
            *_table(status["evaluations"], bold),
            "",
            *(_freeze(service, state) for service, state in status["freeze"].items()),
            "",
            f"Report      {bold(shown(PLACES.report))}",
            f"Airflow     {bold(origin)}   gate's log: {origin}/dags/deploy_model",
            f"Logs        {shown(PLACES.logs)}",
            f"Stop it     {bold('make demo-stop')}",
            "",
        ]
    )


def _table(evaluations: Sequence[Mapping[str, Any]], bold: Any) -> list[str]:
    rows = [("SLO", "objective", "good / total", "budget left")]
    for one in evaluations:
        budget = one["budget"]
        left = "unknown" if budget["remaining"] is None else f"{percent_left(Fraction(str(budget['remaining']))):>6}"
        rows.append(
            (
                one["slo"],
                f"{one['objective']:.0%} over {one['window']}",
                f"{one['good']:g} / {one['total']:g}",
                f"{left}  {_bar(budget['remaining'])}",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return [bold(lines[0]), *lines[1:]]


def _bar(remaining: float | None, cells: int = 20) -> str:
    if remaining is None:
        return ""
    if remaining <= 0:
        return "spent" if remaining == 0 else "overspent"
    full = round(min(remaining, 1) * cells)
    return "█" * full + "░" * (cells - full)


def _freeze(service: str, state: Mapping[str, Any]) -> str:
    if not state["frozen"]:
        return f"Service {service}: changes are allowed"
    since = state["since"].replace("T", " ")[:16]
    return f"Service {service}: FROZEN since {since} UTC by {', '.join(state['slos'])}"


def shown(path: Path) -> str:
    """A path as it reads best from the repository."""
    return str(path.relative_to(REPOSITORY)) if path.is_relative_to(REPOSITORY) else str(path)

"""``ai-slo spent``: who spent an SLO's budget."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from airflow_ai_slo.cli.options import Instant, opened, output_format, store_url
from airflow_ai_slo.core.numbers import plain

if TYPE_CHECKING:
    from airflow_ai_slo.core.attribution import Attribution

_LONGEST = 60


@click.command("spent")
@click.argument("slo")
@click.option(
    "--by",
    default="cause",
    show_default=True,
    metavar="WHAT",
    help="cause, version, dag, task, or attribute:NAME for any other attribute of the measurements.",
)
@click.option("--at", type=Instant(), default="now", show_default=True, help="Instant at which the window ends.")
@output_format
@store_url
def command(slo: str, by: str, at: datetime, output: str, url: str | None) -> None:
    """Show what spent SLO's budget in its window, the largest first."""
    from airflow_ai_slo import engine

    found = engine.attribution(opened(url), slo, at=at, by=by)
    click.echo(json.dumps(_json(found), indent=2) if output == "json" else _table(found))


def _json(found: Attribution) -> dict[str, Any]:
    budget = found.evaluation.budget
    return {
        "slo": found.evaluation.slo.name,
        "at": found.evaluation.at.isoformat(),
        "window": str(found.evaluation.slo.window),
        "by": found.by,
        "spent": plain(budget.consumed),
        "allowed": None if budget.allowed is None else float(budget.allowed),
        "estimate": budget.estimate,
        "groups": [
            {
                "group": one.name,
                "values": None if one.values is None else dict(one.values),
                "bad": plain(one.bad),
                "share": float(one.share),
                "of_budget": None if one.of_budget is None else float(one.of_budget),
                "bad_runs": one.bad_runs,
                "newest": one.newest.isoformat(),
            }
            for one in found.groups
        ],
    }


def _table(found: Attribution) -> str:
    from tabulate import tabulate

    from airflow_ai_slo.reports.figures import count, instant, percent

    evaluation = found.evaluation
    where = f"{evaluation.slo.name}: {evaluation.slo.window} window up to {instant(evaluation.at)}"
    if not found.groups:
        return f"{where}: nothing is spent"
    about = "≈" if evaluation.budget.estimate else ""
    rows = [
        (
            _one_line(one.name),
            count(one.bad),
            percent(one.share, places=1),
            about + percent(one.of_budget, places=1) if one.of_budget is not None else "unknown",
            one.bad_runs,
            instant(one.newest).removesuffix(" UTC"),
        )
        for one in found.groups
    ]
    headers = (
        found.by.removeprefix("attribute:"),
        "bad",
        "of what is spent",
        "of the budget",
        "bad runs",
        "newest (UTC)",
    )
    aligned = ("left", "right", "right", "right", "right", "left")
    return f"{where}\n\n{tabulate(rows, headers=headers, disable_numparse=True, colalign=aligned)}"


def _one_line(name: str) -> str:
    from airflow_ai_slo.reports.text import clean

    text = " ".join(clean(name).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"

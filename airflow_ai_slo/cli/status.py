"""``ai-slo status``: where every SLO stands now."""

from __future__ import annotations

import json
from datetime import datetime

import click

from airflow_ai_slo.cli.figures import evaluation_table
from airflow_ai_slo.cli.options import Instant, opened, output_format, store_url
from airflow_ai_slo.reports.shapes import evaluation_json


@click.command("status")
@click.argument("slo", required=False)
@click.option("--at", type=Instant(), default="now", show_default=True, help="Instant to look at.")
@output_format
@store_url
def command(slo: str | None, at: datetime, output: str, url: str | None) -> None:
    """Show budgets, burn rates, rules and freezes, without changing anything."""
    from airflow_ai_slo import engine

    store = opened(url)
    seen = engine.status(store, at=at, slos=None if slo is None else [slo])
    frozen, modes = engine.frozen_services(store), engine.freeze_modes(store)
    timed = engine.percentiles(store, at=at, slos=[one.slo.name for one in seen])
    agreed = engine.agreements(store, at=at, slos=[one.slo.name for one in seen])
    if output == "text":
        click.echo(evaluation_table(seen, frozen=modes, timed=timed, agreed=agreed))
        return
    freezes = {
        service: {
            "frozen": service in frozen,
            "since": frozen[service].since.isoformat() if service in frozen else None,
            "slos": sorted(frozen[service].causes) if service in frozen else [],
            "mode": modes.get(service),
        }
        for service in sorted({one.slo.service for one in seen})
    }
    evaluations = [evaluation_json(one, timed.get(one.slo.name), agreed.get(one.slo.name)) for one in seen]
    click.echo(json.dumps({"evaluations": evaluations, "freeze": freezes}, indent=2))

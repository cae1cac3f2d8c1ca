"""``ai-slo replay``: which incidents and freezes a definition would have brought."""

from __future__ import annotations

import json
from pathlib import Path

import click

from airflow_ai_slo import openslo
from airflow_ai_slo.cli.options import output_format
from airflow_ai_slo.core.durations import Duration


@click.command("replay")
@click.option("--definitions", required=True, type=click.Path(path_type=Path), help="OpenSLO file or folder.")
@click.option("--journal", type=click.Path(path_type=Path), help="JSON Lines: record and evaluate, each at its time.")
@click.option("--measurements", type=click.Path(path_type=Path), help="CSV or Parquet file instead.")
@click.option("--every", default="5m", show_default=True, help="How often to evaluate, with --measurements.")
@output_format
def command(definitions: Path, journal: Path | None, measurements: Path | None, every: str, output: str) -> None:
    """Play recorded history through the whole engine on its own clock, and say what would have happened."""
    from airflow_ai_slo.cli.journal import read_journal, read_measurements
    from airflow_ai_slo.engine.replaying import replay

    if (journal is None) == (measurements is None):
        raise click.UsageError("give --journal JSONL, or --measurements FILE --every 5m")
    try:
        step = Duration.parse(every)
    except ValueError as error:
        raise click.UsageError(f"--every: {error}") from None
    loaded = openslo.require([definitions])
    ticks = read_journal(journal) if journal is not None else read_measurements(measurements or Path(), step.length)
    happened = replay(loaded.slos, ticks, loaded.services)
    transitions = [
        {
            "slo": event.slo,
            "at": event.at.isoformat(),
            "transition": event.transition.value,
            "severity": event.severity.label,
            "reason": event.reason,
        }
        for event in happened.transitions
    ]
    freezes = [
        {
            "service": held.service,
            "from": held.since.isoformat(),
            "to": None if held.until is None else held.until.isoformat(),
            "slo": slo,
        }
        for held in happened.freezes
        for slo in sorted(held.causes)
    ]
    if output == "json":
        click.echo(json.dumps({"transitions": transitions, "freezes": freezes}, indent=2))
        return
    for one in transitions:
        click.echo(f"{one['at']}  {one['slo']}  {one['transition']}  {one['severity']}  {one['reason']}")
    for held_by in freezes:
        click.echo(
            f"{held_by['from']}  {held_by['service']}  frozen by {held_by['slo']} until {held_by['to'] or 'now'}"
        )
    if not transitions and not freezes:
        click.echo("no incident, no freeze")

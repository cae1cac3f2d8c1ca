"""``ai-slo replay``: which incidents and freezes a definition would have brought."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from airflow_ai_slo import openslo
from airflow_ai_slo.cli.options import output_format
from airflow_ai_slo.core.durations import Duration

if TYPE_CHECKING:
    from airflow_ai_slo.cli.journal import Ticks
    from airflow_ai_slo.engine.replaying import Replay
    from airflow_ai_slo.engine.ticks import Tick


@click.command("replay")
@click.option("--definitions", required=True, type=click.Path(path_type=Path), help="OpenSLO file or folder.")
@click.option("--journal", type=click.Path(path_type=Path), help="JSON Lines: record and evaluate, each at its time.")
@click.option("--measurements", type=click.Path(path_type=Path), help="CSV or Parquet file instead.")
@click.option("--every", default="5m", show_default=True, help="How often to evaluate, with --measurements.")
@output_format
def command(definitions: Path, journal: Path | None, measurements: Path | None, every: str, output: str) -> None:
    """Play recorded history on its own clock, and say which incidents and freezes it would have brought."""
    from airflow_ai_slo.cli.journal import read_journal, read_measurements
    from airflow_ai_slo.engine.replaying import replay

    if (journal is None) == (measurements is None):
        raise click.UsageError("give --journal JSONL, or --measurements FILE --every 5m")
    step = _step(every)
    loaded = openslo.require([definitions])
    names = {slo.name for slo in loaded.slos}
    ticks = read_measurements(measurements, step, names) if measurements else read_journal(journal or Path(), names)
    happened = replay(loaded.slos, _told(ticks), loaded.services)
    if output == "json":
        click.echo(json.dumps(_json(happened), indent=2))
    else:
        click.echo("\n".join(_lines(happened)))


def _step(every: str) -> timedelta:
    try:
        return Duration.parse(every).length
    except ValueError as error:
        raise click.UsageError(f"--every: {error}") from None


def _told(ticks: Ticks) -> Iterable[Tick]:
    return ticks.ticks


def _json(happened: Replay) -> dict[str, Any]:
    return {
        "transitions": [
            {
                "slo": event.slo,
                "at": event.at.isoformat(),
                "transition": event.transition.value,
                "severity": event.severity.label,
                "reason": event.reason,
            }
            for event in happened.transitions
        ],
        "freezes": [
            {
                "service": held.service,
                "from": held.since.isoformat(),
                "to": None if held.until is None else held.until.isoformat(),
                "slo": slo,
            }
            for held in happened.freezes
            for slo in sorted(held.causes)
        ],
    }


def _lines(happened: Replay) -> Iterator[str]:
    found = _json(happened)
    for one in found["transitions"]:
        yield f"{one['at']}  {one['slo']}  {one['transition']}  {one['severity']}  {one['reason']}"
    for one in found["freezes"]:
        yield f"{one['from']}  {one['service']}  frozen by {one['slo']} until {one['to'] or 'now'}"
    if not found["transitions"] and not found["freezes"]:
        yield "no incident, no freeze"

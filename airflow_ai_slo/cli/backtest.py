"""``ai-slo backtest``: evaluate definitions over a file of measurements, without a store."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from airflow_ai_slo import openslo
from airflow_ai_slo.cli.figures import evaluation_table
from airflow_ai_slo.cli.measurements import read_rows
from airflow_ai_slo.cli.options import Instant, corrections_file, dag_schedule, output_format
from airflow_ai_slo.core.definition import SLO
from airflow_ai_slo.core.dropped import Drop
from airflow_ai_slo.core.history import backtest
from airflow_ai_slo.core.stream import Row
from airflow_ai_slo.reports.shapes import evaluation_json


@click.command("backtest")
@click.option("--definitions", required=True, type=click.Path(path_type=Path), help="OpenSLO file or folder.")
@click.option("--measurements", required=True, type=click.Path(path_type=Path), help="CSV or Parquet file.")
@click.option("--at", "instants", required=True, multiple=True, type=Instant(), help="When; may be repeated.")
@corrections_file
@output_format
def command(
    definitions: Path, measurements: Path, instants: tuple[datetime, ...], corrections: Path | None, output: str
) -> None:
    """Evaluate definitions over recorded measurements at instants of the past.

    The file has columns slo,timestamp,good,total[,value,cause,recorded_at,key]. Each instant sees what had come in by
    then.
    """
    slos = openslo.require([definitions], schedules=dag_schedule).slos
    rows = read_by_slo(measurements)
    strangers = sorted(rows.keys() - {slo.name for slo in slos})
    if strangers:
        click.echo(f"warning: {measurements}: no definition for {', '.join(strangers[:5])}; left out", err=True)
    drops = _drops(corrections, slos)
    seen = [one for slo in slos for one in backtest(slo, rows.get(slo.name, []), instants, drops.get(slo.name, ()))]
    if output == "json":
        click.echo(json.dumps({"evaluations": [evaluation_json(one) for one in seen]}, indent=2))
    else:
        click.echo(evaluation_table(seen))


def _drops(path: Path | None, slos: Sequence[SLO]) -> dict[str, list[Drop]]:
    from airflow_ai_slo.cli.corrections import read_corrections

    return {} if path is None else read_corrections(path, slos)


def read_by_slo(path: Path) -> dict[str, list[Row]]:
    """Rows by SLO."""
    rows: dict[str, list[Row]] = {}
    for row in read_rows(path):
        good, total = row.counts()
        at, recorded_at = row.micros()
        row.value()
        row.cause()
        key = str(row.fields["key"]) if row.has("key") else None
        rows.setdefault(row.slo, []).append(Row(at, good, total, recorded_at, key))
    return rows

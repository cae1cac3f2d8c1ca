"""``ai-slo import-history``: budgets from the runs that Airflow has on record."""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from airflow_ai_slo.cli.figures import evaluation_table
from airflow_ai_slo.cli.options import opened, output_format, store_url
from airflow_ai_slo.reports.shapes import evaluation_json

if TYPE_CHECKING:
    from airflow_ai_slo.reconcile.importing import Imported

MOST_DAYS = 36525
_PROBLEM = 1


@click.command("import-history")
@click.option("--days", type=click.IntRange(1, MOST_DAYS), default=90, show_default=True, help="How far back.")
@click.option("--dag", "dags", multiple=True, metavar="ID|GLOB", help="Only runs of these DAGs; may be repeated.")
@click.option("--dry-run", is_flag=True, help="Say what would be written, and write nothing.")
@output_format
@store_url
def command(days: int, dags: tuple[str, ...], dry_run: bool, output: str, url: str | None) -> None:
    """Measure past runs for the SLOs that Airflow's own record measures, and show every budget at once.

    Again is safe: what is stored already is not written again, and an import that was interrupted goes on.
    """
    from airflow_ai_slo import engine
    from airflow_ai_slo.cli.progress import Bar

    store = opened(url)
    with redirect_stdout(sys.stderr), Bar("importing", "runs") as bar:  # Airflow may log to stdout
        from airflow_ai_slo.reconcile.importing import import_history

        imported = import_history(
            store, now=datetime.now(UTC), back=timedelta(days=days), dags=dags, dry_run=dry_run, progress=bar
        )
    if output == "json":
        click.echo(json.dumps(_json(imported, dry_run=dry_run), indent=2))
    else:
        click.echo(("would import " if dry_run else "imported ") + imported.line, err=not dry_run)
        if not dry_run:
            click.echo(evaluation_table(imported.evaluations, frozen=engine.freeze_modes(store)))
    for slo, problem in imported.problems.items():
        click.echo(f"warning: {slo}: {problem}", err=True)
    if imported.problems:
        sys.exit(_PROBLEM)


def _json(imported: Imported, *, dry_run: bool) -> dict[str, Any]:
    return {
        "since": imported.since.isoformat(),
        "dry_run": dry_run,
        "slos": [asdict(one) for one in imported.reconciled.slos],
        "paused": imported.reconciled.paused,
        "resumed": imported.reconciled.resumed,
        "evaluations": [evaluation_json(one) for one in imported.evaluations],
    }

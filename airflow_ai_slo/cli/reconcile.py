"""``ai-slo reconcile``: measure SLOs from Airflow's own record of runs."""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from airflow_ai_slo.cli.follow import Follow, following
from airflow_ai_slo.cli.options import Moment, opened, output_format, store_url
from airflow_ai_slo.cli.progress import Bar

if TYPE_CHECKING:
    from airflow_ai_slo.reconcile import Reconciled, SLOReconciled

PROBLEM = 1


@click.command("reconcile")
@click.option("--since", type=Moment(before=True), help="Look at every run since, such as 30d. Default: what is new.")
@click.option("--dag", "dags", multiple=True, metavar="ID", help="Only runs of this DAG; may be given again.")
@click.option("--dry-run", is_flag=True, help="Say what would be written, and write nothing.")
@following
@output_format
@store_url
def command(
    since: datetime | None,
    dags: tuple[str, ...],
    dry_run: bool,
    follow: Follow | None,
    output: str,
    url: str | None,
) -> int:
    """Measure SLOs of source "airflow" from Airflow's own record of runs, beside Airflow's database.

    No DAG is changed. A second pass writes nothing. Exit code 1 where an SLO cannot be measured.

    With --follow it goes on until SIGTERM or Ctrl-C: what listeners of this machine hear of is measured at once,
    everything in a pass every few minutes. Any number may run: one of them does the passes.
    """
    if follow is not None:
        if since or dags or dry_run or output != "text":
            raise click.UsageError("--follow measures everything; leave out --since, --dag, --dry-run and --format")
        follow.run(url)
        return 0
    store = opened(url)
    with redirect_stdout(sys.stderr):  # Airflow may log to stdout, where the answer goes
        from airflow_ai_slo.reconcile import reconcile

        with Bar("reconciling", "runs") as progress:
            done = reconcile(
                store, now=datetime.now(UTC), since=since, dag_ids=dags or None, progress=progress, dry_run=dry_run
            )
    if output == "json":
        click.echo(json.dumps(as_json(done), indent=2))
    else:
        click.echo(as_text(done, dry_run=dry_run))
    for line in remarks(done, narrowed=bool(dags)):
        click.echo(line, err=True)
    return PROBLEM if any(one.problem for one in done.slos) else 0


def as_json(done: Reconciled) -> dict[str, object]:
    """What a pass did, for scripts."""
    return {"slos": [asdict(one) for one in done.slos], "paused": list(done.paused), "resumed": list(done.resumed)}


def as_text(done: Reconciled, *, dry_run: bool = False) -> str:
    """What a pass did, a line for each SLO."""
    lines = [_line(one, "would be written" if dry_run else "written") for one in done.slos if not one.problem]
    lines += [f"{name}: paused, since its DAG is" for name in done.paused]
    lines += [f"{name}: resumed with its DAG" for name in done.resumed]
    return "\n".join(lines) or "nothing to measure: no applied SLO has an indicator of source airflow"


def remarks(done: Reconciled, *, narrowed: bool = False) -> list[str]:
    """What somebody should look at.

    :param narrowed: only some DAGs were asked for, so that an SLO without any is nothing to speak of.
    """
    found = [f"warning: {one.slo}: not measured: {one.problem}" for one in done.slos if one.problem]
    found += [f"warning: {one.slo}: {text}" for one in done.slos for text in one.warnings]
    for one in () if narrowed else done.slos:
        if not one.dags and not one.runs and not one.problem:
            found.append(f"warning: {one.slo}: selects nothing that Airflow knows; `airflow dags list` shows its DAGs")
    return found


def _line(one: SLOReconciled, written: str) -> str:
    dags = f"{len(one.dags):,} DAG{'s' * (len(one.dags) != 1)}, " if one.dags else ""
    parts = [(one.missing, "missing"), (one.late, "late"), (one.removed, "taken back")]
    told = ", ".join(f"{count:,} {what}" for count, what in parts if count)
    return f"{one.slo}: {dags}{one.runs:,} looked at, {one.written:,} {written}" + (f" ({told})" if told else "")

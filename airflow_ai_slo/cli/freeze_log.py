"""``ai-slo freeze log``: every decision about freezes, to read and to export."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from airflow_ai_slo.cli.options import Moment, opened, store_url

if TYPE_CHECKING:
    from airflow_ai_slo.store.audit import Entry

_COLUMNS = ("at", "service", "actor", "labels", "action", "detail")
_SHOWN = 100


@click.command("log")
@click.argument("service", required=False)
@click.option("--service", "named", metavar="SERVICE", help="The same as the argument.")
@click.option("--since", type=Moment(before=True), help="Decisions after this instant, or of the last 7d.")
@click.option("--until", type=Moment(before=True), help="Decisions up to and including this instant.")
@click.option("--limit", type=click.IntRange(min=1), help=f"Only the newest; default {_SHOWN} as text, else all.")
@click.option("--format", "output", type=click.Choice(["text", "json", "csv"]), default="text", show_default=True)
@store_url
def command(
    service: str | None,
    named: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int | None,
    output: str,
    url: str | None,
) -> None:
    """Show every decision about freezes, of SERVICE or of all, newest first."""
    from airflow_ai_slo import engine

    if service is not None and named not in (None, service):
        raise click.UsageError(f"two services: {service} and --service {named}; give one, or none for all")
    if since is not None and until is not None and since >= until:
        raise click.UsageError(f"--since {since:%Y-%m-%dT%H:%MZ} is not before --until {until:%Y-%m-%dT%H:%MZ}")
    most = (_SHOWN if output == "text" else None) if limit is None else limit
    asked = None if most is None else most + 1
    entries = engine.audit_log(opened(url), service or named, since=since, until=until, limit=asked)
    shown = entries if most is None else entries[:most]
    {"json": _print_json, "csv": _print_csv, "text": _print_text}[output](shown)
    if len(entries) > len(shown):
        click.echo(f"older decisions are left out; --limit N shows more than {most}", err=True)
    elif not entries and output == "text":
        of = f" of service {service or named}" if service or named else ""
        click.echo(f"no decision about freezes{of} in the log", err=True)


def _print_text(entries: Sequence[Entry]) -> None:
    for e in entries:
        labels = f"[{e.labels}]" if e.labels else ""
        parts = (f"{e.at:%Y-%m-%d %H:%M:%S}", e.service, e.action, e.actor, labels, e.detail)
        click.echo("  ".join(_plain(part) for part in parts if part))


def _print_json(entries: Sequence[Entry]) -> None:
    rows = [dict(zip(_COLUMNS, _row(e), strict=True)) for e in entries]
    click.echo(json.dumps({"log": rows}, indent=2))


def _print_csv(entries: Sequence[Entry]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows([_no_formula(cell) for cell in _row(e)] for e in entries)


def _row(e: Entry) -> tuple[str, ...]:
    return e.at.isoformat(), e.service, e.actor, e.labels, e.action, e.detail


def _plain(text: str) -> str:
    """One line without control characters: reasons are other people's text, and terminals obey some of it."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _no_formula(cell: str) -> str:
    """A cell that spreadsheets take as text: those that begin like a formula get an apostrophe."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell

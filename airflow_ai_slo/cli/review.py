"""``ai-slo review take``: people's verdicts on a sample, checked and recorded."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from airflow_ai_slo.cli.options import opened, output_format, store_url
from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.numbers import plain

if TYPE_CHECKING:
    from airflow_ai_slo.measure.judged.taking import Taken


@click.group("review")
def command() -> None:
    """Samples that people review; DrawSampleOperator draws them."""


@command.command("take")
@click.argument("sheet")
@click.argument("verdicts", nargs=-1)
@click.option("--partial", is_flag=True, help="Take what is there, though some items still wait for answers.")
@click.option("--dry-run", is_flag=True, help="Check and show; record nothing.")
@output_format
@store_url
def take(sheet: str, verdicts: tuple[str, ...], partial: bool, dry_run: bool, output: str, url: str | None) -> None:
    """Record the verdicts on SHEET at the time of the run that drew it; taking again replaces them.

    VERDICTS are filled-in copies of the sheet, or what its page downloads, one or more for each reviewer; without any,
    SHEET itself is read. The sample (.json) has to lie beside SHEET.
    """
    from airflow_ai_slo import engine
    from airflow_ai_slo.measure.judged.answers import read_answers
    from airflow_ai_slo.measure.judged.sheet import read_sheet
    from airflow_ai_slo.measure.judged.taking import taken

    kept = read_sheet(sheet)
    if not verdicts and not sheet.lower().endswith(".csv"):
        raise click.UsageError(f"{sheet} holds no verdicts; give the .csv sheet, or files of verdicts after it")
    found = taken(kept, read_answers(kept, verdicts or [sheet]), min_share=0.0 if partial else 1.0)
    if not dry_run:
        if kept.ignored:
            raise ConfigurationError(f"{sheet}: the run that drew it does not count: {kept.ignored}")
        engine.record(opened(url), [found.measurement()], now=datetime.now(UTC))
    if output == "json":
        click.echo(json.dumps(_as_json(found, not dry_run), indent=2))
        return
    said = "not recorded: dry run" if dry_run else f"recorded at {kept.at:%Y-%m-%d %H:%M} UTC"
    click.echo(f"{kept.slo}: {found.estimate.detail}")
    click.echo(f"{found.review.detail}; {said}")


def _as_json(found: Taken, recorded: bool) -> dict[str, Any]:
    seen, review = found.estimate, found.review
    return {
        "slo": found.sheet.slo,
        "key": found.sheet.key,
        "at": found.sheet.at.isoformat(),
        "good": plain(seen.good),
        "total": plain(seen.total),
        "value": seen.value,
        "judged": seen.judged,
        "population": seen.population,
        "waiting": review.waiting,
        "split": review.split,
        "skipped": review.skipped,
        "reviewers": list(review.reviewers),
        "agreement": review.agreement,
        "recorded": recorded,
    }

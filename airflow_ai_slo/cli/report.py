"""``ai-slo report``: one self-contained file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import click

from airflow_ai_slo.cli.options import Instant, opened, store_url
from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.periods import Period, ending, period_of
from airflow_ai_slo.reports import FORMATS, SUFFIXES, Format, render

_DEFAULT = timedelta(days=28)


@click.command("report")
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    help="A file, or - to print; default: slo-report[-PERIOD] and the format's ending, and JSON is printed.",
)
@click.option("--format", "kind", type=click.Choice(FORMATS), help="Default: by the file's ending, else html.")
@click.option(
    "--period",
    "asked",
    metavar="PERIOD",
    help="week, month, quarter or year: the last one that is over; or a length up to --at, such as 28d (the default).",
)
@click.option("--timezone", "zone", default="UTC", show_default=True, help="Whose calendar.")
@click.option("--days", type=click.IntRange(1, 3660), help="How far back; the same as --period DAYSd.")
@click.option("--service", "services", multiple=True, help="Only this one; may be repeated.")
@click.option(
    "--at", type=Instant(), default="now", show_default=True, help="Where the report ends, or looks back from."
)
@store_url
def command(
    output: Path | None,
    kind: str | None,
    asked: str | None,
    zone: str,
    days: int | None,
    services: tuple[str, ...],
    at: datetime,
    url: str | None,
) -> None:
    """Write a report of budgets, what spent them, freezes and SLAs, compared with the period before."""
    from airflow_ai_slo import engine

    period = _period(asked, days, at, zone)
    form = cast("Format", kind) if kind else _by_ending(output)
    found = engine.report(opened(url), period=period, services=services or None, now=_now(at))
    text = render(found, form)
    if output is None:
        slug = f"-{period.slug}" if period.is_calendar else ""
        output = Path("-" if form == "json" else f"slo-report{slug}{SUFFIXES[form]}")
    if str(output) == "-":
        click.echo(text, nl=False)
        return
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{output}: cannot be written: {error.strerror}") from None
    click.echo(f"wrote {output}")


def _period(asked: str | None, days: int | None, at: datetime, zone: str) -> Period:
    if asked is not None and days is not None:
        raise click.UsageError("give --period or --days, not both")
    if asked is not None:
        return period_of(asked, at, zone)
    return ending(at, _DEFAULT if days is None else timedelta(days=days))


def _by_ending(output: Path | None) -> Format:
    endings: dict[str, Format] = {".md": "markdown", ".markdown": "markdown", ".json": "json"}
    return endings.get(output.suffix.lower(), "html") if output is not None else "html"


def _now(at: datetime) -> datetime:
    """When it is written: the clock's, but a report of a past instant is as if written then."""
    return min(at, datetime.now(UTC))

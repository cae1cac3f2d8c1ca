"""``ai-slo record``: one measurement, or a file of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from airflow_ai_slo.cli.options import Instant, opened, store_url
from airflow_ai_slo.core.errors import MeasurementError
from airflow_ai_slo.core.instants import CLOCKS_DIFFER
from airflow_ai_slo.core.measurement import Cause, Measurement


@click.command("record")
@click.argument("slo", required=False)
@click.option("--good", help="Good events.")
@click.option("--total", help="All events.")
@click.option("--at", type=Instant(), default="now", show_default=True, help="When the measured interval ended.")
@click.option("--key", help="Natural key; writing it again replaces. Default: the instant.")
@click.option("--value", type=float, help="Raw observation.")
@click.option("--cause", type=click.Choice([cause.value for cause in Cause]))
@click.option("--attribute", "attributes", multiple=True, metavar="NAME=VALUE", help="Such as model_version=4; repeat.")
@click.option("--file", "path", type=click.Path(path_type=Path), help="CSV or Parquet of measurements instead.")
@store_url
def command(
    slo: str | None,
    good: str | None,
    total: str | None,
    at: datetime,
    key: str | None,
    value: float | None,
    cause: str | None,
    attributes: tuple[str, ...],
    path: Path | None,
    url: str | None,
) -> None:
    """Record what was measured: SLO --good G --total T, or --file CSV.

    Rows of a file tell of the past: they are never late, unless a column recorded_at says when they came in.
    """
    from airflow_ai_slo import engine

    if path is None:
        if slo is None or good is None or total is None:
            raise click.UsageError("give SLO --good G --total T, or --file CSV")
        measurements = [replace(_one(slo, good, total, at, key, value, cause), attributes=_attributes(attributes))]
    else:
        if slo is not None or good is not None or total is not None or attributes:
            raise click.UsageError("--file takes the place of SLO, --good, --total and --attribute")
        measurements = _read(path)
    now = datetime.now(UTC)
    changed = engine.record(opened(url), measurements, now=now, backfill=path is not None)
    ahead = [one.at for one in measurements if one.at > now + CLOCKS_DIFFER]
    if ahead:
        first = min(ahead).isoformat()
        click.echo(
            f"warning: {len(ahead)} lie ahead of the clock, the first at {first}; they count from then on", err=True
        )
    click.echo(f"{len(measurements)} recorded, {changed} changed something")


def _one(
    slo: str, good: str, total: str, at: datetime, key: str | None, value: float | None, cause: str | None
) -> Measurement:
    return Measurement(
        slo=slo,
        key=key or at.isoformat(),
        at=at,
        good=good,  # type: ignore[arg-type]
        total=total,  # type: ignore[arg-type]
        value=value,
        cause=None if cause is None else Cause(cause),
    )


def _attributes(given: tuple[str, ...]) -> dict[str, str]:
    pairs = [one.partition("=") for one in given]
    for one, (name, equals, _) in zip(given, pairs, strict=True):
        if not name or not equals:
            raise click.UsageError(f"--attribute {one!r}: write NAME=VALUE, such as model_version=4")
    return {name: value for name, _, value in pairs}


def _read(path: Path) -> list[Measurement]:
    from airflow_ai_slo.cli.measurements import read_rows

    found: dict[tuple[str, str], Measurement] = {}
    for row in read_rows(path):
        one = row.measurement()
        if (one.slo, one.key) in found:
            raise MeasurementError(
                f"{row.where}: {one.slo} has key {one.key!r} twice; give rows of one instant a key column"
            )
        found[one.slo, one.key] = one
    return list(found.values())

"""``ai-slo latency``: percentiles of what an SLO has timed."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import click

from airflow_ai_slo.cli.options import Instant, opened, output_format, store_url
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.windows import RollingWindow
from airflow_ai_slo.reports.shapes import percentiles_json

UNKNOWN = 4


class _Window(click.ParamType[RollingWindow]):
    """A rolling window, such as 7d."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> RollingWindow:
        if isinstance(value, RollingWindow):
            return value
        try:
            return RollingWindow(Duration.parse(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command("latency")
@click.argument("slo")
@click.option("--window", type=_Window(), help="Look back so far, such as 7d. Default: the SLO's own window.")
@click.option("--at", type=Instant(), default="now", show_default=True, help="Instant at which the window ends.")
@output_format
@store_url
def command(slo: str, window: RollingWindow | None, at: datetime, output: str, url: str | None) -> int:
    """Show P50, P90, P95 and P99 of what SLO has timed. Exit code 4 where it has timed nothing."""
    from airflow_ai_slo import engine

    found = engine.percentiles(opened(url), at=at, slos=[slo], window=window).get(slo)
    length = "the SLO's window" if window is None else str(window)
    if output == "json":
        about = {"slo": slo, "at": at.isoformat(), "window": None if window is None else str(window)}
        click.echo(json.dumps(about | {"percentiles": None if found is None else percentiles_json(found)}, indent=2))
    elif found is None:
        click.echo(f"{slo}: nothing was timed in {length} up to {at:%Y-%m-%d %H:%M} UTC")
    else:
        click.echo(f"{slo}, {length} up to {at:%Y-%m-%d %H:%M} UTC: {found} (within 1%), {found.count:,} timed")
    return UNKNOWN if found is None else 0

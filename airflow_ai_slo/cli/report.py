"""``ai-slo report``: one self-contained file."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import click

from airflow_ai_slo.cli.options import Instant, opened, store_url
from airflow_ai_slo.core.errors import ConfigurationError


@click.command("report")
@click.option("--output", "-o", type=click.Path(path_type=Path), default=Path("slo-report.html"), show_default=True)
@click.option("--format", "kind", type=click.Choice(["html", "markdown"]), help="Default: by the file's ending.")
@click.option("--days", type=click.IntRange(1, 3660), default=28, show_default=True, help="How far back.")
@click.option("--service", "services", multiple=True, help="Only this one; may be repeated.")
@click.option("--at", type=Instant(), default="now", show_default=True, help="Where the report ends.")
@store_url
def command(
    output: Path, kind: str | None, days: int, services: tuple[str, ...], at: datetime, url: str | None
) -> None:
    """Write a report of budgets, burn rates, what spent them, and freezes. ``-o -`` prints it."""
    from airflow_ai_slo import engine, reports

    report = engine.report(opened(url), at=at, period=timedelta(days=days), services=services or None)
    markdown = kind == "markdown" or (kind is None and output.suffix.lower() in (".md", ".markdown"))
    text = reports.render_markdown(report) if markdown else reports.render_html(report)
    if str(output) == "-":
        click.echo(text, nl=False)
        return
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{output}: cannot be written: {error.strerror}") from None
    click.echo(f"wrote {output}")

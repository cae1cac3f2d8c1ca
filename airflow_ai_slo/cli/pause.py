"""``ai-slo pause`` and ``ai-slo resume``."""

from __future__ import annotations

from datetime import datetime

import click

from airflow_ai_slo.cli.freeze import signed
from airflow_ai_slo.cli.options import Instant, opened, store_url


def _chosen(slos: tuple[str, ...], everything: bool) -> list[str] | None:
    if everything == bool(slos):
        raise click.UsageError("name the SLOs, or give --all")
    return None if everything else list(slos)


@click.command("pause")
@click.argument("slos", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every SLO.")
@click.option("--at", type=Instant(), default="now", show_default=True, help="From when on.")
@signed
@store_url
def pause(slos: tuple[str, ...], everything: bool, at: datetime, reason: str, author: str, url: str | None) -> None:
    """Expect no runs of SLOS until they are resumed; what comes in still counts."""
    from airflow_ai_slo import engine

    names = engine.pause(opened(url), _chosen(slos, everything), author=author, reason=reason, now=at)
    click.echo("\n".join(f"{name}: paused" for name in names) or "nothing to pause: paused already")


@click.command("resume")
@click.argument("slos", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every SLO.")
@click.option("--at", type=Instant(), default="now", show_default=True, help="From when on.")
@store_url
def resume(slos: tuple[str, ...], everything: bool, at: datetime, url: str | None) -> None:
    """Expect runs of SLOS again."""
    from airflow_ai_slo import engine

    names = engine.resume(opened(url), _chosen(slos, everything), now=at)
    click.echo("\n".join(f"{name}: resumed" for name in names) or "nothing to resume: none was paused")

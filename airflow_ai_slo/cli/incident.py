"""``ai-slo incident ack``."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime

import click

from airflow_ai_slo.cli.options import opened, store_url


@click.group("incident")
def command() -> None:
    """Open incidents."""


@command.command("ack")
@click.argument("slo")
@click.option("--author", default=getpass.getuser, show_default="you", help="Who is at it.")
@click.option("--note", default="", help="What they are doing.")
@store_url
def ack(slo: str, author: str, note: str, url: str | None) -> None:
    """Say in the thread of SLO's open incident that somebody is at it; PagerDuty stops calling others."""
    from airflow_ai_slo import engine

    told = engine.acknowledge(opened(url), slo, author=author, note=note, now=datetime.now(UTC))
    click.echo(f"{slo}: the next delivery tells {', '.join(told)}")

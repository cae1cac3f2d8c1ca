"""``ai-slo freeze check | override | release | log``."""

from __future__ import annotations

import getpass
import json
import sys
from datetime import UTC, datetime, timedelta

import click

from airflow_ai_slo.cli.options import Instant, opened, output_format, store_url
from airflow_ai_slo.core.freeze import MAX_AGE, Gate, GateAnswer

FROZEN = 3
UNKNOWN = 4


@click.group("freeze")
def command() -> None:
    """Freezes: may a change go out, and who let it."""


@command.command("check")
@click.argument("service")
@click.option("--label", "labels", multiple=True, help="Label of the change; security, p0 and reliability pass.")
@click.option("--on-unknown", type=click.Choice(["block", "allow"]), default="block", show_default=True)
@click.option("--max-age", type=float, default=MAX_AGE.total_seconds() / 3600, show_default=True, help="Hours.")
@output_format
@store_url
def check(service: str, labels: tuple[str, ...], on_unknown: str, max_age: float, output: str, url: str | None) -> None:
    """Say whether a change to SERVICE may go out. Exit codes: 0 allowed, 3 frozen, 4 unknown."""
    from airflow_ai_slo import engine

    answer = engine.gate(
        lambda: opened(url),
        service,
        now=datetime.now(UTC),
        labels=labels,
        max_age=timedelta(hours=max_age),
        actor=f"ai-slo freeze check ({getpass.getuser()})",
    )
    if output == "json":
        click.echo(json.dumps(answer.to_dict(), indent=2))
    else:
        _print(answer)
    if answer.outcome is Gate.FROZEN:
        sys.exit(FROZEN)
    sys.exit(UNKNOWN if answer.blocks(on_unknown=on_unknown) else 0)


@command.command("override")
@click.argument("service")
@click.option("--reason", required=True, help="Why changes must pass.")
@click.option("--until", required=True, type=Instant(), help="When it ends.")
@click.option("--author", default=getpass.getuser, show_default="you", help="Who answers for it.")
@store_url
def override(service: str, reason: str, until: datetime, author: str, url: str | None) -> None:
    """Let changes to SERVICE through a freeze until an instant; audited."""
    from airflow_ai_slo import engine

    given = engine.override(opened(url), service, author=author, reason=reason, until=until, now=datetime.now(UTC))
    click.echo(f"{service}: changes pass until {given.expires_at.isoformat()} ({given.author}: {given.reason})")


@command.command("release")
@click.argument("service")
@click.option("--reason", required=True, help="Why the freeze ends.")
@click.option("--author", default=getpass.getuser, show_default="you", help="Who answers for it.")
@store_url
def release(service: str, reason: str, author: str, url: str | None) -> None:
    """End the freeze of SERVICE; only a bad run after this freezes it again. Audited."""
    from airflow_ai_slo import engine

    engine.release(opened(url), service, author=author, reason=reason, now=datetime.now(UTC))
    click.echo(f"{service}: released")


@command.command("log")
@click.argument("service", required=False)
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True)
@output_format
@store_url
def log(service: str | None, limit: int, output: str, url: str | None) -> None:
    """Show every decision about freezes, newest first."""
    from airflow_ai_slo import engine

    entries = engine.audit_log(opened(url), service, limit=limit)
    if output == "json":
        rows = [
            {"at": e.at.isoformat(), "service": e.service, "actor": e.actor, "action": e.action, "detail": e.detail}
            for e in entries
        ]
        click.echo(json.dumps({"log": rows}, indent=2))
        return
    for e in entries:
        click.echo(f"{e.at:%Y-%m-%d %H:%M:%S}  {e.service}  {e.action}  {e.actor}  {e.detail}")


def _print(answer: GateAnswer) -> None:
    from airflow_ai_slo.alerts.words import percent_left

    click.echo(f"{answer.service}: {answer.outcome.value}: {answer.detail}")
    for reason in answer.reasons:
        left = "unknown" if reason.remaining is None else percent_left(reason.remaining)
        click.echo(f"  {reason.slo}: budget left {left}, frozen since {reason.since:%Y-%m-%d %H:%M} UTC")

"""``ai-slo outbox list | retry | drop | prune | deliver``."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta

import click

from airflow_ai_slo.cli.options import opened, output_format, store_url

_TARGET = "Only messages to this target."


@click.group("outbox")
def command() -> None:
    """Messages: what waits, what was given up, and trying again."""


@command.command("list")
@click.option("--state", "states", multiple=True, type=click.Choice(["pending", "sent", "failed"]), help="Only these.")
@click.option("--target", help=_TARGET)
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True)
@output_format
@store_url
def list_messages(states: tuple[str, ...], target: str | None, limit: int, output: str, url: str | None) -> None:
    """Show messages that wait or were given up, newest first."""
    from airflow_ai_slo.store import outbox_care

    with opened(url).read() as connection:
        found = outbox_care.entries(connection, states=states or ("pending", "failed"), target=target, limit=limit)
        counts = outbox_care.counts(connection)
    if output == "text":
        for one in found:
            problem = f": {one.problem}" if one.problem else ""
            tries = f"{one.attempts} tries" if one.attempts != 1 else "1 try"
            click.echo(
                f"{one.id}  {one.created_at:%Y-%m-%d %H:%M}  {one.state}  {one.target}  {one.title}  ({tries}{problem})"
            )
        click.echo(", ".join(f"{number} {state}" for state, number in counts.items()), err=True)
        return
    messages = [
        {
            "id": one.id,
            "target": one.target,
            "state": one.state,
            "title": one.title,
            "thread": one.thread_key,
            "created_at": one.created_at.isoformat(),
            "attempts": one.attempts,
            "sent_at": None if one.sent_at is None else one.sent_at.isoformat(),
            "problem": one.problem or None,
        }
        for one in found
    ]
    click.echo(json.dumps({"messages": messages, "counts": counts}, indent=2))


@command.command("retry")
@click.argument("ids", nargs=-1, type=int)
@click.option("--all", "everything", is_flag=True, help="Every message that was given up.")
@click.option("--target", help=_TARGET)
@store_url
def retry(ids: tuple[int, ...], everything: bool, target: str | None, url: str | None) -> None:
    """Let messages that were given up be tried again by the next delivery."""
    from airflow_ai_slo.store import outbox_care

    chosen = _chosen(ids, everything, target)
    with opened(url).write() as connection:
        count = outbox_care.retry(connection, ids=chosen, target=target)
    click.echo(f"{count} message(s) will be tried again")


@command.command("drop")
@click.argument("ids", nargs=-1, type=int)
@click.option("--all", "everything", is_flag=True, help="Every message that waits or was given up.")
@click.option("--target", help=_TARGET)
@store_url
def drop(ids: tuple[int, ...], everything: bool, target: str | None, url: str | None) -> None:
    """Throw away messages that wait or were given up; nobody will be told."""
    from airflow_ai_slo.store import outbox_care

    chosen = _chosen(ids, everything, target)
    with opened(url).write() as connection:
        count = outbox_care.drop(connection, ids=chosen, target=target)
    click.echo(f"{count} message(s) dropped")


@command.command("prune")
@click.option("--days", type=click.IntRange(min=1), default=90, show_default=True, help="Sent longer ago than this.")
@store_url
def prune(days: int, url: str | None) -> None:
    """Throw away sent messages; the last one of what still stands open stays. Deliveries do it after 90 days."""
    from airflow_ai_slo.store import outbox_care

    with opened(url).write() as connection:
        count = outbox_care.prune(connection, datetime.now(UTC) - timedelta(days=days))
    click.echo(f"{count} message(s) pruned")


@command.command("deliver")
@click.option("--slack-conn-id", default="slack_default", show_default=True, help="Airflow connection.")
@click.option("--slack-channel", help="Where a bot posts what no target names a channel for.")
@click.option("--report-url", help="What every message links to; default $AI_SLO_REPORT_URL.")
@store_url
def deliver(slack_conn_id: str, slack_channel: str | None, report_url: str | None, url: str | None) -> None:
    """Send what is due, through Airflow's connections (`airflow slo …` sees those in its database too).

    Exit status 1 where a message was given up.
    """
    from airflow_ai_slo.hooks import delivery

    done = delivery.deliver(
        opened(url),
        now=datetime.now(UTC),
        slack_conn_id=slack_conn_id,
        slack_channel=slack_channel,
        report_url=report_url,
        log=_Echo(),
    )
    click.echo(f"{done.sent} sent, {done.failed} failed, {done.pending} waiting")
    if done.failed:
        raise SystemExit(1)


class _Echo(logging.LoggerAdapter[logging.Logger]):
    """Writes lines to stderr, as commands do."""

    def __init__(self) -> None:
        super().__init__(logging.getLogger(__name__), {})

    def log(self, level: int, msg: object, *args: object, **kwargs: object) -> None:
        if level >= logging.WARNING:
            click.echo(str(msg) % args if args else str(msg), err=True)


def _chosen(ids: tuple[int, ...], everything: bool, target: str | None) -> tuple[int, ...] | None:
    if ids and everything:
        raise click.UsageError("give IDs or --all, not both")
    if not ids and not everything and target is None:
        raise click.UsageError("name messages by ID (see `ai-slo outbox list`), or give --target or --all")
    return ids or None

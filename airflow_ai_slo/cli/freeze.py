"""``ai-slo freeze check | override | revoke | release | renew``; ``freeze log`` is in a module of its own."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import click

from airflow_ai_slo.cli.freeze_log import command as log
from airflow_ai_slo.cli.options import Moment, opened, output_format, store_url, user
from airflow_ai_slo.core.freeze import MAX_AGE, Gate, GateAnswer

FROZEN = 3
UNKNOWN = 4
_LONGEST_AGE = 1e6

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


@click.group("freeze")
def command() -> None:
    """Freezes: may a change go out, and who let it."""


command.add_command(log)


def signed(command: Decorated) -> Decorated:
    """``--reason`` and ``--author``."""
    command = click.option("--author", default=user, show_default="you", help="Who answers for it.")(command)
    return click.option("--reason", required=True, help="Why, for the audit log.")(command)


@command.command("check")
@click.argument("service")
@click.option(
    "--label", "labels", multiple=True, help="Label of the change; by default security, p0, reliability pass."
)
@click.option("--on-unknown", type=click.Choice(["block", "allow"]), default="block", show_default=True)
@click.option(
    "--max-age",
    type=float,
    default=MAX_AGE.total_seconds() / 3600,
    show_default=True,
    help="Hours; an older evaluation is no answer.",
)
@output_format
@store_url
def check(service: str, labels: tuple[str, ...], on_unknown: str, max_age: float, output: str, url: str | None) -> None:
    """Say whether a change to SERVICE may go out. Exit codes: 0 allowed, 3 frozen, 4 unknown."""
    from airflow_ai_slo import engine

    if not 0 < max_age <= _LONGEST_AGE:
        raise click.UsageError(f"--max-age {max_age:g}: give hours above 0, such as 26")
    answer = engine.gate(
        lambda: opened(url),
        service,
        now=datetime.now(UTC),
        labels=[part.strip() for label in labels for part in label.split(",") if part.strip()],
        max_age=timedelta(hours=max_age),
        actor=f"ai-slo freeze check ({user()})",
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
@click.option("--until", required=True, type=Moment(), help="When it ends: an instant, or from now on, such as 4h.")
@signed
@store_url
def override(service: str, reason: str, until: datetime, author: str, url: str | None) -> None:
    """Let changes to SERVICE through a freeze for a while; audited. Of several overrides the longest holds."""
    from airflow_ai_slo import engine

    given = engine.override(opened(url), service, author=author, reason=reason, until=until, now=datetime.now(UTC))
    click.echo(f"{service}: changes pass until {_instant(given.expires_at)} ({given.author}: {given.reason})")


@command.command("revoke")
@click.argument("service")
@signed
@store_url
def revoke(service: str, reason: str, author: str, url: str | None) -> None:
    """End every override of SERVICE; audited."""
    from airflow_ai_slo import engine

    for one in engine.revoke(opened(url), service, author=author, reason=reason, now=datetime.now(UTC)):
        click.echo(f"{service}: the override by {one.author} until {_instant(one.expires_at)} is revoked")


@command.command("release")
@click.argument("service")
@signed
@store_url
def release(service: str, reason: str, author: str, url: str | None) -> None:
    """End the freeze of SERVICE; only a bad run after this freezes it again. Audited."""
    from airflow_ai_slo import engine

    engine.release(opened(url), service, author=author, reason=reason, now=datetime.now(UTC))
    click.echo(f"{service}: released by {author}; only a bad run after this freezes it again")


@command.command("renew")
@click.argument("service")
@signed
@store_url
def renew(service: str, reason: str, author: str, url: str | None) -> None:
    """Let the freeze of SERVICE hold for its longest duration once more; audited."""
    from airflow_ai_slo import engine

    ends_at = engine.renew(opened(url), service, author=author, reason=reason, now=datetime.now(UTC))
    click.echo(f"{service}: the freeze holds until {_instant(ends_at)}, unless it thaws before")


@command.command("policy")
@click.argument("service", required=False)
@store_url
def policy(service: str | None, url: str | None) -> None:
    """Show how services freeze and thaw."""
    from airflow_ai_slo import engine
    from airflow_ai_slo.alerts.freezes import policy_line

    policies = engine.freeze_policies(opened(url))
    if service is not None and service not in policies:
        known = ", ".join(sorted(policies)) or "none: apply definitions first"
        raise click.UsageError(f"no service {service}; known: {known}")
    for name in sorted(policies) if service is None else [service]:
        click.echo(f"{name}: {policy_line(policies[name])}")


def _print(answer: GateAnswer) -> None:
    from airflow_ai_slo.alerts.freezes import reasons_line

    frozen = answer.outcome is Gate.FROZEN
    click.echo(f"{answer.service}: {answer.outcome.value}" + ("" if frozen else f": {answer.detail}"))
    for reason in () if answer.warns else answer.reasons:
        click.echo(f"  {reasons_line([reason])}")
    if frozen:
        click.echo(f"  {answer.detail}")


def _instant(at: datetime) -> str:
    from airflow_ai_slo.alerts.words import instant

    return instant(at)

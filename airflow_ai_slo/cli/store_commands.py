"""``ai-slo db upgrade``, ``apply`` and ``evaluate``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from airflow_ai_slo.cli.options import Instant, dag_schedule, opened, store_url, user
from airflow_ai_slo.core.instants import CLOCKS_DIFFER

if TYPE_CHECKING:
    from airflow_ai_slo.core.evaluation import Evaluation
    from airflow_ai_slo.core.freeze_policy import FreezeMode


@click.group("db")
def db() -> None:
    """The store's database."""


@db.command("upgrade")
@store_url
def upgrade(url: str | None) -> None:
    """Create the store's tables, or bring them to this version."""
    from airflow_ai_slo.store import default_url
    from airflow_ai_slo.store.connection import unchecked

    store = unchecked(url or default_url())
    click.echo(f"{store.where}: version {store.migrate()}")


@click.command("apply")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@store_url
def apply(paths: tuple[Path, ...], url: str | None) -> None:
    """Store OpenSLO definitions, all of them or none."""
    from airflow_ai_slo import engine, openslo
    from airflow_ai_slo.alerts.freezes import policy_line
    from airflow_ai_slo.core.freeze_policy import FreezePolicy

    loaded, store = openslo.require(paths, schedules=dag_schedule), opened(url)
    before = engine.freeze_policies(store)
    author = f"ai-slo apply ({user()})"
    changes = engine.apply(
        store, loaded.slos, loaded.services, now=datetime.now(UTC), author=author, targets=loaded.targets
    )
    for change in changes:
        click.echo(f"{change.slo}: {change.change} (generation {change.generation})")
    for service in loaded.services:
        if service.freeze != before.get(service.name, FreezePolicy()):
            click.echo(f"service {service.name}: {policy_line(service.freeze)}")


@click.command("evaluate")
@click.option("--at", type=Instant(), default="now", show_default=True, help="Instant to evaluate at.")
@click.option(
    "--stats/--no-stats",
    envvar="AI_SLO_STATS",
    help="Send gauges through Airflow's metrics, where those are on; `airflow slo evaluate` does.",
)
@store_url
def evaluate(at: datetime, stats: bool, url: str | None) -> None:
    """Evaluate every SLO, open and resolve incidents, freeze and thaw services. An instant yet to come is refused.

    Messages wait in the outbox until a task with a channel delivers them.
    """
    from airflow_ai_slo import engine
    from airflow_ai_slo.cli.figures import evaluation_table

    now = datetime.now(UTC)
    if at > now + CLOCKS_DIFFER:
        # What was decided there would keep every evaluation from deciding anything until then.
        raise click.UsageError(
            f"--at {at.isoformat(timespec='seconds')} is yet to come (now: {now.isoformat(timespec='seconds')}); "
            "evaluate the past or the present; `ai-slo status --at` looks ahead without deciding anything"
        )
    store = opened(url)
    seen = engine.evaluate(store, at=at)
    modes = engine.freeze_modes(store)
    click.echo(evaluation_table(seen, frozen=modes))
    if stats:
        _send(seen, modes)


def _send(seen: Sequence[Evaluation], modes: Mapping[str, FreezeMode]) -> None:
    import logging
    import sys
    from contextlib import redirect_stdout

    with redirect_stdout(sys.stderr):  # Airflow may log to stdout
        from airflow_ai_slo.hooks.stats import emit

        sent = emit(seen, modes, log=logging.getLogger(__name__), start=True)
    if sent:
        click.echo(f"{sent} gauges sent through Airflow's metrics", err=True)

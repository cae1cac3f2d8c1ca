"""Options that commands share."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from airflow_ai_slo.cli.measurements import FIRST_YEAR, LAST_YEAR, is_usable
from airflow_ai_slo.core.durations import Duration

if TYPE_CHECKING:
    from airflow_ai_slo.core.definition import Schedule
    from airflow_ai_slo.store import Store

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class Instant(click.ParamType[datetime]):
    """An ISO 8601 instant with a zone, or ``now``."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        if value == "now":
            return datetime.now(UTC)
        try:
            parsed = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not an instant; write 2026-01-31T06:00:00+00:00 or now", param, ctx)
        if parsed.tzinfo is None:
            self.fail(f"{value!r} has no zone; add Z or an offset such as +01:00", param, ctx)
        if not is_usable(parsed):
            self.fail(f"{value!r} is outside the years {FIRST_YEAR} to {LAST_YEAR}", param, ctx)
        return parsed.astimezone(UTC)


class Moment(Instant):
    """An instant, or a duration from now such as ``4h``.

    :param before: whether a duration reaches back.
    """

    name = "instant|duration"

    def __init__(self, *, before: bool = False) -> None:
        self.before = before

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime) or value == "now" or value.count("-") > 1:
            return super().convert(value, param, ctx)
        try:
            length = Duration.parse(value).length
        except ValueError:
            self.fail(
                f"{value!r} is neither a duration such as 4h nor an instant such as 2026-01-31T06:00Z", param, ctx
            )
        return datetime.now(UTC) + (-length if self.before else length)


def output_format(command: Decorated) -> Decorated:
    """``--format text|json``."""
    kind = click.Choice(["text", "json"])
    return click.option("--format", "output", type=kind, default="text", show_default=True)(command)


def corrections_file(command: Decorated) -> Decorated:
    """``--corrections FILE``."""
    text = "YAML or JSON list of corrections; what they drop is left out from when they were saved."
    return click.option("--corrections", type=click.Path(path_type=Path), help=text)(command)


def store_url(command: Decorated) -> Decorated:
    """``--store URL``."""
    text = "SQLAlchemy URL; default $AI_SLO_STORE_URL, else SQLite in $AIRFLOW_HOME."
    return click.option("--store", "url", metavar="URL", help=text)(command)


def user() -> str:
    """Who runs a command; a number where the machine has no name for them, as in many containers."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return f"uid {os.getuid()}"


def dag_schedule(dag_id: str) -> Schedule:
    """When runs of a DAG are expected, as Airflow's database beside this command has it.

    :raises ConfigurationError: it does not tell.
    """
    with redirect_stdout(sys.stderr):  # Airflow may log to stdout, where commands print JSON
        from airflow_ai_slo.timetables import schedule_in_airflow

        return schedule_in_airflow(dag_id)


def opened(url: str | None) -> Store:
    """The store a command talks to."""
    from airflow_ai_slo.store import default_url, open_store

    return open_store(url or default_url())

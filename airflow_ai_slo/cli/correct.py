"""``ai-slo correct preview | add | list | revoke``."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

from airflow_ai_slo.cli.freeze import signed
from airflow_ai_slo.cli.options import Instant, opened, output_format, store_url
from airflow_ai_slo.core.corrections import Correction, Interval, Preview
from airflow_ai_slo.core.durations import Duration

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class Length(click.ParamType[Duration]):
    """A duration such as ``2h``."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Duration:
        if isinstance(value, Duration):
            return value
        try:
            return Duration.parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.group("correct")
def command() -> None:
    """Corrections: intervals in which measurements are dropped, for a reason."""


def _of_what(command: Decorated) -> Decorated:
    """``--slo``, ``--service``, and when."""
    options = (
        click.option("--slo", "slos", multiple=True, help="Of this SLO; may be repeated."),
        click.option("--service", help="Of every SLO of a service, instead."),
        click.option("--from", "start", type=Instant(), required=True, help="What ends after this is dropped …"),
        click.option(
            "--to", "end", type=Instant(), help="… up to and including this. With --rrule it may be left out."
        ),
        click.option(
            "--rrule", help="Again and again: an RFC 5545 rule such as FREQ=WEEKLY;BYDAY=SU; --from says when."
        ),
        click.option("--duration", type=Length(), help="How long each time lasts, such as 2h or 1d."),
        click.option("--zone", help="Time zone of the rule; default that of the SLO's cadence, else UTC."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@command.command("preview")
@_of_what
@output_format
@store_url
def preview(slos: tuple[str, ...], service: str | None, output: str, url: str | None, **when: Any) -> None:
    """Show what a correction would change; nothing is saved."""
    shown = _preview(slos, service, url, Interval(**when), datetime.now(UTC))
    click.echo(
        json.dumps({"corrections": [_preview_json(one) for one in shown]}, indent=2)
        if output == "json"
        else _table(shown)
    )


@command.command("add")
@_of_what
@signed
@click.option("--yes", is_flag=True, help="Do not ask.")
@store_url
def add(
    slos: tuple[str, ...],
    service: str | None,
    author: str,
    reason: str,
    *,
    yes: bool,
    url: str | None,
    **when: Any,
) -> None:
    """Show what a correction changes, ask, and save it; audited. No measurement is deleted, no alert rewritten."""
    from airflow_ai_slo import engine

    now, period = datetime.now(UTC), Interval(**when)
    click.echo(_table(_preview(slos, service, url, period, now)))
    if not yes:
        click.confirm("Save it?", abort=True)
    saved = engine.add_correction(
        opened(url), slos or None, service=service, period=period, author=author, reason=reason, now=now
    )
    for one in saved:
        click.echo(f"correction {one.id} of {one.slo} is saved; `ai-slo correct revoke {one.id}` takes it back")


@command.command("list")
@click.argument("slos", nargs=-1)
@click.option("--revoked", is_flag=True, help="Also those that are no longer in force.")
@output_format
@store_url
def list_(slos: tuple[str, ...], output: str, url: str | None, *, revoked: bool) -> None:
    """Show corrections of SLOS, or of all."""
    from tabulate import tabulate

    from airflow_ai_slo import engine
    from airflow_ai_slo.reports.shapes import correction_json

    found = engine.corrections(opened(url), slos or None, revoked=revoked)
    if output == "json":
        click.echo(json.dumps({"corrections": [correction_json(one) for one in found]}, indent=2))
        return
    rows = [(one.id, one.slo, str(one.period), one.author, one.reason, _since(one)) for one in found]
    headers = ("id", "SLO", "drops", "author", "reason", "saved")
    click.echo(tabulate(rows, headers=headers, disable_numparse=True) if rows else "no correction")


@command.command("revoke")
@click.argument("ids", nargs=-1, type=int, required=True)
@signed
@store_url
def revoke(ids: tuple[int, ...], author: str, reason: str, url: str | None) -> None:
    """Let measurements count again that the corrections IDS dropped; audited."""
    from airflow_ai_slo import engine

    for one in engine.revoke_correction(opened(url), ids, author=author, reason=reason, now=datetime.now(UTC)):
        click.echo(f"correction {one.id} of {one.slo} is revoked")


def _preview(
    slos: Sequence[str], service: str | None, url: str | None, period: Interval, now: datetime
) -> list[Preview]:
    from airflow_ai_slo import engine

    return engine.preview_correction(opened(url), slos or None, service=service, period=period, at=now)


def _table(shown: Sequence[Preview]) -> str:
    from tabulate import tabulate

    from airflow_ai_slo.alerts.words import budget_left, sli

    rows = [
        (one.slo, when, seen.counts.runs, seen.counts.bad_runs, sli(seen), budget_left(seen))
        for one in shown
        for when, seen in (("before", one.before), ("after", one.after))
    ]
    return tabulate(rows, headers=("SLO", "", "runs", "bad", "SLI", "budget left"), disable_numparse=True)


def _preview_json(one: Preview) -> dict[str, Any]:
    from airflow_ai_slo.reports.shapes import evaluation_json

    return {"slo": one.slo, "before": evaluation_json(one.before), "after": evaluation_json(one.after)}


def _since(one: Correction) -> str:
    saved = f"{one.created_at:%Y-%m-%d %H:%M}"
    return saved if one.revoked_at is None else f"{saved}, revoked {one.revoked_at:%Y-%m-%d %H:%M}"

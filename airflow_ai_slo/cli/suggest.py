"""``ai-slo suggest``: objectives that the past supports."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from airflow_ai_slo.cli.backtest import read_by_slo
from airflow_ai_slo.cli.import_history import command as import_history
from airflow_ai_slo.cli.options import Instant, opened, store_url
from airflow_ai_slo.cli.store_commands import apply
from airflow_ai_slo.cli.suggested import suggestions_json, suggestions_table
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.core.instants import from_micros, to_micros

if TYPE_CHECKING:
    from airflow_ai_slo.core.proposal import Proposal

_AIRFLOW, _STORE = "airflow", "store"
_WINDOW = "28d"
_MOST_DAYS = 36525
_FILES = (".yaml", ".yml")
_NOTHING = 1


class _Window(click.ParamType[Duration]):
    """The length of a rolling window."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Duration:
        if isinstance(value, Duration):
            return value
        try:
            parsed = Duration.parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if parsed.is_calendar:
            self.fail(f"{value!r} has no fixed length; write it in m, h, d or w, such as 28d", param, ctx)
        return parsed


@click.command("suggest")
@click.option("--days", type=click.IntRange(1, _MOST_DAYS), default=90, show_default=True, help="How far back to look.")
@click.option("--dag", "dags", multiple=True, metavar="ID|GLOB", help="Only these DAGs, or SLOs; may be repeated.")
@click.option("--tag", "tags", multiple=True, help="Only DAGs with all of these tags; may be repeated.")
@click.option("--window", type=_Window(), help=f"Window of the objectives; default {_WINDOW}, or the SLO's own.")
@click.option("--service", metavar="NAME", help="One service for all; by default each DAG is one of its own.")
@click.option(
    "--from",
    "source",
    default=_AIRFLOW,
    show_default=True,
    metavar="airflow|store|FILE",
    help="Airflow's record of runs, what the store has recorded, or a CSV or Parquet file of measurements.",
)
@click.option("--output", type=click.Path(path_type=Path), help="Write OpenSLO into this .yaml file or folder.")
@click.option("--force", is_flag=True, help="Write over files that are there.")
@click.option("--apply", "applies", is_flag=True, help="Apply what --output has written.")
@click.option("--import", "imports", is_flag=True, help="Apply it, and import the runs of the past at once.")
@click.option("--format", "shape", type=click.Choice(["text", "json", "yaml"]), default="text", show_default=True)
@click.option("--at", type=Instant(), help="Where the past ends: by default now, in a file its newest row.")
@store_url
def command(
    days: int,
    dags: tuple[str, ...],
    tags: tuple[str, ...],
    window: Duration | None,
    service: str | None,
    source: str,
    output: Path | None,
    force: bool,
    applies: bool,
    imports: bool,
    shape: str,
    at: datetime | None,
    url: str | None,
) -> None:
    """Propose objectives that the past would have met, with a margin, and say why not more.

    It reads, and writes nothing but --output: `ai-slo apply` takes that as it is.
    """
    from airflow_ai_slo.engine import drafting

    _check_source(source, tags, imports=imports, has_service=service is not None)
    if (applies or imports) and (output is None or shape != "text"):
        raise click.UsageError("--apply and --import take what --output slos/ has written, and speak text")
    if service is not None and not drafting.is_label(service):
        raise click.UsageError(f"--service {service!r}: write up to 63 small letters, digits and hyphens")
    is_file = output is not None and _is_file(output)
    proposals = _proposals(source, at, timedelta(days=days), dags, tags, window, url)
    found = (
        _moved(proposals, url)
        if source == _STORE
        else drafting.documents(proposals, service=service, from_airflow=source == _AIRFLOW)
    )
    texts: dict[Path, str] = {}
    if output is not None and found:
        texts = {output: drafting.joined(found.values())} if is_file else _in_folder(found, output)
        _write(texts, output, force=force)
    _show(proposals, found, shape, days, source)
    if not any(one.chosen for one in proposals):
        sys.exit(_NOTHING)
    if output is None and shape == "text" and found:
        click.echo("\nNext: again with --output slos/ to write them down, then ai-slo apply slos/", err=True)
    _go_on(texts, days, dags, url, applies=applies or imports, imports=imports)


def _check_source(source: str, tags: Sequence[str], *, imports: bool, has_service: bool) -> None:
    if tags and source != _AIRFLOW:
        raise click.UsageError(f"--tag: only DAGs have tags; leave it out with --from {source}")
    if imports and source != _AIRFLOW:
        raise click.UsageError(f"--import reads Airflow's record; leave it out with --from {source}")
    if has_service and source == _STORE:
        raise click.UsageError("--service: applied SLOs have one; leave it out with --from store")


def _show(proposals: Sequence[Proposal], found: dict[str, str], shape: str, days: int, source: str) -> None:
    if shape == "json":
        click.echo(json.dumps(suggestions_json(proposals, days, source), indent=2))
    elif shape == "yaml":
        click.echo("---\n".join(found.values()), nl=False)
    else:
        click.echo(suggestions_table(proposals, source))


def _go_on(
    texts: dict[Path, str], days: int, dags: Sequence[str], url: str | None, *, applies: bool, imports: bool
) -> None:
    """Do what the next commands would."""
    context = click.get_current_context()
    if applies:
        click.echo()
        context.invoke(apply, paths=tuple(texts), url=url)
    if imports:
        click.echo()
        context.invoke(import_history, days=days, dags=tuple(dags), dry_run=False, output="text", url=url)


def _proposals(
    source: str,
    at: datetime | None,
    back: timedelta,
    names: Sequence[str],
    tags: Sequence[str],
    window: Duration | None,
    url: str | None,
) -> list[Proposal]:
    usual, now = window or Duration.parse(_WINDOW), at or datetime.now(UTC)
    if source == _AIRFLOW:
        with redirect_stdout(sys.stderr):  # Airflow may log to stdout, where commands print JSON
            from airflow_ai_slo.reconcile.suggesting import suggest_for_dags

            return suggest_for_dags(at=now, back=back, dags=names, tags=tags, window=usual)
    from airflow_ai_slo.core.names import picked
    from airflow_ai_slo.engine import suggesting

    if source == _STORE:
        found = suggesting.suggest_for_applied(opened(url), at=now, back=back, window=window)
    else:
        rows = read_by_slo(Path(source))
        newest = max((row.at for of_slo in rows.values() for row in of_slo), default=to_micros(now))
        found = suggesting.suggest_for_rows(rows, at=at or from_micros(newest), back=back, window=usual)
    wanted = picked(names, [one.subject for one in found], what="SLO")
    return [one for one in found if one.subject in wanted]


def _moved(proposals: Sequence[Proposal], url: str | None) -> dict[str, str]:
    """Applied SLOs as they are, but for the objective, and the window where another was asked for."""
    from airflow_ai_slo.engine import drafting
    from airflow_ai_slo.openslo.writing import as_yaml, document
    from airflow_ai_slo.store import definitions

    chosen = {one.subject: one for one in proposals if one.chosen is not None}
    with opened(url).read() as connection:
        slos = [one.slo for one in definitions.active(connection, list(chosen))]
    names, found = drafting.Names(), dict[str, str]()
    for slo in slos:
        one, written = chosen[slo.name], document(slo)
        if one.chosen is not None:
            written["spec"]["objectives"][0]["target"] = float(one.chosen.objective)
        if slo.window.duration != one.window:
            written["spec"]["timeWindow"] = [{"duration": str(one.window), "isRolling": True}]
        found[names.of(slo.name)] = as_yaml(written)
    return found


def _is_file(output: Path) -> bool:
    """Whether one file takes all documents; else a folder takes a file for each."""
    if output.suffix and not output.is_dir() and output.suffix.lower() not in _FILES:
        raise click.UsageError(f"--output {output}: name a folder, or a file that ends in {' or '.join(_FILES)}")
    return output.suffix.lower() in _FILES and not output.is_dir()


def _in_folder(found: dict[str, str], folder: Path) -> dict[Path, str]:
    return {folder / f"{label}.slo.yaml": text for label, text in found.items()}


def _write(texts: dict[Path, str], output: Path, *, force: bool) -> None:
    """All or none of them."""
    there = [path for path in texts if path.exists()]
    if there and not force:
        raise ConfigurationError(f"{there[0]}: is there already; --force writes over it")
    try:
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            click.echo(f"wrote {path}", err=True)
    except OSError as error:
        raise DataError(f"--output {output}: {error.strerror or error}") from None

"""``ai-slo replay``: which incidents and freezes a definition would have brought."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from airflow_ai_slo import openslo
from airflow_ai_slo.cli.options import corrections_file, dag_schedule, output_format
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.core.incident import Transition

if TYPE_CHECKING:
    from airflow_ai_slo.engine.replaying import Event, Replay

_SAMPLES = 1000
_KINDS = (".html", ".svg")


@click.command("replay")
@click.option("--definitions", required=True, type=click.Path(path_type=Path), help="OpenSLO file or folder.")
@click.option("--journal", type=click.Path(path_type=Path), help="JSON Lines: record and evaluate, each at its time.")
@click.option("--measurements", type=click.Path(path_type=Path), help="CSV or Parquet file instead.")
@click.option("--every", default="5m", show_default=True, help="How often to evaluate, with --measurements.")
@corrections_file
@click.option("--picture", type=click.Path(path_type=Path), help="Draw it into this .html or .svg file.")
@output_format
def command(
    definitions: Path,
    journal: Path | None,
    measurements: Path | None,
    every: str,
    corrections: Path | None,
    picture: Path | None,
    output: str,
) -> None:
    """Play recorded history on its own clock, and say which incidents and freezes it would have brought."""
    from airflow_ai_slo.cli.corrections import read_corrections
    from airflow_ai_slo.cli.journal import read_journal, read_measurements
    from airflow_ai_slo.cli.progress import told
    from airflow_ai_slo.engine.replaying import replay
    from airflow_ai_slo.engine.ticks import corrected

    if (journal is None) == (measurements is None):
        raise click.UsageError("give --journal JSONL, or --measurements FILE --every 5m")
    if picture is not None and picture.suffix.lower() not in _KINDS:
        raise click.UsageError(f"--picture {picture}: name a file that ends in {' or '.join(_KINDS)}")
    step = _step(every)
    loaded = openslo.require([definitions], schedules=dag_schedule)
    names = {slo.name for slo in loaded.slos}
    given = {} if corrections is None else read_corrections(corrections, loaded.slos)
    with _without_collections():
        found = read_measurements(measurements, step, names) if measurements else read_journal(journal or Path(), names)
        ticks = corrected(told(found.ticks, found.start, found.end), given)
        sample_every = None if picture is None else found.length / _SAMPLES
        happened = replay(loaded.slos, ticks, loaded.services, sample_every=sample_every)
    if picture is not None:
        _draw(happened, loaded.slos, picture)
    if output == "json":
        click.echo(json.dumps(_json(happened), indent=2))
    else:
        click.echo("\n".join(_lines(happened)))


@contextmanager
def _without_collections() -> Iterator[None]:
    """What was read and played stays to the end, and nothing of it refers to itself: looking through it for garbage
    again and again would take a sixth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _step(every: str) -> timedelta:
    try:
        return Duration.parse(every).length
    except ValueError as error:
        raise click.UsageError(f"--every: {error}") from None


def _draw(happened: Replay, slos: Any, path: Path) -> None:
    from airflow_ai_slo.engine.picturing import replayed
    from airflow_ai_slo.reports.picture import page, svg

    text = (svg if path.suffix.lower() == ".svg" else page)(replayed(happened, slos))
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DataError(f"--picture {path}: {error.strerror or error}") from None
    click.echo(f"wrote {path}", err=True)


def _json(happened: Replay) -> dict[str, Any]:
    return {
        "transitions": [
            {
                "slo": event.slo,
                "at": event.at.isoformat(),
                "transition": event.transition.value,
                "severity": event.severity.label,
                "reason": event.reason,
            }
            for event in happened.transitions
        ],
        "freezes": [
            {
                "service": held.service,
                "from": held.since.isoformat(),
                "to": None if held.until is None else held.until.isoformat(),
                "slo": slo,
            }
            for held in happened.freezes
            for slo in sorted(held.causes)
        ],
    }


def _lines(happened: Replay) -> Iterator[str]:
    """For people: what happened in order, freezes in their places, then how it ended."""
    from tabulate import tabulate

    rows = [(event.at, event.slo, _what(event), event.severity.label, event.reason) for event in happened.transitions]
    for held in happened.freezes:
        causes = ", ".join(sorted(held.causes))
        rows.append((held.since, held.service, "frozen", "", f"budget spent by {causes}"))
        if held.until is not None:
            rows.append((held.until, held.service, "thawed", "", f"after {_lasted(held.until - held.since)}"))
    if not rows:
        yield "no incident, no freeze"
        return
    rows.sort(key=lambda row: row[0])
    shown = [(_instant(at), *rest) for at, *rest in rows]
    headers = ("when (UTC)", "SLO or service", "what", "severity", "why")
    yield tabulate(shown, headers=headers, disable_numparse=True, tablefmt="simple")
    yield ""
    yield _summary(happened)


def _what(event: Event) -> str:
    return "de-escalated" if event.transition is Transition.DEESCALATED else event.transition.value


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"


def _lasted(time: timedelta) -> str:
    from airflow_ai_slo.reports.figures import length

    return length(time)


def _summary(happened: Replay) -> str:
    from airflow_ai_slo.reports.figures import plural

    opened = sum(event.transition is Transition.OPENED for event in happened.transitions)
    lengths = ((held.until or happened.ended_at or held.since) - held.since for held in happened.freezes)
    frozen = sum(lengths, timedelta(0))
    text = f"{plural(opened, 'incident')}, {plural(len(happened.freezes), 'freeze')}"
    return f"{text} of {_lasted(frozen)} in all" if frozen else text

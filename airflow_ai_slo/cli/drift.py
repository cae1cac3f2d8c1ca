"""``ai-slo drift``: compare two files, or a file with a saved reference profile."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from airflow_ai_slo.cli.options import opened, store_url
from airflow_ai_slo.core.errors import AiSloError, DataError, StoreError
from airflow_ai_slo.measure.drift import (
    ColumnDrift,
    DriftResult,
    ReferenceProfile,
    Verdict,
    build_profile,
    in_words,
    measure_frame,
    read_reference,
    read_table,
    save_profile,
)

if TYPE_CHECKING:
    import pandas as pd

_FINE, _DRIFTED, _WRONG, _UNKNOWN = 0, 1, 2, 4
_IN_STORE = "profile:"


@click.command("drift")
@click.argument("reference")
@click.argument("current")
@click.option("--columns", help="Columns to compare, separated by commas; by default all of the reference.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--save-profile", "save", metavar="PATH", help="Also keep the reference as a profile (JSON).")
@click.option("--text-length", "lengths", help="Columns of texts to compare by length, separated by commas.")
@click.option("--name", help="The profile's name; by default that of its file.")
@store_url
def command(
    reference: str,
    current: str,
    columns: str | None,
    form: str,
    save: str | None,
    lengths: str | None,
    name: str | None,
    url: str | None,
) -> None:
    """Compare CURRENT with REFERENCE, column by column.

    CURRENT is CSV or Parquet; REFERENCE too, or a profile saved earlier: its file, or profile:NAME or
    profile:NAME@VERSION in the store. Two files of data also give the exact KS and Wasserstein distances.

    Exit status: 0 nothing drifted, 1 something drifted, 2 wrong input or a column that cannot be compared, 4 no column
    has enough values to tell, or the store does not answer.
    """
    try:
        result = _run(_read(reference, url), reference, current, _names(columns), save, name, _names(lengths) or ())
    except StoreError:
        raise
    except AiSloError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(_WRONG)
    click.echo(json.dumps(result.to_dict(), indent=1, allow_nan=False) if form == "json" else _table(result))
    for column in result.columns:
        for text in column.warnings:
            click.echo(f"note: {column.column}: {text}", err=True)
        if column.message:
            wrong = column.verdict is Verdict.ERROR
            click.echo(f"error: {column.message}" if wrong else f"note: {column.column}: {column.message}", err=True)
    sys.exit(_status(result))


def _read(reference: str, url: str | None) -> ReferenceProfile | pd.DataFrame:
    if not reference.startswith(_IN_STORE) or Path(reference).exists():
        return read_reference(reference)
    from airflow_ai_slo import engine

    return engine.read_profile(opened(url), reference.removeprefix(_IN_STORE))


def _run(
    source: ReferenceProfile | pd.DataFrame,
    reference: str,
    current: str,
    columns: Sequence[str] | None,
    save: str | None,
    name: str | None,
    lengths: Sequence[str],
) -> DriftResult:
    base: pd.DataFrame | None = None
    if isinstance(source, ReferenceProfile):
        profile = source
    else:
        base = source
        profile = _profile(base, reference, name, columns, text_length=lengths, known=None)
    frame = read_table(current, like=profile)
    here = {str(label) for label in frame.columns}
    unknown = [column for column in columns or () if column not in here and column not in profile.columns]
    if unknown:
        raise DataError(f"--columns: {unknown[0]!r} is in neither file; {current} has {_listed(here)}")
    if here.isdisjoint(profile.columns if columns is None else columns):
        raise DataError(
            f"{current} has none of the columns to compare; "
            f"the reference has {_listed(profile.columns)}, {current} has {_listed(here)}"
        )
    result = measure_frame(profile, frame, columns=columns, reference=base)
    if save is not None:
        kept = profile
        if base is not None:
            kept = _profile(base, reference, name or Path(save).stem, columns, text_length=lengths)
        save_profile(kept, save)
        click.echo(f"note: reference profile written to {save}", err=True)
    return result


def _profile(
    frame: pd.DataFrame, file: str, name: str | None, columns: Sequence[str] | None, **options: Any
) -> ReferenceProfile:
    there = {str(label) for label in frame.columns}
    asked = None if columns is None else [column for column in columns if column in there]
    profile = build_profile(
        frame, name=name or Path(file).stem, now=datetime.now(UTC), columns=asked or None, source=file, **options
    )
    for column, reason in profile.skipped.items():
        if columns is None:
            click.echo(f"note: {column}: left out of the reference: {reason}", err=True)
    return profile


def _names(columns: str | None) -> list[str] | None:
    if columns is None:
        return None
    names = list(dict.fromkeys(name.strip() for name in columns.split(",") if name.strip()))
    if not names:
        raise click.UsageError("--columns is empty; name at least one column")
    return names


def _listed(names: object) -> str:
    listed = sorted(str(name) for name in names)  # type: ignore[attr-defined]
    return ", ".join(listed[:8]) + (f" and {len(listed) - 8} more" if len(listed) > 8 else "")


def _status(result: DriftResult) -> int:
    if result.drifted:
        return _DRIFTED
    if result.errors:
        return _WRONG
    return _FINE if result.judged else _UNKNOWN


_HEADER = ("column", "kind", "reference", "current", "PSI", "p", "JS", "missing", "new", "verdict")


def _table(result: DriftResult) -> str:
    rows = [_HEADER, *(_row(column) for column in result.columns)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(_HEADER))]
    left = {0, 1, len(_HEADER) - 1}
    lines = [
        "  ".join(
            text.ljust(width) if place in left else text.rjust(width)
            for place, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return "\n".join([*lines, "", in_words(result)])


def _row(column: ColumnDrift) -> tuple[str, ...]:
    return (
        column.column,
        str(column.kind or "-"),
        _count(column.n_reference),
        _count(column.n_current),
        _figure(column.psi, ".3f"),
        _figure(column.chi2_p, ".2g"),
        _figure(column.js_distance, ".3f"),
        _figure(column.null_rate_change, "+z.1%"),
        _figure(column.new_category_share, ".1%"),
        str(column.verdict) + (" (warning)" if column.warnings else ""),
    )


def _count(number: int | None) -> str:
    return "-" if number is None else f"{number:,}"


def _figure(number: float | None, form: str) -> str:
    return "-" if number is None else format(number, form)

"""``ai-slo profile save | list | show``: reference profiles in the store."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from airflow_ai_slo.cli.options import opened, output_format, store_url
from airflow_ai_slo.measure.drift import ReferenceProfile, build_from, build_profile, profile_to_dict, read_reference


@click.group("profile")
def command() -> None:
    """Reference profiles in the store, for drift: named, and every change a new version."""


@command.command("save")
@click.argument("name")
@click.argument("file", required=False)
@click.option("--url", "database", metavar="URL", help="SQLAlchemy URL of the database that holds the reference data.")
@click.option("--table", help="Its table, NAME or SCHEMA.NAME; with --url.")
@click.option("--sql", help="Or a SELECT; with --url.")
@click.option("--columns", help="Columns to keep, separated by commas; by default all that can be compared.")
@store_url
def save(
    name: str,
    file: str | None,
    database: str | None,
    table: str | None,
    sql: str | None,
    columns: str | None,
    url: str | None,
) -> None:
    """Keep reference data as the next version of profile NAME: FILE, which is CSV, Parquet or a profile saved to a
    file, or a table or a query of a database, which is profiled there.

    Saving the same again changes nothing.
    """
    from airflow_ai_slo import engine

    if (file is None) == (database is None) or (database is None) != (table is None and sql is None):
        raise click.UsageError("give either FILE, or --url with --table or --sql")
    if table is not None and sql is not None:
        raise click.UsageError("give either --table or --sql")
    if database is not None:
        profile = _of_database(name, database, table, sql, _names(columns))
    else:
        profile = _profile(name, file or "", _names(columns))
    for column, reason in profile.skipped.items():
        click.echo(f"note: {column}: left out of the profile: {reason}", err=True)
    kept, is_new = engine.save_profile(opened(url), profile, now=datetime.now(UTC), name=name)
    said = f"{len(profile.columns)} columns of {profile.rows:,} rows"
    click.echo(f"{kept.name}: version {kept.version} ({said if is_new else 'unchanged'})")


@command.command("vectors")
@click.argument("file")
@click.option("--column", required=True, help="The column of vectors.")
@click.option("--save", "path", required=True, metavar="PATH", help="The .npz file to write.")
@click.option("--name", help="The sample's name; by default that of its file.")
@click.option("--sample", type=click.IntRange(min=1), default=2000, show_default=True, help="Vectors to keep, at most.")
def vectors(file: str, column: str, path: str, name: str | None, sample: int) -> None:
    """Keep a sample of the embedding vectors in FILE (Parquet or CSV) as the reference of EmbeddingDriftOperator."""
    from airflow_ai_slo.measure.data import Source
    from airflow_ai_slo.measure.drift.vectors import VectorProfile, sample_of, save_vectors

    if not path.endswith(".npz"):
        raise click.UsageError(f"--save: {path} does not end in .npz")
    found = sample_of(Source(path=file), column, size=sample)
    kept = VectorProfile(name=name or Path(path).stem, created_at=datetime.now(UTC), source=file, sample=found)
    save_vectors(kept, path)
    click.echo(f"{kept.name}@{kept.version}: {len(found):,} vectors of {found.shape[1]} numbers in {path}")


@command.command("list")
@click.argument("name", required=False)
@output_format
@store_url
def versions(name: str | None, output: str, url: str | None) -> None:
    """List every profile's versions, or those of NAME, the newest first."""
    from tabulate import tabulate

    from airflow_ai_slo import engine

    kept = engine.list_profiles(opened(url), name)
    if output == "json":
        rows = [{"name": one.name, "version": one.version, "saved_at": one.saved_at.isoformat()} for one in kept]
        click.echo(json.dumps({"profiles": rows}, indent=2))
    elif kept:
        table = [(one.name, one.version, f"{one.saved_at:%Y-%m-%d %H:%M}") for one in kept]
        click.echo(tabulate(table, headers=("profile", "version", "saved (UTC)"), disable_numparse=True))
    else:
        click.echo("the store holds no profile; run ai-slo profile save NAME FILE")


@command.command("show")
@click.argument("name")
@output_format
@store_url
def show(name: str, output: str, url: str | None) -> None:
    """Show profile NAME, or NAME@VERSION. As JSON it is the document that --save-profile writes."""
    from airflow_ai_slo import engine

    profile = engine.read_profile(opened(url), name)
    if output == "json":
        bare = replace(profile, name=profile.name.rpartition("@")[0])
        click.echo(json.dumps(profile_to_dict(bare), indent=1, ensure_ascii=False, allow_nan=False))
    else:
        click.echo(_table(profile))


def _profile(name: str, file: str, columns: Sequence[str] | None) -> ReferenceProfile:
    found = read_reference(file)
    if not isinstance(found, ReferenceProfile):
        return build_profile(found, name=name, now=datetime.now(UTC), columns=columns, source=file)
    if columns is not None:
        raise click.UsageError(f"--columns: {file} is a profile already; it is kept whole")
    return found


def _of_database(
    name: str, url: str, table: str | None, sql: str | None, columns: Sequence[str] | None
) -> ReferenceProfile:
    from airflow_ai_slo.measure.data import Source
    from airflow_ai_slo.measure.data.sql import engine_of

    database = engine_of(url)
    try:
        source = Source(engine=database, table=table, sql=sql)
        return build_from(source, name=name, now=datetime.now(UTC), columns=columns)
    finally:
        database.dispose()


def _names(columns: str | None) -> list[str] | None:
    if columns is None:
        return None
    names = list(dict.fromkeys(name.strip() for name in columns.split(",") if name.strip()))
    if not names:
        raise click.UsageError("--columns is empty; name at least one column")
    return names


def _table(profile: ReferenceProfile) -> str:
    from tabulate import tabulate

    rows = [
        (
            name,
            str(one.kind),
            f"{one.rows:,}",
            "-" if one.null_rate is None else f"{one.null_rate:.1%}",
            len(one.counts),
        )
        for name, one in profile.columns.items()
    ]
    headers = ("column", "kind", "rows", "missing", "cells")
    made = f"made {profile.created_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    source = f" from {profile.source}" if profile.source else ""
    return f"{profile.name}: {profile.rows:,} rows, {made}{source}\n{tabulate(rows, headers=headers)}"

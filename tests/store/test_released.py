"""Stores of every release that was ever out: brought to this version, nothing of what people have is lost or moved."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from release_dump import PLACE
from released_history import LATER, figures, fill
from slo_kit import seen
from sqlalchemy import MetaData, inspect, text

from airflow_ai_slo import __version__, engine
from airflow_ai_slo.store import Store, schema
from airflow_ai_slo.store.connection import fresh
from airflow_ai_slo.store.tables import VERSION_TABLE, metadata

RELEASES = sorted((file.stem for file in PLACE.glob("*.json")), key=lambda name: [int(n) for n in name.split(".")])
EMPTY_HERE = {"ai_slo_settled", "ai_slo_reconciled", "ai_slo_lease"}
"""Tables that a history may leave without a row: processes keep there what they are about to do, or have just done."""


@pytest.fixture(params=RELEASES)
def release(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def old(request: pytest.FixtureRequest, release: str, tmp_path: Path) -> Iterator[Store]:
    """A store as that release left it."""
    dump = (PLACE / f"{release}.{request.param}.sql").read_text()
    if request.param == "sqlite":
        with sqlite3.connect(tmp_path / "old.db") as connection:
            connection.executescript(dump)
        store = fresh(f"sqlite:///{tmp_path / 'old.db'}")
        yield store
        store.close()
        return
    server = request.getfixturevalue("postgres_server")
    admin = fresh(server).engine.execution_options(isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("CREATE DATABASE released"))
    store = fresh(server.replace("/postgres?", "/released?"))
    _load(store, dump)
    yield store
    store.close()
    with admin.connect() as connection:
        connection.execute(text("DROP DATABASE released WITH (FORCE)"))
    admin.dispose()


def _load(store: Store, dump: str) -> None:
    import psycopg

    url = store.engine.url
    with psycopg.connect(host=url.query["host"], user=url.username, dbname=url.database) as connection:  # type: ignore[arg-type]
        connection.execute(dump.encode())


def contents(store: Store) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, in an order of its own."""
    found = MetaData()
    found.reflect(store.engine)
    with store.read() as connection:
        rows = {
            name: [dict(row._mapping) for row in connection.execute(table.select())]
            for name, table in found.tables.items()
            if name != VERSION_TABLE
        }
    return {name: sorted(of_it, key=lambda row: json.dumps(row, default=str)) for name, of_it in rows.items()}


def agrees(found: Any, told: Any) -> bool:
    """Whether all that was told is still so; what a later version tells beside it is its own affair."""
    if isinstance(told, dict):
        return isinstance(found, dict) and all(name in found and agrees(found[name], told[name]) for name in told)
    if isinstance(told, list):
        return isinstance(found, list) and len(found) == len(told) and all(map(agrees, found, told))
    return bool(found == told)


def test_this_version_s_store_is_kept_for_those_to_come() -> None:
    for kind in ("json", "sqlite.sql", "postgres.sql"):
        assert (PLACE / f"{__version__}.{kind}").is_file(), "run `make released` before a release"
    assert RELEASES[-1] == __version__


def test_what_is_kept_leaves_rows_in_every_table(release: str) -> None:
    for kind in ("sqlite", "postgres"):
        dump = (PLACE / f"{release}.{kind}.sql").read_text()
        tables = set(re.findall(r"CREATE TABLE \W?(?:public\.)?(ai_slo_\w+)", dump))
        filled = set(re.findall(r"INSERT INTO \W?(?:public\.)?(ai_slo_\w+)", dump))
        assert tables - filled <= EMPTY_HERE
        assert len(tables) > 20


def test_an_old_store_becomes_this_version_s_to_the_last_index(old: Store) -> None:
    assert old.migrate() == schema.HEAD
    old.check()
    with old.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "compare_type": True})
        assert compare_metadata(context, metadata) == []
    new = fresh("sqlite://")
    new.migrate()
    assert _indexes(old) == _indexes(new)


def _indexes(store: Store) -> set[tuple[str, str]]:
    looked = inspect(store.engine)
    return {(table, str(one["name"])) for table in looked.get_table_names() for one in looked.get_indexes(table)} - {
        ("ai_slo_slo", "uq_ai_slo_slo_name_generation"),
        ("ai_slo_outbox", "uq_ai_slo_outbox_dedup_key"),
    }


def test_no_row_is_lost_or_changed(old: Store) -> None:
    before = contents(old)
    old.migrate()
    after = contents(old)
    for table, rows in before.items():
        columns = set(rows[0]) if rows else set()
        kept = [{name: value for name, value in row.items() if name in columns} for row in after[table]]
        assert sorted(kept, key=lambda row: json.dumps(row, default=str)) == rows, table


def test_the_figures_stay_what_they_were(old: Store, release: str) -> None:
    old.migrate()
    told = json.loads((PLACE / f"{release}.json").read_text())
    found = figures(old)
    for name in told:
        assert agrees(found[name], told[name]), name
    assert found["status"]
    assert found["frozen"]


def test_an_old_store_goes_on_recording_and_evaluating(old: Store) -> None:
    old.migrate()
    before = {one.slo.name: one.counts.total for one in engine.status(old, at=LATER, now=LATER)}
    later = LATER + timedelta(hours=1)
    engine.record(old, [seen(later, 0, 1, slo=slo) for slo in before], now=later)
    after = {one.slo.name: one.counts.total for one in engine.evaluate(old, at=later)}
    assert all(after[slo] >= before[slo] for slo in before)
    assert after["quiet"] == before["quiet"] + 1
    assert engine.override(old, "scoring", author="ann", reason="go", until=later + timedelta(hours=1), now=later)


def test_versions_of_the_schema_follow_one_another_and_the_newest_is_this_package_s() -> None:
    scripts = ScriptDirectory(str(Path(schema.__file__).parent / "migrations"))
    revisions = [one.revision for one in scripts.walk_revisions()]
    assert revisions[0] == schema.HEAD
    assert revisions == sorted(revisions, reverse=True), "versions are compared as texts"


def test_the_history_that_is_kept_makes_the_same_figures_today(store: Store) -> None:
    fill(store)
    told = json.loads((PLACE / f"{__version__}.json").read_text())
    assert agrees(figures(store), told)

"""Recording is fail-open, gates are fail-closed, and nobody sees a traceback."""

from __future__ import annotations

import json
import multiprocessing
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from slo_kit import DAY, HOUR, NOW, an_slo, seen

from airflow_ai_slo import engine
from airflow_ai_slo.core.errors import StoreNotMigratedError, StoreUnavailableError, UnknownSLOError
from airflow_ai_slo.core.freeze import Gate
from airflow_ai_slo.store import Store, open_store, schema
from airflow_ai_slo.store.connection import fresh, unchecked


def down() -> Store:
    raise StoreUnavailableError("the store is away")


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    return tmp_path / "spool" / "waiting.jsonl"


def test_a_store_that_is_down_makes_measurements_wait_and_comes_back_in_order(store: Store, spool: Path) -> None:
    engine.apply(store, [an_slo()], now=NOW)
    for good in (0, 1, 0):
        kept = engine.record_or_spool(down, [seen(good=good, key="run")], now=NOW + good * HOUR, spool=spool)
        assert (kept.recorded, kept.problem) == (0, "the store is away")
    assert kept.spooled == 3
    back = engine.record_or_spool(lambda: store, [seen(NOW + DAY)], now=NOW + DAY, spool=spool)
    assert (back.recorded, back.replayed, back.problem) == (1, 3, "")
    [evaluation] = engine.status(store, at=NOW + DAY)
    assert (evaluation.counts.good, evaluation.counts.total) == (2, 2)
    again = engine.record_or_spool(lambda: store, [seen(NOW + DAY)], now=NOW + DAY, spool=spool)
    assert (again.replayed, again.spooled) == (0, 0)


def test_lines_that_cannot_be_recorded_are_set_aside(store: Store, spool: Path) -> None:
    engine.apply(store, [an_slo()], now=NOW)
    engine.record_or_spool(down, [seen(slo="gone"), seen()], now=NOW, spool=spool)
    with spool.open("a") as file:
        file.write("not json\n" + json.dumps({"slo": "done"}) + "\n")
    back = engine.record_or_spool(lambda: store, [], now=NOW, spool=spool)
    assert back.replayed == 1
    assert "3 waiting line(s) set aside" in back.problem
    aside = spool.with_name(spool.name + ".rejected").read_text()
    assert len(aside.splitlines()) == 3
    assert engine.status(store, at=NOW)[0].counts.total == 1


def test_the_callers_own_mistake_is_told_at_once(store: Store, spool: Path) -> None:
    with pytest.raises(UnknownSLOError):
        engine.record_or_spool(lambda: store, [seen(slo="nope")], now=NOW, spool=spool)


def _opens(url: str) -> Callable[[], Store]:
    def opened() -> Store:
        found = fresh(url)
        found.check()
        return found

    return opened


@pytest.mark.parametrize("kind", ["no folder", "a folder", "not a database", "newer"])
def test_a_gate_whose_store_cannot_be_read_is_unknown_and_says_why(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "ai_slo.db"
    if kind == "no folder":
        path = tmp_path / "none" / "ai_slo.db"
    elif kind == "a folder":
        path.mkdir()
    elif kind == "not a database":
        path.write_bytes(b"certainly not SQLite, but long enough to be looked at" * 100)
    else:
        open_store(f"sqlite:///{path}").engine.dispose()
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE ai_slo_version SET version_num = '9999'")
    answer = engine.gate(_opens(f"sqlite:///{path}"), "scoring", now=NOW)
    assert answer.outcome is Gate.UNKNOWN
    assert answer.blocks()
    assert "\n" not in answer.detail
    assert "store" in answer.detail


def test_a_locked_store_blocks_a_gate_and_spools_a_measurement(
    sqlite_url: str, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("airflow_ai_slo.store.connection.BUSY_SECONDS", 0.05)
    store = fresh(sqlite_url)
    engine.apply(store, [an_slo()], now=NOW)
    holder = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        answer = engine.gate(lambda: store, "scoring", now=NOW)
        kept = engine.record_or_spool(lambda: store, [seen()], now=NOW, spool=spool)
    finally:
        holder.execute("ROLLBACK")
        holder.close()
    assert answer.outcome is Gate.UNKNOWN
    assert "locked" in answer.detail
    assert (kept.recorded, kept.spooled) == (0, 1)
    assert engine.record_or_spool(lambda: store, [], now=NOW, spool=spool).replayed == 1


@pytest.mark.postgres
def test_postgresql_asks_to_be_migrated(postgres_server: str) -> None:
    from sqlalchemy import text

    with unchecked(postgres_server).engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("DROP DATABASE IF EXISTS untouched"))
        connection.execute(text("CREATE DATABASE untouched"))
    url = postgres_server.replace("/postgres?", "/untouched?")
    with pytest.raises(StoreNotMigratedError, match="run `ai-slo db upgrade`"):
        open_store(url)
    assert unchecked(url).migrate() == schema.HEAD
    assert open_store(url)


def test_a_password_never_shows() -> None:
    store = unchecked("postgresql+psycopg://ada:hunter2@127.0.0.1:1/none")
    with pytest.raises(StoreUnavailableError) as raised:
        store.check()
    assert "hunter2" not in str(raised.value)


def test_the_migrated_schema_is_the_one_the_code_means(store: Store) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from airflow_ai_slo.store.tables import VERSION_TABLE, metadata

    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, metadata) == []


def _first_open(url: str) -> str:
    return open_store(url).where


def test_several_processes_may_open_a_new_store_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        assert pool.map(_first_open, [url] * 6) == [url] * 6

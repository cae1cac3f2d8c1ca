"""Opening, migrating and losing a store."""

from __future__ import annotations

import logging
import multiprocessing
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from alembic import op
from slo_kit import DAY, NOW, an_slo, seen
from sqlalchemy import inspect, text

from airflow_ai_slo import engine
from airflow_ai_slo.core.errors import ConfigurationError, StoreNotMigratedError, StoreUnavailableError
from airflow_ai_slo.core.freeze import Gate
from airflow_ai_slo.store import Store, open_store, schema
from airflow_ai_slo.store.connection import default_url, fresh, unchecked


@pytest.fixture
def empty_postgres_url(postgres_server: str) -> Iterator[str]:
    """A database without tables."""
    admin = fresh(postgres_server).engine.execution_options(isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("CREATE DATABASE empty"))
    url = postgres_server.replace("/postgres?", "/empty?")
    yield url
    unchecked(url).engine.dispose()
    with admin.connect() as connection:
        connection.execute(text("DROP DATABASE empty WITH (FORCE)"))
    admin.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    url: str = request.getfixturevalue("empty_postgres_url")
    return url


def set_version(url: str, number: str) -> None:
    with fresh(url).write() as connection:
        connection.execute(text("UPDATE ai_slo_version SET version_num = :number"), {"number": number})


def _upgrade(url: str) -> str:
    return fresh(url).migrate()


def test_several_may_migrate_at_once(empty_url: str) -> None:
    with multiprocessing.get_context("fork").Pool(4) as pool:
        assert pool.map(_upgrade, [empty_url] * 8) == [schema.HEAD] * 8
    assert engine.status(fresh(empty_url), at=NOW) == []


def test_a_new_file_that_somebody_else_is_writing_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    writer = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("CREATE TABLE somebody_elses (a)")
    done = threading.Timer(0.2, lambda: writer.execute("COMMIT"))
    done.start()
    try:
        store = fresh(f"sqlite:///{path}")
        assert store.migrate() == schema.HEAD
        store.engine.dispose()
    finally:
        done.join()
        writer.close()


def test_a_migration_that_breaks_off_leaves_nothing_behind(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    create_index = op.create_index

    def full_disk(name: str, *args: Any, **options: Any) -> Any:
        if "outbox" in name:
            raise OSError("no space left on device")
        return create_index(name, *args, **options)

    monkeypatch.setattr(op, "create_index", full_disk)
    store = fresh(empty_url)
    with pytest.raises(OSError, match="no space left"):
        store.migrate()
    assert inspect(store.engine).get_table_names() == []
    monkeypatch.undo()
    assert store.migrate() == schema.HEAD
    store.engine.dispose()


def test_migrating_says_nothing_and_leaves_the_user_s_logging_alone(
    empty_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = logging.getLogger("somebody.elses")
    fresh(empty_url).migrate()
    assert not mine.disabled
    assert capsys.readouterr() == ("", "")


def test_tables_of_a_newer_version_are_refused_and_left_alone(store_url: str) -> None:
    set_version(store_url, "9999")
    try:
        store = fresh(store_url)
        for use in (store.check, store.migrate):
            with pytest.raises(StoreNotMigratedError, match=r"version 9999, newer than .*; upgrade airflow-ai-slo"):
                use()
        answer = engine.gate(lambda: (store.check(), store)[1], "scoring", now=NOW)
        assert (answer.outcome, "newer" in answer.detail) == (Gate.UNKNOWN, True)
        with store.engine.connect() as connection:
            assert schema.version(connection) == "9999"
    finally:
        set_version(store_url, schema.HEAD)


@pytest.mark.postgres
def test_a_gate_on_a_postgresql_without_tables_says_what_to_run(empty_postgres_url: str) -> None:
    for open_it in (lambda: open_store(empty_postgres_url), lambda: fresh(empty_postgres_url)):
        answer = engine.gate(open_it, "scoring", now=NOW)
        assert answer.outcome is Gate.UNKNOWN
        assert "run `ai-slo db upgrade`" in answer.detail
        assert "\n" not in answer.detail


@pytest.mark.postgres
def test_measurements_wait_while_postgresql_has_no_tables(empty_postgres_url: str, tmp_path: Path) -> None:
    spool = tmp_path / "spool.jsonl"
    kept = engine.record_or_spool(lambda: open_store(empty_postgres_url), [seen()], now=NOW, spool=spool)
    assert (kept.spooled, "ai-slo db upgrade" in kept.problem) == (1, True)
    store = unchecked(empty_postgres_url)
    store.migrate()
    engine.apply(store, [an_slo()], now=NOW)
    assert engine.record_or_spool(lambda: open_store(empty_postgres_url), [], now=NOW, spool=spool).replayed == 1


def test_a_store_that_can_only_be_read_still_shows_its_figures_and_opens_no_gate(sqlite_url: str) -> None:
    writable = open_store(sqlite_url)
    engine.apply(writable, [an_slo()], now=NOW)
    engine.record(writable, [seen()], now=NOW)
    engine.evaluate(writable, at=NOW)
    writable.engine.dispose()
    path = sqlite_url.removeprefix("sqlite:///")
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store = fresh(f"sqlite:///file:{path}?mode=ro&uri=true")
    assert engine.status(store, at=NOW)[0].counts.total == 1
    answer = engine.gate(lambda: store, "scoring", now=NOW)
    assert answer.outcome is Gate.UNKNOWN
    assert "readonly" in answer.detail
    with pytest.raises(StoreUnavailableError, match="readonly"):
        engine.record(store, [seen()], now=NOW)
    store.engine.dispose()


@pytest.mark.postgres
def test_connections_that_the_server_dropped_are_replaced(postgres_url: str) -> None:
    store = fresh(postgres_url)
    engine.apply(store, [an_slo()], now=NOW)
    uses: list[Any] = [
        lambda: engine.record(store, [seen()], now=NOW),
        lambda: engine.evaluate(store, at=NOW),
        lambda: engine.status(store, at=NOW),
        lambda: engine.deliver(store, {}, now=NOW),
    ]
    for use in uses:
        use()
        administrator = fresh(postgres_url)
        with administrator.write() as connection:
            others = "pid <> pg_backend_pid() AND backend_type = 'client backend'"
            connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))
        administrator.engine.dispose()
        with pytest.raises(StoreUnavailableError) as caught:
            use()
        assert "\n" not in str(caught.value)
        use()
    store.engine.dispose()
    open_store(postgres_url).engine.dispose()


def _record_in_child(url: str) -> None:
    engine.record(open_store(url), [seen(NOW, key="child")], now=NOW)


def test_a_forked_process_has_connections_of_its_own(store_url: str) -> None:
    store = open_store(store_url)
    engine.apply(store, [an_slo()], now=NOW)
    child = multiprocessing.get_context("fork").Process(target=_record_in_child, args=(store_url,))
    child.start()
    child.join(30)
    assert child.exitcode == 0
    engine.record(store, [seen(NOW, key="parent")], now=NOW)
    assert engine.status(store, at=NOW + DAY)[0].counts.total == 2


def test_a_store_is_opened_once_per_process_and_address(sqlite_url: str) -> None:
    assert open_store(sqlite_url) is open_store(sqlite_url)
    assert isinstance(open_store(sqlite_url), Store)


def test_where_the_store_is_when_nobody_says(tmp_path: Path) -> None:
    assert default_url({"AI_SLO_STORE_URL": "postgresql://h/d", "AIRFLOW_HOME": "/a"}) == "postgresql://h/d"
    assert default_url({"AIRFLOW_HOME": str(tmp_path)}) == f"sqlite:///{tmp_path}/ai_slo.db"
    assert default_url({}) == f"sqlite:///{Path.home()}/airflow/ai_slo.db"


def test_a_driver_that_is_not_installed_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'airflow-ai-slo\[postgres\]'"):
        fresh("postgresql://host/none")


def test_a_store_whose_connections_are_all_taken_is_unavailable(postgres_url: str) -> None:
    store = fresh(postgres_url)
    store.engine.pool._timeout = 0.05  # type: ignore[attr-defined]
    with ExitStack() as held:

        def take_all() -> None:
            for _ in range(50):
                held.enter_context(store.read())

        with pytest.raises(StoreUnavailableError, match="limit"):
            take_all()
    store.close()

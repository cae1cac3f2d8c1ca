"""A gate waits a few seconds for a store that is locked, not half a minute."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from slo_kit import HOUR, NOW, an_slo, seen
from sqlalchemy import text

from airflow_ai_slo import engine
from airflow_ai_slo.core.freeze import Gate
from airflow_ai_slo.engine import gating
from airflow_ai_slo.store import Store, open_store
from airflow_ai_slo.store.connection import fresh


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> timedelta:
    """A gate's patience, shorter than a test's."""
    short = timedelta(milliseconds=300)
    monkeypatch.setattr(gating, "PATIENCE", short)
    return short


@contextmanager
def locked(store_url: str) -> Iterator[None]:
    """Somebody holds the lock that a gate needs."""
    if store_url.startswith("sqlite"):
        holder = sqlite3.connect(store_url.removeprefix("sqlite:///"), isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            holder.execute("ROLLBACK")
            holder.close()
    else:
        other = fresh(store_url)
        with other.engine.connect() as connection:
            connection.execute(text("LOCK TABLE ai_slo_slo IN ACCESS EXCLUSIVE MODE"))
            yield
            connection.rollback()
        other.engine.dispose()


def test_its_patience_is_a_few_seconds() -> None:
    assert timedelta(seconds=2) <= gating.PATIENCE <= timedelta(seconds=10)


def test_a_gate_on_a_locked_store_is_unknown_after_its_patience(
    store: Store, store_url: str, patience: timedelta
) -> None:
    engine.apply(store, [an_slo()], now=NOW)
    engine.evaluate(store, at=NOW)
    with locked(store_url):
        started = time.monotonic()
        answer = engine.gate(lambda: store, "scoring", now=NOW)
        waited = time.monotonic() - started
    assert answer.outcome is Gate.UNKNOWN
    assert "the SLO store cannot be asked" in answer.detail
    assert "\n" not in answer.detail
    assert patience.total_seconds() <= waited < 5
    assert engine.gate(lambda: store, "scoring", now=NOW).outcome is Gate.ALLOWED


def test_those_who_wait_longer_still_do(store: Store, store_url: str, patience: timedelta) -> None:
    engine.apply(store, [an_slo()], now=NOW)
    engine.evaluate(store, at=NOW)
    with store.write(patience=patience) as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1
    sqlite = store.engine.dialect.name == "sqlite"
    with store.write() as connection:
        query = "PRAGMA busy_timeout" if sqlite else "SHOW lock_timeout"
        assert connection.execute(text(query)).scalar() == (30_000 if sqlite else "0")
    engine.record(store, [seen(NOW + HOUR)], now=NOW)


def test_an_exempt_change_passes_a_locked_store_with_a_warning(sqlite_url: str, patience: timedelta) -> None:
    store = open_store(sqlite_url)
    with locked(sqlite_url):
        answer = engine.gate(lambda: store, "scoring", now=NOW, labels=["p0"])
    assert (answer.outcome, answer.warns) == (Gate.ALLOWED, True)
    assert "not audited" in answer.detail
    store.engine.dispose()

"""Counts and addresses at the edge of what a store can take."""

from __future__ import annotations

from typing import Any

import pytest
from slo_kit import DAY, MINUTE, NOW, an_slo, seen

from airflow_ai_slo import engine
from airflow_ai_slo.core.counts import Counts
from airflow_ai_slo.core.errors import AiSloError, ConfigurationError, MeasurementError, StoreUnavailableError
from airflow_ai_slo.store import Store, open_store


@pytest.fixture
def applied(store: Store) -> Store:
    engine.apply(store, [an_slo()], now=NOW)
    return store


def counts(store: Store) -> Counts:
    return engine.status(store, at=NOW + DAY)[0].counts


def test_the_largest_count_is_counted_exactly(applied: Store) -> None:
    engine.record(applied, [seen(NOW, 2**61 - 1, 2**61)], now=NOW)
    assert counts(applied) == Counts(2**61 - 1, 2**61, 0, 1)


def test_sums_that_no_longer_fit_are_refused_and_nothing_is_written(applied: Store) -> None:
    engine.record(applied, [seen(NOW, 2**62, 2**62)], now=NOW)
    with pytest.raises(MeasurementError, match="too large"):
        engine.record(applied, [seen(NOW + MINUTE, 2**62, 2**62), seen(NOW + DAY, 1, 1)], now=NOW)
    assert counts(applied) == Counts(2**62, 2**62, 0, 1)


def test_a_fraction_beside_large_counts_is_refused_and_corrupts_nothing(applied: Store) -> None:
    large = 10**10 + 1
    engine.record(applied, [seen(NOW, 10**10, large)], now=NOW)
    with pytest.raises(MeasurementError, match="too large"):
        engine.record(applied, [seen(NOW + MINUTE, "0.123456789", 1)], now=NOW)
    assert counts(applied) == Counts(10**10, large, 0, 1)
    engine.record(applied, [seen(NOW + MINUTE, 1, 1)], now=NOW)
    assert counts(applied).total == large + 1


def test_a_key_as_long_as_may_be_in_any_script_is_the_same_key_again(applied: Store) -> None:
    key = "ключ✓" * 100
    for good in (0, 1):
        engine.record(applied, [seen(good=good, key=key), seen(good=1, key=key[:-1])], now=NOW)
    assert counts(applied).total == 2


@pytest.mark.parametrize(
    "key", ["1", "true", "null", '"', "a\\u0000", "{}", "%s", ":name", "' OR 1=1 --", "e\u0301", "\u00e9"]
)
def test_no_key_means_anything_but_itself(applied: Store, key: str) -> None:
    engine.record(applied, [seen(good=0, key=key)], now=NOW)
    engine.record(applied, [seen(good=1, key=key), seen(good=1, key="other")], now=NOW)
    assert counts(applied) == Counts(2, 2, 0, 1)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", "not a database URL"),
        ("nonsense", "not a database URL"),
        ("mysql://host/db", "SQLite or PostgreSQL"),
        ("postgresql+foo://host/db", "postgresql"),
        ("postgresql://u:s3cret@host:port/db", "not a database URL"),
        ("sqlite+aiosqlite:///x.db", "aiosqlite"),
        ("postgresql+asyncpg://u:s3cret@host/db", "asyncpg"),
    ],
)
def test_an_address_that_is_none_is_told_in_one_line(url: str, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem) as caught:
        open_store(url)
    assert "\n" not in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:s3cret@127.0.0.1:1/db",
        "postgresql://127.0.0.1:1/db?password=s3cret",
        "postgresql://u:s3cret@127.0.0.1:1/db?nonsense=1",
        "postgresql://u:s3cret@127.0.0.1:1/db?sslmode=s3crets",
        "sqlite:////no/such/folder/ai_slo.db",
    ],
)
def test_a_store_that_does_not_answer_is_told_in_one_line_without_its_password(url: str) -> None:
    with pytest.raises(AiSloError) as caught:
        open_store(url)
    assert isinstance(caught.value, StoreUnavailableError)
    assert "\n" not in str(caught.value)
    assert "s3cret" not in str(caught.value).replace("s3crets", "")


def test_every_page_of_a_long_history_costs_the_same_number_of_statements(applied: Store) -> None:
    from sqlalchemy import event

    statements: list[Any] = []
    event.listen(applied.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    taken = []
    for _ in range(3):
        engine.record(applied, [seen(NOW - n * MINUTE * 7, n % 9, 10, key=f"{n}") for n in range(400)], now=NOW)
        statements.clear()
        engine.evaluate(applied, at=NOW)
        taken.append(len(statements))
    assert max(taken) <= taken[0] + 4

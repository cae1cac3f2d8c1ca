"""Work that one process at a time does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from airflow_ai_slo.core.instants import CLOCKS_DIFFER
from airflow_ai_slo.store import Store, leases

NOW = datetime(2026, 6, 1, tzinfo=UTC)
LENGTH = timedelta(minutes=6)


def take(store: Store, holder: str, now: datetime = NOW, name: str = "work") -> datetime | None:
    with store.write() as connection:
        return leases.take(connection, name, holder, now=now, length=LENGTH)


def test_the_first_has_it_and_holds_on_to_it(store: Store) -> None:
    assert take(store, "a") is None
    assert take(store, "b") == NOW + LENGTH
    later = NOW + LENGTH / 2
    assert take(store, "a", later) is None
    assert take(store, "b", NOW + LENGTH) == later + LENGTH
    assert take(store, "b", NOW, "other work") is None


def test_who_dies_gives_it_up_by_its_end_and_not_before(store: Store) -> None:
    take(store, "a")
    assert take(store, "b", NOW + LENGTH - timedelta(microseconds=1)) == NOW + LENGTH
    assert take(store, "b", NOW + LENGTH) is None
    assert take(store, "a", NOW + LENGTH) == NOW + 2 * LENGTH


def test_who_leaves_gives_up_its_own_alone(store: Store) -> None:
    take(store, "a")
    with store.write() as connection:
        leases.give_up(connection, "work", "b")
    assert take(store, "b") is not None
    with store.write() as connection:
        leases.give_up(connection, "work", "a")
        leases.give_up(connection, "work", "a")
    assert take(store, "b") is None


def test_a_clock_that_was_hours_ahead_keeps_nobody_from_working(store: Store) -> None:
    take(store, "a", NOW + timedelta(hours=5))
    assert take(store, "b") is None


def test_clocks_that_differ_a_little_are_borne(store: Store) -> None:
    take(store, "a", NOW + CLOCKS_DIFFER)
    assert take(store, "b") == NOW + CLOCKS_DIFFER + LENGTH
    assert take(store, "b", NOW + CLOCKS_DIFFER + LENGTH) is None


def test_of_many_at_once_one_has_it(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        took = list(pool.map(lambda n: take(store, f"process {n}"), range(16)))
    assert took.count(None) == 1
    assert set(took) == {None, NOW + LENGTH}

"""A process that records, evaluates and delivers is killed at any point: nothing is lost, nothing doubled.

CI has some hundreds of deaths. ``make soak`` has thousands: ``AI_SLO_SOAK_DEATHS`` for each store, from
``AI_SLO_SOAK_SEED`` on, which it prints for each script, so that one that fails can be played again.
"""

from __future__ import annotations

import os
import random
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from killed_books import books, outbox_keys
from killed_channels import Posted, Servers
from killed_lives import NOW, STEP, Scene, live_and_die, script, undisturbed
from slo_reference import Reference
from sqlalchemy import select, text

from airflow_ai_slo.core.instants import from_micros
from airflow_ai_slo.store import Store, counting, curve, tables
from airflow_ai_slo.store.connection import fresh

DEATHS = int(os.environ.get("AI_SLO_SOAK_DEATHS", "100"))
SEED = int(os.environ.get("AI_SLO_SOAK_SEED", "1"))
STEPS = 36


@pytest.fixture
def servers() -> Iterator[Servers]:
    with Servers() as running:
        yield running


@pytest.fixture
def killed(store_url: str, sqlite_template: Path) -> Iterator[tuple[Store, Callable[[], None]]]:
    """A store, and how it is emptied."""
    store = fresh(store_url)

    def empty() -> None:
        store.close()
        if store.engine.dialect.name == "sqlite":
            path = Path(store.engine.url.database or "")
            for ending in ("-wal", "-shm", "-journal"):
                path.with_name(path.name + ending).unlink(missing_ok=True)
            shutil.copy(sqlite_template, path)
        else:
            wait_for_orphans(store)
            with store.write() as connection:
                names = ", ".join(table.name for table in tables.metadata.sorted_tables)
                connection.execute(text(f"TRUNCATE {names}"))
        store.close()

    yield store, empty
    store.close()


def test_kill_9_at_any_point(
    killed: tuple[Store, Callable[[], None]], servers: Servers, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, empty = killed
    deaths, seed = Counter[str](), SEED
    while deaths.total() < DEATHS:
        scene = Scene(store, servers, tmp_path, script(seed, STEPS))
        empty()
        scene.begin()
        pace = undisturbed(scene)
        expected = books(store)
        assert_something_happened(expected)
        # Several fates of one script, which need not be played undisturbed each time.
        for fate in range(1 if DEATHS <= 500 else 5):
            empty()
            scene.begin()
            with capsys.disabled():
                if DEATHS > 500:
                    print(
                        f"{store.engine.dialect.name}: seed {seed}.{fate}, {deaths.total()} deaths so far", flush=True
                    )
            died = live_and_die(scene, pace, random.Random(f"{seed}.{fate}"))
            deaths += died
            wait_for_orphans(store)
            scene.end()
            found = books(store)
            for name, rows in expected.items():
                assert found[name] == rows, f"seed {seed}.{fate}: {name}"
            assert_sums_are_those_of_the_measurements(store)
            assert_messages_went_out_once(store, servers, died.total())
        seed += 1
    with capsys.disabled():
        if DEATHS > 500:
            print(f"{store.engine.dialect.name}: {deaths.total()} deaths: {dict(deaths)}, seeds {SEED} to {seed - 1}")


def wait_for_orphans(store: Store) -> None:
    """PostgreSQL finishes what it was told by a process that is no more."""
    if store.engine.dialect.name != "postgresql":
        return
    others = text(
        "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    store.close()
    patience = time.monotonic() + 10
    while time.monotonic() < patience:
        with store.read() as connection:
            if not connection.execute(others).scalar():
                return
        time.sleep(0.002)


def assert_something_happened(found: dict[str, list[Any]]) -> None:
    transitions = {row["transition"] for row in found["event"]}
    assert {"opened", "resolved"} <= transitions
    assert found["freeze"]
    assert {row["target"] for row in found["outbox"]} == {"default", "hook"}
    assert {row["state"] for row in found["outbox"]} == {"sent"}
    assert {row["cause"] for row in found["ai_slo_measurement"]} >= {None, "missing_run", "late"}


def assert_sums_are_those_of_the_measurements(store: Store) -> None:
    with store.read() as connection:
        slos = list(connection.execute(select(tables.slo).where(tables.slo.c.name != "slices")))
        for one in slos:
            reference = Reference(Fraction(one.objective))
            for row in connection.execute(select(tables.measurement).where(tables.measurement.c.slo_id == one.id)):
                counts = Fraction(row.good, one.scale), Fraction(row.total, one.scale)
                reference.record(row.key, from_micros(row.at), *counts)
            starts = [NOW + number * STEP for number in range(-42, STEPS, 7)]
            for start, end in zip(starts, starts[3:], strict=False):
                expected = reference.within(start, end)
                sums = curve.prefixes(connection, [start, end], [one.id])
                upto, before = sums[end].get(one.id), sums[start].get(one.id)
                found = counting.difference(upto, before, one.scale)
                assert found == (expected.good, expected.total, expected.bad_runs, expected.runs)


def assert_messages_went_out_once(store: Store, servers: Servers, deaths: int) -> None:
    """Slack has each once, since it is asked first; a webhook's receiver can tell doubles by their id."""
    posted, written = servers.posted(), outbox_keys(store, "default")
    assert Counter(one.dedup_key for one in posted) == Counter(key for key, _ in written)
    assert_threads_are_in_order([one.dedup_key for one in posted], written)
    threads: dict[str, set[str]] = {}
    by_key = dict(written)
    for one in posted:
        threads.setdefault(by_key[one.dedup_key], set()).add(one.thread)
    assert all(len(names) == 1 for names in threads.values())
    assert len({next(iter(names)) for names in threads.values()}) == len(threads)
    hooked, written = [one["data"]["id"] for one in servers.hooked()], outbox_keys(store, "hook")
    assert set(hooked) == {key for key, _ in written}
    assert len(hooked) - len(written) <= deaths
    assert_threads_are_in_order(list(dict.fromkeys(hooked)), written)


def assert_threads_are_in_order(sent: list[str], written: list[tuple[str, str]]) -> None:
    by_thread: dict[str, list[str]] = {}
    for key, thread in written:
        by_thread.setdefault(thread, []).append(key)
    for keys in by_thread.values():
        assert [key for key in sent if key in keys] == keys


def test_a_death_is_found_where_something_is_lost(servers: Servers) -> None:
    """The checks themselves: of two messages in a thread the second must not come first, nor either be missing."""
    with pytest.raises(AssertionError):
        assert_threads_are_in_order(["b", "a"], [("a", "t"), ("b", "t")])
    with pytest.raises(AssertionError):
        assert_threads_are_in_order(["a"], [("a", "t"), ("b", "t")])
    assert servers.posted() == list[Posted]()

"""Several at once: nobody waits in a circle, nobody sees half of anything."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from typing import Any

import pytest
from slo_kit import DAY, HOUR, MINUTE, NOW, an_slo, seen
from sqlalchemy import text

from airflow_ai_slo import engine
from airflow_ai_slo.core.definition import Indicator
from airflow_ai_slo.core.evaluation import Evaluation
from airflow_ai_slo.core.measurement import Measurement
from airflow_ai_slo.store import Store, curve, recording
from airflow_ai_slo.store import definitions as defined
from airflow_ai_slo.store.connection import fresh
from airflow_ai_slo.store.prepared import MANY


def in_background(work: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    """Start something that may have to wait; its result or error lands in the list."""
    results: list[Any] = []

    def run() -> None:
        try:
            results.append(work())
        except Exception as error:
            results.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, results


def waits(store: Store) -> bool:
    """Whether somebody waits for a lock within two seconds."""
    with fresh(store.engine.url.render_as_string(hide_password=False)).engine.connect() as connection:
        for _ in range(200):
            connection.execute(text("SELECT pg_sleep(0.01)"))
            if connection.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar():
                return True
            connection.rollback()
    return False


@pytest.fixture
def postgres(postgres_url: str) -> Store:
    from airflow_ai_slo.store import open_store

    return open_store(postgres_url)


def test_many_writers_of_one_slo_add_up(store: Store) -> None:
    engine.apply(store, [an_slo()], now=NOW)

    def write(worker: int) -> None:
        for number in range(12):
            at = NOW - number * HOUR
            engine.record(store, [seen(at, number % 2, key=f"{worker}-{number}")], now=NOW)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(6)))
    [evaluation] = engine.status(store, at=NOW)
    assert evaluation.counts == (36, 72, 6, 12)


def test_writers_definers_and_evaluators_in_any_order_never_block_each_other_for_good(store: Store) -> None:
    names = ["a", "Z", "b", "ä"]
    # Some freeze and alert all the time, so that evaluators write too.
    options: dict[str, Any] = {"alerting": "seed", "window": "1d"}
    engine.apply(store, [an_slo(name, **options) for name in names], now=NOW)
    ticks = itertools.count()

    def write(worker: int) -> None:
        for _ in range(10):
            at = NOW + next(ticks) * MINUTE
            order = names if worker % 2 else names[::-1]
            engine.record(store, [seen(at, 0, slo=name, key=f"{at}") for name in order], now=at)

    def define(worker: int) -> None:
        for number in range(5):
            order = names[::-1] if worker % 2 else names
            objective = "0.9" if number % 2 else "0.8"
            engine.apply(store, [an_slo(name, **options, objective=objective) for name in order], now=NOW)

    def watch(_: int) -> None:
        for _ in range(8):
            engine.evaluate(store, at=NOW + next(ticks) * MINUTE)

    with ThreadPoolExecutor(8) as pool:
        jobs = [pool.submit(work, n) for work in (write, define, watch) for n in range(2)]
        for job in jobs:
            job.result()
    found = {e.slo.name: e.counts for e in engine.status(store, at=NOW + 600 * MINUTE)}
    assert {counts[:2] for counts in found.values()} == {(0, 20)}


def test_the_same_definitions_may_be_applied_at_once(store: Store) -> None:
    barrier = threading.Barrier(4)

    def define(_: int) -> list[str]:
        barrier.wait()
        return [change.change for change in engine.apply(store, [an_slo("a"), an_slo("b")], now=NOW)]

    with ThreadPoolExecutor(4) as pool:
        changes = list(pool.map(define, range(4)))
    assert sorted(changes) == [["created", "created"], *[["unchanged", "unchanged"]] * 3]


@pytest.mark.postgres
@pytest.mark.parametrize("look", [engine.status, engine.evaluate])
def test_what_comes_in_between_two_reads_of_an_evaluation_is_left_for_the_next(
    postgres: Store, monkeypatch: pytest.MonkeyPatch, look: Callable[..., list[Evaluation]]
) -> None:
    engine.apply(postgres, [an_slo(window="1d")], now=NOW)
    engine.record(postgres, [seen(NOW, 10, 10), seen(NOW - 3 * DAY, 10, 10)], now=NOW)
    engine.evaluate(postgres, at=NOW)
    monkeypatch.setattr(curve, "AT_ONCE", 1)
    read = curve._sums
    # Late data before the window would pass for data inside it, and a new scale makes all counts ten times as large.
    late = iter([seen(NOW - 2 * DAY, 0, 100, key="late"), seen(NOW, "9.5", 10, key="tenths")])

    def interrupted(*args: Any) -> Any:
        found = read(*args)
        one = next(late, None)
        if one is not None:
            thread, results = in_background(lambda: engine.record(postgres, [one], now=NOW))
            thread.join(10)
            assert results == [1]
        return found

    monkeypatch.setattr(curve, "_sums", interrupted)
    [evaluation] = look(postgres, at=NOW)
    assert (evaluation.counts.total, evaluation.exhausted) == (10, False)
    [evaluation] = look(postgres, at=NOW)
    assert evaluation.counts.total == 20


@pytest.mark.postgres
def test_an_incident_opens_although_measurements_keep_coming_in(
    postgres: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.apply(postgres, [an_slo(alerting="seed")], now=NOW)
    engine.record(postgres, [seen(NOW, 0)], now=NOW)
    read = curve._sums
    more = iter(range(1, 4))

    def interrupted(*args: Any) -> Any:
        number = next(more, None)
        if number is not None:
            engine.record(postgres, [seen(NOW - number * MINUTE, 0)], now=NOW)
        return read(*args)

    monkeypatch.setattr(curve, "_sums", interrupted)
    engine.evaluate(postgres, at=NOW)
    [service] = engine.report(postgres, at=NOW, period=DAY).services
    assert [incident.severity for incident in service.slos[0].incidents] == ["page"]


@pytest.mark.postgres
def test_an_evaluator_waits_for_another_and_sees_what_it_wrote(postgres: Store) -> None:
    from airflow_ai_slo.store import evaluations

    engine.apply(postgres, [an_slo(alerting="seed")], now=NOW)
    engine.record(postgres, [seen(NOW, 0)], now=NOW)
    with postgres.write() as connection:
        evaluations.one_at_a_time(connection)
        thread, results = in_background(lambda: engine.evaluate(postgres, at=NOW))
        assert waits(postgres)
        recording.record(connection, [seen(NOW, 1, key="during")], 0)
    thread.join(10)
    [[evaluation]] = results
    assert evaluation.counts.total == 2


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("waiting", "expected"),
    [
        ([seen(NOW, 0, key="late")], (1, 2, 1, 1)),
        ([seen(NOW + HOUR, 0, key="next")], (1, 2, 1, 2)),
        ([seen(NOW + HOUR, 0, key="same")], (0, 1, 1, 1)),
        ([seen(NOW, "0.5", key="tenths")], (Fraction(3, 2), 2, 1, 1)),
        ([seen(NOW + n * MINUTE, 1, key=f"{n}") for n in range(MANY)], (MANY + 1, MANY + 1, 0, MANY)),
    ],
)
def test_a_measurement_that_waited_for_another_adds_to_what_that_one_wrote(
    postgres: Store, waiting: list[Measurement], expected: tuple[Any, ...]
) -> None:
    """What it reads is sent together with the lock that it waits for, and must be read after the wait."""
    engine.apply(postgres, [an_slo()], now=NOW)
    for _ in range(7):
        # Also when the statements have been prepared, and planned for good.
        engine.record(postgres, [seen(NOW - DAY, key="before")], now=NOW - DAY)
    with postgres.write() as connection:
        recording.record(connection, [seen(NOW, 1, key="same")], 0)
        thread, results = in_background(lambda: engine.record(postgres, waiting, now=NOW))
        assert waits(postgres)
    thread.join(10)
    assert results == [len(waiting)]
    [evaluation] = engine.status(postgres, at=NOW + DAY - HOUR)
    good, total, bad, runs = expected
    assert evaluation.counts == (good + 1, total + 1, bad, runs + 1)


@pytest.mark.postgres
def test_a_measurement_that_waited_for_a_new_generation_counts_there(postgres: Store) -> None:
    engine.apply(postgres, [an_slo()], now=NOW)
    with postgres.write() as connection:
        defined.apply_slo(connection, an_slo(indicator=Indicator(source="sql")), 0)
        thread, results = in_background(lambda: engine.record(postgres, [seen()], now=NOW))
        assert waits(postgres)
    thread.join(10)
    assert results == [1]


@pytest.mark.postgres
def test_an_incident_can_be_opened_while_a_measurement_is_being_written(postgres: Store) -> None:
    engine.apply(postgres, [an_slo(alerting="seed")], now=NOW)
    engine.record(postgres, [seen(NOW, 0)], now=NOW)
    with postgres.write() as connection:
        recording.record(connection, [seen(NOW + HOUR, 1)], 0)
        thread, results = in_background(lambda: engine.evaluate(postgres, at=NOW))
        thread.join(2)
        done = list(results)
    thread.join(10)
    assert len(done) == 1


def test_what_is_recorded_in_one_call_is_seen_as_a_whole_or_not_at_all(store: Store) -> None:
    engine.apply(store, [an_slo("a"), an_slo("b")], now=NOW)
    stop = threading.Event()
    torn: list[Any] = []

    def look() -> None:
        while not stop.is_set():
            counts = {e.slo.name: e.counts.total for e in engine.status(store, at=NOW)}
            if counts["a"] != counts["b"]:
                torn.append(counts)

    thread, _ = in_background(look)
    for number in range(25):
        both: list[Measurement] = [seen(NOW - number * HOUR, 1, slo=name) for name in "ab"]
        engine.record(store, both, now=NOW)
    stop.set()
    thread.join(10)
    assert torn == []

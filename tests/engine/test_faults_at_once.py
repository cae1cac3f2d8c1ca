"""Processes that record, evaluate and deliver at once, on clocks of their own; evaluation that stops for a day."""

from __future__ import annotations

import multiprocessing
import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from slo_kit import DAY, HOUR, MINUTE, NOW, an_slo, seen
from slo_reference import Reference
from sqlalchemy import select

from airflow_ai_slo import engine
from airflow_ai_slo.alerts import Message, Receipt
from airflow_ai_slo.core.definition import SLO, Schedule
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.store import Store, open_store, tables

NAMES = ("counted", "due")
WORKERS, TICKS = 3, 12
TICK = 5 * MINUTE
DELIVERED = NOW + 3 * DAY
"""Messages are leased by the clock, and clocks that are more than a lease apart would send one twice."""


class FileInbox:
    """A channel that several processes share."""

    name = "file"

    def __init__(self, path: Path) -> None:
        self.path = path

    def send(self, message: Message, *, thread: str | None, again: bool = False) -> Receipt:
        with self.path.open("a") as file:
            file.write(f"{message.dedup_key}\n")
        return Receipt(f"thread of {message.thread_key}")


def slos() -> list[SLO]:
    schedule = Schedule(cadence="5m", start=NOW - 6 * HOUR, deadline=Duration(2, "d"))
    return [
        an_slo("counted", alerting="seed", window="8h"),
        an_slo("due", alerting="pipeline", schedule=schedule, window="8h"),
    ]


def record(url: str, folder: Path, worker: int) -> None:
    """A spell of bad runs; each worker has measurements of its own in each run, and writes some again."""
    store, dice = open_store(url), random.Random(worker)
    for tick in range(TICKS):
        now = NOW + tick * TICK
        keys = {f"{worker}/{tick}": now, f"{worker}/{(earlier := dice.randrange(tick + 1))}": NOW + earlier * TICK}
        engine.record(store, [seen(at, 0, 1, slo=name, key=key) for name in NAMES for key, at in keys.items()], now=now)


def evaluate(url: str, folder: Path, worker: int) -> None:
    """By a clock that steps back now and then, by up to half an hour."""
    store, dice = open_store(url), random.Random(worker)
    for tick in range(TICKS):
        now = NOW + tick * TICK - dice.choice([0, 0, dice.randrange(30)]) * MINUTE
        engine.evaluate(store, at=now)
        engine.deliver(store, {"default": FileInbox(folder / "inbox")}, now=DELIVERED)


def at_once(url: str, folder: Path, *works: Callable[[str, Path, int], None]) -> None:
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=work, args=(url, folder, n)) for work in works for n in range(WORKERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "inbox").touch()
    return tmp_path


def begun(url: str) -> Store:
    """Six good hours before it all."""
    store = open_store(url)
    engine.apply(store, slos(), now=NOW - DAY)
    good = [seen(NOW - number * TICK, slo=name, key=f"{number}") for name in NAMES for number in range(1, 72)]
    engine.record(store, good, now=NOW - TICK)
    engine.evaluate(store, at=NOW - TICK)
    return store


def test_evaluators_recorders_and_clocks_that_step_back_open_one_incident_for_a_bad_spell(
    store_url: str, folder: Path
) -> None:
    store = begun(store_url)
    store.close()
    at_once(store_url, folder, record, evaluate)
    end = NOW + TICKS * TICK
    engine.evaluate(store, at=end)
    engine.deliver(store, {"default": FileInbox(folder / "inbox")}, now=DELIVERED + HOUR)
    assert {name: transitions(store, name)["opened"] for name in NAMES} == dict.fromkeys(NAMES, 1)
    assert not any(transitions(store, name)["resolved"] for name in NAMES)
    assert_recounted(store, end, bad_runs=TICKS)
    assert_told_once(store, folder)
    store.close()


def test_evaluation_that_stops_for_a_day_and_goes_on_resolves_what_recovered_once(store_url: str, folder: Path) -> None:
    store = begun(store_url)
    store.close()
    at_once(store_url, folder, record, evaluate)
    store.close()
    at_once(store_url, folder, record_a_good_day)
    resumed = NOW + TICKS * TICK + DAY
    with multiprocessing.get_context("fork").Pool(WORKERS) as pool:
        store.close()
        pool.starmap(evaluate_at, [(store_url, folder, resumed + n * MINUTE) for n in range(2 * WORKERS)])
    for name in NAMES:
        found = transitions(store, name)
        assert (found["opened"], found["resolved"]) == (1, 1), (name, found)
    engine.deliver(store, {"default": FileInbox(folder / "inbox")}, now=DELIVERED + HOUR)
    assert_recounted(store, resumed, bad_runs=0)
    assert_told_once(store, folder)
    store.close()


def record_a_good_day(url: str, folder: Path, worker: int) -> None:
    store = open_store(url)
    for number in range(24):
        now = NOW + TICKS * TICK + number * HOUR + worker * 20 * MINUTE
        ats = [now + tick * TICK for tick in range(4)]
        engine.record(store, [seen(at, slo=name, key=f"{at}") for name in NAMES for at in ats], now=now + 20 * MINUTE)


def evaluate_at(url: str, folder: Path, at: datetime) -> None:
    store = open_store(url)
    engine.evaluate(store, at=at)
    engine.deliver(store, {"default": FileInbox(folder / "inbox")}, now=DELIVERED)


def transitions(store: Store, name: str) -> Counter[str]:
    event, incident, slo = tables.incident_event.c, tables.incident.c, tables.slo.c
    query = (
        select(event.transition)
        .join(tables.incident, incident.id == event.incident_id)
        .join(tables.slo, slo.id == incident.slo_id)
        .where(slo.name == name)
    )
    with store.read() as connection:
        return Counter(connection.execute(query).scalars())


def assert_told_once(store: Store, folder: Path) -> None:
    with store.read() as connection:
        rows = connection.execute(select(tables.outbox)).all()
        events = len(connection.execute(select(tables.incident_event)).all())
    assert {row.state for row in rows} == {"sent"}
    said = (folder / "inbox").read_text().splitlines()
    assert Counter(said) == Counter(row.dedup_key.removesuffix("@default") for row in rows)
    assert len([key for key in said if key.startswith("incident:")]) == events
    assert len([key for key in said if ":started:" in key]) == 1


def assert_recounted(store: Store, at: datetime, *, bad_runs: int) -> None:
    expected = {name: Reference(Fraction(9, 10)) for name in NAMES}
    with store.read() as connection:
        measured: Any = select(tables.measurement, tables.slo.c.name).join(tables.slo)
        for row in connection.execute(measured):
            moment = datetime.fromtimestamp(0, NOW.tzinfo) + timedelta(microseconds=row.at)
            expected[row.name].record(row.key, moment, row.good, row.total)
    for found in engine.status(store, at=at, now=NOW):
        figures = expected[found.slo.name].within(at - 8 * HOUR, at)
        assert found.counts == (figures.good, figures.total, figures.bad_runs, figures.runs)
        assert figures.bad_runs == bad_runs

"""A process that records, evaluates and delivers is killed at any point: nothing is lost, nothing doubled."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

from slo_kit import DAY, MINUTE, NOW, an_slo, seen
from slo_reference import Reference
from sqlalchemy import select

from airflow_ai_slo import engine
from airflow_ai_slo.alerts import Message, Receipt
from airflow_ai_slo.core.instants import from_micros, to_micros
from airflow_ai_slo.store import Store, counting, open_store, tables

KILLS = 14
NAMES = ("done", "rows")


class FileInbox:
    """Writes what it is sent to a file, before anybody can note that it was sent."""

    name = "file"

    def __init__(self, path: Path) -> None:
        self.path = path

    def send(self, message: Message, *, thread: str | None, again: bool = False) -> Receipt:
        with self.path.open("a") as file:
            file.write(f"{message.dedup_key} {int(again)}\n")
        return Receipt(f"thread of {message.thread_key}")


def _work(url: str, folder: Path, life: int) -> None:
    store, dice = open_store(url), random.Random(life)
    with (folder / "acknowledged").open("a") as acknowledged:
        for step in itertools.count():
            now = NOW + (life * 1000 + step) * 7 * MINUTE
            # Bad and good spells, so that incidents and freezes come and go; reruns, late ones, tenths, two at once.
            total = Fraction(dice.randint(1, 30), 10)
            good = Fraction(0) if step // 6 % 2 else total
            key = f"{life}-{dice.randrange(step + 1)}"
            at = now - dice.choice([0, 0, 0, 900]) * MINUTE
            engine.record(store, [seen(at, good, total, slo=name, key=key) for name in NAMES], now=now)
            acknowledged.write(f"{key} {to_micros(at)} {good} {total}\n")
            acknowledged.flush()
            engine.evaluate(store, at=now)
            engine.deliver(store, {"default": FileInbox(folder / "inbox")}, now=now)


def test_kill_9_at_any_point(store_url: str, tmp_path: Path) -> None:
    store = open_store(store_url)
    engine.apply(store, [an_slo(name, alerting="seed", window="1d") for name in NAMES], now=NOW)
    (tmp_path / "inbox").touch()
    (tmp_path / "acknowledged").touch()
    context = multiprocessing.get_context("fork")
    for life in range(KILLS):
        process = context.Process(target=_work, args=(store_url, tmp_path, life))
        before = (tmp_path / "acknowledged").stat().st_size
        process.start()
        _wait_until_it_works(tmp_path / "acknowledged", before + 60 * life)
        time.sleep(life * 0.0037)
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
    end = NOW + KILLS * 7000 * MINUTE + DAY
    engine.evaluate(store, at=end)
    engine.deliver(store, {"default": FileInbox(tmp_path / "inbox")}, now=end)
    assert_nothing_acknowledged_is_lost(store, tmp_path)
    assert_sums_are_those_of_the_measurements(store)
    assert_messages_went_out_once(store, tmp_path)
    assert_at_most_one_of_each_is_open(store)
    store.engine.dispose()


def _wait_until_it_works(acknowledged: Path, size: int) -> None:
    """However slow the machine: until the process has got something done, the longer it lives the more."""
    patience = time.monotonic() + 60
    while acknowledged.stat().st_size <= size and time.monotonic() < patience:
        time.sleep(0.005)


def _rows(store: Store, table: Any, *where: Any) -> list[Any]:
    with store.read() as connection:
        return list(connection.execute(select(table).where(*where)).all())


def assert_nothing_acknowledged_is_lost(store: Store, folder: Path) -> None:
    lines = (folder / "acknowledged").read_text().splitlines()
    said = {line.split()[0]: tuple(line.split()[1:]) for line in lines if line.count(" ") == 3}
    assert len(said) > KILLS
    scales = {row.id: row.scale for row in _rows(store, tables.slo)}
    for slo_id, scale in scales.items():
        rows = _rows(store, tables.measurement, tables.measurement.c.slo_id == slo_id)
        stored = {r.key: (str(r.at), str(Fraction(r.good, scale)), str(Fraction(r.total, scale))) for r in rows}
        differ = {key for key, values in said.items() if stored.get(key) != values}
        # One rerun a life may have been written and not been acknowledged any more.
        assert not differ - stored.keys()
        assert max(Counter(key.split("-")[0] for key in differ).values(), default=0) <= 1


def assert_sums_are_those_of_the_measurements(store: Store) -> None:
    for one in _rows(store, tables.slo):
        reference = Reference(Fraction(one.objective))
        for row in _rows(store, tables.measurement, tables.measurement.c.slo_id == one.id):
            counts = Fraction(row.good, one.scale), Fraction(row.total, one.scale)
            reference.record(row.key, from_micros(row.at), *counts)
        for life in range(KILLS):
            start, end = NOW + life * 7000 * MINUTE - DAY, NOW + (life + 1) * 7000 * MINUTE - DAY
            expected = reference.within(start, end)
            with store.read() as connection:
                upto, before = (counting.prefix(connection, at, [one.id])[one.id] for at in (end, start))
            found = counting.difference(upto, before, one.scale)
            assert found == (expected.good, expected.total, expected.bad_runs, expected.runs)


def assert_messages_went_out_once(store: Store, folder: Path) -> None:
    rows = _rows(store, tables.outbox)
    assert {row.state for row in rows} == {"sent"}
    times: dict[str, list[bool]] = {}
    for line in (folder / "inbox").read_text().splitlines():
        key, again = line.split()
        times.setdefault(key, []).append(again == "1")
    assert times.keys() == {row.dedup_key.removesuffix("@default") for row in rows}
    assert len(times) > 10
    # Sent twice only where a killed process could not note it, and then the channel was asked to look first.
    assert all(all(again for again in sent[1:]) for sent in times.values())
    assert sum(len(sent) - 1 for sent in times.values()) <= KILLS


def assert_at_most_one_of_each_is_open(store: Store) -> None:
    still_open = [row.slo_id for row in _rows(store, tables.incident, tables.incident.c.resolved_at.is_(None))]
    assert len(still_open) == len(set(still_open))
    assert len(_rows(store, tables.freeze, tables.freeze.c.until.is_(None))) <= 1
    events = [row.transition for row in _rows(store, tables.incident_event)]
    assert events.count("opened") == len(_rows(store, tables.incident))
    assert events.count("resolved") == events.count("opened") - len(still_open)

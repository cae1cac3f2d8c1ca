"""Silence is told once, its end once, and it decides nothing."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from slo_kit import DAY, HOUR, MINUTE, NOW, an_slo, daily, seen
from sqlalchemy import select

from airflow_ai_slo import engine
from airflow_ai_slo.core.definition import Indicator, Schedule
from airflow_ai_slo.core.target import Target
from airflow_ai_slo.store import Store, silences, tables


def told(store: Store) -> list[tuple[str, str]]:
    """Titles and targets of what was posted."""
    with store.read() as connection:
        rows = connection.execute(select(tables.outbox).order_by(tables.outbox.c.id)).all()
    return [(json.loads(row.message)["title"], row.target) for row in rows]


def titles(store: Store) -> list[str]:
    return [title for title, _ in told(store)]


@pytest.fixture
def hourly(store: Store) -> Store:
    """An SLO without a cadence that was fed every hour up to now."""
    engine.apply(store, [an_slo()], now=NOW)
    engine.record(store, daily("." * 30, step=HOUR), now=NOW)
    return store


def test_a_silence_is_told_once_and_its_end_once(hourly: Store) -> None:
    for minutes in range(0, 600, 30):
        engine.evaluate(hourly, at=NOW + minutes * MINUTE)
        assert titles(hourly) == ([] if minutes <= 240 else ["No data: done"]), minutes
    engine.record(hourly, [seen(NOW + 10 * HOUR)], now=NOW)
    for minutes in range(600, 700, 30):
        engine.evaluate(hourly, at=NOW + minutes * MINUTE)
        assert titles(hourly) == ["No data: done", "Data again: done"]
    # The next one is a silence of its own; the last gap was an outage, not usual.
    engine.evaluate(hourly, at=NOW + 14 * HOUR)
    assert titles(hourly) == ["No data: done", "Data again: done"]
    engine.evaluate(hourly, at=NOW + 14 * HOUR + MINUTE)
    assert titles(hourly) == ["No data: done", "Data again: done", "No data: done"]


def test_short_gaps_say_nothing(hourly: Store) -> None:
    for hour in range(1, 30):
        if hour % 4 != 1:
            engine.record(hourly, [seen(NOW + hour * HOUR)], now=NOW + hour * HOUR)
        engine.evaluate(hourly, at=NOW + hour * HOUR + 5 * MINUTE)
    assert titles(hourly) == []


def test_silence_decides_nothing(hourly: Store) -> None:
    before = engine.evaluate(hourly, at=NOW)[0]
    after = engine.evaluate(hourly, at=NOW + 20 * HOUR)[0]
    assert after.counts == before.counts
    assert engine.frozen_services(hourly) == {}
    with hourly.read() as connection:
        assert connection.execute(select(tables.incident)).all() == []


def test_a_freeze_is_neither_begun_nor_ended_by_silence(store: Store) -> None:
    engine.apply(store, [an_slo(window="1d")], now=NOW)
    engine.record(store, daily("." * 30 + "xxxx", step=HOUR), now=NOW)
    engine.evaluate(store, at=NOW)
    since = engine.frozen_services(store)["scoring"].since
    engine.evaluate(store, at=NOW + 10 * DAY)
    assert engine.frozen_services(store)["scoring"].since == since
    assert titles(store) == ["Frozen: scoring", "No data: done"]


def test_what_has_a_deadline_is_never_told_and_what_has_none_is(store: Store) -> None:
    with_deadline = an_slo("due", schedule=Schedule(cadence="1h"), alerting="none")
    without = an_slo("free", schedule=Schedule(cadence="1h", deadline=None), alerting="none")
    never = an_slo("mute", no_data_after=None)
    engine.apply(store, [with_deadline, without, never, an_slo("empty")], now=NOW)
    for name in ("due", "free", "mute"):
        engine.record(store, daily("." * 30, step=HOUR, slo=name), now=NOW)
    for hour in (3, 4, 5, 50):
        engine.evaluate(store, at=NOW + hour * HOUR)
    assert [title for title in titles(store) if "data" in title] == ["No data: free"]
    assert list(engine.silences(store, at=NOW + 50 * HOUR)) == ["free"]


def test_a_first_evaluation_long_after_the_last_run_tells_it(hourly: Store) -> None:
    engine.evaluate(hourly, at=NOW + 9 * DAY)
    assert titles(hourly) == ["No data: done"]


def test_a_pause_keeps_quiet_and_its_end_waits_anew(hourly: Store) -> None:
    engine.pause(hourly, author="ada", reason="move", now=NOW + HOUR)
    engine.evaluate(hourly, at=NOW + 20 * HOUR)
    engine.resume(hourly, now=NOW + 21 * HOUR)
    engine.evaluate(hourly, at=NOW + 25 * HOUR)
    assert titles(hourly) == []
    engine.evaluate(hourly, at=NOW + 27 * HOUR)
    assert titles(hourly) == ["No data: done"]


def test_another_patience_counts_at_once_and_the_same_silence_is_told_once(hourly: Store) -> None:
    engine.evaluate(hourly, at=NOW + 2 * HOUR)
    engine.apply(hourly, [an_slo(no_data_after="90m")], now=NOW + 2 * HOUR)
    engine.evaluate(hourly, at=NOW + 2 * HOUR)
    assert titles(hourly) == ["No data: done"]
    engine.apply(hourly, [an_slo(no_data_after="60m")], now=NOW + 2 * HOUR)
    engine.evaluate(hourly, at=NOW + 3 * HOUR)
    engine.apply(hourly, [an_slo(no_data_after=None)], now=NOW + 3 * HOUR)
    engine.evaluate(hourly, at=NOW + 30 * HOUR)
    assert titles(hourly) == ["No data: done"]


def test_another_generation_waits_for_data_of_its_own(hourly: Store) -> None:
    engine.evaluate(hourly, at=NOW + 9 * HOUR)
    engine.apply(hourly, [an_slo(indicator=Indicator(source="sql"))], now=NOW + 9 * HOUR)
    engine.evaluate(hourly, at=NOW + 10 * HOUR)
    assert titles(hourly) == ["No data: done"]
    assert engine.silences(hourly, at=NOW + 10 * HOUR) == {}


def test_an_evaluation_of_the_past_tells_nothing(hourly: Store) -> None:
    engine.evaluate(hourly, at=NOW + HOUR)
    engine.record(hourly, [seen(NOW + 3 * HOUR)], now=NOW)
    engine.evaluate(hourly, at=NOW - 9 * DAY)
    engine.evaluate(hourly, at=NOW + 7 * HOUR)
    assert titles(hourly) == []


def test_it_is_told_to_those_who_take_tickets_and_no_pager(store: Store) -> None:
    named = [an_slo("a", notify=["chat", "pager"]), an_slo("b", notify=["pager"]), an_slo("c", notify=["loud"])]
    targets = [
        Target(name="chat", kind="slack"),
        Target(name="pager", kind="pagerduty"),
        Target(name="loud", kind="slack", takes=("page",)),
    ]
    engine.apply(store, named, now=NOW, targets=targets)
    for name in "abc":
        engine.record(store, daily("." * 30, step=HOUR, slo=name), now=NOW)
    engine.evaluate(store, at=NOW + DAY)
    assert told(store) == [("No data: a", "chat"), ("No data: b", "default"), ("No data: c", "default")]


def test_evaluators_at_once_tell_it_once(hourly: Store) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: engine.evaluate(hourly, at=NOW + DAY + n * MINUTE), range(8)))
    assert titles(hourly) == ["No data: done"]


def test_what_is_awaited_until_later_is_not_looked_at(store: Store) -> None:
    names = [f"slo-{number}" for number in range(30)]
    engine.apply(store, [an_slo(name) for name in names], now=NOW)
    for name in names:
        engine.record(store, daily("." * 30, step=HOUR, slo=name), now=NOW)
    engine.evaluate(store, at=NOW)
    due = NOW + 4 * HOUR
    with store.read() as connection:
        assert silences.due(connection, due) == []
        assert len(silences.due(connection, due + timedelta(microseconds=1))) == 30
    engine.evaluate(store, at=due + MINUTE)
    with store.read() as connection:
        assert silences.due(connection, due + DAY) == [], "told ones wait for data alone"

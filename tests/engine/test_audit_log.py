"""The audit log: every decision, each once, whoever polls."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from slo_kit import DAY, HOUR, MINUTE, NOW, an_slo, seen

from airflow_ai_slo import engine
from airflow_ai_slo.core.definition import Service
from airflow_ai_slo.core.freeze_policy import FreezePolicy
from airflow_ai_slo.store import Store


def polled(store: Store, at: datetime, **options: Any) -> None:
    engine.gate(lambda: store, "scoring", now=at, actor="sensor", **options)


def lines(store: Store) -> list[tuple[str, str, str, str]]:
    return [(e.actor, e.labels, e.action, e.detail) for e in reversed(engine.audit_log(store, limit=None))]


def test_a_gate_that_is_polled_for_days_writes_each_change_of_its_answer_once(store: Store) -> None:
    policy = FreezePolicy(for_at_most="30d", thaw_after_good_runs=9999)
    engine.apply(store, [an_slo(window="5d")], [Service(name="scoring", freeze=policy)], now=NOW)
    for hour in range(24 * 10):
        at = NOW + hour * HOUR
        good = not 48 <= hour < 60  # half a day of bad runs: figures move with every one
        engine.record(store, [seen(at, int(good), 1, cause=None if good else "late")], now=at)
        engine.evaluate(store, at=at + MINUTE)
        polled(store, at + 2 * MINUTE)
        polled(store, at + 3 * MINUTE)
    assert [line for line in lines(store) if line[0] == "sensor"] == [
        ("sensor", "", "allowed", "budget remains"),
        ("sensor", "", "frozen", "budget spent: done"),
        ("sensor", "", "allowed", "budget remains"),
    ]


def test_two_pollers_of_one_name_with_other_labels_write_no_line_each_time(store: Store) -> None:
    engine.apply(store, [an_slo()], now=NOW)
    engine.record(store, [seen(NOW - HOUR)], now=NOW)
    engine.evaluate(store, at=NOW)
    for minute in range(20):
        polled(store, NOW + minute * MINUTE, labels=["docs", "p0"])
        polled(store, NOW + minute * MINUTE, labels=[])
        polled(store, NOW + minute * MINUTE, labels=["p0", "docs", "p0"])
    assert lines(store) == [
        ("sensor", "docs,p0", "allowed", "exempt: p0"),
        ("sensor", "", "allowed", "budget remains"),
    ]


def test_an_answer_that_comes_back_is_a_decision_of_its_own(store: Store) -> None:
    engine.apply(store, [an_slo()], now=NOW)
    engine.evaluate(store, at=NOW)
    for at in (NOW, NOW + 2 * DAY, NOW + 3 * DAY):
        polled(store, at)
    engine.evaluate(store, at=NOW + 3 * DAY)
    polled(store, NOW + 3 * DAY)
    assert [action for _, _, action, _ in lines(store)] == ["allowed", "unknown", "allowed"]


def test_the_log_is_read_by_service_and_by_instants_newest_first(store: Store) -> None:
    for minute, service in enumerate(("one", "two", "one")):
        engine.gate(lambda: store, service, now=NOW + minute * MINUTE, actor=f"a{minute}")
    assert [e.actor for e in engine.audit_log(store)] == ["a2", "a1", "a0"]
    assert [e.actor for e in engine.audit_log(store, "one")] == ["a2", "a0"]
    # (since, until]: what one export ends with, the next one does not begin with.
    assert [e.actor for e in engine.audit_log(store, since=NOW, until=NOW + MINUTE)] == ["a1"]
    assert [e.actor for e in engine.audit_log(store, until=NOW)] == ["a0"]
    assert [e.actor for e in engine.audit_log(store, since=NOW + MINUTE - timedelta(microseconds=1), limit=1)] == ["a2"]


def test_a_log_longer_than_what_is_fetched_at_once_is_whole(store: Store) -> None:
    for number in range(1203):
        engine.gate(lambda: store, "one", now=NOW + number * MINUTE, actor=f"a{number}")
    entries = engine.audit_log(store, limit=None)
    assert [e.actor for e in entries] == [f"a{number}" for number in reversed(range(1203))]
    assert len(engine.audit_log(store)) == 1000

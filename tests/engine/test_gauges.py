"""Metrics: what Prometheus reads equals what ``status`` says, in texts that Prometheus' own client takes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_plain
from slo_kit import DAY, HOUR, NOW, an_slo, daily, seen
from sqlalchemy import event

from airflow_ai_slo import SLO, Service, engine
from airflow_ai_slo.core.definition import Schedule
from airflow_ai_slo.core.freeze_policy import FreezePolicy
from airflow_ai_slo.core.measurement import Cause
from airflow_ai_slo.engine.families import Family
from airflow_ai_slo.reports.shapes import evaluation_json
from airflow_ai_slo.store import Store, open_store
from airflow_ai_slo.store.connection import fresh

Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


def series(families: Sequence[Family], *, openmetrics: bool = True) -> Series:
    """Every sample of a text, as Prometheus' client reads it, by name and labels."""
    text = engine.exposition(families, openmetrics=openmetrics)
    found: Series = {}
    for family in (read_openmetrics if openmetrics else read_plain)(text):
        for sample in family.samples:
            key = (sample.name, frozenset(sample.labels.items()))
            assert key not in found, key
            found[key] = sample.value
    return found


def look(store: Store, at: datetime = NOW, **options: Any) -> Series:
    return series(engine.families(engine.snapshot(store, at=at, now=at), **options))


def of(found: Series, name: str, **labels: str) -> float | None:
    return found.get((f"ai_slo_{name}", frozenset(labels.items())))


def test_they_equal_status(store: Store) -> None:
    slos = [
        an_slo("bare", objective="0.99", alerting="workbook"),
        an_slo("rows", objective="0.995", window="7d", alerting="seed", service="ranking/eu"),
        an_slo("nightly", schedule=Schedule(cadence="1d"), alerting="pipeline"),
        an_slo("slices", budgeting="Timeslices", slice_target="0.9", slice_window="1h"),
        an_slo("silent", service="ranking/eu"),
    ]
    engine.apply(store, slos, now=NOW - 40 * DAY)
    engine.record(store, daily("..x.......x..", step=HOUR, slo="bare"), now=NOW)
    engine.record(store, [seen(NOW - HOUR, 2.5, 3.7, slo="rows"), seen(NOW, 1, 3, slo="rows")], now=NOW)
    engine.record(store, daily("....x_.", slo="nightly"), now=NOW)
    engine.record(store, daily("..x..", step=HOUR / 2, slo="slices"), now=NOW)
    engine.evaluate(store, at=NOW)
    at = NOW + timedelta(minutes=7)
    found = look(store, at)
    said = {one.slo.name: (one.slo.service, evaluation_json(one)) for one in engine.status(store, at=at, now=at)}
    assert len(said) == 5
    for name, (service, figures) in said.items():
        labels = {"slo": name, "service": service}
        budget = figures["budget"]
        assert of(found, "objective_ratio", **labels) == figures["objective"]
        assert of(found, "sli_ratio", **labels) == figures["sli"]
        assert of(found, "error_budget_remaining_ratio", **labels) == budget["remaining"]
        assert of(found, "error_budget_allowed_events", **labels) == budget["allowed"]
        assert of(found, "error_budget_consumed_events", **labels) == budget["consumed"]
        assert of(found, "coverage_ratio", **labels) == budget["coverage"]
        assert of(found, "window_good_events", **labels) == figures["good"]
        assert of(found, "window_events", **labels) == figures["total"]
        for window, rate in figures["burn_rates"].items():
            assert of(found, "burn_rate", window=window, **labels) == rate
        assert of(found, "definition_info", window=figures["window"], **labels) == 1
    known = [rate for _, figures in said.values() for rate in figures["burn_rates"].values() if rate is not None]
    assert sum(name == "ai_slo_burn_rate" for name, _ in found) == len(known) > 10


def test_unknown_has_no_sample(store: Store) -> None:
    engine.apply(store, [an_slo("idle"), an_slo("done")], now=NOW)
    engine.record(store, [seen(NOW, 0, 0, slo="idle")], now=NOW)
    found = look(store)
    idle = {"slo": "idle", "service": "scoring"}
    for name in ("sli_ratio", "error_budget_remaining_ratio", "error_budget_allowed_events"):
        assert of(found, name, **idle) is None, name
    assert of(found, "burn_rate", window="30d", **idle) is None
    assert of(found, "window_events", **idle) == 0
    assert of(found, "last_measurement_timestamp_seconds", **idle) == NOW.timestamp()
    assert of(found, "last_measurement_timestamp_seconds", slo="done", service="scoring") is None
    assert of(found, "last_evaluation_timestamp_seconds", **idle) is None


def test_incidents_and_freezes_show_as_0_and_1(store: Store) -> None:
    soft = Service(name="batch", freeze=FreezePolicy(mode="soft"))
    slos = [an_slo("done", alerting="seed"), an_slo("loads", service="batch"), an_slo("fine", service="calm")]
    engine.apply(store, slos, [soft, Service(name="calm")], now=NOW - 30 * DAY)
    for name in ("done", "loads"):
        engine.record(store, daily("." * 20 + "x" * 6, slo=name), now=NOW)
    engine.record(store, daily(".." * 5, slo="fine"), now=NOW)
    before = look(store)
    engine.evaluate(store, at=NOW)
    found = look(store)
    page = {"slo": "done", "service": "scoring", "severity": "page"}
    assert (of(before, "incident_open", **page), of(found, "incident_open", **page)) == (0, 1)
    assert of(found, "incident_open", **(page | {"severity": "ticket"})) == 0
    modes = {
        service: tuple(of(found, "freeze", service=service, mode=mode) for mode in ("hard", "soft"))
        for service in ("scoring", "batch", "calm")
    }
    assert modes == {"scoring": (1, 0), "batch": (0, 1), "calm": (0, 0)}
    assert of(found, "last_evaluation_timestamp_seconds", slo="fine", service="calm") == NOW.timestamp()
    assert of(before, "outbox_pending_messages") == 0
    assert (of(found, "outbox_pending_messages") or 0) > 0
    assert of(found, "outbox_failed_messages") == 0


def test_a_missing_run_is_no_measurement(store: Store) -> None:
    engine.apply(store, [an_slo(schedule=Schedule(cadence="1d"))], now=NOW - 30 * DAY)
    engine.record(store, daily("....", until=NOW - 5 * DAY), now=NOW, backfill=True)
    found = look(store)
    labels = {"slo": "done", "service": "scoring"}
    assert of(found, "window_bad_runs", **labels) == 3
    assert of(found, "last_measurement_timestamp_seconds", **labels) == (NOW - 5 * DAY).timestamp()
    engine.record(store, [seen(NOW - HOUR, 0, 1, cause=Cause.LATE), seen(NOW + DAY, 1, 1)], now=NOW)
    assert of(look(store), "last_measurement_timestamp_seconds", **labels) == (NOW - HOUR).timestamp()


def test_ended_generations_are_gone(store: Store) -> None:
    engine.apply(store, [an_slo("done")], now=NOW)
    engine.record(store, daily("xx"), now=NOW)
    engine.apply(
        store,
        [an_slo("done", service="elsewhere", budgeting="Timeslices", slice_target="0.9", slice_window="1h")],
        now=NOW,
    )
    found = look(store)
    assert {dict(labels)["service"] for name, labels in found if name == "ai_slo_objective_ratio"} == {"elsewhere"}
    assert of(found, "slos") == 1


def test_beyond_the_limit_whole_slos_are_left_out_always_the_same_ones(store: Store) -> None:
    engine.apply(store, [an_slo(name, alerting="seed") for name in ("a", "b", "c", "d")], now=NOW)
    whole = look(store)
    each = 12 + 2 + 2 + 2  # single families, severities, the seed's two windows, its own and the definition
    for most, shown in ((each * 4, "abcd"), (each * 4 - 1, "abc"), (each, "a"), (each - 1, ""), (0, "")):
        found = look(store, most=most)
        assert sorted(dict(labels)["slo"] for name, labels in found if name == "ai_slo_objective_ratio") == [*shown]
        assert (of(found, "slos"), of(found, "slos_left_out")) == (4, 4 - len(shown))
        assert {key: whole[key] for key in found if dict(key[1]).get("slo")} == {
            key: value for key, value in found.items() if dict(key[1]).get("slo")
        }
    engine.record(store, daily("...", slo="a"), now=NOW)
    assert of(look(store, most=each), "slos_left_out") == 3
    assert sum("slo" in dict(labels) for _, labels in look(store, most=each)) <= each


def test_both_formats_say_the_same_and_only_openmetrics_knows_units(store: Store) -> None:
    engine.apply(store, [an_slo()], now=NOW)
    engine.record(store, daily("..x"), now=NOW)
    shown = engine.families(engine.snapshot(store, at=NOW, now=NOW))
    assert series(shown) == series(shown, openmetrics=False)
    text = engine.exposition(shown, openmetrics=True)
    assert text.endswith("# EOF\n")
    units = {family.name: family.unit for family in read_openmetrics(text)}
    assert units["ai_slo_sli_ratio"] == "ratio"
    assert units["ai_slo_burn_rate"] == ""
    kinds = {family.name: family.type for family in read_openmetrics(text)}
    assert set(kinds.values()) == {"gauge", "info"}
    assert {name for name, kind in kinds.items() if kind == "info"} == {"ai_slo_build", "ai_slo_definition"}
    plain = engine.exposition(shown)
    assert "UNIT" not in plain
    assert "EOF" not in plain
    assert "# TYPE ai_slo_build_info gauge\n" in plain


def test_an_empty_store_has_figures_of_its_own(store: Store) -> None:
    found = look(store)
    assert (of(found, "store_up"), of(found, "slos"), of(found, "outbox_pending_messages")) == (1, 0, 0)
    assert not any("slo" in dict(labels) for _, labels in found)
    assert series(engine.store_is_away()).keys() == {
        key for key in found if key[0] in ("ai_slo_store_up", "ai_slo_build_info")
    }


@pytest.mark.parametrize(
    ("content", "waits"), [(None, 0), (b"", 0), (b'{"a": 1}\n\n{"b"', 2)], ids=["no file", "empty", "half a line"]
)
def test_the_spool_is_counted(tmp_path: Path, sqlite_url: str, content: bytes | None, waits: int) -> None:
    path = tmp_path / "spool.jsonl"
    if content is not None:
        path.write_bytes(content)
    seen_then = engine.snapshot(open_store(sqlite_url), at=NOW, now=NOW, spool_path=path)
    assert of(series(engine.families(seen_then)), "spool_waiting_measurements") == waits


def test_a_spool_that_cannot_be_read_is_unknown(tmp_path: Path, sqlite_url: str) -> None:
    seen_then = engine.snapshot(open_store(sqlite_url), at=NOW, now=NOW, spool_path=tmp_path)
    assert of(series(engine.families(seen_then)), "spool_waiting_measurements") is None


_names = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=30)


@given(name=_names, service=_names)
def test_any_name_is_written_so_that_it_is_read_back(sqlite_url: str, name: str, service: str) -> None:
    store = open_store(sqlite_url)
    slo = SLO(name=name, service=service, objective=0.9)
    engine.apply(store, [slo], now=NOW)
    found = look(store)
    assert of(found, "objective_ratio", slo=name, service=service) == 0.9
    assert of(found, "freeze", service=service, mode="hard") == 0


@given(good=st.integers(0, 2**53), bad=st.integers(0, 2**53), objective=st.integers(1, 9_999))
def test_figures_are_the_nearest_floats_of_the_exact_ones(sqlite_url: str, good: int, bad: int, objective: int) -> None:
    store = open_store(sqlite_url)
    promised = Fraction(objective, 10_000)
    engine.apply(store, [an_slo(objective=promised)], now=NOW)
    engine.record(store, [seen(NOW - DAY, good, good + bad, key="only")], now=NOW)
    found = look(store)
    labels = {"slo": "done", "service": "scoring"}
    if good + bad == 0:
        assert of(found, "sli_ratio", **labels) is None
        return
    assert of(found, "sli_ratio", **labels) == float(Fraction(good, good + bad))
    burn = Fraction(bad, good + bad) / (1 - promised)
    assert of(found, "burn_rate", window="30d", **labels) == float(burn)
    coverage = Fraction(1, 30)
    assert of(found, "error_budget_remaining_ratio", **labels) == float(1 - burn * coverage)


@contextmanager
def statements(store: Store) -> Iterator[list[str]]:
    """Every statement that SQLite executes meanwhile."""
    told: list[str] = []

    def trace(connection: sqlite3.Connection, _: object) -> None:
        connection.set_trace_callback(told.append)

    event.listen(store.engine, "connect", trace)
    yield told
    store.close()


def test_it_asks_the_same_however_much_there_is(sqlite_url: str) -> None:
    asked = []
    for count, runs in ((2, 3), (40, 3), (40, 25)):
        slos = [an_slo(f"slo-{number:03}", service=f"s-{number % 7}", alerting="seed") for number in range(count)]
        store = fresh(sqlite_url)
        engine.apply(store, slos, now=NOW)
        for slo in slos:
            engine.record(store, daily("x" * runs, slo=slo.name), now=NOW)
        engine.evaluate(store, at=NOW)
        store.close()
        looked = fresh(sqlite_url)
        with statements(looked) as told:
            engine.snapshot(looked, at=NOW, now=NOW)
        asked.append(told)
    assert asked[0] == asked[1] == asked[2]
    assert len(asked[0]) < 16


def test_it_sees_one_moment(sqlite_url: str) -> None:
    engine.apply(open_store(sqlite_url), [an_slo()], now=NOW)
    looked = fresh(sqlite_url)
    with statements(looked) as told:
        engine.snapshot(looked, at=NOW, now=NOW)
    _, due, _, begin, *reads, end = told
    assert "next_due" in due
    assert (begin, end) == ("BEGIN", "COMMIT")
    assert all(one.startswith("SELECT") for one in reads)


def test_content_types_follow_what_is_asked_for() -> None:
    asked: Mapping[str, Callable[[str], bool]] = {
        "": lambda it: it.startswith("text/plain; version=0.0.4"),
        "*/*": lambda it: it.startswith("text/plain; version=0.0.4"),
        "text/plain;version=0.0.4": lambda it: it.startswith("text/plain; version=0.0.4"),
        "application/openmetrics-text": lambda it: it.startswith("application/openmetrics-text; version=1.0.0"),
        "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1": engine.is_openmetrics,
    }
    for accept, fits in asked.items():
        answer = engine.negotiated(accept)
        assert fits(answer), (accept, answer)
        assert engine.is_openmetrics(answer) == ("openmetrics" in accept)

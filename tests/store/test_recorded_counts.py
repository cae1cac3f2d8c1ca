"""Natural keys, reruns and sums, on SQLite and on PostgreSQL."""

from __future__ import annotations

import random
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from slo_kit import DAY, HOUR, NOW, an_slo, daily, seen

from airflow_ai_slo import engine
from airflow_ai_slo.core.counts import Counts
from airflow_ai_slo.core.errors import MeasurementError, UnknownSLOError
from airflow_ai_slo.core.measurement import Cause
from airflow_ai_slo.store import Store, counting, curve, definitions


def applied(store: Store, **changes: Any) -> None:
    engine.apply(store, [an_slo(**changes)], now=NOW - 100 * DAY)


def counts(store: Store, at: Any = NOW) -> Counts:
    return engine.status(store, at=at)[0].counts


def test_a_retried_run_counts_once(store: Store) -> None:
    applied(store)
    for good in (0, 1):
        engine.record(store, [seen(good=good, key="run")], now=NOW)
    assert counts(store) == Counts(1, 1, 0, 1)


def test_mapped_tasks_of_one_run_are_one_bad_run(store: Store) -> None:
    applied(store)
    engine.record(store, [seen(good=int(n > 10), key=f"task[{n}]") for n in range(50)], now=NOW)
    assert counts(store) == Counts(39, 50, 1, 1)
    engine.record(store, [seen(good=1, key=f"task[{n}]") for n in range(8)], now=NOW)
    assert counts(store) == Counts(47, 50, 0, 1)


def test_a_moved_run_leaves_its_old_instant(store: Store) -> None:
    applied(store)
    engine.record(store, [seen(NOW - DAY, good=0, key="run")], now=NOW)
    engine.record(store, [seen(NOW, good=1, key="run")], now=NOW)
    assert counts(store, NOW - HOUR) == Counts(0, 0, 0, 0)
    assert counts(store) == Counts(1, 1, 0, 1)
    with store.read() as connection:
        assert set(counting.first_instants(connection).values()) == {NOW}


@pytest.mark.parametrize(("rerun", "good"), [("replace", 1), ("first", 2), ("worst", 0)])
def test_reruns_follow_the_slo(store: Store, rerun: str, good: int) -> None:
    applied(store, rerun=rerun)
    for number, value in enumerate((2, 0, 1)):
        engine.record(store, [seen(good=value, total=2, key="run")], now=NOW + number * HOUR)
    assert counts(store).good == good


def test_a_missing_run_is_never_the_first(store: Store) -> None:
    applied(store, rerun="first")
    engine.record(store, [seen(good=0, key="run", cause=Cause.MISSING_RUN)], now=NOW)
    engine.record(store, [seen(good=1, key="run")], now=NOW + HOUR)
    assert counts(store).good == 1


def test_what_came_in_earlier_never_replaces_what_came_in_later(store: Store) -> None:
    applied(store)
    engine.record(store, [seen(good=1, key="run")], now=NOW)
    engine.record(store, [seen(good=0, key="run", recorded_at=NOW - HOUR)], now=NOW + HOUR)
    assert counts(store).good == 1


def test_a_rerun_with_the_same_counts_brings_its_new_value(store: Store) -> None:
    applied(store)
    for value in (0.1, 0.2):
        changed = engine.record(store, [seen(good=0, key="run", value=value)], now=NOW)
    assert changed == 0
    with store.read() as connection:
        [stored] = definitions.active(connection)
        [worst] = counting.worst(connection, stored.slo_id, "done", NOW - DAY, NOW, 1)
    assert worst.value == 0.2


def test_fractions_stay_exact_beside_whole_numbers(store: Store) -> None:
    applied(store)
    engine.record(store, [seen(NOW - HOUR, good=1, total=1)], now=NOW)
    tenths = [seen(NOW - timedelta(minutes=n), good=0.1, total="0.3") for n in range(3)]
    engine.record(store, [*tenths, seen(NOW - 2 * HOUR, good=Fraction(1, 3), total=1)], now=NOW)
    assert counts(store).good == Fraction(13, 10) + Fraction(333333333, 10**9)
    assert counts(store).total == Fraction(29, 10)


def test_nothing_happened_is_coverage_and_neither_good_nor_bad(store: Store) -> None:
    applied(store)
    engine.record(store, [seen(NOW - 30 * DAY, good=0, total=0)], now=NOW)
    [evaluation] = engine.status(store, at=NOW)
    assert (evaluation.sli, evaluation.coverage, evaluation.budget.remaining) == (None, 1, None)


def test_counts_too_large_to_add_up_are_refused(store: Store) -> None:
    applied(store)
    with pytest.raises(MeasurementError, match="too large"):
        engine.record(store, [seen(good=2**63, total=2**63)], now=NOW)
    assert counts(store) == Counts(0, 0, 0, 0)


def test_an_unknown_slo_records_nothing_and_names_the_known(store: Store) -> None:
    applied(store)
    with pytest.raises(UnknownSLOError, match="no SLO named nope; known: done"):
        engine.record(store, [seen(), seen(slo="nope")], now=NOW)
    assert counts(store) == Counts(0, 0, 0, 0)


def test_any_order_of_writes_gives_the_sums_of_a_plain_count(store: Store) -> None:
    applied(store)
    dice = random.Random(7)
    model: dict[str, tuple[Any, int, int]] = {}
    for _ in range(40):
        batch = []
        for _ in range(dice.randint(1, 12)):
            key, total = f"run-{dice.randrange(60)}", dice.choice([0, 1, 1, 3, 100])
            at = NOW - timedelta(hours=dice.randrange(24 * 12) * dice.choice([1, 6]))
            good = dice.randint(0, total)
            batch.append(seen(at, good, total, key=key))
            model[key] = (at, good, total)
        engine.record(store, batch, now=NOW)
    for _ in range(40):
        end = NOW - timedelta(minutes=dice.randrange(60 * 24 * 40))
        start = end - timedelta(minutes=dice.randrange(60 * 24 * 30))
        inside = [(at, good, total) for at, good, total in model.values() if start < at <= end]
        with store.read() as connection:
            [stored] = definitions.active(connection)
            sums = curve.prefixes(connection, [start, end])
            upto, before = sums[end], sums[start]
        found = counting.difference(upto.get(stored.slo_id), before.get(stored.slo_id), stored.scale)
        runs: dict[Any, list[int]] = {}
        for at, good, total in inside:
            sums = runs.setdefault(at, [0, 0])
            sums[0] += good
            sums[1] += total
        bad = sum(10 * good < 9 * total for good, total in runs.values())
        assert found == (sum(g for _, g, _ in inside), sum(t for _, _, t in inside), bad, len(runs))


def test_another_objective_judges_every_run_again(store: Store) -> None:
    applied(store)
    engine.record(store, [seen(NOW - n * DAY, good=85, total=100) for n in range(5)], now=NOW)
    assert counts(store).bad_runs == 5
    assert engine.apply(store, [an_slo(objective="0.8")], now=NOW)[0].change == "updated"
    assert counts(store).bad_runs == 0
    with store.read() as connection:
        assert {row[3] for row in curve.prefixes(connection, [NOW])[NOW].rows.values()} == {0}


def test_measuring_something_else_starts_a_new_generation(store: Store) -> None:
    from airflow_ai_slo.core.definition import Indicator

    applied(store)
    engine.record(store, daily("xx."), now=NOW)
    change = engine.apply(store, [an_slo(indicator=Indicator(source="sql"))], now=NOW)[0]
    assert (change.change, change.generation) == ("new generation", 2)
    assert counts(store) == Counts(0, 0, 0, 0)


def test_a_bulk_is_recorded_as_one_by_one(store: Store) -> None:
    engine.apply(store, [an_slo("one"), an_slo("bulk")], now=NOW)
    stream = [(NOW - timedelta(minutes=7 * n), int(n % 13 > 0)) for n in range(300)]
    for at, good in stream[:60]:
        engine.record(store, [seen(at, good, slo="one")], now=NOW)
    engine.record(store, [seen(at, good, slo="one") for at, good in stream[60:]], now=NOW)
    engine.record(store, [seen(at, good, slo="bulk") for at, good in stream], now=NOW)
    bulk, one = engine.status(store, at=NOW)
    assert bulk.counts == one.counts
    assert bulk.counts.runs == 300

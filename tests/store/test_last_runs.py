"""SLOs that ran at the same instants are asked together for what lies before their last runs; others by their own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import pytest
from slo_kit import DAY, HOUR, MINUTE, NOW, an_slo, seen

from airflow_ai_slo import engine
from airflow_ai_slo.store import Store, curve, definitions, last_runs

GRID = [NOW - n * 6 * HOUR for n in range(40)]


def _fill(store: Store, streams: dict[str, Sequence[datetime]]) -> dict[str, int]:
    """Measurements at instants, other counts for each; SLO rows by name, in this order."""
    engine.apply(store, [an_slo(name) for name in streams], now=NOW)
    for number, (name, instants) in enumerate(streams.items()):
        rows = [seen(at, (number + n) % 4, 5, slo=name, key=f"{at}") for n, at in enumerate(instants)]
        engine.record(store, rows, now=NOW)
    with store.read() as connection:
        return {one.slo.name: one.slo_id for one in definitions.active(connection, list(streams))}


def _values(found: dict[Any, curve.Prefix], ids: Collection[int]) -> dict[Any, list[tuple[int, ...]]]:
    return {edge: [tuple(prefix.get(slo_id))[1:] for slo_id in ids] for edge, prefix in found.items()}


STREAMS = {
    "pilot": GRID,
    "alike": GRID,
    "not_yet": GRID[1:],
    "earlier_too": [*GRID, NOW - 100 * DAY],
    "short": GRID[:3],
    "exactly_so_many": GRID[:5],
    "never": [],
    "beside": [at - 7 * MINUTE for at in GRID],
    "one_more_between": [*GRID, NOW - 15 * HOUR],
    "one_less": [*GRID[:2], *GRID[3:]],
    "one_less_one_more": [*GRID[:2], *GRID[3:], NOW - 3 * HOUR],
    "holes_of_days": [*GRID[:6], *GRID[30:]],
    "afterwards": [*GRID, NOW + HOUR],
}


@pytest.mark.parametrize("first", ["pilot", "never", "short", "beside", "one_less_one_more", "afterwards"])
@pytest.mark.parametrize("counts", [(1,), (2, 4, 3), (5, 1, 30, 8)])
def test_sums_are_those_of_each_by_itself(store: Store, first: str, counts: tuple[int, ...]) -> None:
    rows = _fill(store, STREAMS)
    ids = [rows[first], *(slo_id for name, slo_id in rows.items() if name != first)]
    edges = [NOW - 2 * DAY, NOW, NOW - 100 * DAY]
    with store.read() as connection:
        upto, back = last_runs.beside_edges(connection, edges, counts, NOW, ids)
        assert _values(upto, ids) == _values(curve.prefixes(connection, edges, ids), ids)
        assert _values(back, ids) == _values(last_runs.before_last_runs(connection, counts, NOW, ids), ids)


@pytest.mark.parametrize(
    "looked_up", [("pilot", "alike", "never"), ("short", "alike", "never"), ("short", "beside", "pilot")]
)
def test_only_those_that_ran_at_other_instants_are_asked_by_themselves(
    store: Store, monkeypatch: pytest.MonkeyPatch, looked_up: tuple[str, str, str]
) -> None:
    rows = _fill(store, {name: STREAMS[name] for name in (*looked_up, "afterwards", "one_less")})
    first, middle, last = looked_up
    ids = [rows[name] for name in (first, "afterwards", middle, "one_less", last)]
    asked = _spy(monkeypatch)
    with store.read() as connection:
        last_runs.beside_edges(connection, [NOW], (2, 4), NOW, ids)
    # Nothing is found before the first run, and nothing is right.
    assert {name for name, slo_id in rows.items() if slo_id in asked} == {*looked_up, "one_less"} & {
        "beside",
        "one_less",
    }


def test_more_edges_than_a_statement_takes(store: Store) -> None:
    ids = list(_fill(store, STREAMS).values())
    edges, counts = [NOW - n * DAY for n in range(9)], range(1, 7)
    with store.read() as connection:
        upto, back = last_runs.beside_edges(connection, edges, counts, NOW, ids)
        assert _values(upto, ids) == _values(curve.prefixes(connection, edges, ids), ids)
        assert _values(back, ids) == _values(last_runs.before_last_runs(connection, counts, NOW, ids), ids)


def _spy(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    asked: list[int] = []
    real = last_runs.before_last_runs

    def spy(connection: Any, counts: Any, at: Any, ids: Sequence[int]) -> Any:
        asked.extend(ids)
        return real(connection, counts, at, ids)

    monkeypatch.setattr(last_runs, "before_last_runs", spy)
    return asked

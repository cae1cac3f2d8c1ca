"""Whatever is written in whatever order, every window holds what a slow count of the measurements holds."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from slo_kit import DAY, NOW, an_slo, seen
from slo_reference import Figures, Reference

from airflow_ai_slo import engine
from airflow_ai_slo.core.counts import Counts
from airflow_ai_slo.store import Store, counting, curve, definitions

MINUTE = timedelta(minutes=1)
_names = (f"slo-{number}" for number in itertools.count())

# Few keys and instants, so that reruns, moves and shared runs abound; midnights, because days are summed apart.
keys = st.sampled_from("abcdefgh")
instants = st.one_of(
    st.integers(0, 12).map(lambda days: NOW.replace(hour=0) - days * DAY),
    st.integers(0, 40).map(lambda steps: NOW - steps * 433 * MINUTE),
    st.sampled_from([NOW, NOW - timedelta(microseconds=1), NOW.replace(hour=0) + timedelta(microseconds=1)]),
)
numbers = st.one_of(st.integers(0, 3), st.integers(0, 10**12), st.integers(0, 30).map(lambda n: Fraction(n, 10)))
pairs = st.tuples(numbers, numbers).map(lambda pair: (min(pair), max(pair)))
rows = st.tuples(keys, instants, pairs)


class Sums(RuleBasedStateMachine):
    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.name = next(_names)
        self.arrivals: list[tuple[datetime, str, datetime, Any, Any]] = []
        self.clock = NOW

    @initialize(rerun=st.sampled_from(["replace", "first", "worst"]), objective=st.sampled_from(["0.9", "0.5"]))
    def apply(self, rerun: str, objective: str) -> None:
        self.rerun, self.objective = rerun, objective
        self._apply()

    def _apply(self) -> None:
        definition = an_slo(self.name, objective=self.objective, rerun=self.rerun, window="40d")
        engine.apply(self.store, [definition], now=NOW)

    @rule(batch=st.lists(rows, min_size=1, max_size=6))
    def record(self, batch: list[tuple[str, datetime, tuple[Any, Any]]]) -> None:
        self.clock += MINUTE
        self._record(batch, self.clock)

    @rule(batch=st.lists(rows, min_size=1, max_size=3), minutes=st.integers(0, 20))
    def replay(self, batch: list[tuple[str, datetime, tuple[Any, Any]]], minutes: int) -> None:
        """Some that had waited in a spool since."""
        self._record(batch, self.clock - minutes * MINUTE)

    def _record(self, batch: list[tuple[str, datetime, tuple[Any, Any]]], came: datetime) -> None:
        given = [seen(at, good, total, slo=self.name, key=key, recorded_at=came) for key, at, (good, total) in batch]
        engine.record(self.store, given, now=self.clock)
        self.arrivals += [(came, key, at, good, total) for key, at, (good, total) in batch]

    @rule(objective=st.sampled_from(["0.9", "0.5", "0.999"]))
    def edit(self, objective: str) -> None:
        self.objective = objective
        self._apply()

    def expected(self) -> Reference:
        """What came in earlier never undoes what came in later; the worst is the worst in any order."""
        reference = Reference(Fraction(self.objective), self.rerun)
        in_order = self.arrivals if self.rerun == "worst" else sorted(self.arrivals, key=lambda one: one[0])
        for _, key, at, good, total in in_order:
            reference.record(key, at, Fraction(good), Fraction(total))
        return reference

    @invariant()
    def every_window_is_exact(self) -> None:
        expected = self.expected()
        edges = [NOW - 40 * DAY, *(NOW - n * 7 * DAY // 5 for n in range(9, -1, -1)), NOW]
        with self.store.read() as connection:
            [stored] = definitions.active(connection, [self.name])
            prefixes = [curve.prefixes(connection, [edge])[edge].get(stored.slo_id) for edge in edges]
            first = counting.first_instants(connection, [stored.slo_id]).get(stored.slo_id)
        assert first == expected.first
        for (start, before), (end, upto) in itertools.pairwise(zip(edges, prefixes, strict=True)):
            found = counting.difference(upto, before, stored.scale)
            assert _plain(found) == _plain(expected.within(start, end))


def _plain(counts: Counts | Figures) -> tuple[Any, ...]:
    return counts.good, counts.total, counts.runs, counts.bad_runs


def test_sums_follow_every_write(store: Store) -> None:
    examples = settings(max_examples=25, stateful_step_count=12, deadline=None)
    run_state_machine_as_test(lambda: Sums(store), settings=examples)

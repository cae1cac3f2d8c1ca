"""Whatever is recorded, corrected and revoked in whatever order, every window holds what a slow count holds."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from slo_kit import DAY, HOUR, MINUTE, NOW, an_slo, seen
from sqlalchemy import select

from airflow_ai_slo import engine
from airflow_ai_slo.core.corrections import Correction, Interval
from airflow_ai_slo.core.definition import Budgeting, Schedule
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.instants import from_micros, to_micros
from airflow_ai_slo.core.windows import CalendarWindow
from airflow_ai_slo.store import Store, attribution, counting, curve, definitions, last_runs
from airflow_ai_slo.store.tables import measurement

_names = (f"corrected-{number}" for number in itertools.count())
MICROSECOND = timedelta(microseconds=1)
START = NOW.replace(hour=0) - 20 * DAY
OBJECTIVE = Fraction(9, 10)

steps = st.integers(0, 15).map(lambda step: START + step * 12 * HOUR)
instants = st.one_of(steps, steps, steps.map(lambda at: at + MICROSECOND), steps.map(lambda at: at - 5 * HOUR))
spans = st.integers(1, 6).map(lambda step: step * 12 * HOUR)


@st.composite
def periods(draw: st.DrawFn) -> Interval:
    start = draw(instants)
    if draw(st.booleans()):
        return Interval(start, start + draw(spans))
    rule_ = draw(st.sampled_from(["FREQ=DAILY;COUNT=3", "FREQ=DAILY;INTERVAL=3", "FREQ=WEEKLY;BYDAY=SU,WE"]))
    length = Duration.parse(draw(st.sampled_from(["1h", "12h", "1d", "2d"])))
    return Interval(start, start + 25 * DAY, rule_, length, draw(st.sampled_from([None, "Europe/Berlin"])))


def inside(period: Interval, at: datetime) -> bool:
    """Counted by hand: the occurrences of these few rules, one after another."""
    if period.rrule is None:
        return period.start < at <= (period.end or at)
    zone = ZoneInfo(period.zone or "UTC")
    wall, found = period.start.astimezone(zone).replace(tzinfo=None), []
    for number in range(26):
        day = wall + number * DAY
        if ("WEEKLY" in period.rrule and day.weekday() in (6, 2)) or (
            "DAILY" in period.rrule and number % (3 if "INTERVAL" in period.rrule else 1) == 0
        ):
            found.append(day)
    if "COUNT" in period.rrule:
        found = found[:3]
    assert period.duration is not None
    assert period.end is not None
    # No change of clocks lies in these weeks, so that a day has 24 hours.
    begun = [day.replace(tzinfo=zone) for day in found]
    return any(begin < at <= min(begin + period.duration.length, period.end) for begin in begun)


class Corrected(RuleBasedStateMachine):
    """One SLO; its kind is drawn."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.name = next(_names)
        self.clock = START + 6 * DAY
        self.known: list[Correction] = []
        self.kind = ""

    @initialize(kind=st.sampled_from(["counts", "slices", "expected", "expected", "month"]))
    def apply(self, kind: str) -> None:
        self.kind = kind
        options: dict[str, Any] = {}
        if kind == "expected":
            schedule = Schedule(cadence="12h", start=START, deadline=Duration(3, "h"), late="accept")
            options = {"schedule": schedule, "alerting": "pipeline"}
        elif kind == "slices":
            options = {"budgeting": Budgeting.TIMESLICES, "slice_window": "1d", "slice_target": OBJECTIVE}
        elif kind == "month":
            window = CalendarWindow(Duration(1, "M"), ZoneInfo("Europe/Berlin"), datetime(2026, 1, 1))
            options = {"window": window, "alerting": "workbook"}
        engine.apply(self.store, [an_slo(self.name, **options)], now=START)

    @rule(rows=st.lists(st.tuples(instants, st.booleans(), st.sampled_from("ab")), min_size=1, max_size=5))
    def record(self, rows: list[tuple[datetime, bool, str]]) -> None:
        self.clock += MINUTE
        rows = [row for row in rows if row[0] <= self.clock + 12 * HOUR]
        given = [seen(at, int(good), slo=self.name, key=f"{at.isoformat()}/{key}") for at, good, key in rows]
        self.clock = max([self.clock, *(one.at for one in given)])
        engine.record(self.store, given, now=self.clock)

    @rule(hours=st.integers(1, 72))
    def time_passes(self, hours: int) -> None:
        self.clock += hours * HOUR
        engine.evaluate(self.store, at=self.clock, slos=[self.name])

    @rule(period=periods())
    def correct(self, period: Interval) -> None:
        [shown] = engine.preview_correction(self.store, [self.name], period=period, at=self.clock)
        before = self.now()
        self.known += engine.add_correction(
            self.store, [self.name], period=period, author="ann", reason="maintenance", now=self.clock
        )
        assert (shown.before.counts, shown.before.budget) == before
        assert (shown.after.counts, shown.after.budget) == self.now()

    @rule(number=st.integers(0, 5))
    def revoke(self, number: int) -> None:
        if self.known:
            one = self.known.pop(number % len(self.known))
            engine.revoke_correction(self.store, [one.id], author="bob", reason="mistaken", now=self.clock)

    @rule(days=st.integers(1, 4))
    def correct_what_comes_by_mistake(self, days: int) -> None:
        period = Interval(self.clock - DAY, self.clock + 3 * DAY)
        [one] = engine.add_correction(
            self.store, [self.name], period=period, author="ann", reason="mistaken", now=self.clock
        )
        self.clock += days * DAY
        engine.evaluate(self.store, at=self.clock, slos=[self.name])
        engine.revoke_correction(self.store, [one.id], author="bob", reason="mistaken", now=self.clock)

    def now(self) -> tuple[Any, Any]:
        [seen_now] = engine.status(self.store, at=self.clock, now=self.clock, slos=[self.name])
        return seen_now.counts, seen_now.budget

    def is_dropped(self, at: datetime) -> bool:
        return any(inside(one.period, at) for one in self.known)

    @invariant()
    def every_window_is_exact(self) -> None:
        if not self.kind:
            return
        with self.store.read() as connection:
            [stored] = definitions.active(connection, [self.name])
            query = select(measurement).where(measurement.c.slo_id == stored.slo_id)
            rows = connection.execute(query).all()
            counted = [row for row in rows if not self.is_dropped(from_micros(row.at))]
            edges = [START - 60 * DAY, *(START + n * 37 * HOUR for n in range(16)), NOW + 40 * DAY]
            prefixes = [curve.prefixes(connection, [edge])[edge].get(stored.slo_id) for edge in edges]
            for (start, before), (end, upto) in itertools.pairwise(zip(edges, prefixes, strict=True)):
                found = counting.difference(upto, before, stored.unit)
                assert tuple(found) == self.recount(counted, start, end, stored.scale)
            if self.kind != "slices":
                self.runs_are_exact(connection, stored, counted)
        if self.kind == "expected":
            self.nothing_is_missing_that_was_not_expected(rows)

    def recount(self, rows: Sequence[Any], start: datetime, end: datetime, scale: int = 1) -> tuple[Any, ...]:
        runs: dict[int, list[int]] = {}
        day = to_micros(START + DAY) - to_micros(START)
        for row in rows:
            at = -(-row.at // day) * day if self.kind == "slices" else row.at
            run = runs.setdefault(at, [0, 0])
            run[0], run[1] = run[0] + row.good, run[1] + row.total
        held = [run for at, run in runs.items() if to_micros(start) < at <= to_micros(end)]
        bad = sum(run[0] < OBJECTIVE * run[1] for run in held)
        if self.kind == "slices":
            return len(held) - bad, len(held), bad, len(held)
        good, total = (Fraction(sum(run[place] for run in held), scale) for place in (0, 1))
        return good, total, bad, len(held)

    def runs_are_exact(self, connection: Any, stored: Any, rows: Sequence[Any]) -> None:
        """Windows in runs, streaks, and what was spent by cause."""
        instants_ = sorted({row.at for row in rows})
        for count, found in last_runs.before_last_runs(connection, (4, 1), NOW + 40 * DAY, [stored.slo_id]).items():
            before = [row for row in rows if len(instants_) > count and row.at <= instants_[-count - 1]]
            expected = self.recount(before, START - 60 * DAY, NOW + 40 * DAY)
            assert tuple(found.get(stored.slo_id))[1:] == expected
        whole = (stored, START - 60 * DAY, NOW + 40 * DAY)
        spent = attribution.spent_by(connection, [whole])[stored.slo_id]
        assert sum(spent.values()) == Fraction(sum(row.total - row.good for row in rows), stored.scale)

    def nothing_is_missing_that_was_not_expected(self, rows: Sequence[Any]) -> None:
        """Slots outside of corrections that nothing fulfils are missing, and count; each slot once."""
        engine.status(self.store, at=self.clock, now=self.clock, slos=[self.name])
        with self.store.read() as connection:
            [stored] = definitions.active(connection, [self.name])
            query = select(measurement.c.at, measurement.c.cause).where(measurement.c.slo_id == stored.slo_id)
            rows = connection.execute(query).all()
        step = 12 * HOUR
        real = {START + -((START - from_micros(row.at)) // step) * step for row in rows if row.cause != "missing_run"}
        missing = [from_micros(row.at) for row in rows if row.cause == "missing_run"]
        assert len(missing) == len(set(missing))
        slots = [START + n * step for n in range(1, 200) if START + n * step + 3 * HOUR < self.clock]
        expected = {slot for slot in slots if slot not in real and not self.is_dropped(slot)}
        assert {slot for slot in missing if not self.is_dropped(slot)} == expected


def test_sums_follow_every_correction(store: Store) -> None:
    examples = settings(max_examples=40, stateful_step_count=14, deadline=None, phases=(Phase.generate,))
    run_state_machine_as_test(lambda: Corrected(store), settings=examples)

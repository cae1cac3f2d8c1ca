"""Expected runs in a store, evaluated at any moment, against the slow reference."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction

from expected_kit import (
    BEGINNINGS,
    DAY,
    OBJECTIVES,
    assert_same,
    definitions,
    in_order,
    instants,
    journals,
    measurement_of,
    slo_of,
)
from expected_reference import Arrival, Definition, Reference
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from airflow_ai_slo import engine
from airflow_ai_slo.core.instants import to_micros
from airflow_ai_slo.store import MEMORY, Store
from airflow_ai_slo.store.connection import fresh
from airflow_ai_slo.store.tables import incident_event, measurement, metadata, pause, run, slo

AGES_AGO = datetime.fromisoformat("2020-01-01T00:00:00+00:00")


def emptied(store: Store) -> None:
    with store.write() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())


def applied(store: Store, definition: Definition) -> None:
    emptied(store)
    engine.apply(store, [slo_of(definition)], now=AGES_AGO)
    with store.write() as connection:
        slo_id = connection.execute(select(slo.c.id)).scalar_one()
        for start, end in definition.pauses:
            row = {"slo_id": slo_id, "start": to_micros(start), "end": None if end is None else to_micros(end)}
            connection.execute(pause.insert().values(author="ann", reason="moving house", **row))


def play(store: Store, arrivals: list[Arrival], looks: Sequence[datetime], expected: Reference | None) -> None:
    """Record and evaluate in the order of time; what comes at the instant of a look comes before it."""
    waiting = list(arrivals)
    for at in sorted(looks):
        while waiting and waiting[0].taken <= at:
            together = [one for one in waiting if one.taken == waiting[0].taken]
            engine.record(store, [measurement_of(one) for one in together], now=together[0].taken)
            waiting = waiting[len(together) :]
        engine.evaluate(store, at=at)
        if expected is not None:
            [seen] = engine.status(store, at=at, now=at)
            assert_same(seen, expected, at)
            assert_summed_up(store)


def assert_summed_up(store: Store) -> None:
    """Runs hold what their measurements do, and no run is both missing and there."""
    with store.read() as connection:
        m = measurement.c
        recounted = connection.execute(select(m.at, func.sum(m.good), func.sum(m.total), func.count()).group_by(m.at))
        kept = connection.execute(select(run.c.at, run.c.good, run.c.total, run.c.measurements))
        assert sorted(map(tuple, recounted)) == sorted(map(tuple, kept))


@settings(max_examples=60)
@given(data=st.data(), what=definitions())
def test_a_store_finds_the_runs_that_were_expected(
    store: Store, data: st.DataObject, what: tuple[datetime, Definition]
) -> None:
    beginning, definition = what
    arrivals = data.draw(journals(beginning, definition, waits=True))
    applied(store, definition)
    play(store, arrivals, data.draw(instants(beginning, definition, arrivals)), Reference(definition, arrivals))


@settings(max_examples=30)
@given(data=st.data(), what=definitions(), seed=st.integers(0, 1000))
def test_when_somebody_evaluates_changes_no_figure(
    store: Store, data: st.DataObject, what: tuple[datetime, Definition], seed: int
) -> None:
    beginning, definition = what
    arrivals = data.draw(journals(beginning, definition))
    dice, seen = random.Random(seed), []
    moments = data.draw(instants(beginning, definition, arrivals))
    last = max([*moments, *(one.taken for one in arrivals)])
    for looks in ([], moments, [one + timedelta(seconds=dice.randrange(9**6)) for one in moments]):
        applied(store, definition)
        play(store, arrivals, [*(one for one in looks if one < last), last], None)
        seen.append(engine.status(store, at=last, now=last))
    assert seen[0] == seen[1] == seen[2]


@settings(max_examples=15)
@given(
    stream=st.text(".....xx_l-0", min_size=3, max_size=24),
    late=st.sampled_from([0.1, 1.5, 4]),
    deadline=st.sampled_from([DAY, DAY / 4, 2 * DAY]),
    objective=st.sampled_from(OBJECTIVES),
    looks=st.sets(st.integers(1, 100)),
)
def test_when_somebody_evaluates_changes_no_incident(
    stream: str, late: float, deadline: timedelta, objective: Fraction, looks: set[int]
) -> None:
    """``_`` is missing, ``l`` late, ``-`` almost late, ``0`` without events."""
    begin = BEGINNINGS[4]
    definition = Definition(objective, 28 * DAY, DAY, start=begin, deadline=deadline)
    delays = {"l": deadline + late * DAY, "-": 0.9 * deadline}
    arrivals = in_order(
        [
            Arrival(str(day), at, Fraction(what in ".-l"), Fraction(what != "0"), at + delays.get(what, DAY / 20))
            for day, what in enumerate(stream, 1)
            if what != "_"
            for at in [begin + day * DAY]
        ]
    )
    told = []
    for quarters in (range(1, 140), {*looks, *range(1, 140, 8)}):
        store = fresh(MEMORY)
        store.migrate()
        applied(store, definition)
        play(store, arrivals, [begin + number * DAY / 4 for number in quarters], None)
        with store.read() as connection:
            events = select(incident_event.c.transition, incident_event.c.severity, incident_event.c.reason)
            told.append([tuple(row) for row in connection.execute(events.order_by(incident_event.c.id))])
        store.engine.dispose()
    assert told[0] == told[1]

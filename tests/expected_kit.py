"""Definitions and journals for the slow reference, drawn by Hypothesis, and the same as the product's own objects."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from expected_reference import MICROSECOND, Arrival, Definition, Reference
from expected_slots import cron_slots, interval_slots
from hypothesis import strategies as st

from airflow_ai_slo.core.definition import SLO, Schedule
from airflow_ai_slo.core.durations import Duration, Runs
from airflow_ai_slo.core.evaluation import Evaluation
from airflow_ai_slo.core.instants import to_micros
from airflow_ai_slo.core.measurement import Measurement
from airflow_ai_slo.core.stream import Row
from airflow_ai_slo.core.windows import CalendarWindow

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BEGINNINGS = (
    datetime(2026, 3, 26, 12, tzinfo=UTC),  # Berlin's clocks go forward on 29 March
    datetime(2026, 10, 23, 5, tzinfo=UTC),  # and back on 25 October
    datetime(2026, 3, 6, 12, tzinfo=UTC),  # New York's on 8 March
    datetime(2026, 10, 30, 12, tzinfo=UTC),  # and 1 November
    datetime(2026, 6, 1, tzinfo=UTC),
)
CADENCES: tuple[timedelta | str, ...] = (
    5 * MINUTE,
    15 * MINUTE,
    HOUR,
    6 * HOUR,
    DAY,
    7 * DAY,
    "0 6 * * *",
    "30 2 * * *",
    "0 * * * *",
    "*/15 1-3 * * *",
    "0 6 * * 1-5",
    "0 6 * * 1",
)
ZONES = ("UTC", "Europe/Berlin", "America/New_York")
WINDOWS: tuple[timedelta | str, ...] = (7 * DAY, 28 * DAY, 90 * DAY, "week", "month", "quarter")
OBJECTIVES = tuple(Fraction(text) for text in ("0.9", "0.95", "0.99", "0.995", "0.999"))
UNITS = {"week": "1w", "month": "1M", "quarter": "1Q", "year": "1Y"}


def length_of(cadence: timedelta | str) -> timedelta:
    """About one cadence."""
    if isinstance(cadence, timedelta):
        return cadence
    return {"0 * * * *": HOUR, "*/15 1-3 * * *": 15 * MINUTE, "0 6 * * 1": 7 * DAY}.get(cadence, DAY)


def written(length: timedelta) -> str:
    return str(Duration.of(length))


def slo_of(given: Definition, **changes: Any) -> SLO:
    """The product's own object of a definition; its pauses are told elsewhere."""
    window: Any
    if isinstance(given.window, timedelta):
        window = written(given.window)
    else:
        anchor = datetime(2026, 1, 5) if given.window == "week" else datetime(2026, 1, 1)
        window = CalendarWindow(Duration.parse(UNITS[given.window]), ZoneInfo(given.window_zone), anchor)
    deadline: Any = "cadence"
    if given.deadline is not None:
        deadline = Duration.of(given.deadline) if isinstance(given.deadline, timedelta) else None
    schedule = Schedule(
        cadence=given.cadence if isinstance(given.cadence, str) else written(given.cadence),
        zone=given.zone,
        start=given.start,
        end=given.end,
        deadline=deadline,
        late=given.late,  # type: ignore[arg-type]
    )
    values: dict[str, Any] = {
        "name": "done",
        "service": "scoring",
        "objective": given.objective,
        "window": window,
        "schedule": schedule,
        "rerun": given.rerun,
    }
    if given.slice is not None:
        values |= {
            "budgeting": "Timeslices",
            "slice_window": written(given.slice),
            "slice_target": given.slice_target,
        }
    return SLO(**(values | changes))


def row_of(one: Arrival) -> Row:
    return Row(to_micros(one.at), one.good, one.total, to_micros(one.recorded_at), one.key, is_backfill=one.backfill)


def measurement_of(one: Arrival, slo: str = "done") -> Measurement:
    return Measurement(
        slo=slo,
        key=one.key,
        at=one.at,
        good=one.good,
        total=one.total,
        recorded_at=one.recorded_at,
        attributes={"run_type": "backfill"} if one.backfill else {},
    )


@st.composite
def definitions(draw: st.DrawFn, *, pauses: bool = True, slices: bool = False) -> tuple[datetime, Definition]:
    """A definition, and about when its history begins."""
    beginning = draw(st.sampled_from(BEGINNINGS))
    cadence = draw(st.sampled_from(CADENCES))
    about = length_of(cadence)
    stops = st.lists(st.tuples(st.integers(-2, 12), st.integers(0, 6)), max_size=2)
    start = draw(st.sampled_from([None, None, beginning, beginning + 7 * MINUTE, beginning - 3 * about]))
    slice_length = draw(st.sampled_from([HOUR, 5 * MINUTE, about])) if slices else None
    return beginning, Definition(
        objective=draw(st.sampled_from(OBJECTIVES)),
        window=draw(st.sampled_from(WINDOWS)),
        cadence=cadence,
        zone=draw(st.sampled_from(ZONES)),
        window_zone=draw(st.sampled_from(ZONES)),
        start=start,
        end=draw(st.sampled_from([None, None, None, beginning + 6 * about])),
        deadline=draw(st.sampled_from([None, "none", about, about / 5, 3 * about])),
        late=draw(st.sampled_from(["bad", "bad", "accept"])),
        rerun=draw(st.sampled_from(["replace", "first", "worst"])),
        slice=slice_length,
        slice_target=None if slice_length is None else Fraction(3, 4),
        pauses=tuple(
            (beginning + at * about, beginning + (at + length) * about) for at, length in draw(stops) if length
        )
        if pauses
        else (),
    )


@st.composite
def journals(
    draw: st.DrawFn, beginning: datetime, given: Definition, *, waits: bool = False, most: int = 18
) -> list[Arrival]:
    """Arrivals in the order in which they are written down: on time, early, late, again, several to a run."""
    about = length_of(given.cadence)
    high = beginning + max(14 * about, 4 * DAY)
    if isinstance(given.cadence, str):
        slots = cron_slots(given.cadence, given.zone, beginning - 2 * about, high)
    else:
        slots = interval_slots(given.cadence, given.start or beginning, beginning - 2 * about, high)
    slots = slots[:16]
    deadline = given.deadline if isinstance(given.deadline, timedelta) else about
    delays = [timedelta(0), MINUTE, deadline, deadline + MICROSECOND, deadline * 2, 5 * about, -about]
    found = []
    for number in range(draw(st.integers(0, most))):
        place = draw(st.integers(0, len(slots) - 1))
        off = draw(st.sampled_from([timedelta(0)] * 5 + [about / 4, -about / 3]))
        at = slots[place] + off
        total = draw(st.sampled_from([Fraction(1), Fraction(1), Fraction(0), Fraction(7, 2), Fraction(100)]))
        good = total * draw(st.sampled_from([1, 1, 1, 0, Fraction(1, 2)]))
        recorded_at = at + draw(st.sampled_from(delays)) + number * MICROSECOND
        if number == 0:
            recorded_at = at + number * MICROSECOND
        waited = draw(st.sampled_from([None, None, about, 4 * about])) if waits else None
        found.append(
            Arrival(
                f"{place}{off}{draw(st.sampled_from(['', '', '-1', '-2']))}",
                at,
                good,
                total,
                recorded_at,
                draw(st.integers(0, 5)) == 0,
                None if waited is None else recorded_at + waited,
            )
        )
    return in_order(found)


def in_order(arrivals: list[Arrival]) -> list[Arrival]:
    return sorted(arrivals, key=lambda one: (one.taken, one.recorded_at))


def instants(beginning: datetime, given: Definition, arrivals: list[Arrival]) -> st.SearchStrategy[list[datetime]]:
    """Moments at and around what happens."""
    about = length_of(given.cadence)
    moments = [beginning + number * about for number in range(-1, 18)]
    moments += [one.taken for one in arrivals] + [one.at + about for one in arrivals]
    shifts = st.sampled_from([timedelta(0), MICROSECOND, -MICROSECOND, about / 7, 2 * about])
    one = st.builds(lambda moment, shift: moment + shift, st.sampled_from(moments), shifts)
    return st.lists(one, min_size=1, max_size=5)


def assert_same(seen: Evaluation, expected: Reference, now: datetime) -> None:
    """Every figure of an evaluation against the reference."""
    status, sliced = expected.status(now), expected.slo.slice is not None
    assert seen.counts == (status.good, status.total, status.bad_runs, status.runs)
    if not sliced:
        assert seen.coverage == status.coverage
        assert (seen.budget.allowed, seen.budget.remaining) == (status.allowed, status.remaining)
        assert seen.exhausted == (None if status.remaining is None else status.remaining <= 0)
    assert seen.budget.consumed == status.consumed
    rules = expected.rules(now)
    if rules is not None:
        given = [alert.rule for alert in seen.alerts]
        assert [
            (one.severity.label, one.long, one.short, one.factor, one.min_bad_long, one.min_bad_short) for one in given
        ] == [(one.severity, Runs(one.long), Runs(one.short), one.factor, one.bad_long, one.bad_short) for one in rules]
        assert [alert.outcome for alert in seen.alerts] == [expected.outcome(rule, now) for rule in rules]
    rates = {str(seen.slo.window): status.burn}
    for alert in seen.alerts:
        for span in (alert.rule.long, alert.rule.short):
            if isinstance(span, Runs):
                rates[str(span)] = expected.burn(expected.last(span.count, now))
    assert seen.burn_rates == rates


def moved(arrivals: list[Arrival], **changes: Any) -> list[Arrival]:
    return [replace(one, **changes) for one in arrivals]

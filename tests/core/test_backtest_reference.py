"""The product's figures against a slow count of the same measurements, written from the definitions alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st
from slo_reference import Reference

from airflow_ai_slo.core.definition import SLO, BurnRule, Severity
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.evaluation import Evaluation
from airflow_ai_slo.core.history import backtest
from airflow_ai_slo.core.instants import to_micros
from airflow_ai_slo.core.stream import Row, Stream

T0 = datetime(2026, 3, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
RULES = (
    BurnRule(severity=Severity.PAGE, long=Duration(1, "h"), short=Duration(5, "m"), factor=Fraction(3)),
    BurnRule(severity=Severity.TICKET, long=Duration(1, "d"), short=None, factor=Fraction(1)),
)


@st.composite
def measurements(draw: st.DrawFn) -> tuple[int, str, str, int, str]:
    """Minutes after T0, good, total, minutes until it came in, key."""
    tenths = draw(st.integers(0, 50))
    good = draw(st.integers(0, tenths)) if draw(st.booleans()) else tenths
    unit = 10 if draw(st.booleans()) else 1
    at = draw(st.integers(0, 60)) * draw(st.sampled_from([1, 5, 60]))
    return (
        at,
        str(Fraction(good, unit)),
        str(Fraction(tenths, unit)),
        draw(st.integers(0, 100)),
        draw(st.sampled_from("abcdefgh")),
    )


streams = st.lists(measurements(), max_size=30)
objectives = st.sampled_from([Fraction(1, 2), Fraction(9, 10), Fraction(999, 1000), Fraction(1, 3)])
instants = st.lists(st.integers(-10, 4000), min_size=1, max_size=4).map(
    lambda minutes: [T0 + minute * MINUTE for minute in minutes]
)


def assert_same(seen: Evaluation, expected: Reference, at: datetime) -> None:
    start = at - DAY
    figures, covered = expected.within(start, at), expected.coverage(start, at, at)
    assert (seen.counts.good, seen.counts.total) == (figures.good, figures.total)
    assert (seen.counts.runs, seen.counts.bad_runs) == (figures.runs, figures.bad_runs)
    assert seen.sli == figures.sli
    assert seen.coverage == covered
    assert seen.budget.allowed == expected.allowed(figures, covered)
    assert seen.budget.remaining == expected.remaining(figures, covered)
    assert seen.burn_rates == {
        name: expected.within(at - length, at).burn(expected.objective)
        for name, length in (("1h", 60 * MINUTE), ("5m", 5 * MINUTE), ("1d", DAY))
    }
    assert [alert.outcome for alert in seen.alerts] == [
        expected.rule(at, 60 * MINUTE, 5 * MINUTE, Fraction(3)),
        expected.rule(at, DAY, None, Fraction(1)),
    ]


def promised(objective: Fraction, rerun: str = "replace") -> SLO:
    # A factor of 3 is beyond the highest burn of some objectives, so the rules are set past the check on purpose.
    slo = SLO(name="s", service="x", objective=objective, window="1d", rerun=rerun, alerting="none")  # type: ignore[arg-type]
    object.__setattr__(slo, "shape", replace(slo.shape, rules=RULES))
    return slo


@settings(max_examples=150)
@given(streams, objectives, instants)
def test_every_figure_equals_that_of_a_slow_count(
    stream: Sequence[tuple[int, str, str, int, str]], objective: Fraction, at: list[datetime]
) -> None:
    rows = [
        Row(to_micros(T0 + m * MINUTE), Fraction(g), Fraction(t), to_micros(T0 + m * MINUTE)) for m, g, t, *_ in stream
    ]
    for seen, instant in zip(backtest(promised(objective), rows, at), at, strict=True):
        expected = Reference(objective)
        for number, (minutes, good, total, *_) in enumerate(stream):
            if T0 + minutes * MINUTE <= instant:
                expected.record(str(number), T0 + minutes * MINUTE, Fraction(good), Fraction(total))
        if expected.first is None:
            assert seen.sli is None
            assert seen.budget.remaining is None
        else:
            assert_same(seen, expected, instant)


@settings(max_examples=150)
@given(streams, objectives, instants, st.sampled_from(["replace", "first", "worst"]))
def test_each_instant_of_a_backtest_knows_what_had_come_in_by_then(
    stream: Sequence[tuple[int, str, str, int, str]], objective: Fraction, at: list[datetime], rerun: str
) -> None:
    arrivals = sorted(
        ((T0 + (m + delay) * MINUTE, T0 + m * MINUTE, Fraction(g), Fraction(t), key) for m, g, t, delay, key in stream),
        key=lambda arrival: arrival[0],
    )
    rows = [Row(to_micros(at), good, total, to_micros(came), key) for came, at, good, total, key in arrivals]
    for seen, instant in zip(backtest(promised(objective, rerun), rows, at), at, strict=True):
        expected = Reference(objective, rerun)
        for came, when, good, total, key in arrivals:
            if came <= instant:
                expected.record(key, when, good, total)
        assert_same(seen, expected, instant)


@given(streams, objectives, st.integers(0, 4000), st.integers(1, 2000), st.integers(1, 2000))
def test_counts_of_adjacent_windows_add_up(
    stream: Sequence[tuple[int, str, str, int, str]], objective: Fraction, start: int, first: int, second: int
) -> None:
    history = Stream(promised(objective))
    history.arrive(Row(to_micros(T0 + m * MINUTE), Fraction(g), Fraction(t), 0) for m, g, t, *_ in stream)
    a, b, c = (to_micros(T0 + minutes * MINUTE) for minutes in (start, start + first, start + first + second))
    left, right, whole = history.counts(a, b), history.counts(b, c), history.counts(a, c)
    assert whole == tuple(x + y for x, y in zip(left, right, strict=True))


def test_a_window_leaves_its_start_out_and_takes_its_end_in() -> None:
    rows = [Row(to_micros(T0), 0, 1, 0), Row(to_micros(T0 + DAY), 1, 1, 0)]
    [seen] = backtest(promised(Fraction(9, 10)), rows, [T0 + DAY])
    assert seen.counts == (1, 1, 0, 1)

"""Percentile sketches: how far off they are, and that merging is adding up."""

from __future__ import annotations

import math
import random
from fractions import Fraction

import pytest
from ddsketch import DDSketch
from hypothesis import given
from hypothesis import strategies as st

from airflow_ai_slo.core.errors import MeasurementError
from airflow_ai_slo.core.sketch import (
    LARGEST,
    LOG_GAMMA,
    SHOWN,
    SMALLEST,
    ZERO,
    Sketch,
    bucket_of,
    merged,
    percentiles,
    sketch_from_text,
    sketch_of,
    value_of,
)

TIMES = st.one_of(st.floats(SMALLEST, LARGEST), st.just(0.0), st.integers(0, 10**6).map(float))
SKETCHES = st.lists(TIMES, max_size=30).map(sketch_of)
SHARES = st.fractions(0, 1).filter(lambda share: share > 0)


def exact_quantile(values: list[float], share: Fraction) -> float:
    return sorted(values)[math.ceil(share * len(values)) - 1]


@given(st.lists(TIMES, min_size=1, max_size=200), SHARES)
def test_every_percentile_is_within_one_percent_of_the_exact_one(values: list[float], share: Fraction) -> None:
    true, seen = exact_quantile(values, share), sketch_of(values).quantile(share)
    assert seen is not None
    assert abs(seen - true) <= 0.01 * true * (1 + 1e-9)


def test_a_lognormal_month_in_a_thousand_runs_has_its_true_p99_and_not_the_average_of_p99s() -> None:
    rolls = random.Random(7)
    runs = [[rolls.lognormvariate(3 + (n % 50 == 0) * 3, 0.6) for _ in range(50)] for n in range(1000)]
    whole = merged(sketch_of(run) for run in runs)
    true = exact_quantile([value for run in runs for value in run], SHOWN["p99"])
    average = sum(exact_quantile(run, SHOWN["p99"]) for run in runs) / len(runs)
    p99 = whole.quantile(SHOWN["p99"])
    assert p99 == pytest.approx(true, rel=0.01)
    assert abs(average - true) > 0.2 * true


@given(SKETCHES, SKETCHES, SKETCHES)
def test_merging_is_associative_and_commutative_and_what_was_added_can_be_taken_out(
    a: Sketch, b: Sketch, c: Sketch
) -> None:
    assert merged([merged([a, b]), c]) == merged([a, merged([b, c])]) == merged([c, b, a])
    assert merged([a, b]).without(b) == a
    assert merged([a, Sketch()]) == a


@given(SKETCHES)
def test_what_is_kept_reads_back_equal(one: Sketch) -> None:
    assert sketch_from_text(one.to_text()) == one


@given(st.lists(st.floats(SMALLEST, 1e12), min_size=1, max_size=50))
def test_its_buckets_are_those_of_datadogs_own_implementation(values: list[float]) -> None:
    theirs = DDSketch(0.01)
    for value in values:
        theirs.add(value)
    kept = {theirs._store.offset + place: count for place, count in enumerate(theirs._store.bins) if count}
    ours = sketch_of(values).counts
    # The two multiply and divide by the logarithm: a value on a bound may fall on either side of it.
    assert all(abs(math.log(v) / LOG_GAMMA - round(math.log(v) / LOG_GAMMA)) > 1e-9 for v in values) <= (ours == kept)


def test_the_edges_of_what_can_be_told() -> None:
    assert bucket_of(0) == bucket_of(SMALLEST / 2) == ZERO
    assert bucket_of(math.inf) == bucket_of(1e300) == bucket_of(LARGEST)
    assert value_of(ZERO) == 0
    assert sketch_of([]).quantile(Fraction(1, 2)) is None
    assert percentiles(Sketch()) is None
    for wrong in (-1.0, math.nan):
        with pytest.raises(MeasurementError, match="not a length of time"):
            bucket_of(wrong)


def test_percentiles_are_written_as_people_read_them() -> None:
    seen = percentiles(sketch_of([100.0] * 98 + [1000.0] * 2))
    assert seen is not None
    assert str(seen) == "P50 100.5 ms · P90 100.5 ms · P95 100.5 ms · P99 1,002 ms"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"kind":"ddsketch-2","counts":[]}', "of kind 'ddsketch-2'; this release adds up 'ddsketch-1'"),
        ('{"kind":"ddsketch-1","counts":[1,0]}', "not whole numbers above 0"),
        ('{"kind":"ddsketch-1","counts":[1,2,3]}', "cannot be read"),
        ('{"kind":"ddsketch-1","counts":[1,"2"]}', "not whole numbers"),
        ("{}", "cannot be read"),
        ("[", "cannot be read"),
    ],
)
def test_what_is_no_sketch_or_another_releases_is_refused(text: str, problem: str) -> None:
    with pytest.raises(MeasurementError, match=problem):
        sketch_from_text(text)

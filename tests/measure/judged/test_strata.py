"""Stratified samples: the share is the population's, and the interval says no more than the sample does."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.intervals import Stratum, is_surely_above, stratified, wilson
from airflow_ai_slo.core.numbers import count
from airflow_ai_slo.measure.judged.allocation import LEAST, allocate
from airflow_ai_slo.measure.judged.estimate import estimate

CONFIDENCE = Fraction(95, 100)

strata = st.lists(
    st.tuples(st.integers(1, 10_000), st.integers(1, 60), st.floats(0, 1)).map(
        lambda one: Stratum(one[0], round(one[1] * one[2]), one[1])
    ),
    min_size=1,
    max_size=6,
)


@given(strata)
def test_the_share_is_the_weighted_one_and_the_size_no_more_than_was_judged(parts: list[Stratum]) -> None:
    found = stratified(parts)
    whole = sum(one.population for one in parts)
    assert found.share == sum(Fraction(one.population, whole) * Fraction(one.good, one.judged) for one in parts)
    assert 0 < found.size <= sum(one.judged for one in parts)
    assert found.good / found.size == found.share
    assert 1000 % found.size.denominator == 0


@given(strata, st.integers(2, 50))
def test_the_unit_of_the_population_does_not_matter(parts: list[Stratum], factor: int) -> None:
    larger = [Stratum(one.population * factor, one.good, one.judged) for one in parts]
    assert stratified(larger) == stratified(parts)


@given(st.integers(1, 500), st.integers(0, 500), st.integers(1, 10**6))
def test_one_stratum_is_a_simple_sample(judged: int, good: int, population: int) -> None:
    found = stratified([Stratum(population, min(good, judged), judged)])
    assert (found.good, found.size) == (min(good, judged), judged)


def test_proportional_strata_weigh_as_a_simple_sample() -> None:
    found = stratified([Stratum(900, 85, 90), Stratum(100, 5, 10)])
    assert (found.good, found.size) == (90, 100)


def test_a_share_that_is_the_objective_stays_exactly_that_when_it_is_stored() -> None:
    found = estimate({"a": 900, "b": 100}, [("a", True)] * 19 + [("a", False)] + [("b", True)] * 19 + [("b", False)])
    assert found.value == 0.95
    good, total = count(found.good), count(found.total)
    assert Fraction(good) / Fraction(total) == Fraction(95, 100)


@pytest.mark.parametrize("wrong", [[], [Stratum(0, 0, 1)], [Stratum(5, 2, 1)], [Stratum(5, 0, 0)], [Stratum(5, -1, 2)]])
def test_counts_that_cannot_be_are_refused(wrong: list[Stratum]) -> None:
    with pytest.raises(ValueError, match="every stratum needs"):
        stratified(wrong)


POPULATIONS = {
    "proportional": [(900, 0.98, 90), (100, 0.7, 10)],
    "equal": [(900, 0.98, 50), (100, 0.7, 50)],
    "hard stratum sampled more": [(9000, 0.99, 50), (1000, 0.6, 150)],
    "hard stratum sampled less": [(5000, 0.5, 10), (5000, 0.999, 200)],
    "unequal chances, same quality": [(5000, 0.95, 5), (5000, 0.95, 45)],
    "many small strata": [(1000 * (i + 1), 0.9 + 0.01 * i, 6) for i in range(8)],
    "large": [(50_000, 0.97, 300), (3_000, 0.8, 300)],
}


@pytest.mark.parametrize("name", POPULATIONS)
def test_the_interval_covers_the_truth_of_known_populations(name: str) -> None:
    parts = POPULATIONS[name]
    truth = sum(size * share for size, share, _ in parts) / sum(size for size, _, _ in parts)
    draw = np.random.default_rng(20260310)
    goods = [
        draw.hypergeometric(round(size * share), size - round(size * share), judged, 1500)
        for size, share, judged in parts
    ]
    covered, shares = 0, []
    for seen in zip(*goods, strict=True):
        found = stratified(
            Stratum(size, int(good), judged) for (size, _, judged), good in zip(parts, seen, strict=True)
        )
        low, high = wilson(found.good, found.size, CONFIDENCE) or (0, 1)
        covered += low <= truth <= high
        shares.append(float(found.share))
    assert np.mean(shares) == pytest.approx(truth, abs=0.005)
    assert covered / 1500 >= 0.93


def test_unweighted_counts_would_be_wrong_and_too_sure() -> None:
    """The sample is half hard rows, the population a tenth: pooled, a healthy service looks bad beyond doubt."""
    parts = [Stratum(9000, 98, 100), Stratum(1000, 70, 100)]
    pooled_bad, found = 32, stratified(parts)
    limit = Fraction(1, 10)
    assert is_surely_above(pooled_bad, 200, limit, CONFIDENCE)
    assert found.share == Fraction(952, 1000)
    assert not is_surely_above(found.size - found.good, found.size, limit, CONFIDENCE)


@given(
    st.dictionaries(st.text(max_size=3), st.integers(1, 500), min_size=1, max_size=8),
    st.integers(16, 400),
    st.sampled_from(["proportional", "equal", "neyman"]),
)
def test_every_stratum_gets_rows_and_none_more_than_it_has(sizes: dict[str, int], n: int, how: str) -> None:
    given_rows = allocate(n, sizes, how)  # type: ignore[arg-type]
    assert sum(given_rows.values()) == min(n, sum(sizes.values()))
    for name, size in sizes.items():
        assert min(LEAST, size) <= given_rows[name] <= size


def test_rows_go_where_the_allocation_says() -> None:
    sizes = {"en": 8000, "de": 1000, "fr": 1000}
    assert allocate(100, sizes) == {"en": 80, "de": 10, "fr": 10}
    assert allocate(99, sizes, "equal") == {"en": 33, "de": 33, "fr": 33}
    assert allocate(60, {"en": 8000, "de": 10}, "equal") == {"en": 50, "de": 10}
    assert allocate(100, sizes, "neyman", {"en": 0.99, "de": 0.5}) == {"en": 44, "de": 28, "fr": 28}


def test_what_cannot_be_allocated_is_said() -> None:
    with pytest.raises(ConfigurationError, match="n=3 is too small for 2 strata; at least 4"):
        allocate(3, {"a": 10, "b": 10})
    with pytest.raises(ConfigurationError, match="300 different values, at most 200"):
        allocate(1000, {str(i): 1 for i in range(300)})
    with pytest.raises(ConfigurationError, match=r"prior\['a'\]=1\.5 is not a share"):
        allocate(10, {"a": 10}, "neyman", {"a": 1.5})


def test_strata_without_a_verdict_are_left_out_and_named() -> None:
    found = estimate({"": 5, "a": 95}, [("", None), ("a", True), ("a", False)])
    assert (found.good, found.total, found.value) == (1, 2, 0.5)
    assert (found.judged, found.unjudged, found.population, found.left_out) == (2, 1, 100, ("",))
    assert found.detail.endswith("1 drawn without a verdict; without any: (missing)")


def test_nothing_to_judge_and_nothing_judged_are_neither_good_nor_bad() -> None:
    empty = estimate({}, [])
    assert (empty.good, empty.total, empty.value, empty.cause) == (0, 0, None, None)
    assert empty.detail == "no rows to judge"
    assert estimate({"": 9}, [("", None)] * 3).detail == "none of 3 rows has a verdict"


def test_a_prior_that_names_no_stratum_is_a_mistake() -> None:
    with pytest.raises(ConfigurationError, match="prior names 'EN'; the strata are 'en', 'de'"):
        allocate(10, {"en": 90, "de": 10}, "neyman", {"EN": 0.9})
    assert allocate(10, {"en": 90, "de": 10}, "neyman", {"en": 0.9, "fr": 0.5})

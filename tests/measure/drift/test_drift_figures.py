from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from drift_by_hand import NOW, category_cells, edges, figures, histogram
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from airflow_ai_slo.measure.drift import build_profile, measure_frame
from airflow_ai_slo.measure.drift.raw import raw_figures
from airflow_ai_slo.measure.drift.statistics import (
    chi_square,
    js_distance,
    ks_binned,
    l_inf,
    psi,
    shares,
    total_variation,
)

cells = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), min_size=1, max_size=30)
values = st.lists(st.one_of(st.integers(-4, 4).map(float), st.floats(-1e6, 1e6)), min_size=1, max_size=80)
words = st.lists(st.text(alphabet="ab_é", max_size=2), min_size=1, max_size=60)


def drift(reference, current, now):
    left, right = pd.DataFrame({"x": reference}), pd.DataFrame({"x": current})
    profile = build_profile(left, name="r", now=now)
    return measure_frame(profile, right, reference=left).columns[0]


@settings(deadline=None)
@given(cells)
def test_every_distance_of_two_histograms_is_what_its_definition_says(pairs):
    left, right = ([pair[side] for pair in pairs] for side in (0, 1))
    assume(sum(left) and sum(right))
    p, q = shares(left), shares(right)
    chi2, chi2_p, cramers_v = chi_square(left, right)
    found = {
        "psi": psi(p, q), "js_distance": js_distance(p, q), "chi2": chi2, "chi2_p": chi2_p, "cramers_v": cramers_v,
        "tv": total_variation(p, q), "linf": l_inf(p, q), "ks_binned": ks_binned(left, right),
    }  # fmt: skip
    assert found == pytest.approx(figures(left, right), rel=1e-9, abs=1e-12)


@settings(deadline=None)
@given(cells)
def test_what_should_be_symmetric_is(pairs):
    left, right = ([pair[side] for pair in pairs] for side in (0, 1))
    assume(sum(left) and sum(right))
    p, q = shares(left), shares(right)
    for distance in (psi, js_distance, total_variation, l_inf):
        assert distance(p, q) == pytest.approx(distance(q, p), abs=1e-12)
    assert chi_square(left, right) == pytest.approx(chi_square(right, left), rel=1e-9, abs=1e-12)
    assert ks_binned(left, right) == pytest.approx(ks_binned(right, left), abs=1e-12)


@settings(deadline=None)
@given(st.lists(st.integers(0, 50), min_size=1, max_size=20), st.integers(1, 1000))
def test_equal_shares_of_different_totals_are_exactly_no_distance(counts, times):
    assume(sum(counts))
    p, q = shares(counts), shares([times * count for count in counts])
    assert (psi(p, q), js_distance(p, q), total_variation(p, q), l_inf(p, q)) == (0, 0, 0, 0)
    assert chi_square(counts, [times * count for count in counts])[:2] == (0, 1)


@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")  # SciPy, of one value against one
@settings(deadline=None, max_examples=60)
@given(values, values)
def test_a_numeric_column_has_the_figures_of_its_definition(reference, current):
    cuts = edges(reference)
    expected = figures(histogram(reference, cuts), histogram(current, cuts))
    ks = stats.ks_2samp(reference, current, method="asymp")
    scale = max(float(np.std(reference)), 1e-3)
    found = drift(reference, current, NOW)
    assert {name: getattr(found, name) for name in expected} == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert found.ks == pytest.approx(ks.statistic, abs=1e-12)
    assert found.ks_p == (None if math.isnan(ks.pvalue) else pytest.approx(ks.pvalue, abs=1e-12))
    assert found.wasserstein_norm == pytest.approx(stats.wasserstein_distance(reference, current) / scale, rel=1e-9)


@settings(deadline=None, max_examples=60)
@given(words, words)
def test_a_column_of_texts_has_the_figures_of_its_definition(reference, current):
    expected = figures(*category_cells(reference, current))
    del expected["ks_binned"]
    found = drift(reference, current, NOW)
    assert {name: getattr(found, name) for name in expected} == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert (found.ks_binned, found.ks, found.ks_p, found.wasserstein_norm) == (None, None, None, None)
    assert found.new_category_share == pytest.approx(sum(w not in set(reference) for w in current) / len(current))


@settings(deadline=None, max_examples=30)
@given(values, st.randoms())
def test_identical_data_in_any_order_has_no_distance_at_all(reference, random):
    shuffled = list(reference)
    random.shuffle(shuffled)
    found = drift(reference, shuffled, NOW)
    names = (
        "psi",
        "js_distance",
        "chi2",
        "cramers_v",
        "tv",
        "linf",
        "ks_binned",
        "ks",
        "wasserstein_norm",
        "null_rate_change",
    )
    assert {name: getattr(found, name) for name in names} == dict.fromkeys(names, 0)
    assert (found.chi2_p, found.verdict) == (1, "stable")


def test_a_growing_shift_never_looks_smaller(now):
    rng = np.random.default_rng(4)
    base = rng.normal(size=4000)
    steps = [drift(base, base + shift, now) for shift in np.linspace(0, 3, 13)]
    for name in ("psi", "js_distance", "tv", "ks", "ks_binned", "wasserstein_norm", "cramers_v"):
        series = [getattr(step, name) for step in steps]
        assert series == sorted(series), name


def test_infinite_values_count_in_the_ks_and_not_in_the_wasserstein_distance():
    reference, current = np.array([1.0, 2.0, np.inf, -np.inf, np.nan]), np.array([2.0, 5.0, np.inf, np.inf])
    found = raw_figures(reference, current)
    ks = stats.ks_2samp(reference[:4], current, method="asymp")
    assert (found.ks, found.ks_p) == (ks.statistic, pytest.approx(ks.pvalue, abs=1e-12))
    assert found.wasserstein_norm == pytest.approx(stats.wasserstein_distance([1, 2], [2, 5]) / 0.5)


def test_a_spread_near_zero_does_not_blow_up_the_wasserstein_distance():
    assert raw_figures(np.full(9, 3.0), np.full(9, 3.5)).wasserstein_norm == pytest.approx(0.5 / 1e-3)


def test_only_infinite_values_leave_no_wasserstein_distance():
    found = raw_figures(np.array([np.inf]), np.array([1.0, -np.inf]))
    assert (found.ks, found.wasserstein_norm) == (1.0, None)

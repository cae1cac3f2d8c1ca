from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from drift_by_hand import edges, histogram
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_ai_slo.measure.drift.build import edges_of, profile_column
from airflow_ai_slo.measure.drift.counting import bin_counts, count_column

numbers = st.one_of(
    st.integers(-5, 5).map(float), st.floats(allow_nan=False), st.sampled_from([math.inf, -math.inf, -0.0])
)
samples = st.lists(numbers, min_size=1, max_size=120)


@settings(deadline=None)
@given(samples)
def test_edges_are_the_deciles_by_inverted_cdf_and_the_floats_below_shared_ones(values):
    assert edges_of(np.array(values)) == tuple(edges(values))


@settings(deadline=None)
@given(samples, samples)
def test_bins_are_right_closed_and_their_counts_add_up(reference, current):
    cuts = edges_of(np.array(reference))
    count, bins = bin_counts(np.array(current), cuts)
    assert count == len(current) == sum(bins)
    assert list(bins) == histogram(current, cuts)


@settings(deadline=None)
@given(samples, st.integers(0, 20), st.randoms())
def test_neither_row_order_nor_missing_values_move_a_profile(values, missing, random):
    mixed = values + [math.nan] * missing
    random.shuffle(mixed)
    plain, noisy = (profile_column(pd.Series(v, dtype=float), name="x") for v in (values, mixed))
    assert (noisy.edges, noisy.counts, noisy.count) == (plain.edges, plain.counts, plain.count)
    assert noisy.rows == plain.rows + missing


@pytest.mark.parametrize("n", [1, 2, 3, 7, 9, 10, 11, 19, 20, 30, 70, 99, 1000])
def test_ranks_are_exact_integers(n):
    # 0.7 * 10 is 7.000000000000001 in floats, whose ceiling would be one rank too far.
    expected = {math.ceil(i * n / 10) if (i * n) % 10 else i * n // 10 for i in range(1, 10)}
    assert {int(edge) for edge in edges_of(np.arange(1.0, n + 1)) if edge == int(edge)} == expected


def test_a_constant_gives_three_bins_and_fills_the_middle_one():
    profile = profile_column(pd.Series([4.2] * 50), name="x")
    assert profile.edges == (np.nextafter(4.2, -np.inf), 4.2)
    assert profile.counts == (0, 50, 0)
    moved = count_column(pd.Series([4.2, np.nextafter(4.2, 9), np.nextafter(4.2, 0), 4.2]), profile)
    assert moved.bins == (1, 2, 1)


def test_an_atom_at_zero_has_a_bin_of_its_own():
    values = pd.Series([0.0] * 400 + list(np.linspace(-1, 1, 600)))
    profile = profile_column(values, name="x")
    place = profile.edges.index(0.0)
    assert profile.edges[place - 1] == -5e-324
    assert profile.counts[place] == int((values == 0).sum())


def test_infinities_are_values():
    profile = profile_column(pd.Series([-np.inf] * 30 + [0.0, 1.0, 2.0] + [np.inf] * 30), name="x")
    assert profile.count == 63
    assert profile.edges[0] == -math.inf
    assert profile.edges[-1] == math.inf
    counted = count_column(pd.Series([np.inf, -np.inf, np.nan, 5.0]), profile)
    assert (counted.rows, counted.count, sum(counted.bins)) == (4, 3, 3)
    assert counted.bins[0] == 1
    assert (profile.mean, profile.low, profile.high) == (1.0, 0.0, 2.0)


def test_whole_numbers_beyond_two_to_the_53_compare_as_the_nearest_float():
    big = 2**53
    profile = profile_column(pd.Series([big, big + 1, big + 2, big + 3] * 10), name="x")
    assert set(profile.edges) <= {float(v) for v in (big - 1, big, big + 2, big + 4)} | {
        np.nextafter(big + 2.0, 0),
        np.nextafter(big + 4.0, 0),
    }
    assert count_column(pd.Series([big + 1]), profile).bins == count_column(pd.Series([float(big)]), profile).bins

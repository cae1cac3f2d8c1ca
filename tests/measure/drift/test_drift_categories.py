from __future__ import annotations

import pandas as pd
import pytest
from drift_by_hand import category_cells, figures

from airflow_ai_slo.measure.drift import build_profile, measure_frame, parse_profile, profile_to_dict
from airflow_ai_slo.measure.drift.build import profile_column
from airflow_ai_slo.measure.drift.profile import TOP


def column(reference, current, now, **options):
    profile = build_profile(pd.DataFrame({"c": reference}), name="r", now=now, **options)
    return measure_frame(profile, pd.DataFrame({"c": current})).columns[0]


def test_the_fifty_most_frequent_keep_their_cells_and_ties_go_by_code_point():
    names = [f"k{n:02d}" for n in range(70)] + ["Z", "é"]
    profile = profile_column(pd.Series(names * 2 + ["k69"] * 5), name="c")
    assert profile.categories[0] == "k69"
    assert profile.categories[1:] == tuple(sorted(names)[: TOP - 1])
    assert profile.categories[1] == "Z"
    assert profile.other == 2 * (72 - 50)
    assert "é" in profile.rare


@pytest.mark.parametrize(("known", "new"), [(3, 2), (49, 1), (50, 0), (50, 1), (45, 6), (3, 200), (80, 0), (80, 30)])
def test_up_to_fifty_in_the_union_have_cells_of_their_own(known, new, now):
    reference = [f"r{n:03d}" for n in range(known) for _ in range(n % 7 + 1)]
    current = reference[::2] + [f"n{n}" for n in range(new) for _ in range(3)]
    found = column(reference, current, now)
    expected = figures(*category_cells(reference, current))
    del expected["ks_binned"]
    assert {name: getattr(found, name) for name in expected} == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert found.new_category_share == pytest.approx(3 * new / len(current))


def test_an_empty_text_is_a_value_and_a_missing_one_is_not(now):
    found = column(["", "a", None, "a"], ["", "", None, None], now)
    assert (found.n_reference, found.n_current) == (3, 2)
    assert found.null_rate_change == pytest.approx(0.25)
    assert found.new_category_share == 0


def test_a_category_called_other_is_not_the_cell_of_the_rare_ones(now):
    reference = [f"k{n}" for n in range(60) for _ in range(2)] + ["__other__"] * 9
    found = column(reference, ["__other__"] * 30, now)
    expected = figures(*category_cells(reference, ["__other__"] * 30))
    assert found.psi == pytest.approx(expected["psi"], rel=1e-12)
    assert found.new_category_share == 0


def test_texts_are_exact_strings(now):
    assert column(["a"], ["A"], now).new_category_share == 1
    assert column(["a"], ["a "], now).new_category_share == 1
    assert column(["\u00e9"], ["e\u0301"], now).new_category_share == 1  # the same letter, composed and not


def test_too_many_rare_categories_leave_the_share_of_new_ones_unknown(now):
    reference = [f"k{n}" for n in range(TOP + 20)]
    assert column(reference, ["k65", "new"], now, known=10).new_category_share is None
    assert column(reference, ["k65", "new"], now, known=20).new_category_share == 0.5
    profile = build_profile(pd.DataFrame({"c": reference}), name="r", now=now, known=10)
    import json

    again = parse_profile(json.dumps(profile_to_dict(profile)))
    assert again.columns["c"].rare is None


def test_booleans_pair_false_with_false(now):
    found = column([True] * 30 + [False] * 70, [True] * 60 + [False] * 40, now)
    expected = figures([70, 30], [40, 60])
    assert (found.kind, found.psi) == ("boolean", pytest.approx(expected["psi"]))
    assert found.new_category_share == 0
    assert column([True] * 9, [True, False], now).new_category_share == 0.5

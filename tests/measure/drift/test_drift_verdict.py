from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.measure.drift import (
    Check,
    ColumnDrift,
    DriftResult,
    Thresholds,
    Verdict,
    build_profile,
    in_words,
    measure_frame,
)


def column(name, verdict, psi=None):
    return ColumnDrift(column=name, kind=None, verdict=Verdict(verdict), psi=psi)


def result(*verdicts, **options):
    columns = tuple(column(f"c{n}", verdict) for n, verdict in enumerate(verdicts))
    return DriftResult(profile="r", columns=columns, **options)


def test_a_large_psi_on_few_values_is_insufficient_and_on_many_is_drift(now):
    profile = build_profile(pd.DataFrame({"x": np.arange(1000.0)}), name="r", now=now)
    few, many = (pd.DataFrame({"x": np.linspace(500, 999, n)}) for n in (8, 800))
    small, large = (measure_frame(profile, frame).columns[0] for frame in (few, many))
    assert small.psi > 0.2 < large.psi
    assert small.chi2_p >= 0.001 > large.chi2_p
    assert (small.verdict, large.verdict) == ("insufficient", "drift")


def test_a_small_shift_of_many_values_is_stable_though_its_p_is_tiny(now):
    rng = np.random.default_rng(1)
    profile = build_profile(pd.DataFrame({"x": rng.normal(size=100_000)}), name="r", now=now)
    found = measure_frame(profile, pd.DataFrame({"x": rng.normal(size=100_000) + 0.1})).columns[0]
    assert found.chi2_p < 0.001
    assert (found.verdict, found.warnings) == ("stable", ())


def test_between_the_thresholds_a_column_is_stable_and_worth_a_look(now):
    profile = build_profile(pd.DataFrame({"x": np.arange(1000.0)}), name="r", now=now)
    frame = pd.DataFrame({"x": [*np.arange(1000.0), *np.arange(500, 1000.0)]})
    found = measure_frame(profile, frame).columns[0]
    assert 0.1 < found.psi <= 0.2
    assert (found.verdict, found.warnings) == ("stable", (f"PSI {found.psi:.3f} is above 0.1",))
    assert measure_frame(profile, frame, thresholds=Thresholds(psi=0.1)).columns[0].verdict == "drift"


def test_missing_values_and_new_categories_are_worth_a_look_of_their_own(now):
    profile = build_profile(pd.DataFrame({"c": ["a", "b"] * 500}), name="r", now=now)
    found = measure_frame(profile, pd.DataFrame({"c": ["a", "b"] * 400 + ["c"] * 100 + [None] * 150})).columns[0]
    assert any("moved by +14.3%" in w for w in found.warnings)
    assert any("11.1% of the values are in new categories" in w for w in found.warnings)


def test_only_judged_columns_count():
    found = result("stable", "drift", "insufficient", "empty", "error", "stable")
    assert (found.good, found.total, found.share_drifted) == (2, 3, pytest.approx(1 / 3))
    assert in_words(found) == "1 of 3 judged columns drifted: c1 (not judged: 1 insufficient, 1 empty, 1 error)"


def test_nothing_judged_is_no_share_and_no_event():
    found = result("empty", "error", "insufficient")
    assert (found.good, found.total, found.share_drifted) == (0, 0, None)


@pytest.mark.parametrize(
    ("verdicts", "counts"),
    [
        (("stable", "stable"), (1, 1)),
        (("stable", "insufficient"), (1, 1)),
        (("stable", "drift", "error"), (0, 1)),
        (("stable", "error"), (0, 0)),
        (("stable", "empty"), (0, 0)),
        (("insufficient",), (0, 0)),
    ],
)
def test_a_run_is_one_event_and_what_cannot_be_compared_is_never_no_drift(verdicts, counts):
    found = result(*verdicts, event="run")
    assert (found.good, found.total) == counts


def test_columns_may_weigh_differently_and_exactly():
    found = result("stable", "drift", "stable", weights={"c0": 0.1, "c1": 3})
    assert (found.good, found.total) == (Fraction(11, 10), Fraction(41, 10))


@pytest.mark.parametrize("weights", [{"c0": -1}, {"c0": float("nan")}, {"c0": "much"}])
def test_a_wrong_weight_is_refused(weights):
    with pytest.raises(ConfigurationError, match=r"weights\['c0'\]"):
        result("stable", weights=weights)


def test_a_weight_of_a_column_that_is_not_measured_is_refused():
    with pytest.raises(ConfigurationError, match=r"weights\['delay'\]: no such column is measured"):
        result("stable", weights={"delay": 2})


def test_another_event_is_refused():
    with pytest.raises(ConfigurationError, match="neither 'columns' nor 'run'"):
        result("stable", event="rows")


def test_checks_of_a_suite_are_events_beside_the_columns():
    checks = (
        Check(name="a", column=None, ok=True),
        Check(name="b", column="x", ok=False),
        Check(name="c", column="x", ok=None),
    )
    found = result("stable", checks=checks)
    assert (found.good, found.total) == (2, 3)
    assert result("stable", checks=checks, event="run").good == 0
    assert result("stable", checks=checks[:1], event="run").good == 1


def test_the_document_has_exactly_the_shape_of_the_command(now):
    profile = build_profile(pd.DataFrame({"x": [1.0, 2.0]}), name="r", now=now)
    document = measure_frame(profile, pd.DataFrame({"x": [1.0]})).to_dict()
    assert list(document) == ["columns", "share_drifted"]
    assert list(document["columns"][0]) == [
        "column", "kind", "n_reference", "n_current", "psi", "js_distance", "chi2", "chi2_p", "cramers_v", "tv", "linf",
        "ks_binned", "ks", "ks_p", "wasserstein_norm", "null_rate_change", "new_category_share",
        "vanished_category_share", "verdict",
    ]  # fmt: skip
    assert document["columns"][0]["ks"] is None


def test_the_worst_psi_is_the_value_of_the_measurement():
    found = DriftResult(
        profile="r", columns=(column("a", "stable", 0.05), column("b", "drift", 0.7), column("c", "error"))
    )
    assert found.worst_psi == 0.7
    assert result("error").worst_psi is None

"""The SLO by OpenSLO's letter: windows, budgeting, objectives, indicators."""

from __future__ import annotations

from pathlib import Path

import pytest

GONE = ...
METHODS = ("Occurrences", "Timeslices", "RatioTimeslices")
INDICATOR = {
    "metadata": {"name": "inner"},
    "spec": {"thresholdMetric": {"metricSource": {"type": "sql", "spec": {"query": "select 1"}}}},
}


@pytest.mark.parametrize("field", ["service", "budgetingMethod", "timeWindow", "objectives"])
def test_needed_fields(judge, errors, field):
    assert errors(judge.one("slo-ratio", {f"spec.{field}": GONE}, strict=True)) == [f"spec.{field}"]


def test_budgeting_methods(judge, errors):
    for method in METHODS:
        assert judge.one("slo-ratio", {"spec.budgetingMethod": method}, strict=True).valid
    for method in ("invalid", "occurrences"):
        assert errors(judge.one("slo-ratio", {"spec.budgetingMethod": method}, strict=True)) == ["spec.budgetingMethod"]


def test_an_slo_without_policies_passes(judge):
    assert judge.one("slo-ratio", {"spec.alertPolicies": GONE}, strict=True).valid
    assert judge.one("slo-ratio", {"spec.alertPolicies": None}, strict=True).valid


def test_exactly_one_time_window(judge, errors):
    window = {"duration": "28d", "isRolling": True}
    for windows in ([], [window, window]):
        assert errors(judge.one("slo-ratio", {"spec.timeWindow": windows}, strict=True)) == ["spec.timeWindow"]


CALENDAR = {"startTime": "2022-01-01 12:00:00", "timeZone": "America/New_York"}


@pytest.mark.parametrize(
    ("window", "path"),
    [
        ({"isRolling": True}, "spec.timeWindow[0].duration"),
        ({"duration": "1w", "isRolling": True, "calendar": CALENDAR}, "spec.timeWindow[0]"),
        ({"duration": "1w", "isRolling": False}, "spec.timeWindow[0]"),
        ({"duration": "1w"}, "spec.timeWindow[0]"),
        ({"duration": "1w", "calendar": CALENDAR}, None),
        ({"duration": "1w", "isRolling": True}, None),
        ({"duration": "1w", "isRolling": "true"}, "spec.timeWindow[0].isRolling"),
    ],
)
def test_a_window_rolls_or_follows_a_calendar(judge, errors, window, path):
    assert errors(judge.one("slo-ratio", {"spec.timeWindow": [window]}, strict=True)) == ([path] if path else [])


@pytest.mark.parametrize(
    ("start", "valid"),
    [
        ("2022-01-01 12:00:00", True),
        ("2024-02-29 00:00:00", True),
        ("2022-01-01 1:00:00", True),
        ("2022-02-29 00:00:00", False),
        ("2022-01-01T12:00:00", False),
        ("2022-01-01 12:00:00Z", False),
        ("2022-01-01", False),
        ("2022-13-01 00:00:00", False),
        ("2022-01-01 24:00:00", False),
        ("Monday", False),
        (20220101, False),
    ],
)
def test_a_start_time_is_a_wall_time(judge, errors, start, valid):
    result = judge.one("slo-ratio", {"spec.timeWindow.0.calendar.startTime": start}, strict=True)
    assert errors(result) == ([] if valid else ["spec.timeWindow[0].calendar.startTime"])


@pytest.mark.parametrize("zone", ["", "Local", "Mars/Base", "../etc/passwd", "America", 1])
def test_a_time_zone_is_of_the_iana_database(judge, errors, zone):
    result = judge.one("slo-ratio", {"spec.timeWindow.0.calendar.timeZone": zone}, strict=True)
    assert errors(result) == ["spec.timeWindow[0].calendar.timeZone"]


def test_yaml_dates_are_wall_times_too(judge):
    text = (Path(__file__).parent / "data" / "valid.yaml").read_text()
    assert "startTime: 2026-01-01 00:00:00" in text
    assert all(result.valid for result in judge.text(text, strict=True))


@pytest.mark.parametrize(
    ("target", "valid"), [(0.0, True), (0.9999, True), (1.0, False), (-0.1, False), ("0.9", False)]
)
def test_targets_lie_from_0_to_below_1(judge, errors, target, valid):
    result = judge.one("slo-ratio", {"spec.objectives.0.target": target}, strict=True)
    assert errors(result) == ([] if valid else ["spec.objectives[0].target"])


@pytest.mark.parametrize(
    ("percent", "valid"), [(0.0, True), (0.9999, True), (99.9999, True), (100.0, False), (-0.1, False)]
)
def test_percents_lie_from_0_to_below_100(judge, errors, percent, valid):
    result = judge.one("slo-by-reference", {"spec.objectives.0.targetPercent": percent}, strict=True)
    assert errors(result) == ([] if valid else ["spec.objectives[0].targetPercent"])


def test_one_of_target_and_percent(judge, errors):
    for changes in ({"spec.objectives.0.target": GONE}, {"spec.objectives.0.targetPercent": 10}):
        assert errors(judge.one("slo-ratio", changes, strict=True)) == ["spec.objectives[0]"]


def test_op_and_value_go_with_a_threshold(judge, errors):
    both = {"spec.objectives.0.op": GONE, "spec.objectives.0.value": GONE}
    missing = errors(judge.one("slo-threshold", both, strict=True))
    assert missing == ["spec.objectives[0].op", "spec.objectives[0].value"]
    by_reference = {"spec.indicator": GONE, "spec.indicatorRef": "my-sli"} | both
    assert judge.one("slo-threshold", by_reference, strict=True).valid
    ratio = {"spec.objectives.0.op": "gt", "spec.objectives.0.value": 1}
    assert errors(judge.one("slo-ratio", ratio, strict=True)) == missing


def test_a_threshold_has_one_objective(judge, errors):
    objectives = [{"op": "gt", "value": 1, "target": 0.9}, {"op": "gt", "value": 2, "target": 0.99}]
    assert errors(judge.one("slo-threshold", {"spec.objectives": objectives}, strict=True)) == ["spec.objectives"]


@pytest.mark.parametrize("method", METHODS)
def test_slices_need_a_window_and_timeslices_a_target(judge, errors, method):
    change = {"spec.budgetingMethod": method}
    no_target = errors(judge.one("slo-ratio", change | {"spec.objectives.0.timeSliceTarget": GONE}, strict=True))
    assert no_target == (["spec.objectives[0].timeSliceTarget"] if method == "Timeslices" else [])
    no_window = errors(judge.one("slo-ratio", change | {"spec.objectives.0.timeSliceWindow": GONE}, strict=True))
    assert no_window == ([] if method == "Occurrences" else ["spec.objectives[0].timeSliceWindow"])


@pytest.mark.parametrize(("target", "valid"), [(0.1, True), (1.0, True), (0, False), (1.1, False)])
def test_slice_targets_lie_above_0_up_to_1(judge, errors, target, valid):
    result = judge.one("slo-ratio", {"spec.objectives.0.timeSliceTarget": target}, strict=True)
    assert errors(result) == ([] if valid else ["spec.objectives[0].timeSliceTarget"])


def test_a_slice_window_may_be_minutes(judge):
    assert judge.one("slo-ratio", {"spec.objectives.0.timeSliceWindow": 5}, strict=True).valid


@pytest.mark.parametrize(("weight", "valid"), [(20, True), (999999999999.9999, True), (0.0, False), (-2, False)])
def test_composite_weights_are_above_0(judge, errors, weight, valid):
    result = judge.one("slo-composite", {"spec.objectives.0.compositeWeight": weight}, strict=True)
    assert errors(result) == ([] if valid else ["spec.objectives[0].compositeWeight"])


def test_an_indicator_is_on_the_slo_or_on_its_objectives(judge, errors):
    assert errors(judge.one("slo-by-reference", {"spec.indicatorRef": GONE}, strict=True)) == ["spec"]
    assert errors(judge.one("slo-composite", {"spec.indicatorRef": "my-sli"}, strict=True)) == ["spec"]
    one_composite = {"spec.objectives": [{"target": 0.9}, {"target": 0.9, "indicatorRef": "my-sli"}]}
    assert judge.one("slo-composite", one_composite, strict=True).valid


@pytest.mark.parametrize(
    ("name", "place", "path"),
    [("slo-by-reference", "spec", "spec"), ("slo-composite", "spec.objectives.0", "spec.objectives[0]")],
)
def test_an_indicator_is_inline_or_referred_to(judge, errors, name, place, path):
    ratio = {"metadata": {"name": "x"}, "spec": INDICATOR["spec"]}
    both = {f"{place}.indicator": ratio, f"{place}.indicatorRef": "my-sli"}
    assert path in errors(judge.one(name, both, strict=True))
    assert errors(judge.one(name, {f"{place}.indicatorRef": "my sli"}, strict=True)) == [f"{path}.indicatorRef"]
    assert errors(judge.one(name, {f"{place}.indicatorRef": ""}, strict=True)) == [f"{path}.indicatorRef"]
    empty = {f"{place}.indicator": {"metadata": {"name": "x"}, "spec": {}}, f"{place}.indicatorRef": GONE}
    assert errors(judge.one(name, empty, strict=True)) == [f"{path}.indicator.spec"]

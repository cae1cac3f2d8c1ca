"""Every kind by OpenSLO's letter: the cases of its reference implementation, valid and invalid."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_ai_slo import openslo

GONE = ...
LONG, LONGEST = "A" * 1051, "A" * 1050

KINDS = ["service", "data-source", "sli-good", "condition", "target", "policy", "slo-ratio"]
DESCRIBED = [
    ("service", "spec"),
    ("data-source", "spec"),
    ("sli-good", "spec"),
    ("sli-threshold", "spec"),
    ("condition", "spec"),
    ("target", "spec"),
    ("policy", "spec"),
    ("slo-ratio", "spec"),
    ("policy-inline", "spec.conditions.0.spec"),
    ("policy-inline", "spec.notificationTargets.0.spec"),
    ("slo-inline-policy", "spec.alertPolicies.0.spec"),
    ("slo-ratio", "spec.indicator.spec"),
    ("slo-composite", "spec.objectives.1.indicator.spec"),
]


def pathed(place: str) -> str:
    return place.replace(".0.", "[0].").replace(".1.", "[1].")


def test_every_valid_shape_passes_without_a_word(judge):
    text = (Path(__file__).parent / "data" / "valid.yaml").read_text()
    results = judge.text(text, strict=True)
    assert [result.problems for result in results] == [()] * 15


@pytest.mark.parametrize("name", KINDS)
def test_version_and_kind_are_fixed(judge, errors, name):
    assert errors(judge.one(name, {"apiVersion": "v0.1"}, strict=True)) == ["apiVersion"]
    assert errors(judge.one(name, {"apiVersion": GONE}, strict=True)) == ["apiVersion"]
    assert errors(judge.one(name, {"apiVersion": "openslo/v1alpha"}, strict=True)) == ["apiVersion"]
    assert errors(judge.one(name, {"kind": "Slo" if name != "slo-ratio" else "slo"}, strict=True))[0] == "kind"
    assert errors(judge.one(name, {"kind": GONE}, strict=True)) == ["kind"]


@pytest.mark.parametrize("name", KINDS)
def test_unknown_fields_are_errors(judge, errors, name):
    assert errors(judge.one(name, {"status": {}}, strict=True)) == ["status"]
    assert errors(judge.one(name, {"spec.markdown": "text"}, strict=True)) == ["spec.markdown"]


@pytest.mark.parametrize(("name", "place"), DESCRIBED)
def test_a_description_has_1050_characters(judge, errors, name, place):
    assert judge.one(name, {f"{place}.description": LONGEST}, strict=True).valid
    assert errors(judge.one(name, {f"{place}.description": LONG}, strict=True)) == [f"{pathed(place)}.description"]


@pytest.mark.parametrize("name", ["data-source", "sli-good", "condition", "target", "policy", "slo-ratio"])
def test_an_empty_spec_is_an_error(judge, errors, name):
    assert errors(judge.one(name, {"spec": {}}, strict=True)) == ["spec"]
    assert errors(judge.one(name, {"spec": None}, strict=True)) == ["spec"]


def test_a_service_needs_no_spec(judge):
    assert judge.one("service", {"spec": GONE}, strict=True).valid


@pytest.mark.parametrize("field", ["type", "connectionDetails"])
def test_a_data_source_needs_type_and_connection(judge, errors, field):
    assert errors(judge.one("data-source", {f"spec.{field}": GONE}, strict=True)) == [f"spec.{field}"]


@pytest.mark.parametrize("details", [{"url": "x"}, ["x"], "x", 7, {"deep": {"er": [1]}}, {}, None])
def test_connection_details_may_be_anything(judge, details):
    assert judge.one("data-source", {"spec.connectionDetails": details}, strict=True).valid


METRIC = {"metricSource": {"type": "sql", "spec": {"query": "select 1"}}}
RATIO = "spec.ratioMetric"
SLI_PLACES = [
    ("sli-good", "spec"),
    ("slo-ratio", "spec.indicator.spec"),
    ("slo-composite", "spec.objectives.1.indicator.spec"),
]


@pytest.mark.parametrize(("name", "place"), SLI_PLACES)
@pytest.mark.parametrize(
    "ratio",
    [
        {},
        {"raw": METRIC, "total": METRIC},
        {"raw": METRIC, "good": METRIC, "bad": METRIC},
        {"raw": METRIC, "good": METRIC},
        {"raw": METRIC, "bad": METRIC},
        {"good": METRIC, "bad": METRIC},
        {"total": METRIC},
        {"total": METRIC, "good": METRIC, "bad": METRIC},
        {"good": METRIC},
    ],
)
def test_a_ratio_is_good_or_bad_over_total_or_raw(judge, errors, name, place, ratio):
    result = judge.one(name, {f"{place}.ratioMetric": ratio}, strict=True)
    assert errors(result) == [f"{pathed(place)}.ratioMetric"]


@pytest.mark.parametrize("sli", [{"description": "none"}, {"ratioMetric": {}, "thresholdMetric": {}}])
def test_an_sli_has_one_metric(judge, errors, sli):
    assert "spec" in errors(judge.one("sli-good", {"spec": sli}, strict=True))


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("sli-good", "ratioMetric.good"),
        ("sli-good", "ratioMetric.total"),
        ("sli-bad", "ratioMetric.bad"),
        ("sli-raw", "ratioMetric.raw"),
        ("sli-threshold", "thresholdMetric"),
    ],
)
def test_a_metric_needs_a_source_with_a_spec(judge, errors, name, metric):
    place = f"spec.{metric}"
    assert errors(judge.one(name, {place: {}}, strict=True)) == [f"{place}.metricSource"]
    empty = {"metricSource": {"spec": {}}}
    assert errors(judge.one(name, {place: empty}, strict=True)) == [f"{place}.metricSource.spec"]
    reference = {"metricSource": {"metricSourceRef": "my datadog", "spec": {"query": "query"}}}
    assert errors(judge.one(name, {place: reference}, strict=True)) == [f"{place}.metricSource.metricSourceRef"]


@pytest.mark.parametrize(("raw_type", "valid"), [("success", True), ("failure", True), ("invalid", False), ("", False)])
def test_a_raw_ratio_says_of_what(judge, errors, raw_type, valid):
    result = judge.one("sli-raw", {f"{RATIO}.rawType": raw_type}, strict=True)
    assert errors(result) == ([] if valid else [f"{RATIO}.rawType"])


CONDITION_PLACES = [("condition", "spec"), ("policy-inline", "spec.conditions.0.spec")]
conditions = pytest.mark.parametrize(("name", "place"), CONDITION_PLACES)


@conditions
def test_a_condition_needs_severity_kind_op_threshold_and_window(judge, errors, name, place):
    path = pathed(place)
    assert errors(judge.one(name, {place: {}}, strict=True)) == [path]
    assert errors(judge.one(name, {f"{place}.severity": ""}, strict=True)) == [f"{path}.severity"]
    assert errors(judge.one(name, {f"{place}.condition": {}}, strict=True)) == [f"{path}.condition"]
    assert errors(judge.one(name, {f"{place}.condition.kind": ""}, strict=True)) == [f"{path}.condition.kind"]
    assert errors(judge.one(name, {f"{place}.condition.kind": "wrong"}, strict=True)) == [f"{path}.condition.kind"]
    bare = judge.one(name, {f"{place}.condition": {"kind": "burnrate"}}, strict=True)
    assert errors(bare) == [f"{path}.condition.{key}" for key in ("op", "threshold", "lookbackWindow")]


@conditions
def test_a_threshold_of_zero_is_a_threshold(judge, name, place):
    assert judge.one(name, {f"{place}.condition.threshold": 0}, strict=True).valid


OPERATOR_PLACES = [
    ("condition", "spec.condition.op"),
    ("policy-inline", "spec.conditions.0.spec.condition.op"),
    ("slo-threshold", "spec.objectives.0.op"),
]


@pytest.mark.parametrize(("name", "place"), OPERATOR_PLACES)
def test_operators_are_four(judge, errors, name, place):
    for operator in ("gt", "gte", "lt", "lte"):
        assert judge.one(name, {place: operator}, strict=True).valid
    for operator in ("lessThan", ">", "GT"):
        assert errors(judge.one(name, {place: operator}, strict=True)) == [pathed(place)]


DURATION_PLACES = [
    ("condition", "spec.condition.lookbackWindow"),
    ("condition", "spec.condition.alertAfter"),
    ("policy-inline", "spec.conditions.0.spec.condition.lookbackWindow"),
    ("slo-ratio", "spec.timeWindow.0.duration"),
    ("slo-ratio", "spec.objectives.0.timeSliceWindow"),
]


@pytest.mark.parametrize(("name", "place"), DURATION_PLACES)
def test_durations_are_a_number_and_a_unit(judge, errors, name, place):
    for duration in ("0w", "10m", "5h", "2d", "1w", "3M", "1Q", "1Y"):
        assert judge.one(name, {place: duration}, strict=True).valid
    for duration in ("-1m", "1", "1invalid", "invalid", "1 d", "1.5h", "10s", "", "1d\n"):
        assert errors(judge.one(name, {place: duration}, strict=True)) == [pathed(place)]


@pytest.mark.parametrize(("name", "place"), [("policy", "spec"), ("slo-inline-policy", "spec.alertPolicies.0.spec")])
def test_a_policy_has_one_condition_and_some_targets(judge, errors, name, place):
    path = pathed(place)
    lists = ("conditions", "notificationTargets")
    none = judge.one(name, {f"{place}.conditions": [], f"{place}.notificationTargets": []}, strict=True)
    assert errors(none) == [f"{path}.{key}" for key in lists]
    gone = judge.one(name, {f"{place}.conditions": GONE, f"{place}.notificationTargets": GONE}, strict=True)
    assert errors(gone) == [f"{path}.{key}" for key in lists]
    two = judge.one(name, {f"{place}.conditions": [{"conditionRef": "a"}, {"conditionRef": "b"}]}, strict=True)
    assert errors(two) == [f"{path}.conditions"]
    all_told = {f"{place}.alertWhen{word}": True for word in ("NoData", "Resolved", "Breaching")}
    assert judge.one(name, all_told, strict=True).valid


REFERENCES = [
    ("policy", "spec.conditions.0", "conditionRef"),
    ("policy", "spec.notificationTargets.0", "targetRef"),
    ("slo-ratio", "spec.alertPolicies.0", "alertPolicyRef"),
]


@pytest.mark.parametrize(("name", "place", "key"), REFERENCES)
def test_an_object_is_referred_to_or_inline(judge, errors, name, place, key):
    path = f"{place[:-2]}[0]"
    both = {key: "a", "kind": "X", "metadata": {"name": "a"}, "spec": {}}
    assert errors(judge.one(name, {place: both}, strict=True)) == [path]
    assert errors(judge.one(name, {place: {}}, strict=True)) == [path]
    assert errors(judge.one(name, {place: {key: ""}}, strict=True)) == [f"{path}.{key}"]
    assert errors(judge.one(name, {place: {key: None}}, strict=True)) == [f"{path}.{key}"]
    assert errors(judge.one(name, {place: {key: "invalid ref"}}, strict=True)) == [f"{path}.{key}"]
    assert errors(judge.one(name, {place: "text"}, strict=True)) == [path]


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("policy-inline", "spec.conditions.0.kind"),
        ("policy-inline", "spec.notificationTargets.0.kind"),
        ("slo-inline-policy", "spec.alertPolicies.0.kind"),
    ],
)
def test_an_inline_object_is_of_the_right_kind(judge, errors, name, place):
    assert errors(judge.one(name, {place: "SLO"}, strict=True)) == [pathed(place)]


@pytest.mark.parametrize(("name", "place"), [("target", "spec"), ("policy-inline", "spec.notificationTargets.0.spec")])
def test_a_notification_target_needs_a_target(judge, errors, name, place):
    changes = {f"{place}.target": "", f"{place}.description": LONG}
    assert errors(judge.one(name, changes, strict=True)) == [f"{pathed(place)}.description", f"{pathed(place)}.target"]


def test_each_document_is_judged_by_itself(tmp_path, judge):
    path = judge.write(judge.changed("slo-ratio", {"spec.alertPolicies": [{"alertPolicyRef": "nowhere"}]}))
    assert [result.problems for result in openslo.validate([path, path], strict=True)] == [()]

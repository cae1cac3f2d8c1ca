"""References between documents, across files."""

from __future__ import annotations

import json

import pytest

from airflow_ai_slo import openslo

GONE = ...


@pytest.mark.parametrize(
    ("name", "changes", "path"),
    [
        ("slo-by-reference", {"spec.indicatorRef": "sli-god"}, "spec.indicatorRef"),
        ("slo-ratio", {"spec.alertPolicies": [{"alertPolicyRef": "x"}]}, "spec.alertPolicies[0].alertPolicyRef"),
        (
            "slo-inline-policy",
            {"spec.alertPolicies.0.spec.conditions": [{"conditionRef": "x"}]},
            "spec.alertPolicies[0].spec.conditions[0].conditionRef",
        ),
        (
            "slo-inline-policy",
            {"spec.alertPolicies.0.spec.notificationTargets": [{"targetRef": "x"}]},
            "spec.alertPolicies[0].spec.notificationTargets[0].targetRef",
        ),
        (
            "slo-threshold",
            {"spec.indicator.spec.thresholdMetric.metricSource": {"metricSourceRef": "x", "spec": {"a": 1}}},
            "spec.indicator.spec.thresholdMetric.metricSource.metricSourceRef",
        ),
        (
            "slo-threshold",
            {"spec.indicator.spec.thresholdMetric.metricSource.metricSourceRef": "x"},
            "spec.indicator.spec.thresholdMetric.metricSource.metricSourceRef",
        ),
    ],
)
def test_a_reference_to_nothing_is_an_error(judge, errors, name, changes, path):
    assert errors(judge.among_all(name, changes)) == [path]


def test_the_nearest_name_is_offered(judge):
    message = judge.among_all("slo-by-reference", {"spec.indicatorRef": "sli-god"}).errors[0].message
    assert "did you mean sli-good?" in message


def test_a_broken_reference_inside_a_referenced_policy_is_told(judge):
    documents = [judge.changed("slo-ratio", {}), judge.changed("policy", {})]
    (slo, policy) = openslo.validate([judge.write(*documents)])
    assert policy.valid
    assert {problem.path for problem in slo.errors} == {"spec.alertPolicies[0].alertPolicyRef"}
    assert "AlertCondition 'condition'" in slo.errors[0].message


def test_a_reference_to_a_document_with_errors_is_an_error(judge):
    documents = [judge.changed("slo-by-reference", {}), judge.changed("sli-good", {"spec.ratioMetric": {}})]
    slo, sli = openslo.validate([judge.write(*documents)])
    assert not sli.valid
    assert "has errors" in slo.errors[0].message


def test_a_source_takes_its_type_from_its_data_source(judge):
    source = {"metricSourceRef": "data-source", "spec": {"query": "select 1"}}
    loaded = judge.loaded("slo-threshold", {"spec.indicator.spec.thresholdMetric.metricSource": source})
    assert loaded.problems == ()
    assert loaded.slos[0].indicator.source == "sql"


def test_connection_details_stay_out_of_the_definition(judge):
    source = {"metricSourceRef": "data-source", "spec": {"query": "select 1"}}
    loaded = judge.loaded("slo-threshold", {"spec.indicator.spec.thresholdMetric.metricSource": source})
    assert "warehouse" not in json.dumps(loaded.slos[0].indicator.spec)


def test_another_tools_source_need_not_be_defined(judge):
    source = {"metricSourceRef": "my-datadog", "type": "Datadog", "spec": {"query": "x"}}
    loaded = judge.loaded("slo-threshold", {"spec.indicator.spec.thresholdMetric.metricSource": source})
    assert loaded.valid
    assert loaded.slos[0].indicator.source == "recorded"


def test_services_need_no_document_but_a_near_miss_is_told(judge):
    documents = [judge.changed("slo-by-reference", {"spec.service": "servise"}), judge.changed("sli-good", {})]
    assert openslo.validate([judge.write(*documents)])[0].problems == ()
    slo, *_ = openslo.validate([judge.write(*documents, judge.changed("service", {}))])
    (problem,) = slo.problems
    assert (problem.severity, problem.path) == ("warning", "spec.service")
    assert "did you mean service?" in problem.message


def test_references_resolve_across_files_in_any_order(tmp_path, judge):
    for index, name in enumerate(["slo-ratio", "policy", "condition", "target", "service"]):
        (tmp_path / f"{index}.json").write_text(json.dumps(judge.changed(name, {})))
    loaded = openslo.require([tmp_path])
    assert [slo.notify for slo in loaded.slos] == [("target",)]


def test_a_name_given_twice_is_an_error_in_the_second_place(tmp_path, judge):
    for name in ("a", "b"):
        (tmp_path / f"{name}.json").write_text(json.dumps(judge.changed("service", {})))
    first, second = openslo.validate([tmp_path])
    assert first.valid
    assert second.errors[0].path == "metadata.name"
    assert f"{tmp_path}/a.json#0" in second.errors[0].message


def test_one_name_for_two_kinds_is_fine(judge):
    documents = [judge.changed("service", {"metadata.name": "x"}), judge.changed("sli-good", {"metadata.name": "x"})]
    assert all(result.valid for result in openslo.validate([judge.write(*documents)]))


def test_a_file_named_twice_is_read_once(tmp_path, judge):
    path = judge.write(judge.changed("service", {}))
    assert len(openslo.validate([path, tmp_path, path])) == 1

"""What people write outside the letter: taken, with a warning that says how it is read."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

import pytest

from airflow_ai_slo.core.definition import Budgeting
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.windows import CalendarWindow, RollingWindow

GONE = ...


def warned(loaded, path):
    """What is said at a path; nothing may be an error."""
    assert loaded.valid, loaded.problems
    return " | ".join(problem.message for problem in loaded.problems if problem.path == path)


def slo_of(loaded):
    assert loaded.valid, loaded.problems
    (slo,) = loaded.slos
    return slo


def test_a_definition_by_the_letter_is_built_as_written(judge):
    slo = slo_of(judge.loaded("slo-ratio"))
    assert (slo.name, slo.service, slo.title) == ("slo-ratio", "service", "Scores are complete")
    assert slo.objective == Fraction(995, 1000)
    assert isinstance(slo.window, CalendarWindow)
    assert (str(slo.window), slo.window.zone.key, slo.window.anchor) == ("1M", "Europe/Berlin", datetime(2026, 1, 1))
    assert slo.budgeting is Budgeting.TIMESLICES
    assert (slo.slice_target, slo.slice_window) == (Fraction(95, 100), Duration(1, "d"))
    assert slo.indicator.source == "airflow"
    assert slo.indicator.spec["ratioMetric"]["good"]["metricSource"]["spec"] == {"dag_id": "scores", "state": "success"}
    assert slo.labels == {"env": "prod"}
    assert slo.notify == ("target",)


def test_labels_with_several_values_are_joined(judge):
    (service,) = judge.loaded("service").services
    assert service.labels == {"team": "risk,data", "env": "prod"}
    assert service.description == "Scores payments every night"


@pytest.mark.parametrize(
    ("changes", "path", "said"),
    [
        ({"apiVersion": "openslo.com/v1"}, "apiVersion", "openslo/v1"),
        ({"kind": "slo"}, "kind", "SLO"),
        ({"metadata.namespace": "default"}, "metadata.namespace", "unknown field"),
        ({"metadata.name": "Slo_Ratio"}, "metadata.name", "lower-case"),
        ({"metadata.labels": {"a/b": "c"}}, 'metadata.labels["a/b"]', "label key"),
        ({"metadata.annotations": {"a": True}}, "metadata.annotations.a", "quotes"),
        ({"spec.descripton": "typo"}, "spec.descripton", "did you mean description?"),
        ({"spec.budgetingMethod": "time-slices"}, "spec.budgetingMethod", "written Timeslices"),
        ({"spec.indicator.metadata": GONE}, "spec.indicator.metadata", "missing"),
        ({"spec.objectives.0.target": "0.995"}, "spec.objectives[0].target", "without quotes"),
        ({"spec.objectives.0.op": "gt"}, "spec.objectives[0].op", "no meaning"),
        ({"spec.timeWindow.0.isRolling": "false"}, "spec.timeWindow[0].isRolling", "without quotes"),
        ({"spec.timeWindow.0.calendar.timeZone": GONE}, "spec.timeWindow[0].calendar.timeZone", "UTC is assumed"),
        ({"spec.alertPolicies": ["policy"]}, "spec.alertPolicies[0]", "alertPolicyRef: policy"),
    ],
)
def test_small_departures_are_warnings(judge, changes, path, said):
    assert said in warned(judge.loaded("slo-ratio", changes), path)


@pytest.mark.parametrize(
    ("start", "anchor"),
    [
        ("2026-01-05T00:00:00", datetime(2026, 1, 5)),
        ("2026-01-05 08:00", datetime(2026, 1, 5, 8)),
        ("2026-01-05", datetime(2026, 1, 5)),
    ],
)
def test_iso_wall_times_are_read(judge, start, anchor):
    loaded = judge.loaded("slo-ratio", {"spec.timeWindow.0.calendar.startTime": start})
    assert "YYYY-MM-DD" in warned(loaded, "spec.timeWindow[0].calendar.startTime")
    assert slo_of(loaded).window.anchor == anchor


@pytest.mark.parametrize("start", ["2026-01-05T00:00:00Z", "Monday", "1066-10-14 00:00:00"])
def test_other_start_times_are_errors(judge, errors, start):
    result = judge.one("slo-ratio", {"spec.timeWindow.0.calendar.startTime": start}, strict=False)
    assert errors(result)[0] == "spec.timeWindow[0].calendar.startTime"


def test_a_missing_budgeting_method_is_occurrences(judge):
    loaded = judge.loaded("slo-by-reference", {"spec.budgetingMethod": GONE})
    assert "Occurrences is assumed" in warned(loaded, "spec.budgetingMethod")
    assert slo_of(loaded).budgeting is Budgeting.OCCURRENCES


def test_a_missing_window_is_30_days(judge):
    loaded = judge.loaded("slo-by-reference", {"spec.timeWindow": GONE})
    assert "30d" in warned(loaded, "spec.timeWindow")
    assert slo_of(loaded).window == RollingWindow(Duration(30, "d"))


def test_a_window_in_the_objective_is_used(judge):
    changes = {"spec.timeWindow": GONE, "spec.objectives.0.timeWindow": [{"duration": "7d", "isRolling": True}]}
    loaded = judge.loaded("slo-by-reference", changes)
    assert str(slo_of(loaded).window) == "7d"
    assert any("belongs in spec.timeWindow" in problem.message for problem in loaded.problems)


@pytest.mark.parametrize(
    "window", [{"duration": "28d"}, [{"duration": "28d"}], [{"duration": "28d", "isRolling": True, "calendar": {}}]]
)
def test_a_window_rolls_unless_it_has_a_calendar(judge, window):
    assert slo_of(judge.loaded("slo-by-reference", {"spec.timeWindow": window})).window == RollingWindow(
        Duration(28, "d")
    )


def test_a_rolling_month_says_how_long_it_is(judge):
    loaded = judge.loaded("slo-by-reference", {"spec.timeWindow": [{"duration": "1M", "isRolling": True}]})
    assert "30 days" in warned(loaded, "spec.timeWindow[0].duration")


def test_a_calendar_of_minutes_asks_whether_months_were_meant(judge):
    assert "1M" in warned(
        judge.loaded("slo-ratio", {"spec.timeWindow.0.duration": "1m"}), "spec.timeWindow[0].duration"
    )


@pytest.mark.parametrize("duration", ["0d", "1000Y", "99999999999d"])
def test_windows_without_length_or_end_are_errors(judge, errors, duration):
    result = judge.one("slo-by-reference", {"spec.timeWindow.0.duration": duration}, strict=False)
    assert "spec.timeWindow[0].duration" in errors(result)


def test_only_the_first_objective_counts(judge):
    loaded = judge.loaded("slo-by-reference", {"spec.objectives": [{"target": 0.9}, {"target": 0.99}]})
    assert "one SLO document per objective" in warned(loaded, "spec.objectives")
    assert slo_of(loaded).objective == Fraction(9, 10)


def test_a_composite_is_its_first_objective(judge):
    loaded = judge.loaded("slo-composite")
    assert "only the first" in warned(loaded, "spec.objectives")
    assert slo_of(loaded).indicator.source == "airflow"


def test_without_an_indicator_counts_are_recorded(judge):
    loaded = judge.loaded("slo-by-reference", {"spec.indicatorRef": GONE})
    assert "taken as recorded" in warned(loaded, "spec")
    assert slo_of(loaded).indicator.source == "recorded"


@pytest.mark.parametrize(
    ("kind", "source", "said"),
    [
        ("Prometheus", "recorded", "measured elsewhere"),
        ("airlfow", "recorded", "did you mean airflow?"),
        ("Great_Expectations", "great-expectations", "written great-expectations"),
        ("SQL", "sql", "written sql"),
    ],
)
def test_other_metric_sources_are_recorded(judge, kind, source, said):
    loaded = judge.loaded("slo-threshold", {"spec.indicator.spec.thresholdMetric.metricSource.type": kind})
    assert said in warned(loaded, "spec.indicator.spec.thresholdMetric.metricSource.type")
    assert slo_of(loaded).indicator.source == source


@pytest.mark.parametrize("spec", [GONE, {}, "sum(rate(x[5m]))"])
def test_a_source_without_a_spec_passes(judge, spec):
    loaded = judge.loaded("slo-threshold", {"spec.indicator.spec.thresholdMetric.metricSource.spec": spec})
    assert warned(loaded, "spec.indicator.spec.thresholdMetric.metricSource.spec")


def test_a_threshold_and_what_it_is_compared_with_are_what_is_measured(judge):
    slo = slo_of(judge.loaded("slo-threshold"))
    other = slo_of(judge.loaded("slo-threshold", {"spec.objectives.0.value": 999}))
    stricter = slo_of(judge.loaded("slo-threshold", {"spec.objectives.0.target": 0.99}))
    assert (slo.indicator.spec["op"], slo.indicator.spec["value"]) == ("gte", 1000)
    assert slo.fingerprint != other.fingerprint
    assert slo.fingerprint == stricter.fingerprint


def test_minutes_are_a_slice_window(judge):
    assert slo_of(judge.loaded("slo-ratio", {"spec.objectives.0.timeSliceWindow": 5})).slice_window == Duration(5, "m")


def test_slices_have_a_fixed_length(judge, errors):
    result = judge.one("slo-ratio", {"spec.objectives.0.timeSliceWindow": "1M"}, strict=False)
    assert errors(result)[0] == "spec.objectives[0].timeSliceWindow"


@pytest.mark.parametrize("version", ["openslo/v1alpha", "openslo.com/v2alpha", "openslo/v2"])
def test_other_versions_of_openslo_get_one_clear_error(judge, version):
    (problem,) = judge.one("slo-ratio", {"apiVersion": version, "spec": {"timeWindows": []}}, strict=False).problems
    assert "openslo/v1 is needed" in problem.message


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"spec.objectives.0.target": 0}, "spec.objectives[0].target"),
        ({"spec.objectives.0.target": 1}, "spec.objectives[0].target"),
        ({"spec.objectives.0.target": 10**400}, "spec.objectives[0].target"),
        ({"spec.objectives.0.target": "ninety"}, "spec.objectives[0].target"),
        ({"spec.objectives": []}, "spec.objectives"),
        ({"spec.service": GONE}, "spec.service"),
        ({"spec.service": "a" * 300}, "spec.service"),
        ({"metadata.name": "a\nb"}, "metadata.name"),
        ({"spec.indicator.spec": {}}, "spec.indicator.spec"),
        ({"spec": None}, "spec"),
    ],
)
def test_what_the_engine_cannot_use_is_an_error(judge, errors, changes, path):
    assert path in errors(judge.one("slo-ratio", changes, strict=False))


def test_a_percentage_as_a_target_is_explained(judge):
    result = judge.one("slo-ratio", {"spec.objectives.0.target": 99.5}, strict=False)
    assert "write 0.995, or targetPercent: 99.5" in result.errors[0].message


@pytest.mark.parametrize("nan", [".nan", ".inf", "-.inf", "1e400"])
def test_a_target_that_is_no_finite_number_is_an_error(judge, errors, nan):
    for strict in (True, False):
        (result,) = judge.text(
            f"apiVersion: openslo/v1\nkind: SLO\nmetadata: {{name: a}}\nspec: {{service: s, indicatorRef: i, "
            f"budgetingMethod: Occurrences, timeWindow: [{{duration: 1d, isRolling: true}}], "
            f"objectives: [{{target: {nan}}}]}}\n",
            strict=strict,
        )
        assert "spec.objectives[0].target" in errors(result)

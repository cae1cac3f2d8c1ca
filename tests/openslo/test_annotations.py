"""The annotations under ``airflow-ai-slo/``."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction

import pytest

from airflow_ai_slo.core.definition import Schedule
from airflow_ai_slo.core.durations import Duration

PLACE = "metadata.annotations"


def annotated(judge, **values):
    annotations = {f"airflow-ai-slo/{key.replace('_', '-')}": value for key, value in values.items()}
    return judge.loaded("slo-by-reference", {PLACE: annotations, "spec.timeWindow.0.duration": "365d"})


def slo(judge, **values):
    loaded = annotated(judge, **values)
    assert loaded.problems == ()
    return loaded.slos[0]


def at(name):
    return f'metadata.annotations["airflow-ai-slo/{name}"]'


def test_without_annotations_the_defaults_hold(judge):
    plain = slo(judge)
    assert (plain.alerting, plain.schedule, plain.rerun, plain.freeze) == ("workbook", None, "replace", False)
    assert (plain.thaw_above, plain.thaw_after_good_runs, plain.confidence) == (None, None, None)


def test_every_annotation_reaches_the_definition(judge):
    full = slo(
        judge,
        alerting="pipeline",
        cadence="0 6 * * 1-5",
        timezone="Europe/Berlin",
        start="2026-01-01",
        deadline="2h",
        late="accept",
        rerun="first",
        confidence="0.95",
        freeze="true",
        thaw_above="0.1",
        thaw_after_good_runs="7",
    )
    assert full.schedule == Schedule(
        cadence="0 6 * * 1-5",
        zone="Europe/Berlin",
        start=datetime(2025, 12, 31, 23, tzinfo=UTC),
        deadline=Duration(2, "h"),
        late="accept",
    )
    assert (full.alerting, full.rerun, full.freeze) == ("pipeline", "first", True)
    assert (full.confidence, full.thaw_above, full.thaw_after_good_runs) == (Fraction(19, 20), Fraction(1, 10), 7)


def test_a_cadence_alone_asks_for_the_pipeline_preset_and_a_deadline_of_one_cadence(judge):
    daily = slo(judge, cadence="1d")
    assert (daily.alerting, daily.schedule) == ("pipeline", Schedule(cadence="1d"))
    assert slo(judge, cadence="1d", deadline="none").schedule.deadline is None


@pytest.mark.parametrize(
    ("start", "instant"),
    [
        ("2026-07-01T06:00:00Z", datetime(2026, 7, 1, 6, tzinfo=UTC)),
        ("2026-07-01T06:00:00+02:00", datetime(2026, 7, 1, 4, tzinfo=UTC)),
        ("2026-07-01T06:00", datetime(2026, 7, 1, 4, tzinfo=UTC)),
    ],
)
def test_a_start_without_a_zone_is_in_the_slos_zone(judge, start, instant):
    assert slo(judge, cadence="1h", timezone="Europe/Paris", start=start).schedule.start == instant


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("alerting", "loud"),
        ("alerting", "Workbook"),
        ("cadence", "daily"),
        ("cadence", "0 25 * * *"),
        ("cadence", "0 0 30 2 *"),
        ("cadence", "0d"),
        ("cadence", "1M"),
        ("cadence", ""),
        ("timezone", "Berlin"),
        ("start", "tomorrow"),
        ("start", "0001-01-01"),
        ("deadline", "soon"),
        ("deadline", "1M"),
        ("late", "maybe"),
        ("rerun", "last"),
        ("confidence", "1"),
        ("confidence", "95"),
        ("confidence", "nan"),
        ("freeze", "yes"),
        ("freeze", "1"),
        ("thaw-above", "-0.1"),
        ("thaw-above", "1"),
        ("thaw-after-good-runs", "0"),
        ("thaw-after-good-runs", "2.5"),
        ("thaw-after-good-runs", "1" * 50),
    ],
)
def test_a_wrong_value_is_an_error_with_its_path(judge, name, value):
    loaded = annotated(judge, **{name: value})
    assert [problem.path for problem in loaded.documents[0].errors] == [at(name)]
    assert loaded.slos == ()


def test_an_unknown_annotation_names_the_nearest(judge):
    loaded = annotated(judge, cadance="1d", nonsense="x")
    messages = {problem.path: (problem.severity, problem.message) for problem in loaded.problems}
    assert messages[at("cadance")][0] == "warning"
    assert "did you mean cadence?" in messages[at("cadance")][1]
    assert "known on SLO: alerting, cadence" in messages[at("nonsense")][1]


def test_other_prefixes_are_nobodys_business(judge):
    assert judge.loaded("slo-by-reference", {PLACE: {"other.org/cadence": "x"}}).documents[0].errors == ()


@pytest.mark.parametrize("name", ["timezone", "start", "deadline", "late"])
def test_a_schedule_without_a_cadence_has_no_effect(judge, name):
    values = {"timezone": "UTC", "start": "2026-01-01", "deadline": "1h", "late": "bad"}
    (problem,) = annotated(judge, **{name: values[name]}).problems
    assert (problem.path, problem.severity) == (at(name), "warning")


def test_thawing_without_freezing_has_no_effect(judge):
    (problem,) = annotated(judge, thaw_above="0.2").problems
    assert "freeze" in problem.message


def test_the_pipeline_preset_needs_a_cadence(judge):
    assert [problem.path for problem in annotated(judge, alerting="pipeline").documents[0].errors] == [at("alerting")]


def test_unquoted_values_are_read_with_a_warning(judge):
    loaded = annotated(judge, freeze=True, thaw_after_good_runs=3, thaw_above=0.1)
    assert loaded.valid
    assert {problem.severity for problem in loaded.problems} == {"warning"}
    assert (loaded.slos[0].freeze, loaded.slos[0].thaw_after_good_runs) == (True, 3)


@pytest.mark.parametrize("name", ["service", "policy", "sli-good"])
def test_on_other_kinds_they_have_no_effect(judge, name):
    (problem,) = judge.loaded(name, {PLACE: {"airflow-ai-slo/freeze": "true"}}).problems
    assert (problem.severity, problem.path) == ("warning", at("freeze"))


def test_a_target_carries_channel_and_connection(judge):
    annotations = {"airflow-ai-slo/channel": "#ml-alerts", "airflow-ai-slo/connection": "slack_ml"}
    loaded = judge.loaded("target", {PLACE: annotations})
    (target,) = loaded.targets
    assert (target.name, target.kind, target.channel, target.connection) == (
        "target",
        "slack",
        "#ml-alerts",
        "slack_ml",
    )


def test_a_unit_and_a_patience_reach_the_definition(judge):
    told = slo(judge, unit="rows", no_data_after="2h")
    assert (told.unit, told.no_data_after) == ("rows", Duration(2, "h"))
    assert slo(judge, no_data_after="none").no_data_after is None
    assert slo(judge, cadence="1d", deadline="none", no_data_after="3d").no_data_after == Duration(3, "d")


@pytest.mark.parametrize(("name", "value"), [("unit", " "), ("unit", "x" * 41), ("no_data_after", "1M")])
def test_a_unit_is_a_noun_and_a_patience_a_fixed_length(judge, name, value):
    (problem,) = annotated(judge, **{name: value}).problems
    assert (problem.severity, problem.path) == ("error", at(name.replace("_", "-")))


def test_patience_has_no_effect_where_silence_becomes_missing_runs(judge):
    (problem,) = annotated(judge, cadence="1d", no_data_after="2d").problems
    assert (problem.severity, problem.path) == ("warning", at("no-data-after"))

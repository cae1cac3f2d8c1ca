"""The freeze policy on a Service document."""

from __future__ import annotations

from fractions import Fraction

import pytest

from airflow_ai_slo import openslo
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.freeze_policy import FreezePolicy

PLACE = "metadata.annotations"


def annotated(judge, slos=("slo-by-reference",), slo_annotations=None, **values):
    """The service's document with these annotations, beside SLOs of it."""
    annotations = {f"airflow-ai-slo/{key.replace('_', '-')}": value for key, value in values.items()}
    service = judge.changed("service", {PLACE: annotations})
    changes = {PLACE: slo_annotations or {}, "spec.service": "service", "spec.timeWindow.0.duration": "365d"}
    others = [judge.changed(name, changes) for name in slos]
    needed = [judge.changed(name, {}) for name in ("sli-good", "policy", "condition", "target")] if slos else []
    return openslo.load([judge.write(service, *others, *needed)])


def policy(judge, **values):
    loaded = annotated(judge, **values)
    assert loaded.documents[0].problems == ()
    return loaded.services[0].freeze


def problems(loaded):
    return [(problem.severity, problem.path, problem.message) for problem in loaded.documents[0].problems]


def at(name):
    return f'metadata.annotations["airflow-ai-slo/{name}"]'


def test_without_annotations_the_defaults_hold(judge):
    assert policy(judge) == FreezePolicy()


def test_every_annotation_reaches_the_policy(judge):
    full = policy(
        judge,
        freeze_slos="slo-by-reference",
        thaw_above="0.1",
        thaw_after_good_runs="3",
        freeze_for_at_most="14d",
        freeze_mode="soft",
        exempt_labels="security, hotfix",
    )
    assert full == FreezePolicy(
        slos=["slo-by-reference"],
        thaw_above=Fraction(1, 10),
        thaw_after_good_runs=3,
        for_at_most=Duration(14, "d"),
        mode="soft",
        exempt_labels=["security", "hotfix"],
    )


def test_all_slos_and_no_label(judge):
    found = policy(judge, freeze_slos="*", exempt_labels="none")
    assert (found.slos, found.exempt_labels) == (("*",), ())


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("freeze-slos", "", "'' holds an empty name; write names separated by commas"),
        ("freeze-slos", "a,,b", "'a,,b' holds an empty name"),
        ("thaw-above", "1", "'1' is not a number at least 0 and below 1"),
        ("thaw-above", "much", "'much' is not a number"),
        ("thaw-after-good-runs", "0", "'0' is not a whole number of runs above 0"),
        ("freeze-for-at-most", "soon", "'soon' is not a duration"),
        ("freeze-for-at-most", "1M", "'1M': the longest duration of a freeze is in m, h, d or w, such as 14d"),
        ("freeze-for-at-most", "none", "'none' is not a duration"),
        ("freeze-mode", "mild", "'mild' is not one of hard, soft"),
        ("exempt-labels", "p0,", "'p0,' holds an empty name"),
    ],
)
def test_a_wrong_value_is_one_error_with_its_path(judge, name, value, says):
    loaded = annotated(judge, **{name: value})
    [(severity, path, message)] = problems(loaded)
    assert (severity, path) == ("error", at(name))
    assert message.startswith(says)
    assert "\n" not in message
    assert loaded.services == ()


def test_a_name_that_leads_nowhere_is_an_error_that_names_the_nearest(judge):
    [(severity, path, message)] = problems(annotated(judge, freeze_slos="slo-by-referense"))
    assert (severity, path) == ("error", at("freeze-slos"))
    assert message == (
        "names SLO 'slo-by-referense', which is not defined (did you mean slo-by-reference?); known: slo-by-reference"
    )


def test_an_slo_of_another_service_is_an_error(judge):
    service = judge.changed("service", {PLACE: {"airflow-ai-slo/freeze-slos": "slo-by-reference"}})
    other = judge.changed("slo-by-reference", {"spec.service": "elsewhere"})
    loaded = openslo.load([judge.write(service, other)])
    assert problems(loaded)[0][2] == "names SLO 'slo-by-reference', which belongs to service 'elsewhere'"


def test_without_any_slo_at_hand_names_are_left_to_the_gate(judge):
    loaded = annotated(judge, slos=(), freeze_slos="elsewhere")
    assert (problems(loaded), loaded.services[0].freeze.slos) == ([], ("elsewhere",))


def test_thawing_of_an_slo_has_an_effect_where_its_service_names_it(judge):
    own = {"airflow-ai-slo/thaw-above": "0.2"}
    for named, warned in (("*", False), ("slo-by-reference", False), (None, True)):
        values = {} if named is None else {"freeze_slos": named}
        loaded = annotated(judge, slo_annotations=own, **values)
        messages = [problem.message for problem in loaded.documents[1].problems]
        assert any("has no effect" in message for message in messages) == warned, messages


def test_the_annotation_of_an_slo_on_a_service_is_a_warning(judge):
    [(severity, path, message)] = problems(annotated(judge, freeze="true"))
    assert (severity, path) == ("warning", at("freeze"))
    assert "known on Service: freeze-slos, thaw-above" in message

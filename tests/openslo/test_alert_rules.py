"""Alert policies as burn rules."""

from __future__ import annotations

from fractions import Fraction

import pytest

from airflow_ai_slo.core.definition import BurnRule, Severity
from airflow_ai_slo.core.durations import Duration

GONE = ...
INNER = "spec.alertPolicies[0].spec.conditions[0].spec"


def inline(judge, *, objective=0.995, severity="page", breaching=True, targets=None, more=(), **condition):
    """An SLO with one inline policy and condition."""
    condition = {"kind": "burnrate", "op": "gt", "threshold": 2, "lookbackWindow": "1h"} | condition
    entry = {
        "kind": "AlertCondition",
        "metadata": {"name": "inner"},
        "spec": {
            "severity": severity,
            "condition": {key: value for key, value in condition.items() if value is not GONE},
        },
    }
    policy = {
        "kind": "AlertPolicy",
        "metadata": {"name": "inner"},
        "spec": {
            "alertWhenBreaching": breaching,
            "conditions": [entry, *more],
            "notificationTargets": [{"targetRef": "target"}] if targets is None else targets,
        },
    }
    changes = {"spec.objectives": [{"target": objective}], "spec.alertPolicies": [policy]}
    return judge.loaded("slo-by-reference", changes)


def test_a_condition_is_a_rule_of_one_window(judge):
    loaded = inline(judge, threshold=14.4)
    assert loaded.problems == ()
    assert loaded.slos[0].rules == (
        BurnRule(
            severity=Severity.PAGE,
            long=Duration(1, "h"),
            short=None,
            factor=Fraction(144, 10),
            op="gt",
            min_bad_long=0,
            min_bad_short=0,
        ),
    )
    assert loaded.slos[0].alerting == "none"
    assert loaded.slos[0].notify == ("target",)


def test_a_preset_asked_for_stands_beside_the_rules(judge):
    changes = {"metadata.annotations": {"airflow-ai-slo/alerting": "seed"}, "spec.alertPolicies": ["policy-inline"]}
    (slo,) = judge.loaded("slo-by-reference", changes).slos
    assert (slo.alerting, len(slo.rules)) == ("seed", 1)


@pytest.mark.parametrize("op", ["gt", "gte", "lt", "lte"])
def test_the_operator_is_honoured(judge, op):
    loaded = inline(judge, op=op)
    assert loaded.slos[0].rules[0].op == op
    assert [problem.path for problem in loaded.problems] == ([f"{INNER}.condition.op"] if op[0] == "l" else [])


@pytest.mark.parametrize(
    ("objective", "threshold", "op", "fires"),
    [
        (0.9, 9.99, "gt", True),
        (0.9, 10, "gt", False),
        (0.9, 10, "gte", False),
        (0.9, 14.4, "gte", False),
        (0.995, 199.999, "gt", True),
        (0.995, 200, "gt", False),
        (0.9, 14.4, "lt", True),
        (0.9, 0, "gt", False),
        (0.9, -1, "lt", False),
    ],
)
def test_a_rule_that_could_never_fire_is_refused(judge, objective, threshold, op, fires):
    loaded = inline(judge, objective=objective, threshold=threshold, op=op)
    assert [problem.path for problem in loaded.documents[0].errors] == (
        [] if fires else [f"{INNER}.condition.threshold"]
    )
    assert bool(loaded.slos) is fires


def test_the_message_names_the_highest_burn_rate(judge):
    message = inline(judge, objective=0.9, threshold=14.4).documents[0].errors[0].message
    assert "14.4 could never fire" in message
    assert "write less than 10" in message


def test_a_factor_below_1_is_warned_of(judge):
    (problem,) = inline(judge, threshold=0.5).problems
    assert (problem.severity, problem.path) == ("warning", f"{INNER}.condition.threshold")
    assert "kept up" in problem.message


@pytest.mark.parametrize(
    ("word", "severity", "warns"),
    [
        ("page", Severity.PAGE, False),
        ("ticket", Severity.TICKET, False),
        ("critical", Severity.PAGE, True),
        ("High", Severity.PAGE, True),
        ("SEV-1", Severity.PAGE, True),
        ("warning", Severity.TICKET, True),
        ("low", Severity.TICKET, True),
        ("banana", Severity.TICKET, True),
    ],
)
def test_severities_are_page_and_ticket(judge, word, severity, warns):
    loaded = inline(judge, severity=word)
    assert loaded.slos[0].rules[0].severity is severity
    assert [problem.path for problem in loaded.problems] == ([f"{INNER}.severity"] if warns else [])


@pytest.mark.parametrize(("after", "warns"), [(GONE, False), ("0m", False), ("5m", True)])
def test_alert_after_is_not_applied(judge, after, warns):
    loaded = inline(judge, alertAfter=after)
    assert [problem.path for problem in loaded.problems] == ([f"{INNER}.condition.alertAfter"] if warns else [])


@pytest.mark.parametrize("kind", ["Burnrate", "burn-rate", GONE])
def test_a_burn_rate_by_another_spelling_is_one(judge, kind):
    loaded = inline(judge, kind=kind)
    assert len(loaded.slos[0].rules) == 1
    assert [problem.path for problem in loaded.problems] == [f"{INNER}.condition.kind"]


def test_a_missing_operator_is_gt(judge):
    loaded = inline(judge, op=GONE)
    assert loaded.slos[0].rules[0].op == "gt"
    assert "gt is assumed" in loaded.problems[0].message


@pytest.mark.parametrize(
    ("field", "value"),
    [("kind", "sli"), ("threshold", GONE), ("threshold", "high"), ("lookbackWindow", GONE), ("lookbackWindow", "-1h"),
     ("lookbackWindow", "0h"), ("op", "between")],
)  # fmt: skip
def test_a_condition_that_means_nothing_is_an_error(judge, field, value):
    errors = inline(judge, **{field: value}).documents[0].errors
    assert [problem.path for problem in errors] == [f"{INNER}.condition.{field}"]


def test_every_condition_of_a_policy_counts(judge):
    loaded = inline(judge, more=[{"conditionRef": "condition"}])
    assert [str(rule) for rule in loaded.slos[0].rules] == ["page: burn gt 2 over 1h"]
    loaded = inline(judge, threshold=3, more=[{"conditionRef": "condition"}])
    assert [rule.factor for rule in loaded.slos[0].rules] == [3, 2]


def test_a_policy_that_does_not_alert_on_a_breach_has_no_rules(judge):
    loaded = inline(judge, breaching=False)
    assert loaded.slos[0].rules == ()
    assert loaded.slos[0].alerting == "workbook"
    assert any("alertWhenBreaching is false" in problem.message for problem in loaded.problems)


def test_inline_targets_are_given_too(judge):
    targets = [{"kind": "AlertNotificationTarget", "metadata": {"name": "mail"}, "spec": {"target": "email"}}]
    loaded = inline(judge, targets=targets)
    assert loaded.slos[0].notify == ("mail",)
    assert {target.name: target.kind for target in loaded.targets} == {"target": "slack", "mail": "email"}


def test_a_bare_target_is_taken(judge):
    loaded = inline(judge, targets=[{"target": "slack", "description": "the team"}])
    assert loaded.valid
    assert loaded.slos[0].notify == ("slack",)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("", "is missing"),
        ("\0", "a target is one line of at most 250 characters"),
        ("sla\nck", "a target is one line of at most 250 characters"),
        ("s" * 251, "a target is one line of at most 250 characters"),
    ],
)
def test_a_target_that_no_store_could_keep_is_an_error_of_its_field(judge, kind, said):
    [problem] = inline(judge, targets=[{"target": kind}]).documents[0].errors
    assert problem.path.endswith("notificationTargets[0].target")
    assert said in problem.message


@pytest.mark.parametrize("targets", [{}, []])
def test_a_policy_without_targets_notifies_nobody(judge, targets):
    loaded = inline(judge, targets=targets)
    assert loaded.documents[0].errors == ()
    assert loaded.slos[0].notify == ()


def test_problems_of_another_document_are_told_at_the_reference(judge):
    changes = {"spec.objectives": [{"target": 0.4}], "spec.alertPolicies": [{"alertPolicyRef": "policy"}]}
    loaded = judge.loaded("slo-by-reference", changes)
    (problem,) = loaded.documents[0].errors
    assert problem.path == "spec.alertPolicies[0].alertPolicyRef"
    assert problem.message.startswith("AlertCondition 'condition': 2 could never fire")

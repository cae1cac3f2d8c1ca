"""AlertPolicy, AlertCondition and AlertNotificationTarget."""

from __future__ import annotations

from typing import Any

from airflow_ai_slo.openslo.documents import scalars
from airflow_ai_slo.openslo.problems import Notes, Path, show
from airflow_ai_slo.openslo.rules import checks
from airflow_ai_slo.openslo.rules.common import description, duration, inline_metadata, operator
from airflow_ai_slo.openslo.rules.record import Field, expected, optional, record, reference_or_inline, required


def _condition_kind(value: Any, at: Path, notes: Notes) -> None:
    if scalars.choose(value, ("burnrate",)):
        checks.choice("burnrate")(value, at, notes)
    else:
        notes.error(at, f"{show(value)} is not a kind of condition; OpenSLO has burnrate only")


_condition = record(
    {
        "kind": expected(_condition_kind, "burnrate"),
        "op": expected(operator, "gt"),
        "threshold": required(checks.number),
        "lookbackWindow": required(duration),
        "alertAfter": optional(duration),
    }
)

condition_spec = record(
    {
        "description": optional(description),
        "severity": expected(checks.text(), "ticket"),
        "condition": required(_condition),
    }
)

_TARGET = {"description": optional(description), "target": required(checks.line("a target", such_as="slack"))}
target_spec = record(_TARGET)


def _inlined(kind: str, spec: Field) -> dict[str, Field]:
    def same_kind(value: Any, at: Path, notes: Notes) -> None:
        if value != kind:
            notes.error(at, f"{show(value)} where {kind} is needed")

    return {
        "kind": expected(same_kind, kind),
        "metadata": expected(inline_metadata, "an unnamed one"),
        "spec": spec,
    }


_conditions = checks.items(
    reference_or_inline("conditionRef", _inlined("AlertCondition", required(condition_spec))),
    least=1,
    most=1,
    rule="a policy has exactly one condition",
    lenient="each of them is applied",
)
_targets = checks.items(
    reference_or_inline("targetRef", _inlined("AlertNotificationTarget", required(target_spec)), flat=_TARGET),
    least=1,
    rule="name at least one target",
)


policy_spec = record(
    {
        "description": optional(description),
        "alertWhenNoData": optional(checks.flag),
        "alertWhenBreaching": optional(checks.flag),
        "alertWhenResolved": optional(checks.flag),
        "conditions": expected(_conditions, "no condition"),
        "notificationTargets": expected(_targets, "no target"),
    }
)


policies = checks.items(reference_or_inline("alertPolicyRef", _inlined("AlertPolicy", required(policy_spec))))
"""``spec.alertPolicies`` of an SLO."""

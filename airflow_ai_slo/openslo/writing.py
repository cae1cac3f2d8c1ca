"""An SLO as the OpenSLO v1 document that reads back as the same."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from airflow_ai_slo.core.definition import SLO, Budgeting, Schedule
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.sla import SLA
from airflow_ai_slo.core.windows import CalendarWindow
from airflow_ai_slo.openslo.translate.annotations import PREFIX

_METRICS = ("ratioMetric", "thresholdMetric")
_COMPARED = ("op", "value")


def document(slo: SLO) -> dict[str, Any]:
    """The document as JSON values. Rules with two windows, which only Python can write, have no place in it."""
    metadata: dict[str, Any] = {"name": slo.name}
    if slo.display_name:
        metadata["displayName"] = slo.display_name
    if slo.labels:
        metadata["labels"] = dict(slo.labels)
    if annotations := _annotations(slo):
        metadata["annotations"] = {f"{PREFIX}{name}": value for name, value in annotations.items()}
    return {"apiVersion": "openslo/v1", "kind": "SLO", "metadata": metadata, "spec": _spec(slo)}


def yaml_text(slo: SLO) -> str:
    """The document as YAML."""
    return as_yaml(document(slo))


def as_yaml(written: Mapping[str, Any]) -> str:
    """A document as YAML, its fields in their order."""
    import yaml

    return yaml.safe_dump(written, sort_keys=False, allow_unicode=True, width=110)


def _spec(slo: SLO) -> dict[str, Any]:
    spec: dict[str, Any] = {"description": slo.description} if slo.description else {}
    spec["service"] = slo.service
    measured = slo.indicator.spec
    metric = {name: measured[name] for name in _METRICS if name in measured}
    if metric:
        spec["indicator"] = {"metadata": {"name": f"{slo.name}-sli"}, "spec": metric}
    spec["timeWindow"] = [_window(slo)]
    spec["budgetingMethod"] = slo.budgeting.value
    spec["objectives"] = [_objective(slo, measured)]
    if conditions := [_condition(slo, number) for number in range(len(slo.rules)) if _is_openslo(slo, number)]:
        spec["alertPolicies"] = [
            {
                "kind": "AlertPolicy",
                "metadata": {"name": f"{slo.name}-alerts"},
                "spec": {"alertWhenBreaching": True, "conditions": conditions, "notificationTargets": []},
            }
        ]
    return spec


def _window(slo: SLO) -> dict[str, Any]:
    window = slo.window
    if not isinstance(window, CalendarWindow):
        return {"duration": str(window.duration), "isRolling": True}
    start = window.anchor.strftime("%Y-%m-%d %H:%M:%S")
    return {
        "duration": str(window.duration),
        "isRolling": False,
        "calendar": {"startTime": start, "timeZone": window.zone.key},
    }


def _objective(slo: SLO, measured: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {name: measured[name] for name in _COMPARED if name in measured}
    found["target"] = float(slo.objective)
    if slo.budgeting is Budgeting.TIMESLICES and slo.slice_target is not None:
        found["timeSliceTarget"] = float(slo.slice_target)
    if slo.slice_window is not None:
        found["timeSliceWindow"] = str(slo.slice_window)
    return found


def _is_openslo(slo: SLO, number: int) -> bool:
    rule = slo.rules[number]
    return isinstance(rule.long, Duration) and rule.short is None


def _condition(slo: SLO, number: int) -> dict[str, Any]:
    rule = slo.rules[number]
    condition = {"kind": "burnrate", "op": rule.op, "threshold": float(rule.factor)}
    condition |= {"lookbackWindow": str(rule.long), "alertAfter": "0m"}
    return {
        "kind": "AlertCondition",
        "metadata": {"name": f"{slo.name}-{number + 1}"},
        "spec": {"severity": rule.severity.label, "condition": condition},
    }


def _annotations(slo: SLO) -> dict[str, str]:
    """What OpenSLO has no field for, where it is not the default."""
    found: dict[str, str] = {}
    usual = "none" if slo.rules else "pipeline" if slo.schedule else "workbook"
    if slo.alerting != usual:
        found["alerting"] = slo.alerting
    if slo.schedule is not None:
        found |= _schedule(slo.schedule)
    if slo.sla is not None:
        found |= _sla(slo.sla)
    for name, value, default in (
        ("rerun", slo.rerun, "replace"),
        ("confidence", _text(slo.confidence), None),
        ("freeze", "true" if slo.freeze else "false", "false"),
        ("thaw-above", _text(slo.thaw_above), None),
        ("thaw-after-good-runs", _text(slo.thaw_after_good_runs), None),
        ("notify", ", ".join(slo.notify), ""),
        ("runbook", slo.runbook, ""),
        ("unit", slo.unit, ""),
        ("no-data-after", _patience(slo.no_data_after), "usual"),
    ):
        if value is not None and value != default:
            found[name] = value
    return found


def _sla(sla: SLA) -> dict[str, str]:
    tiers = ", ".join(f"{float(tier.below)}: {float(tier.share)}" for tier in sla.credits)
    found = {"sla": str(float(sla.target)), "sla-window": f"{sla.period} {sla.zone.key}"}
    return found | ({"sla-credits": tiers} if tiers else {})


def _schedule(schedule: Schedule) -> dict[str, str]:
    found = {"cadence": schedule.cadence}
    if schedule.zone != "UTC":
        found["timezone"] = schedule.zone
    for name, at in (("start", schedule.start), ("end", schedule.end)):
        if at is not None:
            found[name] = at.isoformat()
    if schedule.deadline != "cadence":
        found["deadline"] = _patience(schedule.deadline)
    if schedule.late != "bad":
        found["late"] = schedule.late
    return found


def _patience(given: object) -> str:
    return "none" if given is None else str(given)


def _text(value: object) -> str | None:
    return str(float(value)) if isinstance(value, Fraction) else None if value is None else str(value)

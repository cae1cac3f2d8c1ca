"""Definitions as plain JSON values and back, exact numbers as strings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from airflow_ai_slo.core.definition import SLO, BurnRule, Indicator, Schedule, Service, Severity
from airflow_ai_slo.core.durations import Duration, Runs, Span
from airflow_ai_slo.core.freeze_policy import FreezePolicy
from airflow_ai_slo.core.sla import sla_from_dict, sla_to_dict
from airflow_ai_slo.core.windows import CalendarWindow, RollingWindow, Window

_PLAIN = (
    "name",
    "service",
    "display_name",
    "description",
    "alerting",
    "rerun",
    "freeze",
    "thaw_after_good_runs",
    "unit",
)


def slo_to_dict(slo: SLO) -> dict[str, Any]:
    """A definition as JSON values; :func:`slo_from_dict` reads it back equal."""
    return {field: getattr(slo, field) for field in _PLAIN} | {
        "objective": str(slo.objective),
        "window": _window_to_dict(slo.window),
        "indicator": {"source": slo.indicator.source, "spec": dict(slo.indicator.spec)},
        "budgeting": slo.budgeting.value,
        "slice_target": _text(slo.slice_target),
        "slice_window": _text(slo.slice_window),
        "rules": [_rule_to_dict(rule) for rule in slo.rules],
        "schedule": _schedule_to_dict(slo.schedule),
        "confidence": _text(slo.confidence),
        "thaw_above": _text(slo.thaw_above),
        "labels": dict(slo.labels),
        "notify": list(slo.notify),
        "runbook": slo.runbook,
        "no_data_after": _text(slo.no_data_after),
        **({} if slo.sla is None else {"sla": sla_to_dict(slo.sla)}),
    }


def slo_from_dict(values: Mapping[str, Any]) -> SLO:
    """The definition :func:`slo_to_dict` wrote."""
    return SLO(
        **{field: values[field] for field in _PLAIN},
        objective=Fraction(values["objective"]),
        window=_window_from_dict(values["window"]),
        indicator=Indicator(**values["indicator"]),
        budgeting=values["budgeting"],
        slice_target=_fraction(values["slice_target"]),
        slice_window=values["slice_window"],
        rules=[_rule_from_dict(rule) for rule in values["rules"]],
        schedule=_schedule_from_dict(values["schedule"]),
        confidence=_fraction(values["confidence"]),
        thaw_above=_fraction(values["thaw_above"]),
        labels=values["labels"],
        notify=values["notify"],
        runbook=values.get("runbook", ""),
        no_data_after=values["no_data_after"],
        sla=sla_from_dict(values["sla"]) if "sla" in values else None,
    )


def service_to_dict(service: Service) -> dict[str, Any]:
    """A service as JSON values; :func:`service_from_dict` reads it back equal."""
    policy = service.freeze
    return {
        "name": service.name,
        "description": service.description,
        "labels": dict(service.labels),
        "freeze": {
            "slos": list(policy.slos),
            "thaw_above": _text(policy.thaw_above),
            "thaw_after_good_runs": policy.thaw_after_good_runs,
            "for_at_most": _text(policy.for_at_most),
            "mode": policy.mode,
            "exempt_labels": list(policy.exempt_labels),
        },
        "notify": list(service.notify),
    }


def service_from_dict(values: Mapping[str, Any]) -> Service:
    """The service :func:`service_to_dict` wrote."""
    policy = {**values["freeze"], "thaw_above": _fraction(values["freeze"]["thaw_above"])}
    return Service(**{**values, "freeze": FreezePolicy(**policy)})


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _fraction(text: str | None) -> Fraction | None:
    return None if text is None else Fraction(text)


def _window_to_dict(window: Window) -> dict[str, str]:
    if isinstance(window, RollingWindow):
        return {"duration": str(window.duration)}
    return {"duration": str(window.duration), "zone": window.zone.key, "anchor": window.anchor.isoformat()}


def _window_from_dict(values: Mapping[str, str]) -> Window:
    duration = Duration.parse(values["duration"])
    if "zone" not in values:
        return RollingWindow(duration)
    return CalendarWindow(duration, ZoneInfo(values["zone"]), datetime.fromisoformat(values["anchor"]))


def _rule_to_dict(rule: BurnRule) -> dict[str, Any]:
    return {
        "severity": rule.severity.label,
        "long": str(rule.long),
        "short": _text(rule.short),
        "factor": str(rule.factor),
        "min_bad_long": rule.min_bad_long,
        "min_bad_short": rule.min_bad_short,
        "op": rule.op,
    }


def _rule_from_dict(values: Mapping[str, Any]) -> BurnRule:
    return BurnRule(
        severity=Severity[values["severity"].upper()],
        long=_span(values["long"]),
        short=None if values["short"] is None else _span(values["short"]),
        factor=Fraction(values["factor"]),
        min_bad_long=values["min_bad_long"],
        min_bad_short=values["min_bad_short"],
        op=values["op"],
    )


def _span(text: str) -> Span:
    return Runs(int(text.split()[0])) if text.endswith(" runs") else Duration.parse(text)


def _schedule_to_dict(schedule: Schedule | None) -> dict[str, Any] | None:
    if schedule is None:
        return None
    return {
        "cadence": schedule.cadence,
        "zone": schedule.zone,
        "start": None if schedule.start is None else schedule.start.isoformat(),
        "end": None if schedule.end is None else schedule.end.isoformat(),
        "deadline": _text(schedule.deadline),
        "late": schedule.late,
    }


def _schedule_from_dict(values: Mapping[str, Any] | None) -> Schedule | None:
    if values is None:
        return None
    deadline = values["deadline"]
    return Schedule(
        cadence=values["cadence"],
        zone=values["zone"],
        start=None if values["start"] is None else datetime.fromisoformat(values["start"]),
        end=None if values["end"] is None else datetime.fromisoformat(values["end"]),
        deadline=deadline if deadline in (None, "cadence") else Duration.parse(deadline),
        late=values["late"],
    )

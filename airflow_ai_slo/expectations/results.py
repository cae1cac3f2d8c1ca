"""What Great Expectations says of one expectation, in our words."""

from __future__ import annotations

import json
from typing import Any

from airflow_ai_slo.expectations.outcome import Outcome, Status
from airflow_ai_slo.measure.drift.profile import Kind
from airflow_ai_slo.measure.drift.result import FIGURES, ColumnDrift, Verdict


def outcome_of(result: Any) -> Outcome:
    """What became of one expectation, from Great Expectations' result."""
    configuration = result.expectation_config
    column = configuration.kwargs.get("column")
    name = {"expectation": configuration.type, "column": column if isinstance(column, str) else None}
    problem = _exception(result.exception_info)
    if problem is not None:
        return Outcome(**name, status=Status.ERROR, message=problem)
    found = result.result or {}
    observed = _plain(found.get("observed_value", found.get("unexpected_percent")))
    status = Status.MET if result.success else Status.UNMET
    details = found.get("details")
    drift = _drift(details)
    if drift is None:
        reason = details.get("reason", "") if isinstance(details, dict) else ""
        counts: dict[str, Any] = {"elements": found.get("element_count"), "unexpected": found.get("unexpected_count")}
        return Outcome(**name, status=status, observed=observed, message=str(reason), **counts)
    if drift.verdict in (Verdict.INSUFFICIENT, Verdict.EMPTY):
        status = Status(str(drift.verdict))
    return Outcome(**name, status=status, observed=observed, message=drift.message, drift=drift)


def raised(result: Any) -> bool:
    """Whether an expectation raised rather than judged."""
    return _exception(result.exception_info) is not None


def _exception(info: Any) -> str | None:
    """What was raised; Great Expectations nests it by metric where a metric raised it."""
    if not isinstance(info, dict):
        return None
    entries = [info, *(entry for entry in info.values() if isinstance(entry, dict))]
    problems = [entry for entry in entries if entry.get("raised_exception")]
    if not problems:
        return None
    text = str(problems[0].get("exception_message") or "").strip()
    return " ".join(text.split()) or "the expectation raised an exception"


def _drift(details: Any) -> ColumnDrift | None:
    if not isinstance(details, dict) or "verdict" not in details or "psi" not in details:
        return None
    return ColumnDrift(
        column=details["column"],
        kind=Kind(details["kind"]),
        verdict=Verdict(details["verdict"]),
        n_reference=details["n_reference"],
        n_current=details["n_current"],
        **{figure: details[figure] for figure in FIGURES},
        warnings=tuple(details["warnings"]),
        message=details["message"],
    )


def _plain(value: Any) -> Any:
    """A value as JSON holds it; what JSON cannot hold, as text."""
    if hasattr(value, "item") and not hasattr(value, "__len__"):
        value = value.item()
    if isinstance(value, float) and value != value:
        return None
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return str(value)
    return value

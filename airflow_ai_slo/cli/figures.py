"""Evaluations as JSON values and as a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from airflow_ai_slo.core.evaluation import Evaluation
from airflow_ai_slo.core.freeze_policy import FreezeMode
from airflow_ai_slo.core.numbers import plain

_FREEZES: Mapping[FreezeMode | None, str] = {None: "-", "hard": "frozen", "soft": "warned (soft freeze)"}


def evaluation_json(seen: Evaluation) -> dict[str, Any]:
    """One evaluation in the shape other people's scripts hold on to."""
    left = seen.budget
    return {
        "slo": seen.slo.name,
        "at": seen.at.isoformat(),
        "objective": float(seen.slo.objective),
        "window": str(seen.slo.window),
        "good": plain(seen.counts.good),
        "total": plain(seen.counts.total),
        "sli": _float(seen.sli),
        "budget": {
            "allowed": _float(left.allowed),
            "consumed": plain(left.consumed),
            "remaining": _float(left.remaining),
            "coverage": float(left.coverage),
            "estimate": left.estimate,
        },
        "burn_rates": {window: _float(rate) for window, rate in seen.burn_rates.items()},
        "alerts": [
            {
                "severity": alert.rule.severity.label,
                "long": str(alert.rule.long),
                "short": None if alert.rule.short is None else str(alert.rule.short),
                "factor": float(alert.rule.factor),
                "outcome": alert.outcome.value,
            }
            for alert in seen.alerts
        ],
    }


def evaluation_table(evaluations: Iterable[Evaluation], *, frozen: Mapping[str, FreezeMode] | None = None) -> str:
    """Evaluations for people.

    :param frozen: how each service is frozen that is.
    """
    from tabulate import tabulate

    from airflow_ai_slo.alerts.words import budget_left, sli

    rows = [
        (
            seen.slo.service,
            seen.slo.name,
            f"{seen.at:%Y-%m-%d %H:%M}",
            sli(seen),
            budget_left(seen),
            seen.firing.label if seen.firing else "-",
            _FREEZES[(frozen or {}).get(seen.slo.service)],
        )
        for seen in evaluations
    ]
    headers = ("service", "SLO", "at (UTC)", "SLI", "budget left", "firing", "freeze")
    return tabulate(rows, headers=headers, disable_numparse=True) if rows else "no SLO is applied; run ai-slo apply"


def _float(number: Any) -> float | None:
    return None if number is None else float(number)

"""Evaluations as JSON values and as a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from airflow_ai_slo.core.compliance import Agreement
from airflow_ai_slo.core.evaluation import Evaluation
from airflow_ai_slo.core.freeze_policy import FreezeMode
from airflow_ai_slo.core.numbers import plain
from airflow_ai_slo.core.sketch import SHOWN, Percentiles

_FREEZES: Mapping[FreezeMode | None, str] = {None: "-", "hard": "frozen", "soft": "warned (soft freeze)"}


def evaluation_json(
    seen: Evaluation, timed: Percentiles | None = None, agreed: Agreement | None = None
) -> dict[str, Any]:
    """One evaluation in the shape other people's scripts hold on to.

    :param timed: percentiles over the SLO's window, where it has any.
    :param agreed: how its SLA stands, where it has one.
    """
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
    } | _beside(timed, agreed)


def _beside(timed: Percentiles | None, agreed: Agreement | None) -> dict[str, Any]:
    from airflow_ai_slo.reports.json_document import agreement

    found: dict[str, Any] = {} if timed is None else {"percentiles": percentiles_json(timed)}
    return found if agreed is None else found | {"sla": agreement(agreed)}


def percentiles_json(timed: Percentiles) -> dict[str, Any]:
    """Percentiles in milliseconds, to the digits that mean something."""
    return {"unit": "ms", "count": timed.count, **{name: float(f"{v:.4g}") for name, v in timed.values.items()}}


def evaluation_table(
    evaluations: Iterable[Evaluation],
    *,
    frozen: Mapping[str, FreezeMode] | None = None,
    timed: Mapping[str, Percentiles] | None = None,
    agreed: Mapping[str, Agreement] | None = None,
) -> str:
    """Evaluations for people.

    :param frozen: how each service is frozen that is.
    :param timed: percentiles by SLO; where there are any, they have columns of their own.
    :param agreed: SLAs by SLO; likewise.
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
            *([_agreed(agreed.get(seen.slo.name))] if agreed else ()),
            *(_timed(timed.get(seen.slo.name)) if timed else ()),
        )
        for seen in evaluations
    ]
    headers = (
        "service",
        "SLO",
        "at (UTC)",
        "SLI",
        "budget left",
        "firing",
        "freeze",
        *(["SLA"] if agreed else []),
        *([f"{name.upper()} ms" for name in SHOWN] if timed else ()),
    )
    return tabulate(rows, headers=headers, disable_numparse=True) if rows else "no SLO is applied; run ai-slo apply"


def _agreed(found: Agreement | None) -> str:
    from airflow_ai_slo.reports.promised import compliance, outlook

    if found is None:
        return "-"
    words = outlook(found)[0].lower()
    return words if found.now.compliance is None else f"{words}, {compliance(found.sla, found.now)}"


def _timed(found: Percentiles | None) -> list[str]:
    return [f"{found.values[name]:,.4g}" if found else "-" for name in SHOWN]


def _float(number: Any) -> float | None:
    return None if number is None else float(number)

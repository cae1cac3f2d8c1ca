"""Evaluations as a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from airflow_ai_slo.core.compliance import Agreement
from airflow_ai_slo.core.evaluation import Evaluation
from airflow_ai_slo.core.freeze_policy import FreezeMode
from airflow_ai_slo.core.sketch import SHOWN, Percentiles

_FREEZES: Mapping[FreezeMode | None, str] = {None: "-", "hard": "frozen", "soft": "warned (soft freeze)"}


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

"""What OpenLineage events say of SLOs. Airflow's OpenLineage provider asks for it, and without it nobody does."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import AiSloError
from airflow_ai_slo.core.numbers import plain

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage

    from airflow_ai_slo.core.evaluation import Evaluation
    from airflow_ai_slo.core.freeze_policy import FreezeMode
    from airflow_ai_slo.core.measurement import Measurement
    from airflow_ai_slo.store import Store

MEASUREMENTS = "airflowAiSlo_measurements"
BUDGETS = "airflowAiSlo_budgets"

MOST = 100
"""Measurements or budgets that one event holds; beyond them ``leftOut`` counts."""


def measured(
    measurements: Collection[Measurement], open_store: Callable[[], Store]
) -> OperatorLineage[Any, Any] | None:
    """The run facet :data:`MEASUREMENTS`: the newest measurements of a task, and where each SLO stands with them.

    :param open_store: asked once; without an answer the measurements stand alone.
    :returns: None where nothing was measured.
    """
    if not measurements:
        return None
    newest = sorted(measurements, key=lambda one: (one.at, one.slo), reverse=True)[:MOST]
    standing = _standing(open_store, {one.slo for one in newest})
    entries = [_measurement(one, standing.get(one.slo)) for one in newest]
    return _lineage(MEASUREMENTS, entries, len(measurements) - len(newest))


def evaluated(seen: Collection[Evaluation], frozen: Mapping[str, FreezeMode]) -> OperatorLineage[Any, Any] | None:
    """The run facet :data:`BUDGETS`: where each SLO stands, those with least budget left first."""
    if not seen:
        return None

    def spent_first(one: Evaluation) -> tuple[Any, ...]:
        remaining = one.budget.remaining
        return remaining is None, remaining or 0, one.slo.name

    shown = sorted(seen, key=spent_first)[:MOST]
    entries = [_about(one) | {"frozen": frozen.get(one.slo.service)} for one in shown]
    return _lineage(BUDGETS, entries, len(seen) - len(shown))


def _standing(open_store: Callable[[], Store], slos: Collection[str]) -> dict[str, Evaluation]:
    from datetime import UTC, datetime

    from airflow_ai_slo import engine

    try:
        return {one.slo.name: one for one in engine.status(open_store(), at=datetime.now(UTC), slos=slos)}
    except AiSloError:
        return {}


def _measurement(one: Measurement, standing: Evaluation | None) -> dict[str, Any]:
    good, total = plain(one.good), plain(one.total)
    return {
        "slo": one.slo,
        "at": one.at.isoformat(),
        "good": good,
        "total": total,
        "value": one.value,
        "cause": None if one.cause is None else str(one.cause),
        "success": None if standing is None or not one.total else one.good >= standing.slo.objective * one.total,
        "budgetRemaining": None if standing is None else _float(standing.budget.remaining),
        "objective": None if standing is None else float(standing.slo.objective),
        "service": None if standing is None else standing.slo.service,
    }


def _about(one: Evaluation) -> dict[str, Any]:
    return {
        "slo": one.slo.name,
        "service": one.slo.service,
        "at": one.at.isoformat(),
        "objective": float(one.slo.objective),
        "window": str(one.slo.window),
        "good": plain(one.counts.good),
        "total": plain(one.counts.total),
        "sli": _float(one.sli),
        "budgetRemaining": _float(one.budget.remaining),
        "firing": None if one.firing is None else one.firing.label,
    }


def _lineage(name: str, entries: Iterable[dict[str, Any]], left_out: int) -> OperatorLineage[Any, Any] | None:
    try:
        from airflow.providers.openlineage.extractors import OperatorLineage

        from airflow_ai_slo.hooks.lineage_facets import SLOsRunFacet
    except ImportError:
        return None
    return OperatorLineage(run_facets={name: SLOsRunFacet(slos=list(entries), leftOut=left_out)})


def _float(number: Any) -> float | None:
    return None if number is None else float(number)

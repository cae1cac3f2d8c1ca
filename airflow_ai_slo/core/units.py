"""What an SLO counts, as a noun for people."""

from __future__ import annotations

from airflow_ai_slo.core.definition import Budgeting
from airflow_ai_slo.core.evaluation import Evaluation

RUNS, SLICES, EVENTS = "runs", "slices", "events"

_HISSING = ("sses", "shes", "ches", "xes", "zes")


def unit_of(seen: Evaluation) -> str:
    """Plural: what the definition says; else ``slices``, ``runs`` where every run weighs one, or ``events``."""
    slo, counts = seen.slo, seen.counts
    if slo.unit:
        return slo.unit
    if slo.budgeting is not Budgeting.OCCURRENCES:
        return SLICES
    if counts.total == counts.runs if counts.runs else slo.indicator.source == "airflow":
        return RUNS
    return EVENTS


def singular(plural: str) -> str:
    """``run`` of ``runs``, ``query`` of ``queries``, ``class`` of ``classes``; what ends otherwise stays."""
    if plural.endswith("ies"):
        return plural[:-3] + "y"
    if plural.endswith(_HISSING):
        return plural[:-2]
    return plural[:-1] if plural.endswith("s") and not plural.endswith("ss") else plural

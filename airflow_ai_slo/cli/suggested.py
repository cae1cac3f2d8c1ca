"""Suggestions for people and for machines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_ai_slo.core.proposal import Lengths, Proposal

_AIRFLOW, _STORE = "airflow", "store"


def suggestions_table(proposals: Sequence[Proposal], source: str) -> str:
    """For people."""
    from tabulate import tabulate

    from airflow_ai_slo.engine.proposing import bad_in_words, note, target
    from airflow_ai_slo.reports.figures import count, percent

    if not proposals:
        return "no DAG has run" if source == _AIRFLOW else "nothing was measured"
    rows = []
    for one in proposals:
        seen, chosen = one.suggestion, one.chosen
        within = f" within {one.within.promised}" if chosen and one.within else ""
        stands = () if source != _STORE else (target(one.stands) if one.stands else "-",)
        rows.append(
            (
                one.subject,
                f"{seen.runs:,}",
                bad_in_words(one) if seen.runs else "-",
                percent(seen.sli) if seen.sli is not None else "-",
                *stands,
                f"{target(chosen.objective)}{within}" if chosen else "-",
                f"{count(chosen.allowed)} of {count(seen.full)} in {one.window}" if chosen else "-",
                note(one),
            )
        )
    stands_now = ("stands at",) if source == _STORE else ()
    first = "DAG" if source == _AIRFLOW else "SLO"
    headers = (first, "runs", "bad", "SLI", *stands_now, "suggestion", "may be bad", "why no more")
    return tabulate(rows, headers=headers, disable_numparse=True)


def suggestions_json(proposals: Sequence[Proposal], days: int, source: str) -> dict[str, Any]:
    """For machines."""
    kind = "dag" if source == _AIRFLOW else "slo"
    return {"days": days, "suggestions": [_proposal_json(one, kind) for one in proposals]}


def _proposal_json(one: Proposal, kind: str) -> dict[str, Any]:
    from airflow_ai_slo.core.numbers import plain
    from airflow_ai_slo.engine.proposing import note

    seen, chosen = one.suggestion, one.chosen
    return {
        kind: one.subject,
        "outcome": one.outcome.value,
        "since": None if one.since is None else one.since.isoformat(),
        "until": one.until.isoformat(),
        "runs": seen.runs,
        "bad": seen.bad,
        "failed": one.failed,
        "late": one.late,
        "missing": one.missing,
        "sli": plain(seen.sli),
        "interval": seen.interval,
        "window": str(one.window),
        "windows": seen.windows,
        "worst": plain(seen.worst),
        "objective": None if chosen is None else plain(chosen.objective),
        "allowed": None if chosen is None else plain(chosen.allowed),
        "left": None if chosen is None else plain(chosen.left),
        "stands": plain(one.stands),
        "cadence": one.cadence,
        "deadline": None if one.lateness is None else str(one.lateness.promised),
        "max_duration": None if one.lateness or not one.duration else str(one.duration.promised),
        "lateness_seconds": _seconds(one.lateness),
        "duration_seconds": _seconds(one.duration),
        "objectives": [
            {
                "objective": plain(rung.objective),
                "allowed": plain(rung.allowed),
                "missed": rung.missed,
                "left": plain(rung.left),
                "verdict": rung.why.value,
            }
            for rung in seen.rungs
        ],
        "note": note(one),
    }


def _seconds(lengths: Lengths | None) -> dict[str, float] | None:
    if lengths is None:
        return None
    return {"p99": lengths.p99.total_seconds(), "longest": lengths.longest.total_seconds()}

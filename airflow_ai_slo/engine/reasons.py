"""Why a service is frozen, in figures: which SLO, how much budget, since when, what spent it, what thaws it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import TYPE_CHECKING

from airflow_ai_slo.alerts import thaw_line
from airflow_ai_slo.core.freeze import Reason
from airflow_ai_slo.core.freeze_policy import FreezePolicy
from airflow_ai_slo.engine.reading import Seen
from airflow_ai_slo.store import counting, evaluations
from airflow_ai_slo.store.definitions import Stored
from airflow_ai_slo.store.freezes import Freeze

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Judged:
    """An SLO that counts, and its budget when it was last evaluated; ``at`` is None if it never was."""

    stored: Stored
    at: datetime | None
    remaining: Fraction | None
    allowed: Fraction | None


def judged_now(one: Seen) -> Judged:
    """An SLO by the evaluation that is being made."""
    stored, seen = one
    return Judged(stored, seen.at, seen.budget.remaining, seen.budget.allowed)


def judged_last(connection: Connection, counted: Sequence[Stored]) -> tuple[Judged, ...]:
    """SLOs that count, by their last evaluations."""
    budgets = evaluations.budgets(connection, counted)
    return tuple(Judged(one, last.at, last.remaining, last.allowed) for one, last in zip(counted, budgets, strict=True))


def ended(found: Freeze, members: Iterable[Stored]) -> list[str]:
    """Causes that can no longer be judged: they measure something else now, or no longer freeze the service.

    :param members: the SLOs that count now.
    """
    rows = {one.slo.name: one.slo_id for one in members}
    return [name for name, slo_id in found.generations.items() if rows.get(name) != slo_id]


def reasons(
    connection: Connection, found: Freeze, judged: Iterable[Judged], policy: FreezePolicy
) -> tuple[Reason, ...]:
    """Why a service is frozen, by SLO."""
    by_name = {one.stored.slo.name: one for one in judged}
    gone = ended(found, [one.stored for one in by_name.values()])
    return tuple(
        Reason(name, None, since, thaws=_no_longer(name, name in by_name))
        if name in gone
        else _reason(connection, by_name[name], since, policy)
        for name, since in found.causes.items()
    )


def _reason(connection: Connection, one: Judged, since: datetime, policy: FreezePolicy) -> Reason:
    slo = one.stored.slo
    thaws = thaw_line(slo.title, policy.terms(slo), one.allowed)
    return Reason(slo.name, one.remaining, since, one.allowed, _spent_by(connection, one), thaws)


def _spent_by(connection: Connection, one: Judged) -> Mapping[str, int | Fraction]:
    if one.at is None:
        return {}
    start = one.stored.slo.window.bounds(one.at).start
    return counting.spent_by(connection, one.stored.slo_id, start, one.at, one.stored.scale)


def _no_longer(name: str, counts: bool) -> str:
    why = "no longer measures what froze the service" if counts else "no longer counts for freezes"
    return f"{name}: it {why}; a release thaws"

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
from airflow_ai_slo.core.numbers import Exact
from airflow_ai_slo.engine.reading import Seen
from airflow_ai_slo.store import attribution, evaluations
from airflow_ai_slo.store.definitions import Stored
from airflow_ai_slo.store.evaluations import Budgets
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
    return judged_by(evaluations.budgets(connection, counted), counted)


def judged_by(budgets: Budgets, counted: Sequence[Stored]) -> tuple[Judged, ...]:
    """The same where those have been read."""
    found = [(one, budgets.last(one)) for one in counted]
    return tuple(Judged(one, last.at, last.remaining, last.allowed) for one, last in found)


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
    held = [one for name, one in by_name.items() if name in found.causes and name not in gone]
    spent = _spent_by(connection, held)
    return tuple(
        Reason(name, None, since, thaws=_no_longer(name, name in by_name))
        if name in gone
        else _reason(by_name[name], since, policy, spent.get(by_name[name].stored.slo_id, {}))
        for name, since in found.causes.items()
    )


def _reason(one: Judged, since: datetime, policy: FreezePolicy, spent: Mapping[str, Exact]) -> Reason:
    slo = one.stored.slo
    thaws = thaw_line(slo.title, policy.terms(slo), one.allowed)
    return Reason(slo.name, one.remaining, since, one.allowed, spent, thaws)


def _spent_by(connection: Connection, held: Iterable[Judged]) -> dict[int, dict[str, Exact]]:
    """What spent the budget of SLOs when they were last evaluated, by their rows."""
    return attribution.spent_by(
        connection, [(j.stored, j.stored.slo.window.bounds(j.at).start, j.at) for j in held if j.at is not None]
    )


def _no_longer(name: str, counts: bool) -> str:
    why = "no longer measures what froze the service" if counts else "no longer counts for freezes"
    return f"{name}: it {why}; a release thaws"

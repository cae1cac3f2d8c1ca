"""When DAGs were paused, as Airflow's log of actions tells."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.expected import Pauses
from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.reconcile.selecting import DagRow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_EVENTS = {"cli_pause": True, "cli_unpause": False, "paused": True, "patch_dag": None, "patch_dags": None}
_MICROSECOND = timedelta(microseconds=1)
_MANY = 5_000
"""More DAGs than this are not named to the database, which takes some tens of thousands of parameters at most."""


def pauses_of(session: Session, dags: Collection[DagRow], now: datetime) -> dict[str, Pauses]:
    """When DAGs were paused, by id; a DAG that still is has a pause without an end.

    Where the log does not tell since when a DAG is paused (it was made paused, or the log was cleaned), it is since its
    newest run by the clock: Airflow makes none while it is paused.
    """
    told = _actions(session, [row.dag_id for row in dags])
    found: dict[str, Pauses] = {}
    for row in dags:
        pauses = _intervals(told.get(row.dag_id, []))
        is_open = bool(pauses) and pauses[-1][1] is None
        if row.is_paused and not is_open:
            after = pauses[-1][1] if pauses else None
            pauses.append((max(_since(session, row.dag_id), after or LONG_AGO), None))
        elif is_open and not row.is_paused:
            pauses[-1] = (pauses[-1][0], now)
        if pauses:
            found[row.dag_id] = pauses
    return found


def _actions(session: Session, dag_ids: Collection[str]) -> dict[str, list[tuple[datetime, bool]]]:
    """By DAG: when somebody paused it (true) or unpaused it, in order."""
    from airflow.models.log import Log
    from sqlalchemy import select

    columns = (Log.dag_id, Log.dttm, Log.event, Log.extra)
    query = select(*columns).where(Log.event.in_(list(_EVENTS)), Log.dttm.is_not(None)).order_by(Log.dttm, Log.id)
    query = query if len(dag_ids) > _MANY else query.where(Log.dag_id.in_(dag_ids))
    wanted = set(dag_ids)
    found = defaultdict[str, list[tuple[datetime, bool]]](list)
    for dag_id, moment, event, extra in session.execute(query):
        if dag_id not in wanted:
            continue
        paused = _EVENTS[event]
        paused = _in_body(extra) if paused is None else paused
        if paused is not None and moment is not None:
            found[dag_id].append((utc(moment), paused))
    return found


def _in_body(extra: Any) -> bool | None:
    """What a request said; None where it changed something else."""
    try:
        said = json.loads(extra or "{}").get("is_paused")
    except (ValueError, AttributeError):
        return None
    return {"true": True, "false": False}.get(str(said).lower())


def _intervals(actions: list[tuple[datetime, bool]]) -> list[tuple[datetime, datetime | None]]:
    found: list[tuple[datetime, datetime | None]] = []
    for moment, paused in actions:
        is_open = bool(found) and found[-1][1] is None
        if paused and not is_open:
            found.append((moment, None))
        elif not paused and is_open:
            found[-1] = (found[-1][0], moment)
        elif not paused and not found:
            found.append((LONG_AGO, moment))  # made paused, so that the first action is to start it
    return found


def _since(session: Session, dag_id: str) -> datetime:
    from airflow.models.dagrun import DagRun
    from sqlalchemy import func, select

    of_dag = DagRun.dag_id == dag_id, DagRun.run_type == "scheduled"
    newest = session.scalar(select(func.max(DagRun.run_after)).where(*of_dag))
    return LONG_AGO if newest is None else utc(newest) + _MICROSECOND

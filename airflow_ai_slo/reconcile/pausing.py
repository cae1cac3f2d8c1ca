"""When DAGs were paused, as Airflow's log of actions tells."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.expected import Pauses
from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.reconcile.selecting import MANY, DagRow, known_since

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_EVENTS = {"cli_dag_pause": True, "cli_dag_unpause": False, "paused": True, "patch_dag": None, "patch_dags": None}
_BY_REGEX = "--treat"
"""Begin of the option of ``airflow dags pause`` that makes an id a regular expression; it may be cut short."""

_SOON = timedelta(minutes=1)
"""A scheduler may make a run so soon after a pause that it did not know of yet."""

_MICROSECOND = timedelta(microseconds=1)


def pauses_of(session: Session, dags: Collection[DagRow], now: datetime) -> dict[str, Pauses]:
    """When DAGs were paused, by id; a DAG that still is has a pause without an end.

    Where the log does not tell since when a DAG is paused (it was made paused, or the log was cleaned), it is since its
    newest run by the clock: Airflow makes none while it is paused. Where it does not tell until when, it was until the
    next such run was made.
    """
    told = _actions(session, [row.dag_id for row in dags])
    found: dict[str, Pauses] = {}
    for row in dags:
        pauses = _intervals(session, row.dag_id, told.get(row.dag_id, []))
        is_open = bool(pauses) and pauses[-1][1] is None
        if row.is_paused and not is_open:
            after = pauses[-1][1] if pauses else None
            pauses.append((max(_since(session, row.dag_id, now), after or LONG_AGO), None))
        elif is_open and not row.is_paused:
            pauses[-1] = (pauses[-1][0], _resumed(session, row.dag_id, pauses[-1][0]) or now)
        if pauses:
            found[row.dag_id] = pauses
    return found


def _actions(session: Session, dag_ids: Collection[str]) -> dict[str, list[tuple[datetime, bool]]]:
    """By DAG: when somebody paused it (true) or unpaused it, in order."""
    from airflow.models.log import Log
    from sqlalchemy import or_, select

    columns = (Log.dag_id, Log.dttm, Log.event, Log.extra)
    of_many = or_(Log.dag_id.in_(dag_ids), Log.event == "patch_dags", Log.extra.contains(_BY_REGEX, autoescape=True))
    query = select(*columns).where(Log.event.in_(list(_EVENTS)), Log.dttm.is_not(None))
    query, dag_ids = query if len(dag_ids) > MANY else query.where(of_many), set(dag_ids)
    found, known = defaultdict[str, list[tuple[datetime, bool]]](list), known_since(session, dag_ids)
    for dag_id, moment, event, extra in session.execute(query.order_by(Log.dttm, Log.id)):
        said = _said(extra)
        paused = _EVENTS[event]
        paused = {"true": True, "false": False}.get(str(said.get("is_paused")).lower()) if paused is None else paused
        if paused is not None and moment is not None:
            for one in _meant(event, dag_id, said, dag_ids):
                if one == dag_id or utc(moment) >= known.get(one, LONG_AGO):
                    found[one].append((utc(moment), paused))
    return found


def _said(extra: Any) -> Mapping[str, Any]:
    """What came with an action: a request's body and query, or a command."""
    try:
        said = json.loads(extra or "{}")
    except ValueError:
        return {}
    return said if isinstance(said, Mapping) else {}


def _meant(event: str, dag_id: str | None, said: Mapping[str, Any], dag_ids: Collection[str]) -> Collection[str]:
    """Which of these DAGs an action was about. Requests that narrow it by what may have changed since tell nothing."""
    if event == "patch_dags":
        pattern, prefix = said.get("dag_id_pattern"), said.get("dag_id_prefix_pattern")
        if not (pattern or prefix) or said.keys() & {"tags", "owners"}:
            return ()
        return [one for one in dag_ids if _is_like(one, pattern) and _begins(one, prefix)]
    if event.startswith("cli_") and _BY_REGEX in str(said.get("full_command")):
        try:
            wanted = re.compile(dag_id or "")
        except re.error:
            return ()
        return [one for one in dag_ids if wanted.search(one)]
    return [] if dag_id is None or dag_id not in dag_ids else [dag_id]


def _is_like(dag_id: str, pattern: Any) -> bool:
    """Airflow's search: anywhere in the id, ``%`` for anything, ``_`` for one character, ``|`` between several."""
    if not pattern:
        return True
    some = ["%"] if pattern == "~" else [one.strip() for one in str(pattern).split("|")]
    wild = ("".join({"%": ".*", "_": "."}.get(sign, re.escape(sign)) for sign in one) for one in some if one)
    return any(re.search(one, dag_id, re.IGNORECASE | re.DOTALL) for one in wild)


def _begins(dag_id: str, prefix: Any) -> bool:
    """Airflow leaves out what a prefix ends with that is neither letter nor digit."""
    some = [re.sub(r"[\W_]+$", "", one.strip()) for one in str(prefix or "").split("|")]
    return not prefix or dag_id.startswith(tuple(one for one in some if one))


def _intervals(
    session: Session, dag_id: str, actions: list[tuple[datetime, bool]]
) -> list[tuple[datetime, datetime | None]]:
    found: list[tuple[datetime, datetime | None]] = []
    for moment, paused in actions:
        is_open = bool(found) and found[-1][1] is None
        if paused and not is_open:
            found.append((moment, None))
        elif not paused and is_open:
            found[-1] = (found[-1][0], moment)
        elif not paused and not found:
            found.append((_since(session, dag_id, moment), moment))  # the log does not go back to its begin
    return found


def _since(session: Session, dag_id: str, moment: datetime) -> datetime:
    """When the newest run that the clock had made by then was due."""
    from airflow.models.dagrun import DagRun
    from sqlalchemy import func, select

    where = DagRun.dag_id == dag_id, DagRun.run_type == "scheduled", _made_at() <= moment
    newest = session.scalar(select(func.max(DagRun.run_after)).where(*where))
    return LONG_AGO if newest is None else utc(newest) + _MICROSECOND


def _resumed(session: Session, dag_id: str, since: datetime) -> datetime | None:
    """When the clock made a run again, of a pause whose end nobody wrote down."""
    from airflow.models.dagrun import DagRun
    from sqlalchemy import func, select

    where = DagRun.dag_id == dag_id, DagRun.run_type == "scheduled", _made_at() > since + _SOON
    found = session.scalar(select(func.min(_made_at())).where(*where))
    return None if found is None else utc(found)


def _made_at() -> Any:
    """When a run was made; rows from before Airflow 3.2 know only when it was due."""
    from airflow.models.dagrun import DagRun
    from sqlalchemy import func

    return func.coalesce(DagRun.created_at, DagRun.run_after)

"""Evaluate SLOs, and decide incidents and freezes by what is seen."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from airflow_ai_slo.alerts.words import fired
from airflow_ai_slo.core.evaluation import Evaluation
from airflow_ai_slo.core.incident import Step, Transition, step
from airflow_ai_slo.core.instants import to_micros
from airflow_ai_slo.engine import messages
from airflow_ai_slo.engine.freezing import decide_freezes
from airflow_ai_slo.engine.reading import Seen, evaluate_all, evaluate_named
from airflow_ai_slo.store import Store, definitions, evaluations, incidents
from airflow_ai_slo.store.definitions import Stored
from airflow_ai_slo.store.evaluations import Last

if TYPE_CHECKING:
    from sqlalchemy import Connection


def status(store: Store, *, at: datetime, slos: Collection[str] | None = None) -> list[Evaluation]:
    """Evaluate without writing anything.

    :param slos: only these; None means all.
    :raises UnknownSLOError: a name that nothing carries.
    """
    with store.read() as connection:
        return [seen for _, seen in evaluate_named(connection, at, slos)]


def evaluate(store: Store, *, at: datetime, slos: Collection[str] | None = None) -> list[Evaluation]:
    """Evaluate, then open, change or resolve incidents, freeze or thaw services, and post what there is to tell.

    All in one transaction, and one evaluator at a time: any number of them may run at once. An instant before an SLO's
    last evaluation decides nothing for it.

    :param slos: only these, and those that share a service with them; None means all.
    :returns: the evaluations asked for, by name.
    :raises UnknownSLOError: a name that nothing carries.
    """
    with store.write() as connection:
        evaluations.one_at_a_time(connection)
        stored = definitions.active(connection)
        if slos is not None:
            services = {one.slo.service for one in definitions.active(connection, slos)}
            stored = [one for one in stored if one.slo.service in services]
        last = evaluations.last(connection)
        seen = evaluate_all(connection, at, stored, everything=slos is None)
        newest = [one for one in seen if _is_newer(one[0], at, last)]
        evaluations.save(connection, [(one, e, _advance(connection, one, e, last)) for one, e in newest])
        decide_freezes(connection, newest, at)
    return [e for one, e in seen if slos is None or one.slo.name in slos]


def _is_newer(stored: Stored, at: datetime, last: dict[int, Last]) -> bool:
    before = last.get(stored.slo_id)
    return before is None or before.at <= to_micros(at)


def _advance(connection: Connection, stored: Stored, seen: Evaluation, last: dict[int, Last]) -> int:
    """Move the SLO's incident on, and return the rules that hold it open from now."""
    before = last.get(stored.slo_id)
    latched = before.latched if before else 0
    new_bad = stored.bad_seq > (before.bad_seq if before else 0)
    if not latched and not new_bad:
        return 0
    after = step(latched, seen.alerts, new_bad=new_bad)
    if after.transition is not None:
        _tell(connection, (stored, seen), after, after.transition)
    return after.latched


def _tell(connection: Connection, one: Seen, after: Step, transition: Transition) -> None:
    stored, seen = one
    reason = fired(seen)
    changed = incidents.advance(connection, stored.slo_id, transition, after.severity, at=seen.at, reason=reason)
    messages.post_incident(connection, stored, seen, transition, changed, reason=reason)

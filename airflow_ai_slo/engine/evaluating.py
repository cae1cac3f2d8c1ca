"""Evaluate SLOs, and decide incidents and freezes by what is seen."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from airflow_ai_slo.alerts.words import fired
from airflow_ai_slo.core.errors import StoreUnavailableError
from airflow_ai_slo.core.evaluation import Evaluation
from airflow_ai_slo.core.incident import Step, Transition, step
from airflow_ai_slo.core.instants import to_micros, utc
from airflow_ai_slo.engine import messages
from airflow_ai_slo.engine.freezing import decide_freezes
from airflow_ai_slo.engine.reading import Seen, evaluate_all, evaluate_named
from airflow_ai_slo.store import Store, counting, definitions, evaluations, incidents
from airflow_ai_slo.store.definitions import Stored
from airflow_ai_slo.store.evaluations import Last

if TYPE_CHECKING:
    from sqlalchemy import Connection

_TRIES = 20


def status(store: Store, *, at: datetime, slos: Collection[str] | None = None) -> list[Evaluation]:
    """Evaluate without writing anything.

    :param slos: only these; None means all.
    :raises UnknownSLOError: a name that nothing carries.
    """
    with store.read() as connection:
        evaluations.one_snapshot(connection)
        return [seen for _, seen in evaluate_named(connection, at, slos)]


def evaluate(store: Store, *, at: datetime, slos: Collection[str] | None = None) -> list[Evaluation]:
    """Evaluate, then open, change or resolve incidents, freeze or thaw services, and post what there is to tell.

    All in one transaction, and one evaluator at a time: any number of them may run at once. An instant before an SLO's
    last evaluation decides nothing for it.

    :param slos: only these, and those that share a service with them; None means all.
    :returns: the evaluations asked for, by name.
    :raises UnknownSLOError: a name that nothing carries.
    """
    tries = _TRIES
    while True:
        try:
            return _evaluate(store, utc(at), slos)
        except StoreUnavailableError as error:
            tries -= 1
            if not tries or not evaluations.overtaken(error):
                raise


def _evaluate(store: Store, at: datetime, slos: Collection[str] | None) -> list[Evaluation]:
    with store.write() as connection:
        evaluations.one_snapshot(connection)
        evaluations.one_at_a_time(connection)
        stored = definitions.active(connection)
        if slos is not None:
            services = {one.slo.service for one in definitions.active(connection, slos)}
            stored = [one for one in stored if one.slo.service in services]
        last = evaluations.last(connection)
        seen = evaluate_all(connection, at, stored, everything=slos is None)
        newest = [one for one in seen if _is_newer(one[0], at, last)]
        _save(connection, newest, last, at)
        decide_freezes(connection, newest, at, waiting=[one[0] for one in seen if not _is_newer(one[0], at, last)])
    return [e for one, e in seen if slos is None or one.slo.name in slos]


def _is_newer(stored: Stored, at: datetime, last: dict[int, Last]) -> bool:
    before = last.get(stored.slo_id)
    return before is None or before.at <= to_micros(at)


def _save(connection: Connection, newest: Sequence[Seen], last: dict[int, Last], at: datetime) -> None:
    """Move incidents on, and keep what was seen."""
    news = [one.slo_id for one, _ in newest if one.bad_seq > _last_of(one, last).bad_seq]
    later = counting.bad_after(connection, news, at)
    opened = incidents.all_open(connection)
    rows = []
    for stored, seen in newest:
        before = _last_of(stored, last)
        # A bad run that lies after this instant is news once it is seen, not now.
        bad_seq = max(before.bad_seq, stored.bad_seq - later.get(stored.slo_id, 0))
        new_bad = bad_seq > before.bad_seq
        incident = opened.get(stored.slo_id)
        latched = 0
        if new_bad or incident is not None:
            severity = None if incident is None else incident.severity
            after = step(before.latched, seen.alerts, before=severity, new_bad=new_bad)
            latched = after.latched
            if after.transition is not None:
                _tell(connection, (stored, seen), after, after.transition)
        rows.append((stored, seen, latched, bad_seq))
    evaluations.save(connection, rows)


def _last_of(stored: Stored, last: dict[int, Last]) -> Last:
    return last.get(stored.slo_id) or Last(stored.slo_id, 0, 0, 0)


def _tell(connection: Connection, one: Seen, after: Step, transition: Transition) -> None:
    stored, seen = one
    reason = fired(seen)
    changed = incidents.advance(connection, stored.slo_id, transition, after.severity, at=seen.at, reason=reason)
    messages.post_incident(connection, stored, seen, transition, changed, reason=reason)

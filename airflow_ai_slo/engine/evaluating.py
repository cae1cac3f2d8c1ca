"""Evaluate SLOs, and decide incidents and freezes by what is seen."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from airflow_ai_slo.alerts.words import moved_line
from airflow_ai_slo.core.deciding import Held, Moved, decide
from airflow_ai_slo.core.errors import StoreUnavailableError
from airflow_ai_slo.core.evaluation import Evaluation
from airflow_ai_slo.core.instants import to_micros, utc
from airflow_ai_slo.core.pipeline_incident import Change
from airflow_ai_slo.engine import messages
from airflow_ai_slo.engine.freezing import decide_freezes
from airflow_ai_slo.engine.moments import settle, settled_moment
from airflow_ai_slo.engine.reading import Seen, evaluate_all, evaluate_named
from airflow_ai_slo.engine.silencing import tell_silences
from airflow_ai_slo.store import Store, counting, definitions, evaluations, incidents
from airflow_ai_slo.store import settled as settling
from airflow_ai_slo.store.evaluations import NEVER, Last
from airflow_ai_slo.store.incidents import Incident

if TYPE_CHECKING:
    from sqlalchemy import Connection

_TRIES = 20


def status(
    store: Store, *, at: datetime, slos: Collection[str] | None = None, now: datetime | None = None
) -> list[Evaluation]:
    """Evaluate without deciding anything.

    :param slos: only these; None means all.
    :param now: runs that were due by then and did not come are missing; None is the clock's.
    :raises UnknownSLOError: a name that nothing carries.
    """
    with settled_moment(store, at=at, now=now) as connection:
        return [seen for _, seen in evaluate_named(connection, at, slos)]


def evaluate(store: Store, *, at: datetime, slos: Collection[str] | None = None) -> list[Evaluation]:
    """Evaluate, then open, change or resolve incidents, freeze or thaw services, and post what there is to tell.

    All in one transaction, and one evaluator at a time: any number of them may run at once. An instant before an SLO's
    last evaluation decides nothing for it.

    :param slos: only these, and those that share a service with them; None means all.
    :returns: the evaluations asked for, by name.
    :raises UnknownSLOError: a name that nothing carries.
    """
    settle(store, at=at)
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
        now = to_micros(at)
        ahead = {slo_id for slo_id, before in last.items() if before.at > now}
        newest = [one for one in seen if one[0].slo_id not in ahead]
        _save(connection, newest, last, at)
        tell_silences(connection, [stored for stored, _ in newest], at)
        waiting = [one[0] for one in seen if one[0].slo_id in ahead]
        decide_freezes(connection, newest, at, waiting=waiting)
    return [e for one, e in seen if slos is None or one.slo.name in slos]


def _save(connection: Connection, newest: Sequence[Seen], last: dict[int, Last], at: datetime) -> None:
    """Move incidents on, and keep what was seen."""
    news = [one.slo_id for one, _ in newest if one.bad_seq > last.get(one.slo_id, NEVER).bad_seq]
    later = counting.bad_after(connection, news, at)
    opened = incidents.all_open(connection)
    settled = settling.read_news(connection, [one for one, seen in newest if seen.needs.run_spans], at)
    rows = []
    for stored, seen in newest:
        before = last.get(stored.slo_id, NEVER)
        # A bad run that lies after this instant is news once it is seen, not now.
        bad_seq = max(before.bad_seq, stored.bad_seq - later.get(stored.slo_id, 0))
        held, seen_at = _decide(connection, (stored, seen), before, bad_seq, opened.get(stored.slo_id), settled)
        rows.append((stored, seen, Last(0, held, bad_seq, seen_at)))
    settling.drop_news(connection, settled)
    evaluations.save(connection, at, rows)


def _decide(
    connection: Connection, one: Seen, before: Last, bad_seq: int, incident: Incident | None, settled: settling.News
) -> tuple[Held, int | None]:
    """Open, change or resolve one SLO's incident; returns what holds it, and the newest run seen."""
    stored, seen = one
    was, seen_at = before.held, before.seen_at
    new_bad = bad_seq > before.bad_seq
    is_calm = not new_bad and incident is None
    discipline, changes = was.discipline, list[Change]()
    if seen.needs.run_spans:
        holds_nothing = not was.latched and discipline.severity is None
        if is_calm and holds_nothing and seen_at is not None and settled.is_silent(stored.slo_id):
            return was, seen_at
        discipline, changes, seen_at = settling.advance_runs(connection, stored, seen.needs.rules, before, settled)
    elif is_calm:
        return was if not was.latched else NEVER.held, seen_at
    severity = None if incident is None else incident.severity
    held, moved = decide(was, seen.alerts, before=severity, new_bad=new_bad, runs=(discipline, changes))
    for one_move in moved:
        _tell(connection, one, one_move)
    return held, seen_at


def _tell(connection: Connection, one: Seen, moved: Moved) -> None:
    stored, seen = one
    reason = moved_line(moved, seen)
    changed = incidents.advance(connection, stored.slo_id, moved.transition, moved.severity, at=seen.at, reason=reason)
    messages.post_incident(connection, stored, seen, moved.transition, changed, reason=reason)

"""Freezes: decided by evaluations, asked for by gates, passed by overrides."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from airflow_ai_slo.alerts import thaw_line
from airflow_ai_slo.core.errors import ConfigurationError, StoreError, UnknownSLOError
from airflow_ai_slo.core.evaluation import Evaluation
from airflow_ai_slo.core.freeze import (
    EXEMPT_LABELS,
    MAX_AGE,
    Gate,
    GateAnswer,
    Override,
    Reason,
    Standing,
    Streak,
    decide,
)
from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.engine import messages
from airflow_ai_slo.engine.reading import Seen, evaluate_all
from airflow_ai_slo.store import Store, counting, definitions, evaluations, freezes
from airflow_ai_slo.store.definitions import Stored
from airflow_ai_slo.store.evaluations import LastBudget
from airflow_ai_slo.store.freezes import Entry, Freeze

if TYPE_CHECKING:
    from sqlalchemy import Connection

_AHEAD = timedelta(minutes=5)
"""Clocks of two machines may differ by this much; an evaluation further ahead is no answer."""


_LONGEST_NAME = 250
_LONGEST_ACTOR = 500


def decide_freezes(
    connection: Connection, seen: Sequence[Seen], at: datetime, *, waiting: Collection[Stored] = ()
) -> None:
    """Freeze services whose budget is spent, thaw those that recovered.

    :param waiting: SLOs that this instant decides nothing for; nor does it for their services.
    """
    partly = {one.slo.service for one in waiting if one.slo.freeze}
    opted: dict[str, list[Seen]] = {}
    for one in seen:
        if one[0].slo.freeze and one[0].slo.service not in partly:
            opted.setdefault(one[0].slo.service, []).append(one)
    if not opted:
        return
    frozen = freezes.open_freezes(connection)
    for service, members in sorted(opted.items()):
        current = frozen.get(service)
        if current is None and not any(e.exhausted for _, e in members):
            continue
        _decide(connection, service, members, current, at)


def _decide(connection: Connection, service: str, members: list[Seen], current: Freeze | None, at: datetime) -> None:
    released = freezes.released_seqs(connection, service)
    standings = [Standing(e, _streak(connection, s, e, at), s.bad_seq > released.get(s.slo_id, -1)) for s, e in members]
    before = None if current is None else frozenset(current.causes)
    rows = {stored.slo.name: stored.slo_id for stored, _ in members}
    causes = decide(standings, before, held=current is not None and bool(_ended(current, rows)))
    if causes == before:
        return
    if current is None:
        started = freezes.start(connection, service, {name: rows[name] for name in causes or ()}, at)
        messages.post_freeze(connection, started, members, started=True, at=at)
        _note(connection, at, service, "frozen", "budget spent: " + ", ".join(sorted(started.causes)))
    elif causes is None:
        freezes.end(connection, current, at)
        messages.post_freeze(connection, current, members, started=False, at=at)
        _note(connection, at, service, "thawed", "recovered: " + ", ".join(sorted(current.causes)))
    else:
        added = sorted(causes - frozenset(current.causes))
        freezes.widen(connection, current, {name: rows[name] for name in added}, at)
        _note(connection, at, service, "frozen further", "budget spent: " + ", ".join(added))


def _ended(found: Freeze, rows: Mapping[str, int]) -> list[str]:
    """Causes that can no longer be judged: they measure something else now, or no longer freeze the service.

    :param rows: the SLO rows that freeze it now, by name.
    """
    return [name for name, slo_id in found.generations.items() if rows.get(name) != slo_id]


def _streak(connection: Connection, stored: Stored, seen: Evaluation, at: datetime) -> Streak:
    """Looked up only where it can matter: where enough budget remains it changes nothing."""
    remaining = seen.budget.remaining
    matters = remaining is not None and remaining <= stored.slo.thaw_above
    return counting.streak(connection, stored.slo_id, at) if matters else Streak()


def _note(connection: Connection, at: datetime, service: str, action: str, detail: str, actor: str = "engine") -> None:
    freezes.write_audit(connection, Entry(at, service, actor, action, detail))


def gate(
    open_store: Callable[[], Store],
    service: str,
    *,
    now: datetime,
    labels: Collection[str] = (),
    max_age: timedelta = MAX_AGE,
    actor: str = "",
) -> GateAnswer:
    """Whether a change to a service may go out now. Never raises for the store: it answers unknown, and says why.

    :param labels: labels of the change; ``security``, ``p0`` and ``reliability`` pass a freeze.
    :param max_age: an older evaluation is no answer.
    :param actor: who asks, for the audit log.
    """
    now, exempt = utc(now), sorted(EXEMPT_LABELS.intersection(labels))
    try:
        with open_store().write() as connection:
            answer = _answer(connection, service, now, max_age, exempt)
            who = actor[:_LONGEST_ACTOR] or "unnamed"
            freezes.audit_once(connection, Entry(now, service, who, answer.outcome.value, answer.detail))
            return answer
    except StoreError as error:
        if exempt:
            return GateAnswer(service, Gate.ALLOWED, detail=f"exempt: {', '.join(exempt)}; not audited: {error}")
        return GateAnswer(service, Gate.UNKNOWN, detail=f"the SLO store cannot be asked: {error}")


def _answer(
    connection: Connection, service: str, now: datetime, max_age: timedelta, exempt: Sequence[str]
) -> GateAnswer:
    stored = definitions.of_service(connection, service)
    opted = [one for one in stored if one.slo.freeze]
    last = evaluations.budgets(connection, opted)
    evaluated_at = min((one.at for one in last if one.at is not None), default=None)
    found = freezes.open_freezes(connection, service).get(service)
    given = freezes.override_of(connection, service, now)
    reasons = _reasons(found, last)
    if exempt:
        return GateAnswer(service, Gate.ALLOWED, reasons, given, evaluated_at, f"exempt: {', '.join(exempt)}")
    doubt = _doubt(service, bool(stored), last, now, max_age)
    if given is not None and (doubt or found):
        detail = f"override by {given.author} until {given.expires_at:%Y-%m-%d %H:%M} UTC: {given.reason}"
        return GateAnswer(service, Gate.ALLOWED, reasons, given, evaluated_at, detail)
    if found is not None:
        by_name = {one.slo.name: one for one in opted}
        allowed = {one.slo: one.allowed for one in last}
        ended = _ended(found, {name: one.slo_id for name, one in by_name.items()})
        thaws = [
            f"{r.slo}: it is no longer measured as it was; a release thaws"
            if r.slo in ended
            else thaw_line(by_name[r.slo].slo, allowed[r.slo])
            for r in reasons
        ]
        return GateAnswer(service, Gate.FROZEN, reasons, None, evaluated_at, "; ".join(thaws))
    if doubt:
        return GateAnswer(service, Gate.UNKNOWN, (), None, evaluated_at, doubt)
    spent = any(one.remaining is not None and one.remaining <= 0 for one in last)
    detail = "not frozen: released, or good runs in a row thawed it" if spent else "budget remains"
    return GateAnswer(service, Gate.ALLOWED, (), None, evaluated_at, detail)


def _reasons(found: Freeze | None, last: Sequence[LastBudget]) -> tuple[Reason, ...]:
    if found is None:
        return ()
    remaining = {one.slo: one.remaining for one in last}
    return tuple(Reason(name, remaining.get(name), since) for name, since in found.causes.items())


def _doubt(service: str, known: bool, last: Sequence[LastBudget], now: datetime, max_age: timedelta) -> str:
    """Why nothing can be said about a service; empty when something can."""
    if not known:
        return f"no SLO of service {service} is applied"
    if not last:
        return f'no SLO of service {service} opted in to freezing (annotation airflow-ai-slo/freeze: "true")'
    for one in last:
        if one.at is None:
            return f"{one.slo} was never evaluated"
        if one.at - now > _AHEAD:
            return f"{one.slo} was last evaluated {one.at:%Y-%m-%d %H:%M} UTC, which is yet to come: a clock is wrong"
        if now - one.at > max_age:
            return f"{one.slo} was last evaluated {one.at:%Y-%m-%d %H:%M} UTC, more than {max_age} ago"
    return ""


def override(store: Store, service: str, *, author: str, reason: str, until: datetime, now: datetime) -> Override:
    """Let changes to a service through, audited, until an instant.

    :raises ConfigurationError: no author or reason, or an expiry that is not in the future.
    :raises UnknownSLOError: no SLO names the service.
    """
    if not author.strip() or not reason.strip():
        raise ConfigurationError("an override needs an author and a reason")
    if len(author) > _LONGEST_NAME:
        raise ConfigurationError(f"author: {len(author)} characters; a name has {_LONGEST_NAME} at most")
    now, until = utc(now), utc(until)
    if until <= now:
        raise ConfigurationError(f"until={until.isoformat()}: an override ends in the future")
    given = Override(service, author.strip(), reason.strip(), now, until)
    with store.write() as connection:
        _known(connection, service)
        freezes.add_override(connection, given)
        detail = f"until {until.isoformat(timespec='minutes')}: {given.reason}"
        _note(connection, now, service, "override", detail, given.author)
    return given


def release(store: Store, service: str, *, author: str, reason: str, now: datetime) -> None:
    """Thaw a service by hand, audited; only a bad run after this freezes it again.

    :raises ConfigurationError: no author or reason, or the service is not frozen.
    """
    if not author.strip() or not reason.strip():
        raise ConfigurationError("a release needs an author and a reason")
    now = utc(now)
    with store.write() as connection:
        evaluations.one_at_a_time(connection)
        current = freezes.open_freezes(connection, service).get(service)
        if current is None:
            raise ConfigurationError(f"service {service} is not frozen")
        stored = definitions.of_service(connection, service)
        freezes.end(connection, current, now, {one.slo_id: one.bad_seq for one in stored})
        messages.post_freeze(connection, current, evaluate_all(connection, now, stored), started=False, at=now)
        _note(connection, now, service, "released", reason.strip(), author.strip())


def frozen_services(store: Store) -> dict[str, Freeze]:
    """Freezes that hold now, by service."""
    with store.read() as connection:
        return freezes.open_freezes(connection)


def audit_log(store: Store, service: str | None = None, *, limit: int = 1000) -> list[Entry]:
    """Every decision about freezes, newest first."""
    with store.read() as connection:
        return freezes.read_audit(connection, service, limit=limit)


def _known(connection: Connection, service: str) -> None:
    if not definitions.of_service(connection, service):
        names = sorted({one.slo.service for one in definitions.active(connection)})
        raise UnknownSLOError(f"no SLO names service {service}; known: {', '.join(names) or 'none'}")

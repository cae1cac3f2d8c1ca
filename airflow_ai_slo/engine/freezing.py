"""Freezes and thaws, decided by evaluations."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from airflow_ai_slo.alerts import Kind, words
from airflow_ai_slo.alerts.freezes import thawed_line
from airflow_ai_slo.core.definition import Service
from airflow_ai_slo.core.evaluation import Evaluation
from airflow_ai_slo.core.freeze import Standing, Streak, decide, is_let_go
from airflow_ai_slo.core.freeze_policy import FreezeMode, FreezePolicy
from airflow_ai_slo.engine import messages
from airflow_ai_slo.engine.reading import Seen
from airflow_ai_slo.engine.reasons import ended, judged_last, judged_now
from airflow_ai_slo.store import Store, audit, counting, definitions, freezes
from airflow_ai_slo.store.audit import Entry
from airflow_ai_slo.store.definitions import Stored
from airflow_ai_slo.store.freezes import Freeze

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class _Service:
    """One service at one evaluation.

    :param members: its SLOs that count.
    :param current: its freeze, where it is frozen.
    """

    name: str
    policy: FreezePolicy
    members: list[Seen]
    current: Freeze | None
    at: datetime

    @property
    def rows(self) -> dict[str, int]:
        return {stored.slo.name: stored.slo_id for stored, _ in self.members}


def decide_freezes(
    connection: Connection, seen: Sequence[Seen], at: datetime, *, waiting: Collection[Stored] = ()
) -> None:
    """Freeze services whose budget is spent, thaw those that recovered or whose freeze has held long enough.

    :param waiting: SLOs that this instant decides nothing for; nor does it for their services.
    """
    if not seen:
        return
    documented = definitions.documented(connection)
    policies = {name: service.freeze for name, service in documented.items()}
    usual = FreezePolicy()
    partly = {one.slo.service for one in waiting if policies.get(one.slo.service, usual).counts(one.slo)}
    members: dict[str, list[Seen]] = {}
    for one in seen:
        slo = one[0].slo
        if slo.service not in partly:
            counted = members.setdefault(slo.service, [])
            if policies.get(slo.service, usual).counts(slo):
                counted.append(one)
    frozen = freezes.open_freezes(connection)
    for name in sorted(members):
        if name in frozen or any(evaluation.exhausted for _, evaluation in members[name]):
            _decide(connection, _Service(name, policies.get(name, usual), members[name], frozen.get(name), at))


def _decide(connection: Connection, service: _Service) -> None:
    current = service.current
    if current is not None and _has_held_long_enough(connection, service, current):
        return
    let_go = freezes.released_seqs(connection, service.name)
    later = counting.bad_after(connection, list(let_go), service.at)
    standings = [
        Standing.of(
            seen,
            service.policy.terms(stored.slo),
            streak=_streak(connection, service, stored, seen),
            new_bad=stored.bad_seq - later.get(stored.slo_id, 0) > let_go.get(stored.slo_id, -1),
        )
        for stored, seen in service.members
    ]
    before = None if current is None else frozenset(current.causes)
    held = current is not None and bool(ended(current, [stored for stored, _ in service.members]))
    causes = decide(standings, before, held=held)
    if causes == before:
        return
    if causes is None:
        _thaw(connection, service, standings)
    elif current is None:
        _freeze(connection, service, causes)
    else:
        added = sorted(causes - frozenset(current.causes))
        wider = freezes.widen(connection, current, {name: service.rows[name] for name in added}, service.at)
        judged, kind = [judged_now(one) for one in service.members], Kind.FREEZE_WIDENED
        messages.post_freeze(connection, wider, judged, service.policy, at=service.at, kind=kind)
        _note(connection, service, "frozen further", "budget spent: " + ", ".join(added))


def _streak(connection: Connection, service: _Service, stored: Stored, seen: Evaluation) -> Streak:
    """Looked up only where it can matter: where enough budget remains it changes nothing."""
    remaining = seen.budget.remaining
    matters = remaining is not None and remaining <= service.policy.terms(stored.slo).above
    return counting.streak(connection, stored.slo_id, service.at) if matters else Streak()


def _freeze(connection: Connection, service: _Service, causes: frozenset[str]) -> None:
    rows = service.rows
    started = freezes.start(connection, service.name, {name: rows[name] for name in causes}, service.at)
    judged = [judged_now(one) for one in service.members]
    messages.post_freeze(connection, started, judged, service.policy, at=service.at)
    soft = "soft: " if service.policy.mode == "soft" else ""
    _note(connection, service, "frozen", f"{soft}budget spent: {', '.join(sorted(causes))}")


def _thaw(connection: Connection, service: _Service, standings: Sequence[Standing]) -> None:
    assert service.current is not None  # noqa: S101
    recovered = [one.slo for one in standings if one.slo in service.current.causes and is_let_go(one)]
    freezes.end(connection, service.current, service.at, _bad_seqs_of(connection, service, recovered) or None)
    titles = {stored.slo.name: stored.slo.title for stored, _ in service.members}
    how = "; ".join(thawed_line(titles[one.slo], one) for one in standings if one.slo in service.current.causes)
    messages.post_thaw(connection, service.current, service.policy, how=how, at=service.at)
    _note(connection, service, "thawed", f"recovered: {how}")


def _bad_seqs_of(connection: Connection, service: _Service, names: Sequence[str]) -> dict[int, int]:
    if not names:
        return {}
    seqs, rows = bad_seqs(connection, service.name, service.at), service.rows
    return {rows[name]: seqs[rows[name]] for name in names}


def _has_held_long_enough(connection: Connection, service: _Service, current: Freeze) -> bool:
    """End a freeze that has lasted its longest duration; as after a release, only a later bad run freezes again."""
    ends_at = service.policy.ends(current.renewed_at or current.since)
    if ends_at is None or service.at < ends_at:
        return False
    freezes.end(connection, current, service.at, bad_seqs(connection, service.name, service.at))
    how = f"it ended by itself after {words.length(service.at - (current.renewed_at or current.since))}, not renewed"
    messages.post_thaw(connection, current, service.policy, how=how, at=service.at)
    _note(connection, service, "expired", how)
    return True


def tell_mode(connection: Connection, service: Service, *, at: datetime, author: str) -> None:
    """Tell, where a service is frozen, that its freeze has become soft or hard."""
    current = freezes.open_freeze(connection, service.name)
    if current is None:
        return
    counted = [one for one in definitions.of_service(connection, service.name) if service.freeze.counts(one.slo)]
    judged, kind = judged_last(connection, counted), Kind.FREEZE_CHANGED
    messages.post_freeze(connection, current, judged, service.freeze, at=at, kind=kind, by=author)
    since = words.instant(current.since)
    soft = service.freeze.mode == "soft"
    action, effect = ("softened", "only warns") if soft else ("hardened", "stops changes")
    audit.write(connection, Entry(at, service.name, author, action, f"the freeze since {since} {effect} from now on"))


def bad_seqs(connection: Connection, service: str, at: datetime) -> dict[int, int]:
    """How many runs of each SLO row of a service had turned bad up to an instant."""
    stored = definitions.of_service(connection, service)
    later = counting.bad_after(connection, [one.slo_id for one in stored], at)
    return {one.slo_id: one.bad_seq - later.get(one.slo_id, 0) for one in stored}


def _note(connection: Connection, service: _Service, action: str, detail: str) -> None:
    audit.write(connection, Entry(service.at, service.name, "engine", action, detail))


def freeze_policies(store: Store) -> dict[str, FreezePolicy]:
    """How each service freezes, by its name."""
    with store.read() as connection:
        return {name: service.freeze for name, service in definitions.services(connection).items()}


def freeze_modes(store: Store) -> dict[str, FreezeMode]:
    """How each service is frozen that is: ``hard``, or ``soft``, which only warns."""
    with store.read() as connection:
        return freeze_modes_of(connection)


def freeze_modes_of(connection: Connection) -> dict[str, FreezeMode]:
    """The same within a transaction."""
    known, usual = definitions.documented(connection), Service(name="any")
    return {name: known.get(name, usual).freeze.mode for name in freezes.open_freezes(connection)}


def frozen_services(store: Store) -> dict[str, Freeze]:
    """Freezes that hold now, by service."""
    with store.read() as connection:
        return freezes.open_freezes(connection)

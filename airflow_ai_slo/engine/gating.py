"""Gates: may a change to a service go out now?"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from airflow_ai_slo.alerts import words
from airflow_ai_slo.alerts.freezes import ending_line, reasons_line
from airflow_ai_slo.core.errors import StoreError
from airflow_ai_slo.core.freeze import MAX_AGE, Gate, GateAnswer, Override, Reason
from airflow_ai_slo.core.freeze_policy import FreezePolicy
from airflow_ai_slo.core.instants import CLOCKS_DIFFER, utc
from airflow_ai_slo.engine.reasons import Judged, judged_by, reasons
from airflow_ai_slo.store import Store, audit, definitions, evaluations, freezes
from airflow_ai_slo.store.asking import Ask, together
from airflow_ai_slo.store.audit import Entry, Said
from airflow_ai_slo.store.freezes import Freeze

if TYPE_CHECKING:
    from sqlalchemy import Connection

PATIENCE = timedelta(seconds=5)
"""How long a gate waits for a store that is locked before it answers unknown."""

_LONGEST_ACTOR = 500


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

    :param labels: labels of the change; those that the service's policy exempts pass a freeze.
    :param max_age: an older evaluation is no answer.
    :param actor: who asks, for the audit log.
    """
    now, given = utc(now), sorted(set(labels))
    if not service.strip():
        return GateAnswer(service, Gate.UNKNOWN, detail="no service is named; give the one that SLOs name")
    try:
        with open_store().write(patience=PATIENCE) as connection:
            who, changes = actor[:_LONGEST_ACTOR] or "unnamed", ",".join(given)
            found, last = _find(connection, service, now, max_age, audit.asks_last(service, who, changes))
            answer = _answer(found, given)
            said = Entry(now, service, who, answer.outcome.value, _audited(answer, found), changes)
            audit.write_once(connection, said, last)
            return answer
    except StoreError as error:
        if exempt := FreezePolicy().exempt(given):
            detail = f"exempt: {', '.join(exempt)}; not audited: {error}"
            return GateAnswer(service, Gate.ALLOWED, detail=detail, warns=True)
        return GateAnswer(service, Gate.UNKNOWN, detail=f"the SLO store cannot be asked: {error}")


@dataclass(frozen=True, slots=True)
class _Found:
    """What the store holds about a service.

    :param judged: its SLOs that count.
    :param doubt: why nothing can be said about it; empty when something can.
    """

    service: str
    policy: FreezePolicy
    judged: tuple[Judged, ...]
    freeze: Freeze | None
    reasons: tuple[Reason, ...]
    override: Override | None
    doubt: str

    @property
    def evaluated_at(self) -> datetime | None:
        return min((one.at for one in self.judged if one.at is not None), default=None)

    @property
    def ends_at(self) -> datetime | None:
        return None if self.freeze is None else self.policy.ends(self.freeze.renewed_at or self.freeze.since)


def _find(
    connection: Connection, service: str, now: datetime, max_age: timedelta, audited: Ask[Said | None]
) -> tuple[_Found, Said | None]:
    """What there is about a service, and what its audit log says last; in few round trips, for many gates ask."""
    stored, policy, budgets, freeze, override, last = together(
        connection,
        definitions.asks_members(service),
        definitions.asks_policy(service),
        evaluations.asks_budgets(service),
        freezes.asks_open(service),
        freezes.asks_override(service, now),
        audited,
    )
    judged = judged_by(budgets, [one for one in stored if policy.counts(one.slo)])
    missing = policy.missing(one.slo.name for one in stored)
    found = _Found(
        service,
        policy,
        judged,
        freeze,
        () if freeze is None else reasons(connection, freeze, judged, policy),
        override,
        _missing(service, bool(stored), missing) or _doubt(service, judged, now, max_age),
    )
    return found, last


def _answer(found: _Found, labels: Sequence[str]) -> GateAnswer:
    def answer(outcome: Gate, detail: str, *, override: Override | None = None, warns: bool = False) -> GateAnswer:
        return GateAnswer(
            found.service, outcome, found.reasons, override, found.evaluated_at, detail, warns, found.ends_at
        )

    given, exempt = found.override, found.policy.exempt(labels)
    if exempt:
        return answer(Gate.ALLOWED, f"exempt: {', '.join(exempt)}", override=given)
    if given is not None and (found.doubt or found.freeze):
        until = words.instant(given.expires_at)
        return answer(Gate.ALLOWED, f"override by {given.author} until {until}: {given.reason}", override=given)
    soft = found.policy.mode == "soft"
    if found.freeze is not None and not soft:
        return answer(Gate.FROZEN, "; ".join([*_thaws(found), *_not_exempt(found.policy, labels)]))
    if found.doubt:
        return answer(Gate.UNKNOWN, found.doubt)
    if found.freeze is not None:
        warning = f"the freeze is soft and only warns: {reasons_line(found.reasons)}"
        return answer(Gate.ALLOWED, ". ".join([warning, "; ".join(_thaws(found))]), warns=True)
    return answer(Gate.ALLOWED, _not_frozen(found.judged))


def _thaws(found: _Found) -> list[str]:
    lines = [one.thaws for one in found.reasons]
    return [*lines, ending_line(found.ends_at)] if found.ends_at is not None else lines


def _not_exempt(policy: FreezePolicy, labels: Sequence[str]) -> list[str]:
    """What somebody who labelled the change may want to know."""
    if not labels:
        return []
    return [f"not exempt: {', '.join(labels)}; exempt here: {', '.join(policy.exempt_labels) or 'no label'}"]


def _not_frozen(judged: Sequence[Judged]) -> str:
    spent = [one.stored.slo for one in judged if one.remaining is not None and one.remaining <= 0]
    unknown = [one.stored.slo.name for one in judged if one.remaining is None]
    if any(slo.confidence is not None for slo in spent):
        return "not frozen: too few samples to tell, released, or good runs in a row thawed it"
    if spent:
        return "not frozen: released, ended by itself, or good runs in a row thawed it"
    return f"not frozen; nothing measured yet: {', '.join(unknown)}" if unknown else "budget remains"


def _audited(answer: GateAnswer, found: _Found) -> str:
    """What the audit log keeps: without figures, which change with every run, so that a poll stays one decision."""
    spent = f"budget spent: {', '.join(one.slo for one in answer.reasons)}"
    if answer.outcome is Gate.FROZEN:
        return spent
    return f"passed with a warning, {spent}" if answer.warns else answer.detail


def _missing(service: str, known: bool, missing: Sequence[str]) -> str:
    if not known:
        return f"no SLO of service {service} is applied"
    if missing:
        named = ", ".join(missing)
        return f"the freeze policy of service {service} names {named}, which none of its applied SLOs is called"
    return ""


def _doubt(service: str, judged: Sequence[Judged], now: datetime, max_age: timedelta) -> str:
    if not judged:
        return f'no SLO of service {service} opted in to freezing (annotation airflow-ai-slo/freeze: "true")'
    for one in judged:
        name = one.stored.slo.name
        if one.at is None:
            return f"{name} was never evaluated; run `ai-slo evaluate` or a DAG with EvaluateSLOsOperator"
        last = f"{name} was last evaluated {words.instant(one.at)}"
        if one.at - now > CLOCKS_DIFFER:
            return f"{last}, which is yet to come: a clock is wrong"
        if now - one.at > max_age:
            return f"{last}, more than {words.length(max_age)} ago"
    return ""

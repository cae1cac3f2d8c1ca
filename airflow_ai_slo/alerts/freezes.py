"""Freezes in words: messages to channels, and a gate's answer. Pure: every figure and instant comes in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction

from airflow_ai_slo.alerts import words
from airflow_ai_slo.alerts.message import Fact, Kind, Link, Message
from airflow_ai_slo.core.freeze import Gate, GateAnswer, Override, Reason, Standing
from airflow_ai_slo.core.freeze_policy import EVERY, EXEMPT_LABELS, THAW_ABOVE, FreezeMode, FreezePolicy, Terms

_TOP_CAUSES = 3


def freeze_message(
    service: str,
    reasons: Sequence[Reason],
    *,
    at: datetime,
    freeze_id: int,
    mode: FreezeMode = "hard",
    exempt_labels: Sequence[str] = EXEMPT_LABELS,
    ends_at: datetime | None = None,
    override: Override | None = None,
    kind: Kind = Kind.FREEZE_STARTED,
    by: str = "",
    links: Sequence[Link] = (),
) -> Message:
    """Say that a service froze, that further SLOs freeze it, or that its freeze became soft or hard.

    :param reasons: the SLOs that froze it.
    :param mode: a soft freeze lets changes pass with a warning.
    :param ends_at: when it ends by itself, where it does.
    :param override: what lets every change through meanwhile.
    :param kind: what happened: it started, it widened (one more SLO has spent its budget), or it changed its mode.
    :param by: who changed its mode.
    """
    since = min((reason.since for reason in reasons), default=at)
    soft = mode == "soft"
    state = "Soft freeze" if soft else "Frozen"
    also = {Kind.FREEZE_WIDENED: ", one more SLO", Kind.FREEZE_CHANGED: f", was {'hard' if soft else 'soft'}"}
    return Message(
        kind=kind,
        title=f"{state}{also.get(kind, '')}: {service}",
        at=at,
        thread_key=f"freeze:{freeze_id}",
        dedup_key=f"freeze:{freeze_id}:{kind.value.removeprefix('freeze_')}:{words.stamp(at)}",
        service=service,
        since=since,
        facts=(Fact("Service", service), Fact("Frozen since", words.instant(since))),
        body=(
            *([f"Its policy was changed by {by}."] if by else []),
            *(_sentence(_reason_of_message(reason)) for reason in reasons),
            *(_sentence(reason.thaws) for reason in reasons if reason.thaws),
            *([_sentence(ending_line(ends_at))] if ends_at else []),
            *(["The freeze is soft: changes pass with a warning."] if soft else _ways_through(exempt_labels, override)),
        ),
        links=tuple(links),
        figures={"mode": mode},
    )


def thaw_message(
    service: str,
    reasons: Sequence[Reason],
    *,
    at: datetime,
    freeze_id: int,
    how: str = "",
    mode: FreezeMode = "hard",
    links: Sequence[Link] = (),
) -> Message:
    """Say that a service thawed.

    :param reasons: the SLOs that had frozen it.
    :param how: what ended the freeze, one line; of a release, who and why.
    """
    since = min((reason.since for reason in reasons), default=at)
    return Message(
        kind=Kind.FREEZE_THAWED,
        title=f"{'Soft freeze over' if mode == 'soft' else 'Thawed'}: {service}",
        at=at,
        thread_key=f"freeze:{freeze_id}",
        dedup_key=f"freeze:{freeze_id}:thawed:{words.stamp(at)}",
        service=service,
        since=since,
        facts=(
            Fact("Service", service),
            Fact("Was frozen", f"{words.instant(since)} to {words.instant(at)} ({words.length(at - since)})"),
        ),
        body=(*([_sentence(how)] if how else []), *(f"{reason.slo} had spent its budget." for reason in reasons)),
        links=tuple(links),
        figures={"mode": mode},
    )


def thaw_line(title: str, terms: Terms, allowed: Fraction | None) -> str:
    """What thaws a service that this SLO froze.

    :param allowed: bad events its window may hold; None while unknown.
    """
    runs = terms.good_runs_of(allowed)
    above = f"more than {words.floored(terms.above, 3)} of its budget is left"
    streak = f", or after {_good_runs(runs)} in a row over at least a day" if runs is not None else ""
    return f"{title}: thaws when {above}{streak}"


def thawed_line(title: str, standing: Standing) -> str:
    """What thawed a service as far as this SLO is concerned."""
    remaining, streak = standing.remaining, standing.streak
    if remaining is not None and remaining > standing.terms.above:
        return f"{title}: {words.percent_left(remaining)} of its budget is left{_events(remaining, standing.allowed)}"
    if remaining is None:
        return f"{title}: nothing measured"
    return f"{title}: {_good_runs(streak.good_runs)} in a row over {words.length(streak.length)}"


def _events(remaining: Fraction, allowed: Fraction | None) -> str:
    if allowed is None:
        return ""
    return f" ({words.amount((1 - remaining) * allowed)} bad, {words.amount(allowed)} allowed)"


def ending_line(ends_at: datetime) -> str:
    """When a freeze ends whatever the budget is."""
    return f"it ends by itself on {words.instant(ends_at)} unless renewed"


def policy_line(policy: FreezePolicy) -> str:
    """A service's policy in one line."""
    above = f"thaws above {words.floored(THAW_ABOVE if policy.thaw_above is None else policy.thaw_above, 3)}"
    runs = policy.thaw_after_good_runs
    counts = "every SLO counts" if EVERY in policy.slos else "SLOs that opted in count"
    named = [name for name in policy.slos if name != EVERY]
    return "; ".join(
        (
            f"{policy.mode} freeze",
            f"{counts}, and {', '.join(named)}" if named else counts,
            above + (f" or after {_good_runs(runs)} in a row" if runs is not None else ""),
            f"ends by itself after {policy.for_at_most}" if policy.for_at_most else "holds until it thaws",
            f"exempt: {', '.join(policy.exempt_labels) or 'no label'}",
        )
    )


def gate_line(answer: GateAnswer) -> str:
    """One line: what a gate says, which SLO, how much budget, what spent it, since when, and what thaws it."""
    what = f"changes to service {answer.service}" if answer.service.strip() else "a change"
    if answer.outcome is Gate.UNKNOWN:
        return f"whether {what} may go out is unknown: {answer.detail}"
    if answer.outcome is Gate.ALLOWED:
        return f"{what} are allowed: {answer.detail}"
    return ". ".join(filter(None, (f"{what} are frozen: {reasons_line(answer.reasons)}", answer.detail)))


def reasons_line(reasons: Sequence[Reason]) -> str:
    """Each SLO that freezes a service: budget left, what spent it, since when."""
    return "; ".join(
        f"SLO {one.slo} has {_share(one)} of its error budget left{_spent(one)}, "
        f"frozen since {words.instant(one.since)}"
        for one in reasons
    )


def _reason_of_message(reason: Reason) -> str:
    left = "unknown" if reason.remaining is None else words.percent_left(reason.remaining)
    return f"{reason.slo}: budget left {left}{_spent(reason)}, since {words.instant(reason.since)}"


def _share(reason: Reason) -> str:
    return "an unknown share" if reason.remaining is None else words.percent_left(reason.remaining)


def _spent(reason: Reason) -> str:
    """``(4 bad, 2.8 allowed; spent by late 3, other 1)``."""
    parts = []
    if reason.spent is not None and reason.allowed is not None:
        parts.append(f"{words.amount(reason.spent)} bad, {words.amount(reason.allowed)} allowed")
    if causes := words.spent_by(reason.spent_by, most=_TOP_CAUSES):
        parts.append(f"spent by {causes}")
    return f" ({'; '.join(parts)})" if parts else ""


def _ways_through(exempt_labels: Sequence[str], override: Override | None) -> list[str]:
    lines = ["A release or an override, with author and reason, lets changes through earlier."]
    if override is not None:
        until = words.instant(override.expires_at)
        lines = [_sentence(f"Changes pass until {until} by {override.author}'s override: {override.reason}")]
    if exempt_labels:
        lines.append(f"Changes labelled {', '.join(sorted(exempt_labels))} pass.")
    return lines


def _good_runs(number: int) -> str:
    return f"{number:,} good run{'' if number == 1 else 's'}"


def _sentence(line: str) -> str:
    line = line[:1].upper() + line[1:] if line.startswith("it ") else line
    return line if line.endswith(".") else f"{line}."

"""Incidents of the ``pipeline`` preset: what each newly settled run does to the one that may be open.

Nothing but a settled run changes an incident, so it makes no difference how often, or how late, somebody evaluates:
runs are taken one by one in the order in which they settled.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple

from airflow_ai_slo.core.burn import Judge, Outcome, exceeds
from airflow_ai_slo.core.counts import is_bad
from airflow_ai_slo.core.definition import BurnRule, Severity
from airflow_ai_slo.core.durations import Duration, Runs
from airflow_ai_slo.core.incident import Transition
from airflow_ai_slo.core.ledger import Ledger, SettledRun

CLEARS_AFTER = 3
"""Good runs in a row that clear a page."""

MOST_GOOD_RUNS = 12

REMEMBERED = 2 * (MOST_GOOD_RUNS + 1)
"""For so many runs an incident is remembered, where the longest ticket window is shorter: asking for the most good runs
takes two earlier incidents, and forgetting them sooner lets failures that come back every few runs page for ever."""


@dataclass(frozen=True, slots=True)
class Discipline:
    """The state of an SLO's incident between two settled runs; plain values, to be stored as they are.

    :param severity: of the open incident; None where there is none.
    :param paged: whether the open incident has been a page.
    :param good_runs: good runs in a row, in the order in which they settled.
    :param needed: good runs in a row that clear the page, or let the ticket resolve.
    :param opened: for each incident opened within the longest ticket window (or :data:`REMEMBERED`), how many runs
        have settled since. One that pages again, after having cleared to a ticket, counts as opened again.
    :param recent: ``at`` of the runs that settled while the incident is open, the one that opened it first; the last
        :data:`MOST_GOOD_RUNS`, beside those that a correction drops.
    :param dropped: how many those are, as :func:`~.repaired.healed` saw it; not to be stored.
    """

    severity: Severity | None = None
    paged: bool = False
    good_runs: int = 0
    needed: int = 0
    opened: tuple[int, ...] = ()
    recent: tuple[int, ...] = ()
    dropped: int = 0


class Change(NamedTuple):
    """A transition, the run that brought it, and for opening and escalating the rule that fired."""

    transition: Transition
    severity: Severity | None
    run: SettledRun
    rule: BurnRule | None = None


def advance(
    state: Discipline, ledger: Ledger, settled: Iterable[SettledRun], rules: Sequence[BurnRule]
) -> tuple[Discipline, list[Change]]:
    """Take newly settled runs into the ledger and the incident, one by one.

    :param ledger: the runs known before; it must reach back as far as the longest rule.
    :param settled: new ones in any order; also earlier runs that a rerun has turned bad.
    :param rules: the SLO's rules with windows in runs; others are passed over.
    """
    rules, changes = in_runs(rules), list[Change]()
    for run in sorted(settled, key=_in_order):
        ledger.settle(run)
        state, change = _step(state, ledger, run, rules)
        if change is not None:
            changes.append(change)
    return state, changes


def passed_over(
    state: Discipline, objective: Fraction, settled: Iterable[SettledRun], rules: Sequence[BurnRule]
) -> Discipline:
    """The state after runs that open, escalate and end nothing, but end a row of good ones or make it longer.

    :param rules: all with windows in runs.
    """
    memory = _memory(rules)
    for run in sorted(settled, key=_in_order):
        state = _settled(state, run, is_bad(run.good, run.total, objective), memory)
    return state


def aged(state: Discipline, runs: int, rules: Sequence[BurnRule]) -> Discipline:
    """The state after so many good runs while no incident is open: :func:`advance`, without looking at any."""
    if not state.opened:
        return state
    memory = _memory(in_runs(rules))
    return replace(state, opened=tuple(ago + runs for ago in state.opened if ago + runs < memory))


def in_runs(rules: Sequence[BurnRule]) -> list[BurnRule]:
    """Those of the rules whose windows hold runs."""
    return [rule for rule in rules if isinstance(rule.long, Runs) and not isinstance(rule.short, Duration)]


def longest(rules: Sequence[BurnRule]) -> int:
    """How many runs the longest window holds, 0 where none is in runs."""
    return max((_runs(rule) for rule in rules), default=0)


def reaches_back(rules: Sequence[BurnRule]) -> int:
    """How many runs before the newly settled ones are looked at: those of windows that end at the oldest of them, and
    all that good runs are counted among."""
    return 2 * max(longest(in_runs(rules)), MOST_GOOD_RUNS)


def _in_order(run: SettledRun) -> tuple[int, int]:
    return run.settled_at, run.at


def _memory(rules: Sequence[BurnRule]) -> int:
    ticket = _longest_ticket(rules)
    return REMEMBERED if ticket is None else max(REMEMBERED, _runs(ticket))


def _step(
    state: Discipline, ledger: Ledger, run: SettledRun, rules: Sequence[BurnRule]
) -> tuple[Discipline, Change | None]:
    bad = is_bad(run.good, run.total, ledger.objective)
    if run.at in state.recent and not bad:
        # Seen before: it failed meanwhile, and was good again before anybody looked.
        return state, None
    state = _settled(state, run, bad, _memory(rules))
    if not bad:
        return cleared(state, ledger, run, rules) if run.total else (state, None)
    rule = _loudest(ledger, run, rules)
    if rule is None or (state.severity is not None and rule.severity <= state.severity):
        return state, None
    return _raise(state, run, rule)


def _settled(state: Discipline, run: SettledRun, bad: bool, memory: int) -> Discipline:
    """Incidents are one run older, and the row of good runs is one longer or ends."""
    opened = tuple(ago + 1 for ago in state.opened if ago + 1 < memory)
    if not run.total:
        return replace(state, opened=opened)
    good_runs = 0 if bad else min(state.good_runs + 1, MOST_GOOD_RUNS)
    return replace(state, opened=opened, good_runs=good_runs, recent=_recent(state, run))


def _recent(state: Discipline, run: SettledRun) -> tuple[int, ...]:
    if state.severity is None:
        return ()
    return (*(at for at in state.recent if at != run.at), run.at)[-MOST_GOOD_RUNS - state.dropped :]


def cleared(
    state: Discipline, ledger: Ledger, run: SettledRun, rules: Sequence[BurnRule], end: int | None = None
) -> tuple[Discipline, Change | None]:
    """Resolve the incident, or make a page a ticket, once enough good runs lie in a row.

    :param end: where the longest ticket window ends; None means at the newest run.
    """
    ticket = _longest_ticket(rules)
    if state.severity is None or state.good_runs < state.needed:
        return state, None
    if ticket is None or _is_calm(ledger, ticket, end):
        return replace(state, severity=None, recent=(), dropped=0), Change(Transition.RESOLVED, None, run)
    if state.severity is Severity.PAGE:
        return replace(state, severity=Severity.TICKET), Change(Transition.DEESCALATED, Severity.TICKET, run)
    return state, None


def _raise(state: Discipline, run: SettledRun, rule: BurnRule) -> tuple[Discipline, Change]:
    """Open an incident, or make the open one a page."""
    opens = state.severity is None
    if opens or state.paged:
        needed = min(CLEARS_AFTER << min(len(state.opened), MOST_GOOD_RUNS), MOST_GOOD_RUNS)
        state = replace(state, needed=needed, opened=(*state.opened, 0))
    recent = (run.at,) if opens else state.recent
    state = replace(state, severity=rule.severity, paged=rule.severity is Severity.PAGE, recent=recent)
    return state, Change(Transition.OPENED if opens else Transition.ESCALATED, rule.severity, run, rule)


def _loudest(ledger: Ledger, run: SettledRun, rules: Sequence[BurnRule]) -> BurnRule | None:
    """The loudest rule that fires on a newly settled bad run.

    Windows end at that run, as if it had settled in time: what settled before it although it comes later must not hide
    two failures in a row. They also end at bad runs after it, which may have waited for this one.
    """
    reach = max(longest(rules) - 1, 0)
    found: BurnRule | None = None
    for end in (run.at, *ledger.bad_after(run.at, reach)):
        for rule in rules:
            if (found is None or rule.severity > found.severity) and _fires(ledger, rule, end):
                found = rule
    return found


def _fires(ledger: Ledger, rule: BurnRule, end: int) -> bool:
    long, short = (
        ledger.last(span.count, end) for span in (rule.long, rule.short or rule.long) if isinstance(span, Runs)
    )
    judged = Judge.of(rule, ledger.objective, ledger.confidence, 0, 1).judge(long, short)
    return judged.outcome is Outcome.FIRING


def _longest_ticket(rules: Sequence[BurnRule]) -> BurnRule | None:
    """Of two as long, the one with the lower factor: it takes longer to calm."""
    tickets = (rule for rule in rules if rule.severity is Severity.TICKET)
    return max(tickets, key=lambda rule: (_runs(rule), -rule.factor), default=None)


def _is_calm(ledger: Ledger, ticket: BurnRule, end: int | None) -> bool:
    """Burn over the longest ticket window is at most half its factor; unknown is not calm."""
    counts = ledger.last(_runs(ticket), end)
    return bool(counts.total) and not exceeds(counts, ticket.factor / 2, ledger.objective)


def _runs(rule: BurnRule) -> int:
    return rule.long.count if isinstance(rule.long, Runs) else 0

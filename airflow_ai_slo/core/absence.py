"""Newly settled runs that are not taken one by one: those of an evaluator that was away for long, and of a backfill."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from airflow_ai_slo.core.definition import SLO, BurnRule
from airflow_ai_slo.core.instants import DAY
from airflow_ai_slo.core.ledger import Ledger, SettledRun
from airflow_ai_slo.core.pipeline_incident import Change, Discipline, advance, longest, passed_over

AWAY = 3 * DAY
"""So long an evaluator may be away, over a weekend, and tells what it would have told, in microseconds."""


def advance_from(
    state: Discipline,
    slo: SLO,
    known: Iterable[SettledRun],
    settled: Iterable[SettledRun],
    rules: Sequence[BurnRule],
    *,
    looked_at: int,
    now: int,
) -> tuple[Discipline, list[Change]]:
    """:func:`~.pipeline_incident.advance`, in whatever order runs settled, and however many.

    :param known: runs that were seen before.
    :param settled: new ones.
    :param rules: all with windows in runs.
    :param looked_at: when somebody evaluated last, in microseconds, as ``now``.
    """
    known, settled = list(known), list(settled)
    old, new = _told_apart(known, settled, longest(rules), max(looked_at, now - AWAY))
    ledger = Ledger(slo.objective, [*known, *old], confidence=slo.confidence)
    return advance(passed_over(state, slo.objective, old, rules), ledger, new, rules)


def _told_apart(
    known: Sequence[SettledRun], settled: Sequence[SettledRun], reach: int, since: int
) -> tuple[Sequence[SettledRun], Sequence[SettledRun]]:
    """New runs that are passed over, and those to be taken one by one.

    One behind which so many others have settled, and so many lie, that no window ends near it any more (an old one
    that a backfill brings) belongs to the first: it counts, and opens nothing. Not so one that has settled since an
    evaluator that was away looked last.

    :param reach: how many runs the longest window holds.
    :param since: every run that settled after this is taken.
    """
    if len(known) + len(settled) <= reach:
        return (), settled
    last_settled = sorted(run.settled_at for run in (*known, *settled))[-reach]
    last_at = sorted(run.at for run in (*known, *settled))[-reach]
    last_settled = min(last_settled, since + 1)
    old = [run for run in settled if run.settled_at < last_settled and run.at < last_at]
    return old, [run for run in settled if run.settled_at >= last_settled or run.at >= last_at]

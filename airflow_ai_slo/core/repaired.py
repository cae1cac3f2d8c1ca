"""What it does to an open incident that runs it saw are others by now: run again, or corrected away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from airflow_ai_slo.core.definition import BurnRule
from airflow_ai_slo.core.ledger import Ledger, SettledRun
from airflow_ai_slo.core.pipeline_incident import MOST_GOOD_RUNS, Change, Discipline, cleared, in_runs
from airflow_ai_slo.core.tally import Entry


def healed(
    state: Discipline,
    standing: Callable[[int], Entry | None],
    ledger: Callable[[], Ledger],
    rules: Sequence[BurnRule],
) -> tuple[Discipline, list[Change]]:
    """Make the row of good runs longer or shorter, and end what that ends.

    Good runs in a row are those of today's figures, since the incident opened and in the order in which they settled: a
    retry never counts twice, and what a correction drops does not count. To be asked before newly settled runs are
    taken in.

    :param standing: what a run of :attr:`Discipline.recent` holds by now, by its ``at``; None where there is none.
    :param ledger: makes the ledger of all runs that are known.
    """
    good, kept, stood = list[SettledRun](), list[int](), list[bool]()
    for at in reversed(state.recent):
        if len(stood) == MOST_GOOD_RUNS:
            break
        kept.append(at)
        entry = standing(at)
        if entry is None or not entry.total:
            continue
        stood.append(not entry.bad)
        if all(stood):
            good.append(SettledRun(at, entry.good, entry.total, at))
    dropped = len(kept) - len(stood)
    if dropped or state.dropped:
        state = replace(state, recent=tuple(kept[::-1]), dropped=dropped)
    if len(good) == state.good_runs or not state.recent:
        return state, []
    more, state = len(good) > state.good_runs, replace(state, good_runs=len(good))
    state, change = cleared(state, ledger(), good[0], in_runs(rules)) if more else (state, None)
    return state, [] if change is None else [change]


def calmed(
    state: Discipline, ledger: Callable[[], Ledger], rules: Sequence[BurnRule]
) -> tuple[Discipline, list[Change]]:
    """End what today's figures end although the row of good runs is as long as it was, where no run has settled since.

    The window ends at the newest run in which something happened: those in which nothing did calm nothing.
    """
    if state.severity is None or not state.recent or state.good_runs < state.needed:
        return state, []
    runs, at = ledger(), state.recent[-1]
    state, change = cleared(state, runs, SettledRun(at, 0, 0, at), in_runs(rules), runs.newest())
    return state, [] if change is None else [change]

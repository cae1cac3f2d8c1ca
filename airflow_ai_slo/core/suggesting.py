"""Which objective the past supports. Exact: counts in, round objectives and what each would have meant out.

An objective is *achievable* (Google's "The Art of SLOs") when history would have met it. It is suggested here when

- it allows one bad run a window or more,
- every window of the past would have met it, with one bad run and a quarter of the budget to spare (windows that hold
  less than half of an average one, such as during a pause, only have to have met it),
- and there are enough runs to tell: the score interval of the SLI over all of them (90%, so one in twenty that the
  true share lies below it) is above the objective. Where nothing was bad this is the rule of three, a little wider.

Measurements of many rows are one sample of their run: the rows of one run fail together. So the interval is that of
the effective sample size (Kish's design effect between runs), and never of less than the number of runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from airflow_ai_slo.core.counts import is_bad
from airflow_ai_slo.core.intervals import is_surely_above, wilson
from airflow_ai_slo.core.numbers import Exact
from airflow_ai_slo.core.rungs import OBJECTIVES

CONFIDENCE = Fraction(9, 10)
FEWEST_RUNS = 10
SPARE, SPARE_SHARE = 1, Fraction(1, 4)
"""What the worst window must leave of its budget: bad runs, and a share of it."""
BUSY = Fraction(1, 2)
"""Windows with less than this share of an average one need not leave anything: a pause, or a gap between bursts."""

_ALL = Fraction(1)
_MICROSECOND = timedelta(microseconds=1)


class Ran(NamedTuple):
    """One run of the past, missing ones included: when it ends (microseconds since 1970), and its counts."""

    at: int
    good: Exact
    total: Exact


class Why(StrEnum):
    """Why an objective is not suggested."""

    FINE = "fine"
    ALLOWS_NONE = "allows less than one bad run"
    MISSED = "missed"
    NO_MARGIN = "met without a margin"
    UNPROVEN = "needs more runs to tell"


@dataclass(frozen=True, slots=True)
class Rung:
    """What one objective would have meant.

    :param allowed: bad runs, in the unit of the counts, that an average window allows.
    :param missed: windows of the past that held more.
    :param left: what the worst window left of its budget, in the same unit; below 0 where it was missed. Windows that
        hold less than half of an average one are left out.
    """

    objective: Fraction
    allowed: Fraction
    missed: int
    left: Fraction
    why: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What the past supports.

    :param runs: looked at; ``bad``: those of them that were not wholly good.
    :param interval: of the SLI, at :data:`CONFIDENCE`; None without runs.
    :param windows: how many full windows the past held, counted wherever a run enters or leaves one.
    :param is_short: whether it held none: then all of it is one window, projected to a full one.
    :param worst: the most that was bad in a window.
    :param full: what an average full window counts.
    :param rungs: every objective of :data:`OBJECTIVES`, the loosest first; empty where there is too little history.
    """

    runs: int
    bad: int
    good: Exact
    total: Exact
    interval: tuple[float, float] | None
    windows: int
    is_short: bool
    worst: Fraction
    full: Fraction
    rungs: tuple[Rung, ...]

    @property
    def sli(self) -> Fraction | None:
        return Fraction(self.good) / self.total if self.total else None

    @property
    def is_enough(self) -> bool:
        """Whether there is history enough to suggest anything."""
        return bool(self.rungs)

    @property
    def chosen(self) -> Rung | None:
        """The tightest objective that the past supports; None where it supports none."""
        return next((rung for rung in reversed(self.rungs) if rung.why is Why.FINE), None)

    @property
    def tightest(self) -> Rung | None:
        """The tightest objective that no window missed, with or without a margin."""
        return next((rung for rung in reversed(self.rungs) if not rung.missed), None)

    @property
    def next(self) -> Rung | None:
        """The loosest objective that is too tight."""
        return next((rung for rung in self.rungs if rung.why is not Why.FINE), None)


def suggest(runs: Iterable[Ran], *, window: timedelta, now: int, expected: Fraction | None = None) -> Suggestion:
    """What runs of the past support, looked at in every window that they fill.

    :param runs: in any order; those after ``now`` and those in which nothing happened do not count.
    :param window: length of the SLO's rolling window.
    :param now: where the past ends, microseconds since 1970.
    :param expected: runs of an average window by the cadence; None where none are expected.
    """
    past = sorted((ran for ran in runs if ran.at <= now and ran.total), key=lambda ran: ran.at)
    good, total = sum((ran.good for ran in past), 0), sum((ran.total for ran in past), 0)
    seen = _seen(past, window // _MICROSECOND, now, expected)
    full = _average(seen) if expected is None or not past else expected * Fraction(total) / len(past)
    rungs: tuple[Rung, ...] = ()
    size = _effective_size(past, good, total)
    interval = wilson(Fraction(good) / total * size, size, CONFIDENCE) if past else None
    if len(past) >= FEWEST_RUNS:
        sample = (Fraction(good) / total * size, size)
        rungs = tuple(_rung(objective, seen, full, sample) for objective in OBJECTIVES)
    return Suggestion(
        runs=len(past),
        bad=sum(ran.good != ran.total for ran in past),
        good=good,
        total=total,
        interval=interval,
        windows=0 if seen.share < 1 else seen.windows.total(),
        is_short=seen.share < 1,
        worst=max((bad / seen.share for bad, _ in seen.windows), default=Fraction(0)),
        full=full,
        rungs=rungs,
    )


class _Seen(NamedTuple):
    """Windows of the past by what they held (bad, total), and which share of a full window they are."""

    windows: Counter[tuple[Exact, Exact]]
    share: Fraction


def _seen(past: Sequence[Ran], length: int, now: int, expected: Fraction | None) -> _Seen:
    if not past:
        return _Seen(Counter(), Fraction(0))
    # Where runs are expected, the one before the first would have been a step earlier: from there on it is watched.
    first = Fraction(past[0].at) if not expected else past[0].at - length / expected
    windows = Counter(_windows(past, first, length, now))
    if windows:
        return _Seen(windows, _ALL)
    total = sum(ran.total for ran in past)
    share = Fraction(len(past)) / expected if expected else (now - first) / length
    return _Seen(Counter([(total - sum(ran.good for ran in past), total)]), min(share, _ALL) or _ALL)


def _windows(past: Sequence[Ran], first: Fraction, length: int, now: int) -> Iterator[tuple[Exact, Exact]]:
    """Bad and total of every full window ``(T - length, T]`` where it changes: a run enters, or one leaves."""
    bad: Exact = 0
    total: Exact = 0
    entered = left = 0
    for at in sorted({now} | {at for ran in past for at in (ran.at, ran.at + length) if at <= now}):
        while entered < len(past) and past[entered].at <= at:
            bad, total = bad + past[entered].total - past[entered].good, total + past[entered].total
            entered += 1
        while left < entered and past[left].at <= at - length:
            bad, total = bad - past[left].total + past[left].good, total - past[left].total
            left += 1
        if at - length >= first and total:
            yield bad, total


def _average(seen: _Seen) -> Fraction:
    held: Exact = sum((total * times for (_, total), times in seen.windows.items()), 0)
    return Fraction(held) / (seen.windows.total() * seen.share) if held else Fraction(0)


def _rung(objective: Fraction, seen: _Seen, full: Fraction, sample: tuple[Fraction, Fraction]) -> Rung:
    allowed = (1 - objective) * full
    missed = sum(n for (bad, total), n in seen.windows.items() if is_bad(total - bad, total, objective))
    busy = [one for one in seen.windows if one[1] >= BUSY * seen.share * full] or list(seen.windows)
    budgets = [((1 - objective) * total / seen.share, bad / seen.share) for bad, total in busy]
    left = min(budget - bad for budget, bad in budgets)
    if allowed < 1:
        why = Why.ALLOWS_NONE
    elif missed:
        why = Why.MISSED
    elif any(budget - bad < SPARE or budget - bad < SPARE_SHARE * budget for budget, bad in budgets):
        why = Why.NO_MARGIN
    elif not is_surely_above(*sample, objective, CONFIDENCE):
        why = Why.UNPROVEN
    else:
        why = Why.FINE
    return Rung(objective, allowed, missed, left, why)


def _effective_size(past: Sequence[Ran], good: Exact, total: Exact) -> Fraction:
    """How many independent events tell as much: n = p (1 - p) T^2 / sum (g_i - p t_i)^2, from the number of runs to T.

    Runs of one event each are as many as there are.
    """
    if all(ran.total == 1 for ran in past):
        return Fraction(len(past))
    share, most, least = Fraction(good) / total, Fraction(total), min(Fraction(len(past)), Fraction(total))
    if share in (0, 1):
        return least
    spread = sum(((ran.good - share * ran.total) ** 2 for ran in past), Fraction(0))
    return max(min(share * (1 - share) * total * total / spread, most), least) if spread else most


def runs_to_tell(objective: Fraction) -> int:
    """How many runs, all of them good, are enough to tell that the true share is above an objective."""
    runs = 1
    while not is_surely_above(runs, runs, objective, CONFIDENCE):
        runs *= 2
    low = runs // 2
    while runs - low > 1:
        middle = (low + runs) // 2
        low, runs = (low, middle) if is_surely_above(middle, middle, objective, CONFIDENCE) else (middle, runs)
    return runs

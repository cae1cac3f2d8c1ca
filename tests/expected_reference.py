"""A slow, obvious reading of semantics.md: expected runs, windows, budgets and the pipeline preset, in Fractions.

Nothing of the product is imported. Everything is worked out anew from the whole list of arrivals for one instant:
no running sums, no incremental step.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from math import ceil, floor
from statistics import median
from zoneinfo import ZoneInfo

from expected_slots import cron_runs_a_day, cron_slots, interval_slots

MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Definition:
    """An SLO's values.

    :param window: an interval, or a calendar unit (``week``, ``month``, ``quarter``, ``year``) in ``window_zone``.
    :param cadence: an interval, or a cron line in ``zone``.
    :param deadline: None is one cadence; ``"none"``: nothing is ever missing or late.
    :param pauses: ``[from, to)``, ``to`` None while it lasts.
    """

    objective: Fraction
    window: timedelta | str
    cadence: timedelta | str
    zone: str = "UTC"
    window_zone: str = "UTC"
    start: datetime | None = None
    end: datetime | None = None
    deadline: timedelta | str | None = None
    late: str = "bad"
    rerun: str = "replace"
    slice: timedelta | None = None
    slice_target: Fraction | None = None
    pauses: tuple[tuple[datetime, datetime | None], ...] = ()


@dataclass(frozen=True)
class Arrival:
    """One write of counts under a key.

    :param recorded_at: when it came in; ``taken``: when it was written down, later where it waited in a spool.
    """

    key: str
    at: datetime
    good: Fraction
    total: Fraction
    recorded_at: datetime
    backfill: bool = False
    waited_until: datetime | None = None

    @property
    def taken(self) -> datetime:
        return self.waited_until or self.recorded_at


@dataclass(frozen=True)
class Run:
    """A settled run: a distinct ``at``, as judged."""

    at: datetime
    good: Fraction
    total: Fraction
    missing: bool = False
    late: bool = False


@dataclass(frozen=True)
class Status:
    """The SLO's own window."""

    good: Fraction
    total: Fraction
    runs: int
    bad_runs: int
    coverage: Fraction
    allowed: Fraction | None
    consumed: Fraction
    remaining: Fraction | None
    burn: Fraction | None


@dataclass(frozen=True)
class Rule:
    """A burn rule whose windows count settled runs."""

    severity: str
    long: int
    short: int
    factor: Fraction
    bad_long: int
    bad_short: int


class Reference:
    """What is true at an instant, given the arrivals that were written down by then.

    :param arrivals: in the order in which they were written down.
    """

    def __init__(self, definition: Definition, arrivals: list[Arrival]) -> None:
        self.slo = definition
        self.all = arrivals
        self.order = {id(one): number for number, one in enumerate(arrivals)}
        self._weights: dict[datetime, Fraction] = {}

    def came(self, one: Arrival) -> tuple[datetime, int]:
        """Arrivals sort by when they came in."""
        return one.recorded_at, self.order[id(one)]

    # Expectation

    def anchor(self, now: datetime) -> datetime | None:
        """Where the cadence begins: at its start, or at the ``at`` of what was written down first."""
        if self.slo.start is not None or not self.all or self.all[0].taken > now:
            return self.slo.start
        first = [one for one in self.all if one.taken == self.all[0].taken]
        return min(first, key=lambda one: (one.recorded_at, one.at)).at

    def lattice(self, low: datetime, high: datetime, anchor: datetime) -> list[datetime]:
        """The cadence's slots in ``(low, high]``, whether or not anything is expected there."""
        if isinstance(self.slo.cadence, str):
            return cron_slots(self.slo.cadence, self.slo.zone, low, high)
        return interval_slots(self.slo.cadence, anchor, low, high)

    def slot_of(self, at: datetime, anchor: datetime) -> datetime:
        """A run fulfils the first slot at or after its own ``at``."""
        reach = self.slo.cadence if isinstance(self.slo.cadence, timedelta) else timedelta(days=8)
        return self.lattice(at - MICROSECOND, at + reach, anchor)[0]

    def expects(self, slot: datetime, anchor: datetime) -> bool:
        """Whether a slot of the lattice is waited for: not before it began, after the end, or in a pause."""
        begun = slot > anchor if self.slo.start is not None else slot >= anchor
        ended = self.slo.end is not None and slot > self.slo.end
        paused = any(low <= slot and (high is None or slot < high) for low, high in self.slo.pauses)
        return begun and not ended and not paused

    def due(self, at: datetime, anchor: datetime) -> datetime | None:
        """The last instant at which a run with this ``at`` comes in time."""
        if self.slo.deadline == "none":
            return None
        if isinstance(self.slo.deadline, timedelta):
            return at + self.slo.deadline
        slot = self.slot_of(at, anchor)
        return at + (self.slot_of(slot + MICROSECOND, anchor) - slot)

    # Runs

    def kept(self, writes: list[Arrival]) -> Arrival:
        """What counts of one key's writes."""
        writes = sorted(writes, key=self.came)
        if self.slo.rerun == "replace":
            return writes[-1]
        kept = writes[0]
        for one in writes[1:] if self.slo.rerun == "worst" else []:
            # Lower ratio, on a tie the larger total; crosswise, so that a total of 0 needs no case of its own.
            left, right = one.good * kept.total, kept.good * one.total
            if left < right or (left == right and one.total > kept.total):
                kept = one
        return kept

    def runs(self, now: datetime, before: datetime | None = None) -> list[Run]:
        """Settled runs known at an instant, by ``at``; only those before another instant where one is given."""
        known = [one for one in self.all if one.taken <= now]
        anchor = self.anchor(now)
        writes: dict[str, list[Arrival]] = {}
        came: dict[datetime, list[Arrival]] = {}
        for one in known:
            writes.setdefault(one.key, []).append(one)
            came.setdefault(one.at, []).append(one)
        counted: dict[datetime, list[Arrival]] = {}
        for one in (self.kept(list(group)) for group in writes.values()):
            counted.setdefault(one.at, []).append(one)
        if anchor is None:
            return []
        begin = self.slo.start or anchor - MICROSECOND
        fulfilled = {self.slot_of(at, anchor) for at in counted if at > begin}
        runs = [self._recorded(at, group, came[at], anchor) for at, group in counted.items()]
        for slot in self.lattice(begin, now, anchor) if begin < now else []:
            if before is not None and slot >= before:
                break
            due = self.due(slot, anchor)
            if slot not in fulfilled and self.expects(slot, anchor) and due is not None and due < now:
                runs.append(Run(slot, Fraction(0), self.weight(slot, due), missing=True))
        return sorted((run for run in runs if before is None or run.at < before), key=lambda run: run.at)

    def _recorded(self, at: datetime, counted: list[Arrival], came: list[Arrival], anchor: datetime) -> Run:
        first = min(came, key=self.came)
        begun = at > self.slo.start if self.slo.start is not None else at >= anchor
        expected = begun and self.expects(self.slot_of(at, anchor), anchor)
        due = self.due(at, anchor) if expected else None
        late = due is not None and first.recorded_at > due and not first.backfill and self.slo.late == "bad"
        good = Fraction(0) if late else _sum(one.good for one in counted)
        return Run(at, good, _sum(one.total for one in counted), late=late)

    def weight(self, slot: datetime, due: datetime) -> Fraction:
        """The median total of the 7 settled runs before a slot, as known when it was found missing; nothing makes 1."""
        if slot not in self._weights:
            found = due if self.slo.start is not None else max(due, self.all[0].taken)
            before = [run.total for run in self.runs(found, slot)][-7:]
            self._weights[slot] = (Fraction(median(before)) if before else Fraction(0)) or Fraction(1)
        return self._weights[slot]

    def bad(self, run: Run) -> bool:
        """Whether a run or slice is bad."""
        target = self.slo.objective if self.slo.slice is None else self.slo.slice_target
        assert target is not None
        return run.total > 0 and run.good / run.total < target

    def entries(self, now: datetime) -> list[Run]:
        """Runs up to an instant, or slices of 0 or 1 that have ended."""
        runs = self.runs(now)
        if self.slo.slice is None:
            return [run for run in runs if run.at <= now]
        slices: dict[datetime, list[Run]] = {}
        epoch = datetime(1970, 1, 1, tzinfo=UTC)
        for run in runs:
            slices.setdefault(epoch + -((epoch - run.at) // self.slo.slice) * self.slo.slice, []).append(run)
        found = []
        for end, inside in sorted(slices.items()):
            whole = Run(end, _sum(run.good for run in inside), _sum(run.total for run in inside))
            if end <= now:
                found.append(whole)
        return found

    # Windows

    def window(self, now: datetime) -> tuple[datetime, datetime]:
        """``(start, end]`` of the whole window that an instant lies in."""
        if isinstance(self.slo.window, timedelta):
            return now - self.slo.window, now
        zone, unit = ZoneInfo(self.slo.window_zone), self.slo.window
        day = (now - MICROSECOND).astimezone(zone).date()
        while not _begins(unit, day):
            day -= timedelta(days=1)
        later = day + timedelta(days=1)
        while not _begins(unit, later):
            later += timedelta(days=1)
        start, end = (datetime(one.year, one.month, one.day, tzinfo=zone).astimezone(UTC) for one in (day, later))
        return start, end

    def expected(self, now: datetime) -> int:
        """Expected runs of the full window, those before the first one or still to come included."""
        low, high = self.window(now)
        anchor = self.anchor(now) or now
        ends = high if self.slo.end is None else min(high, self.slo.end)
        paused = self.slo.pauses
        return sum(
            not any(start <= slot and (stop is None or slot < stop) for start, stop in paused)
            for slot in (self.lattice(low, ends, anchor) if low < ends else [])
        )

    def coverage(self, now: datetime, settled: int) -> Fraction:
        """Settled runs of the window / expected runs of the full window, at most 1."""
        if self.anchor(now) is None:
            return Fraction(0)
        expected = self.expected(now)
        return Fraction(1) if settled >= expected else Fraction(settled, expected)

    def status(self, now: datetime) -> Status:
        """The SLO's own window."""
        low, _ = self.window(now)
        entries = [one for one in self.entries(now) if low < one.at]
        good, total = self.sums(entries)
        covered = self.coverage(now, len(entries))
        spent, unknown = total - good, not total or not covered
        allowed = None if unknown else (1 - self.slo.objective) * total / covered
        return Status(
            good,
            total,
            len(entries),
            sum(map(self.bad, entries)),
            covered,
            allowed,
            spent,
            None if allowed is None else 1 - spent / allowed,
            self.burn(entries),
        )

    def sums(self, entries: list[Run]) -> tuple[Fraction, Fraction]:
        """Good and total; slices count as 1 each."""
        if self.slo.slice is None:
            return _sum(one.good for one in entries), _sum(one.total for one in entries)
        counted = [one for one in entries if one.total]
        return Fraction(sum(not self.bad(one) for one in counted)), Fraction(len(counted))

    def burn(self, entries: list[Run]) -> Fraction | None:
        good, total = self.sums(entries)
        return (total - good) / total / (1 - self.slo.objective) if total else None

    # The pipeline preset

    def per_period(self, now: datetime) -> Fraction:
        """N: expected runs of a period, on average."""
        low, high = self.window(now)
        if isinstance(self.slo.cadence, timedelta):
            return Fraction((high - low) // MICROSECOND, self.slo.cadence // MICROSECOND)
        days = Fraction((high - low) // MICROSECOND, timedelta(days=1) // MICROSECOND)
        return cron_runs_a_day(self.slo.cadence) * days

    def rules(self, now: datetime) -> list[Rule] | None:
        """The table; None where the budget allows less than one bad run, for which the table says nothing."""
        o, n = self.slo.objective, self.per_period(now)
        allowance, cap = (1 - o) * n, Fraction(1, 2) / (1 - o)
        if allowance < 1:
            return None
        longest = max(4, floor(n))
        fast, slow = (min(max(8, ceil(n / part)), longest) for part in (30, 10))
        least = 1 if allowance <= 2 else 2
        streak = [Rule("page", 2, 2, cap, 2, 2)] if allowance <= 100 else []
        return [
            *streak,
            Rule("page", max(2, ceil(n / 720)), 2, min(Fraction("14.4"), cap), 2, 2),
            Rule("page", max(2, ceil(n / 120)), 2, min(Fraction(6), cap), 2, 2),
            Rule("ticket", fast, max(4, ceil(Fraction(fast, 12))), min(Fraction(3), cap), least, 1),
            Rule("ticket", slow, max(4, ceil(Fraction(slow, 12))), Fraction(1), least, 1),
        ]

    def last(self, count: int, now: datetime) -> list[Run]:
        """The last settled runs."""
        return self.entries(now)[-count:]

    def outcome(self, rule: Rule, now: datetime) -> str:
        """Firing, healthy or unknown."""
        long, short = self.last(rule.long, now), self.last(rule.short, now)
        burns = [self.burn(long), self.burn(short)]
        if None in burns:
            return "unknown"
        over = all(one is not None and one > rule.factor for one in burns)
        enough = sum(map(self.bad, long)) >= rule.bad_long and sum(map(self.bad, short)) >= rule.bad_short
        return "firing" if over and enough else "healthy"


def _sum(values: Iterable[Fraction]) -> Fraction:
    return sum(values, Fraction(0))


def _begins(unit: str, day: date) -> bool:
    """Whether a calendar period begins on a day."""
    return {
        "week": day.isoweekday() == 1,
        "month": day.day == 1,
        "quarter": day.day == 1 and day.month in (1, 4, 7, 10),
        "year": day.day == 1 and day.month == 1,
    }[unit]

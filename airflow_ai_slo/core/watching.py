"""One SLO watched over time in memory: its incident, looked at only where something can have changed.

The same decisions as those of an engine with a store, in the same order, which tests hold it to.
"""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

from airflow_ai_slo.core.absence import advance_from
from airflow_ai_slo.core.burn import Judge
from airflow_ai_slo.core.counts import Counts
from airflow_ai_slo.core.deciding import Held, Moved, decide
from airflow_ai_slo.core.definition import SLO, BurnRule, Severity
from airflow_ai_slo.core.durations import Duration, Runs, Span
from airflow_ai_slo.core.evaluation import Evaluation, plan
from airflow_ai_slo.core.instants import to_micros
from airflow_ai_slo.core.ledger import Ledger, SettledRun
from airflow_ai_slo.core.pipeline_incident import (
    Change,
    Discipline,
    advance,
    aged,
    in_runs,
    longest,
    reaches_back,
)
from airflow_ai_slo.core.repaired import calmed, healed
from airflow_ai_slo.core.run_sums import RunSums
from airflow_ai_slo.core.stream import Stream
from airflow_ai_slo.core.windows import CalendarWindow

ALWAYS = 2**62
"""Later than any instant, in microseconds."""


class Watch:
    """One SLO's measurements and incident.

    :param wake: from then on something may have changed although nothing came in.
    :param version: grows with every look at what came in; equal versions have seen the same runs, but for good ones
        that came in on time, each as a new newest run.
    """

    def __init__(self, slo: SLO) -> None:
        self.slo = slo
        self.stream = Stream(slo)
        self.severity: Severity | None = None
        self.wake = 0
        self.version = 0
        self._held = Held()
        self._looks_at = 0
        self._looked_at = -ALWAYS
        self._bad_seq = 0
        self._seen_at: int | None = None
        self._judges: tuple[Judge, ...] = ()
        self._rules: list[BurnRule] = []
        self._rules_until = -1
        self._goes_by_clock = False

    def step(self, at: datetime, now: int, before: int) -> tuple[list[Moved], Evaluation | None]:
        """What happens at an evaluation, and what was seen where rules with clock windows had a say.

        :param now: ``at`` in microseconds.
        :param before: when the last evaluation was, likewise, whether or not it looked at this one.
        """
        self._looked_at = before
        if self.severity is None and now < self._looks_at:
            if now >= self.wake:
                # No more than a deadline has passed.
                self.stream.settle(now)
            if not self.stream.stirred:
                self._pass_by(now)
                if now >= self.wake:
                    self.wake = self._wakes()
                return [], None
        moved, seen = self._look(at, now)
        self._looks_at = self._looks(now)
        self.wake = self._wakes()
        return moved, seen

    def bad_up_to(self, now: int) -> int:
        """How many runs have turned bad, those that lie after an instant left out."""
        return self.stream.bad_seq - self.stream.runs.bad_after(now)

    def _pass_by(self, now: int) -> None:
        """Good runs came in on time, and there is no incident."""
        newest = self.stream.runs.newest
        if self._rules and newest is not None and newest <= now:
            state = self._held.discipline
            if state.opened:
                fresh = len(self.stream.runs.at) - self._seen_place(len(self.stream.runs.at))
                self._held = Held(0, aged(state, fresh, self._rules))
            self._seen_at = newest

    def _look(self, at: datetime, now: int) -> tuple[list[Moved], Evaluation | None]:
        self.stream.settle(now)
        self.version += self.stream.stirred
        self.stream.stirred = False
        if now > self._rules_until:
            self._read_rules(at)
        new_bad = self._has_new_bad(now)
        state, changes = self._held.discipline, list[Change]()
        if self._rules:
            runs = self.stream.runs
            state, changes = healed(state, runs.find, lambda: _InOrder(runs, self.slo, now), self._rules)
            state, more = self._advance(state, now)
            changes = changes + more
        if not changes and not (self._goes_by_clock and (new_bad or self._releases(now))):
            if state is not self._held.discipline:
                self._held = Held(self._held.latched, state)
            return [], None
        seen = self.stream.evaluate(at) if self._goes_by_clock else None
        alerts = () if seen is None else seen.alerts
        self._held, moved = decide(self._held, alerts, before=self.severity, new_bad=new_bad, runs=(state, changes))
        if moved:
            self.severity = moved[-1].severity
        return moved, seen

    def _read_rules(self, at: datetime) -> None:
        needs = plan(self.slo, at)
        self._judges = needs.judges
        self._rules = in_runs(needs.rules)
        self._goes_by_clock = any(not isinstance(rule.long, Runs) for rule in needs.rules)
        is_calendar = isinstance(self.slo.window, CalendarWindow)
        self._rules_until = to_micros(needs.bounds.end) if is_calendar else ALWAYS

    def _has_new_bad(self, now: int) -> bool:
        """Whether a run turned bad since the last look; one that lies after this instant is news once it is seen."""
        before = self._bad_seq
        if self.stream.bad_seq > before:
            self._bad_seq = max(before, self.bad_up_to(now))
        return self._bad_seq > before

    def _releases(self, now: int) -> bool:
        """Whether a rule with clock windows no longer holds the incident."""
        return any(judge.judge(*self._windows(judge, now)).cleared for judge in self._holding())

    def _holding(self) -> list[Judge]:
        latched = self._held.latched
        return [judge for index, judge in enumerate(self._judges) if latched >> index & 1] if latched else []

    def _windows(self, judge: Judge, now: int) -> tuple[Counts, Counts]:
        rule = judge.rule
        long = self._counts(rule.long, now)
        return long, long if rule.short is None else self._counts(rule.short, now)

    def _counts(self, span: Span, now: int) -> Counts:
        runs = self.stream.runs
        return runs.last(span.count, now) if isinstance(span, Runs) else runs.counts(now - _micros(span), now)

    def _advance(self, state: Discipline, now: int) -> tuple[Discipline, list[Change]]:
        """What newly settled runs do to the incident."""
        runs, reach = self.stream.runs, longest(self._rules)
        waiting = self._take_waiting(now)
        high = runs.up_to(now)
        low = max(0, high - reach) if self._seen_at is None else self._seen_place(high)
        if low < high:
            self._seen_at = runs.at[high - 1]
        elif not waiting:
            return calmed(state, lambda: _InOrder(runs, self.slo, now), self._rules)
        if state.severity is None and not waiting and runs.sum(low)[2] == runs.sum(high)[2]:
            return aged(state, high - low, self._rules), []
        if not waiting and high - low <= reach:
            settled = [self._settled(place) for place in range(low, high)]
            if all(one.settled_at <= other.settled_at for one, other in pairwise(settled)):
                return advance(state, _InOrder(runs, self.slo), settled, self._rules)
        return self._advance_out_of_order(state, waiting, range(low, high), now)

    def _advance_out_of_order(
        self, state: Discipline, waiting: dict[int, int], news: range, now: int
    ) -> tuple[Discipline, list[Change]]:
        """:param news: places of the runs behind all that were seen."""
        runs = self.stream.runs
        new = {*runs.at[news.start : news.stop], *waiting}
        places = range(max(0, news.stop - reaches_back(self._rules) - len(new)), news.stop)
        settled = [self._settled(place, waiting.get(runs.at[place])) for place in places]
        known, fresh = [run for run in settled if run.at not in new], [run for run in settled if run.at in new]
        return advance_from(state, self.slo, known, fresh, self._rules, looked_at=self._looked_at, now=now)

    def _settled(self, place: int, moment: int | None = None) -> SettledRun:
        runs = self.stream.runs
        at, held = runs.at[place], runs.between(place, place + 1)
        return SettledRun(at, held.good, held.total, self.stream.settled_at(at) if moment is None else moment)

    def _take_waiting(self, now: int) -> dict[int, int]:
        waiting = self.stream.waiting
        if not waiting:
            return {}
        taken = {at: moment for at, moment in waiting.items() if at <= now}
        for at in taken:
            del waiting[at]
        return taken

    def _seen_place(self, high: int) -> int:
        return 0 if self._seen_at is None else min(self.stream.runs.up_to(self._seen_at), high)

    def _wakes(self) -> int:
        """When something may change next although nothing comes in."""
        due = self.stream.next_due()
        return self._looks_at if due is None else min(self._looks_at, due + 1)

    def _looks(self, now: int) -> int:
        """The same, deadlines left out."""
        runs, wake = self.stream.runs, ALWAYS
        ahead = runs.up_to(now)
        if ahead < len(runs.at):
            wake = runs.at[ahead]
        for judge in self._holding():
            for span in (judge.rule.long, judge.rule.short):
                if isinstance(span, Duration):
                    inside = runs.up_to(now - _micros(span))
                    if inside < len(runs.at):
                        wake = min(wake, runs.at[inside] + _micros(span))
        if self.severity is not None or self._held.discipline.opened:
            wake = min(wake, self._rules_until + 1)
        return wake


class _InOrder(Ledger):
    """Runs that settled in the order in which they lie: those up to the newest one taken, without a copy of them."""

    def __init__(self, runs: RunSums, slo: SLO, until: int = 0) -> None:
        super().__init__(slo.objective, confidence=slo.confidence)
        self._all = runs
        self._until = until

    def settle(self, run: SettledRun) -> None:
        self._until = run.at

    def last(self, count: int, end: int | None = None) -> Counts:
        return self._all.last(count, self._until if end is None else min(end, self._until))

    def newest(self) -> int | None:
        runs = self._all
        return next(
            (runs.at[place] for place in reversed(range(runs.up_to(self._until))) if runs.entry(place).total), None
        )

    def bad_after(self, at: int, within: int) -> list[int]:
        runs = self._all
        place = runs.up_to(at)
        places = range(place, min(place + within, runs.up_to(self._until)))
        return [runs.at[number] for number in places if runs.entry(number).bad]


def _micros(span: Duration) -> int:
    length = span.length
    return (length.days * 86_400 + length.seconds) * 1_000_000

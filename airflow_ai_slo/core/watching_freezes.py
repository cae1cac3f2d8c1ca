"""One service watched over time in memory: when it freezes, and when it thaws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from airflow_ai_slo.core.counts import Counts
from airflow_ai_slo.core.freeze import Standing, Streak, decide, is_let_go, thaws
from airflow_ai_slo.core.freeze_policy import FreezePolicy, Terms
from airflow_ai_slo.core.instants import to_micros
from airflow_ai_slo.core.lasting import ALWAYS, Lasting, lasting
from airflow_ai_slo.core.run_sums import ZERO, Sum
from airflow_ai_slo.core.watching import Watch


@dataclass(frozen=True, slots=True)
class Hold:
    """One freeze of a service.

    :param until: None while it holds.
    :param causes: since when each SLO has been a cause of it.
    """

    service: str
    since: datetime
    until: datetime | None
    causes: dict[str, datetime]


class _Member:
    """One SLO that counts, as last seen.

    :param standing: what it was then.
    :param lasts: for how long it stays unspent; of a cause, for how long it keeps its service frozen.
    """

    __slots__ = ("_held", "_seen", "_terms", "_version", "lasts", "standing", "watch")

    def __init__(self, watch: Watch, terms: Terms) -> None:
        self.watch = watch
        self.standing = Standing(watch.slo.name, None, None, None, terms)
        self.lasts = Lasting(0, 0, 0, 0)
        self._terms = terms
        self._held: tuple[Counts, Fraction] | None = None
        self._version = -1
        self._seen: tuple[int, Sum] = (0, ZERO)

    def is_stale(self, now: int) -> bool:
        """Whether it may have changed."""
        lasts = self.lasts
        if now >= lasts.until or self.watch.version != self._version:
            return True
        runs, count = self.watch.stream.runs, len(self.watch.stream.runs.at)
        before, (good, total, *_) = self._seen
        if count == before:
            return False
        if count - before > lasts.runs:
            return True
        all_good, all_total, *_ = runs.sum(count)
        return all_total - total > lasts.total or all_total - all_good - total + good > lasts.bad

    def look(self, at: datetime, now: int, *, new_bad: bool, was_cause: bool) -> None:
        """See it as it is.

        :param was_cause: whether it is a cause of the freeze that holds now.
        """
        stream, before = self.watch.stream, self.standing
        seen = stream.evaluate_budget(at)
        held = (seen.counts, seen.coverage)
        exhausted, remaining, allowed = before.exhausted, before.remaining, before.allowed
        # A window that holds what it held leaves what it left.
        if held != self._held:
            budget, self._held = seen.budget, held
            exhausted, remaining, allowed = seen.exhausted, budget.remaining, budget.allowed
        # Where enough budget remains it changes nothing.
        matters = remaining is not None and remaining <= self._terms.above
        streak = stream.runs.streak(now) if matters else Streak()
        self.standing = Standing(before.slo, exhausted, remaining, allowed, self._terms, streak, new_bad)
        self.lasts = lasting(seen, stream, self._terms, streak, spent=was_cause)
        count = len(stream.runs.at)
        self._version, self._seen = self.watch.version, (count, stream.runs.sum(count))


class ServiceWatch:
    """The freezes of one service.

    :param wake: from then on something may have changed although nothing came in.
    """

    def __init__(self, name: str, policy: FreezePolicy, watches: Sequence[Watch]) -> None:
        self.name = name
        self.wake = 0
        self.freezes: list[Hold] = []
        self._policy = policy
        self._watches = watches
        self._members = [_Member(one, policy.terms(one.slo)) for one in watches if policy.counts(one.slo)]
        self._held: Hold | None = None
        self._let_go: dict[str, int] = {}
        # A cause that surely keeps it frozen: while it does, the others need not be looked at.
        self._keeper: _Member | None = None
        self._looked_at: set[_Member] = set()

    @property
    def can_freeze(self) -> bool:
        """Whether any of its SLOs counts."""
        return bool(self._members)

    @property
    def holds(self) -> list[Hold]:
        """Every freeze, oldest first; the last one may hold still."""
        return self.freezes if self._held is None else [*self.freezes, self._held]

    def step(self, at: datetime, now: int) -> None:
        """Freeze or thaw at an evaluation. Its SLOs have made their own steps."""
        before = self._held
        self._looked_at.clear()
        if self._may_move(at, now):
            self._decide(at, now)
            self._keeper = self._find_keeper()
        self.wake = now + 1 if self._held is not before else self._wakes()

    def _may_move(self, at: datetime, now: int) -> bool:
        """Whether it may freeze or thaw, or for more causes."""
        ends_at = self._ends_at()
        if ends_at is not None and now >= ends_at:
            return True
        is_spent = False
        for member in self._members:
            if self._is_cause(member):
                continue
            if member.is_stale(now):
                self._look(member, at, now)
            is_spent = is_spent or bool(member.standing.exhausted)
        if is_spent or self._held is None:
            return is_spent
        keeper = self._keeper
        if keeper is None:
            return True
        if keeper.is_stale(now):
            self._look(keeper, at, now)
        return thaws(keeper.standing, was_cause=True)

    def _look(self, member: _Member, at: datetime, now: int) -> None:
        self._looked_at.add(member)
        let_go = self._let_go.get(member.standing.slo, -1)
        new_bad = not self._let_go or member.watch.bad_up_to(now) > let_go
        member.look(at, now, new_bad=new_bad, was_cause=self._is_cause(member))

    def _look_at_others(self, at: datetime, now: int) -> None:
        for member in self._members:
            if member not in self._looked_at:
                self._look(member, at, now)

    def _is_cause(self, member: _Member) -> bool:
        return self._held is not None and member.standing.slo in self._held.causes

    def _find_keeper(self) -> _Member | None:
        """The one of its causes that surely keeps it frozen for longest."""
        keepers = (one for one in self._members if self._is_cause(one) and not thaws(one.standing, was_cause=True))
        return max(keepers, key=lambda one: one.lasts.until, default=None)

    def _ends_at(self) -> int | None:
        ends_at = None if self._held is None else self._policy.ends(self._held.since)
        return None if ends_at is None else to_micros(ends_at)

    def _wakes(self) -> int:
        """While one keeps it frozen, other causes change nothing."""
        keeper, ends_at = self._keeper, self._ends_at()
        heard = (one for one in self._members if keeper is None or one is keeper or not self._is_cause(one))
        wake = min((one.lasts.until for one in heard), default=ALWAYS)
        return wake if ends_at is None else min(wake, ends_at)

    def _decide(self, at: datetime, now: int) -> None:
        held, ends_at = self._held, self._ends_at()
        if ends_at is not None and now >= ends_at:
            self._thaw(at)
            self._let_go = {one.slo.name: one.bad_up_to(now) for one in self._watches}
            self._look_at_others(at, now)
            return
        self._look_at_others(at, now)
        before = None if held is None else frozenset(held.causes)
        causes = decide([member.standing for member in self._members], before)
        if causes == before:
            return
        if causes is None:
            let_go = [one for one in self._members if self._is_cause(one) and is_let_go(one.standing)]
            self._thaw(at)
            self._let_go = {one.standing.slo: one.watch.bad_up_to(now) for one in let_go}
        elif held is None:
            self._held = Hold(self.name, at, None, dict.fromkeys(sorted(causes), at))
        else:
            self._held = replace(held, causes={name: held.causes.get(name, at) for name in sorted(causes)})

    def _thaw(self, at: datetime) -> None:
        assert self._held is not None  # noqa: S101
        self.freezes.append(replace(self._held, until=at))
        self._held = None

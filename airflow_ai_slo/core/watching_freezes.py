"""One service watched over time in memory: when it freezes, and when it thaws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from airflow_ai_slo.core.counts import Counts
from airflow_ai_slo.core.evaluation import Evaluation
from airflow_ai_slo.core.freeze import Standing, Streak, decide
from airflow_ai_slo.core.freeze_policy import FreezePolicy, Terms
from airflow_ai_slo.core.instants import to_micros
from airflow_ai_slo.core.lasting import ALWAYS, lasting
from airflow_ai_slo.core.numbers import Exact
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
    """One SLO that counts, as last seen."""

    __slots__ = (
        "_held",
        "_runs",
        "_spent",
        "_version",
        "allowed",
        "exhausted",
        "remaining",
        "spare",
        "streak",
        "terms",
        "until",
        "watch",
    )

    def __init__(self, watch: Watch, terms: Terms) -> None:
        self.watch = watch
        self.terms = terms
        self.exhausted: bool | None = None
        self.remaining: Fraction | None = None
        self.allowed: Fraction | None = None
        self.streak = Streak()
        self.until = 0
        self.spare: Exact | None = None
        self._held: tuple[Counts, Fraction] | None = None
        self._version = -1
        self._spent: Exact = 0
        self._runs = 0

    def is_stale(self, now: int) -> bool:
        """Whether it may have changed."""
        stream = self.watch.stream
        if now >= self.until or self.watch.version != self._version:
            return True
        if self.spare is None:
            return len(stream.runs.at) != self._runs
        spent = stream.spent - self._spent
        return spent > 0 and spent >= self.spare

    def look(self, at: datetime, now: int, *, closely: bool) -> None:
        stream = self.watch.stream
        seen: Evaluation = stream.evaluate_budget(at)
        held = (seen.counts, seen.coverage)
        # A window that holds what it held leaves what it left: while frozen it is looked at with every run.
        if held != self._held:
            budget, self._held = seen.budget, held
            self.exhausted, self.remaining, self.allowed = seen.exhausted, budget.remaining, budget.allowed
        # Where enough budget remains it changes nothing.
        matters = self.remaining is not None and self.remaining <= self.terms.above
        self.streak = stream.runs.streak(now) if matters else Streak()
        self.until, self.spare = lasting(seen, stream, self.terms, closely=closely)
        self._version, self._spent, self._runs = self.watch.version, stream.spent, len(stream.runs.at)


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
        closely, before = self._held is not None, self._held
        for member in self._members:
            if member.is_stale(now) or (closely and member.spare is not None):
                member.look(at, now, closely=closely)
        if self._held is not None or any(member.exhausted for member in self._members):
            self._decide(at, now)
        self.wake = now + 1 if self._held is not before else self._wakes()

    def _wakes(self) -> int:
        wake = min((member.until for member in self._members), default=ALWAYS)
        ends_at = None if self._held is None else self._policy.ends(self._held.since)
        return wake if ends_at is None else min(wake, to_micros(ends_at))

    def _decide(self, at: datetime, now: int) -> None:
        held = self._held
        ends_at = None if held is None else self._policy.ends(held.since)
        if ends_at is not None and at >= ends_at:
            self._thaw(at)
            self._let_go = {one.slo.name: one.bad_up_to(now) for one in self._watches}
            return
        before = None if held is None else frozenset(held.causes)
        causes = decide([self._standing(member, now) for member in self._members], before)
        if causes == before:
            return
        if causes is None:
            self._thaw(at)
            self._let_go = {}
        elif held is None:
            self._held = Hold(self.name, at, None, dict.fromkeys(sorted(causes), at))
        else:
            self._held = replace(held, causes={name: held.causes.get(name, at) for name in sorted(causes)})

    def _thaw(self, at: datetime) -> None:
        assert self._held is not None  # noqa: S101
        self.freezes.append(replace(self._held, until=at))
        self._held = None

    def _standing(self, member: _Member, now: int) -> Standing:
        name = member.watch.slo.name
        let_go = self._let_go.get(name, -1)
        new_bad = not self._let_go or member.watch.bad_up_to(now) > let_go
        return Standing(name, member.exhausted, member.remaining, member.allowed, member.terms, member.streak, new_bad)

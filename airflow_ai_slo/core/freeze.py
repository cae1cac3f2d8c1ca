"""When a service freezes, when it thaws, and what a gate answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.freeze_policy import Terms
from airflow_ai_slo.core.instants import MAX_AGE as MAX_AGE
from airflow_ai_slo.core.numbers import Exact

if TYPE_CHECKING:
    from airflow_ai_slo.core.evaluation import Evaluation

_DAY = timedelta(days=1)


class Gate(StrEnum):
    """What a gate says."""

    ALLOWED = "allowed"
    FROZEN = "frozen"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Streak:
    """Good runs in a row up to now.

    :param good_runs: settled good runs since the last bad one.
    :param length: from the last bad run to the newest good one; zero where there is none.
    """

    good_runs: int = 0
    length: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Standing:
    """One SLO that counts, as the freeze decision sees it.

    :param exhausted: whether remaining <= 0 beyond doubt; None while unknown, also for want of samples.
    :param remaining: 1 - consumed / allowed; None while unknown.
    :param allowed: bad events its window may hold; None while unknown.
    :param new_bad: whether a bad run came in since the service was last released, or its freeze ended by itself, or by
        this SLO's good runs.
    """

    slo: str
    exhausted: bool | None
    remaining: Fraction | None
    allowed: Fraction | None
    terms: Terms = field(default_factory=Terms)
    streak: Streak = Streak()
    new_bad: bool = True

    @classmethod
    def of(cls, seen: Evaluation, terms: Terms, *, streak: Streak, new_bad: bool) -> Standing:
        """The standing of an SLO as evaluated."""
        budget = seen.budget
        return cls(seen.slo.name, seen.exhausted, budget.remaining, budget.allowed, terms, streak, new_bad)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a service is frozen: one SLO's spent budget.

    :param remaining: 1 - consumed / allowed when last evaluated.
    :param since: when this SLO first froze the service.
    :param allowed: bad events its window may hold; None while unknown.
    :param spent_by: bad events by cause, most first.
    :param thaws: what thaws it, one line.
    """

    slo: str
    remaining: Fraction | None
    since: datetime
    allowed: Fraction | None = None
    spent_by: Mapping[str, Exact] = field(default_factory=dict)
    thaws: str = ""

    @property
    def spent(self) -> Fraction | None:
        """Bad events so far."""
        return None if self.remaining is None or self.allowed is None else (1 - self.remaining) * self.allowed

    def to_dict(self) -> dict[str, Any]:
        """JSON values; counts and shares as plain numbers."""
        return {
            "slo": self.slo,
            "remaining": _float(self.remaining),
            "since": self.since.isoformat(),
            "allowed": _float(self.allowed),
            "spent": _float(self.spent),
            "spent_by": {cause: _float(number) for cause, number in self.spent_by.items()},
            "thaws": self.thaws,
        }


@dataclass(frozen=True, slots=True)
class Override:
    """Somebody lets changes through a freeze until ``expires_at``."""

    service: str
    author: str
    reason: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class GateAnswer:
    """Whether a change to a service may go out now.

    :param reasons: the SLOs that freeze it.
    :param detail: one line for people: why it is unknown, what lets it pass, or what thaws it.
    :param warns: the change passes with a warning in ``detail``: the freeze is soft, or could not be audited.
    :param ends_at: when the freeze ends by itself, where its policy says so.
    """

    service: str
    outcome: Gate
    reasons: tuple[Reason, ...] = ()
    override: Override | None = None
    evaluated_at: datetime | None = None
    detail: str = ""
    warns: bool = False
    ends_at: datetime | None = None

    def blocks(self, *, on_unknown: str = "block") -> bool:
        """Whether a caller has to stop. ``on_unknown="allow"`` is its explicit choice."""
        return self.outcome is Gate.FROZEN or (self.outcome is Gate.UNKNOWN and on_unknown != "allow")

    def to_dict(self) -> dict[str, Any]:
        """JSON values in the shape of ``ai-slo freeze check --format json``; XComs and triggers carry the same."""
        given = self.override
        return {
            "service": self.service,
            "outcome": self.outcome.value,
            "warns": self.warns,
            "reasons": [reason.to_dict() for reason in self.reasons],
            "override": None
            if given is None
            else {"author": given.author, "reason": given.reason, "until": given.expires_at.isoformat()},
            "ends_at": _instant(self.ends_at),
            "evaluated_at": _instant(self.evaluated_at),
            "detail": self.detail,
        }


def _float(number: Exact | None) -> float | None:
    return None if number is None else float(number)


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def recovered(standing: Standing) -> bool:
    """Whether enough good runs came in a row, over at least a day."""
    needed = standing.terms.good_runs_of(standing.allowed)
    streak = standing.streak
    return needed is not None and streak.good_runs >= needed and streak.length >= _DAY


def freezes(standing: Standing) -> bool:
    """Whether this SLO freezes its service now: budget remaining <= 0, spent by a bad run that was not let go."""
    return bool(standing.exhausted) and standing.new_bad and not recovered(standing)


def thaws(standing: Standing, *, was_cause: bool) -> bool:
    """Whether this SLO lets its service thaw. Unknown holds a freeze it caused, and no other."""
    if standing.remaining is None:
        return not was_cause
    return standing.remaining > standing.terms.above or recovered(standing)


def is_let_go(standing: Standing) -> bool:
    """Whether an SLO that lets its service thaw does so by good runs alone: only a later bad run freezes it again."""
    return standing.remaining is not None and standing.remaining <= standing.terms.above


def decide(
    standings: Sequence[Standing], causes: frozenset[str] | None, *, held: bool = False
) -> frozenset[str] | None:
    """The SLOs that freeze a service from now on.

    :param standings: every SLO of the service that counts.
    :param causes: SLOs that froze it so far; None while it is not frozen.
    :param held: whether one of the causes can no longer be judged (it now measures something else, or opted out): such
        a freeze ends by a release, or by itself where the policy says so.
    :returns: None when it is not frozen.
    """
    spent = frozenset(one.slo for one in standings if freezes(one))
    if causes is None:
        return spent or None
    if not held and all(thaws(one, was_cause=one.slo in causes) for one in standings):
        return None
    return causes | spent

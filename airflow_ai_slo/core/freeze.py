"""When a service freezes, when it thaws, and what a gate answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_ai_slo.core.definition import SLO
    from airflow_ai_slo.core.evaluation import Evaluation

EXEMPT_LABELS = frozenset({"security", "p0", "reliability"})
"""Changes that repair a service pass its freeze, audited."""

MAX_AGE = timedelta(hours=26)
"""An evaluation older than this is no answer: a day, and two hours of grace for daily evaluations."""

_DEFAULT_GOOD_RUNS = 5
_FEW = 3


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
    """One opted-in SLO as the freeze decision sees it.

    :param new_bad: whether a bad run came in since the service last thawed.
    """

    evaluation: Evaluation
    streak: Streak = Streak()
    new_bad: bool = True


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a service is frozen: one SLO's spent budget.

    :param remaining: 1 - consumed / allowed when last evaluated.
    :param since: when this SLO first froze the service.
    """

    slo: str
    remaining: Fraction | None
    since: datetime


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
    """

    service: str
    outcome: Gate
    reasons: tuple[Reason, ...] = ()
    override: Override | None = None
    evaluated_at: datetime | None = None
    detail: str = ""

    def blocks(self, *, on_unknown: str = "block") -> bool:
        """Whether a caller has to stop. ``on_unknown="allow"`` is its explicit choice."""
        return self.outcome is Gate.FROZEN or (self.outcome is Gate.UNKNOWN and on_unknown != "allow")

    def to_dict(self) -> dict[str, Any]:
        """JSON values in the shape of ``ai-slo freeze check --format json``; XComs and triggers carry the same."""
        given = self.override
        return {
            "service": self.service,
            "outcome": self.outcome.value,
            "reasons": [
                {
                    "slo": reason.slo,
                    "remaining": None if reason.remaining is None else float(reason.remaining),
                    "since": reason.since.isoformat(),
                }
                for reason in self.reasons
            ],
            "override": None
            if given is None
            else {"author": given.author, "reason": given.reason, "until": given.expires_at.isoformat()},
            "evaluated_at": None if self.evaluated_at is None else self.evaluated_at.isoformat(),
            "detail": self.detail,
        }


def good_runs_to_thaw(slo: SLO, allowed: Fraction | None) -> int | None:
    """How many good runs in a row thaw the service, None for never: by default 5 where fewer than 3 bad are allowed."""
    if slo.thaw_after_good_runs is not None:
        return slo.thaw_after_good_runs
    return _DEFAULT_GOOD_RUNS if allowed is not None and allowed < _FEW else None


def recovered(standing: Standing) -> bool:
    """Whether enough good runs came in a row, over at least a day."""
    needed = good_runs_to_thaw(standing.evaluation.slo, standing.evaluation.budget.allowed)
    streak = standing.streak
    return needed is not None and streak.good_runs >= needed and streak.length >= timedelta(days=1)


def freezes(standing: Standing) -> bool:
    """Whether this SLO freezes its service now: budget remaining <= 0, spent by a bad run since the last thaw."""
    return bool(standing.evaluation.exhausted) and standing.new_bad and not recovered(standing)


def thaws(standing: Standing, *, was_cause: bool) -> bool:
    """Whether this SLO lets its service thaw. Unknown holds a freeze it caused, and no other."""
    remaining = standing.evaluation.budget.remaining
    if remaining is None:
        return not was_cause
    return remaining > standing.evaluation.slo.thaw_above or recovered(standing)


def decide(
    standings: Sequence[Standing], causes: frozenset[str] | None, *, held: bool = False
) -> frozenset[str] | None:
    """The SLOs that freeze a service from now on.

    :param standings: every SLO of the service that opted in.
    :param causes: SLOs that froze it so far; None while it is not frozen.
    :param held: whether one of the causes can no longer be judged (it now measures something else, or opted out): such
        a freeze ends by a release only.
    :returns: None when it is not frozen.
    """
    spent = frozenset(s.evaluation.slo.name for s in standings if freezes(s))
    if causes is None:
        return spent or None
    if not held and all(thaws(s, was_cause=s.evaluation.slo.name in causes) for s in standings):
        return None
    return causes | spent

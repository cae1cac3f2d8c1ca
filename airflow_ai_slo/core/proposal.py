"""What is proposed for one pipeline from its own past: an objective, and the lengths of time that go with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction

from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.rungs import ENOUGH, OBJECTIVES, covering, objective_allowing, quantile, window_allowing
from airflow_ai_slo.core.suggesting import Rung, Suggestion

_DAY, _SECOND = timedelta(days=1), timedelta(seconds=1)


class Outcome(StrEnum):
    """What came of looking at a past."""

    SUGGESTED = "suggested"
    NOT_ENOUGH = "not_enough_history"
    TOO_OFTEN_BAD = "too_often_bad"


@dataclass(frozen=True, slots=True)
class Lengths:
    """How long something took, over runs that ended well.

    :param promised: a round length that they keep; see :func:`~airflow_ai_slo.core.rungs.covering`.
    """

    p99: timedelta
    longest: timedelta
    promised: Duration

    @classmethod
    def of(cls, lengths: list[timedelta]) -> Lengths | None:
        """None where there is none."""
        promised = covering(lengths)
        return None if promised is None else cls(quantile(lengths), max(lengths), promised)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What is proposed for a DAG, or for an SLO by name.

    :param subject: DAG id, or name of an SLO.
    :param window: of the objective.
    :param since: where its past begins; None where it has none. ``until``: where it ends.
    :param cadence: when runs are expected, as a schedule writes it; None where the clock does not tell.
    :param start: nothing is expected before; None: before its first run.
    :param lateness: how long after their ``at`` runs ended; None where no clock starts them.
    :param duration: how long runs took.
    :param failed: runs that ended badly; ``late``: well, but after the deadline; ``missing``: never came.
    :param stands: the objective that it has now; None where it has none.
    :param remarks: what else to know of this past.
    """

    subject: str
    window: Duration
    suggestion: Suggestion
    until: datetime
    since: datetime | None = None
    cadence: str | None = None
    start: datetime | None = None
    lateness: Lengths | None = None
    duration: Lengths | None = None
    failed: int = 0
    late: int = 0
    missing: int = 0
    stands: Fraction | None = None
    remarks: tuple[str, ...] = ()

    @property
    def outcome(self) -> Outcome:
        if not self.suggestion.is_enough:
            return Outcome.NOT_ENOUGH
        return Outcome.SUGGESTED if self.chosen else Outcome.TOO_OFTEN_BAD

    @property
    def within(self) -> Lengths | None:
        """What a good run keeps: the time after it was due, or its duration where no clock starts it."""
        return self.lateness or self.duration

    @property
    def chosen(self) -> Rung | None:
        return self.suggestion.chosen

    @property
    def roomier(self) -> tuple[Duration | None, Fraction | None]:
        """The window, and the objective, that would allow three bad runs where what is proposed allows fewer."""
        chosen = self.chosen
        if chosen is None or chosen.allowed >= ENOUGH or not self.suggestion.full:
            return None, None
        a_day = self.suggestion.full * Fraction(_DAY // _SECOND, self.window.length // _SECOND)
        looser = objective_allowing(self.suggestion.full)
        return window_allowing(chosen.objective, a_day), looser if looser and looser >= OBJECTIVES[0] else None

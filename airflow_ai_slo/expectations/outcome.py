"""What a suite said about data, expectation by expectation."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from airflow_ai_slo.measure.drift.result import ColumnDrift


class Status(StrEnum):
    """What became of one expectation."""

    MET = "met"
    UNMET = "unmet"
    INSUFFICIENT = "insufficient"
    """Drift cannot be told from chance with so few values; not judged."""
    EMPTY = "empty"
    """A drift expectation found no values to compare; not judged."""
    ERROR = "error"
    """It could not be evaluated: a missing column, another type, an exception; not judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One expectation.

    :param expectation: its type, such as ``expect_column_psi_to_be_less_than``.
    :param observed: what it saw, as plain JSON.
    :param message: why it is not met, or could not be judged, where that is known.
    :param drift: the column's figures, of drift expectations.
    :param elements: of an expectation that looks at rows, how many it looked at, and
    :param unexpected: how many of them did not meet it.
    """

    expectation: str
    column: str | None
    status: Status
    observed: Any = None
    message: str = ""
    drift: ColumnDrift | None = None
    elements: int | None = None
    unexpected: int | None = None

    @property
    def named(self) -> str:
        """The expectation and its column, for people."""
        return f"{self.expectation}({self.column})" if self.column else self.expectation

    def to_dict(self) -> dict[str, Any]:
        """The outcome as plain JSON."""
        return {
            "expectation": self.expectation,
            "column": self.column,
            "status": str(self.status),
            "observed": self.observed,
            "message": self.message,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RowCounts:
    """Rows, and how many of them meet all the expectations that look at rows.

    :param expectations: how many these are.
    """

    good: int
    total: int
    expectations: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteResult:
    """A whole suite: good is how many expectations were met, total how many were judged.

    :param rows: the same by rows, where that was asked for.
    """

    suite: str
    outcomes: tuple[Outcome, ...]
    rows: RowCounts | None = None

    @property
    def good(self) -> int:
        """Expectations met."""
        return sum(outcome.status is Status.MET for outcome in self.outcomes)

    @property
    def total(self) -> int:
        """Expectations judged: met and unmet. Errors, and drift that cannot be told, stay outside."""
        return sum(outcome.status in (Status.MET, Status.UNMET) for outcome in self.outcomes)

    @property
    def errors(self) -> tuple[Outcome, ...]:
        """Expectations that could not be evaluated."""
        return tuple(outcome for outcome in self.outcomes if outcome.status is Status.ERROR)

    @property
    def unmet(self) -> tuple[Outcome, ...]:
        """Expectations that were not met."""
        return tuple(outcome for outcome in self.outcomes if outcome.status is Status.UNMET)

    def to_dict(self) -> dict[str, Any]:
        """The result as plain JSON."""
        return {
            "suite": self.suite,
            "good": self.good,
            "total": self.total,
            "outcomes": [outcome.to_dict() for outcome in self.outcomes],
        }

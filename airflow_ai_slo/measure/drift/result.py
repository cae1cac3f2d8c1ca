"""What a drift measurement says: figures and a verdict per column, good and total for the SLO."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.numbers import Exact, exact
from airflow_ai_slo.measure.drift.profile import Kind

Event = Literal["columns", "run"]


class Verdict(StrEnum):
    """What is said of one column."""

    DRIFT = "drift"
    INSUFFICIENT = "insufficient"
    """PSI is above its threshold, but so few values could show that by chance."""
    STABLE = "stable"
    EMPTY = "empty"
    """No values on one side: nothing to compare."""
    ERROR = "error"
    """The column is missing, of another type, or named twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """When a column drifted, and when it is worth a look.

    :param psi: drift where the PSI is above this and the chi-square p below ``p``.
    :param warning: a PSI above this is worth a look.
    :param null_rate_change: so is a share of missing values that moved by more than this.
    :param new_category_share: so is more than this share of values in categories the reference never held, and more
        than this share of the reference in categories that no longer occur.
    """

    psi: float = 0.2
    warning: float = 0.1
    p: float = 0.001
    null_rate_change: float = 0.1
    new_category_share: float = 0.1


DEFAULT = Thresholds()


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnDrift:
    """One column; figures that do not apply are None.

    :param kind: None where neither side tells.
    :param n_reference, n_current: values that are not missing.
    :param warnings: what is worth a look, in words.
    :param message: why there is no verdict, in words.
    """

    column: str
    kind: Kind | None
    verdict: Verdict
    n_reference: int | None = None
    n_current: int | None = None
    psi: float | None = None
    js_distance: float | None = None
    chi2: float | None = None
    chi2_p: float | None = None
    cramers_v: float | None = None
    tv: float | None = None
    linf: float | None = None
    ks_binned: float | None = None
    ks: float | None = None
    ks_p: float | None = None
    wasserstein_norm: float | None = None
    null_rate_change: float | None = None
    new_category_share: float | None = None
    vanished_category_share: float | None = None
    warnings: tuple[str, ...] = ()
    message: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The column as ``ai-slo drift --format json`` prints it."""
        document: dict[str, Any] = {
            "column": self.column,
            "kind": None if self.kind is None else str(self.kind),
            "n_reference": self.n_reference,
            "n_current": self.n_current,
        }
        document |= {name: getattr(self, name) for name in FIGURES}
        document["verdict"] = str(self.verdict)
        return document


FIGURES = (
    "psi",
    "js_distance",
    "chi2",
    "chi2_p",
    "cramers_v",
    "tv",
    "linf",
    "ks_binned",
    "ks",
    "ks_p",
    "wasserstein_norm",
    "null_rate_change",
    "new_category_share",
    "vanished_category_share",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One expectation of a suite that was met or not; ``ok`` is None where it could not be judged."""

    name: str
    column: str | None
    ok: bool | None
    observed: object = None
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftResult:
    """All columns of one measurement.

    :param profile: name of the reference profile.
    :param event: ``columns``: each judged column is one event. ``run``: the whole measurement is one, good where
        nothing drifted, and none at all (total 0) where nothing drifted but some column is empty or an error.
    :param weights: of columns, for ``event="columns"``; those not named weigh 1.
    :param checks: other expectations of the suite that was run; each judged one is an event like a column.
    """

    profile: str
    columns: tuple[ColumnDrift, ...]
    event: Event = "columns"
    weights: Mapping[str, Exact] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()

    def __post_init__(self) -> None:
        if self.event not in ("columns", "run"):
            raise ConfigurationError(f"event={self.event!r} is neither 'columns' nor 'run'")
        unknown = sorted(self.weights.keys() - {column.column for column in self.columns})
        if unknown:
            raise ConfigurationError(f"weights[{unknown[0]!r}]: no such column is measured")
        object.__setattr__(self, "weights", {name: _weight(name, weight) for name, weight in self.weights.items()})

    @property
    def judged(self) -> tuple[ColumnDrift, ...]:
        """Columns found stable or drifted."""
        return tuple(c for c in self.columns if c.verdict in (Verdict.STABLE, Verdict.DRIFT))

    @property
    def drifted(self) -> tuple[ColumnDrift, ...]:
        """Columns that drifted."""
        return tuple(c for c in self.columns if c.verdict is Verdict.DRIFT)

    @property
    def errors(self) -> tuple[ColumnDrift, ...]:
        """Columns that could not be compared."""
        return tuple(c for c in self.columns if c.verdict is Verdict.ERROR)

    @property
    def share_drifted(self) -> float | None:
        """Drifted / judged columns; None where none could be judged."""
        return len(self.drifted) / len(self.judged) if self.judged else None

    @property
    def worst_psi(self) -> float | None:
        """The largest PSI of any column, the measurement's ``value``."""
        return max((c.psi for c in self.columns if c.psi is not None), default=None)

    @property
    def total(self) -> Exact:
        """Events: judged columns (weighted), or one for the run."""
        if self.event == "run":
            return int(self._run() is not None)
        return self._sum(self.judged) + sum(check.ok is not None for check in self.checks)

    @property
    def good(self) -> Exact:
        """Good events: judged columns that did not drift, or one for a run without drift."""
        if self.event == "run":
            return int(self._run() is True)
        return self._sum(self.judged) - self._sum(self.drifted) + sum(check.ok is True for check in self.checks)

    def to_dict(self) -> dict[str, Any]:
        """The document of ``ai-slo drift --format json``."""
        return {"columns": [c.to_dict() for c in self.columns], "share_drifted": self.share_drifted}

    def _run(self) -> bool | None:
        if self.drifted or any(check.ok is False for check in self.checks):
            return False
        unknown = any(c.verdict in (Verdict.ERROR, Verdict.EMPTY) for c in self.columns)
        unknown = unknown or any(check.ok is None for check in self.checks)
        return True if not unknown and (self.judged or self.checks) else None

    def _sum(self, columns: tuple[ColumnDrift, ...]) -> Exact:
        return sum((self.weights.get(c.column, 1) for c in columns), start=0)


def _weight(name: str, weight: object) -> Exact:
    try:
        number = exact(weight)
    except ValueError as error:
        raise ConfigurationError(f"weights[{name!r}]: {error}") from None
    if number < 0:
        raise ConfigurationError(f"weights[{name!r}]={weight} is negative; weights start at 0")
    return number

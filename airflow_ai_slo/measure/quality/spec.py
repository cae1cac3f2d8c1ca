"""What is asked of a model: which metric, from which columns, against which limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.numbers import Exact, exact


class Metric(StrEnum):
    """What is measured of each group of rows."""

    ACCURACY = "accuracy"
    PRECISION = "precision"
    RECALL = "recall"
    F1 = "f1"
    AUC_ROC = "auc_roc"
    MAE = "mae"
    RMSE = "rmse"
    ABSOLUTE_ERROR = "absolute_error"
    SCORE = "score"


class Average(StrEnum):
    """How classes become one figure: one class against the rest, all rows alike, or all classes alike."""

    BINARY = "binary"
    MICRO = "micro"
    MACRO = "macro"


COUNTED = (Metric.ACCURACY, Metric.PRECISION, Metric.RECALL, Metric.F1)
"""Ratios of counts."""

BY_CLASS = (Metric.PRECISION, Metric.RECALL, Metric.F1)
NUMERIC = (Metric.MAE, Metric.RMSE, Metric.ABSOLUTE_ERROR)
BY_ROW = (Metric.ABSOLUTE_ERROR, Metric.SCORE)
"""The limit is that of each row."""

_COLUMNS: Mapping[Metric, tuple[str, ...]] = {
    Metric.AUC_ROC: ("label", "score"),
    Metric.MAE: ("label", "prediction"),
    Metric.RMSE: ("label", "prediction"),
    Metric.ABSOLUTE_ERROR: ("label", "prediction"),
    Metric.SCORE: ("score",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class QualitySpec:
    """One metric of one model. Names are columns of the rows that are looked at.

    :param metric: see :class:`Metric`.
    :param label: what was true; null where it is not known yet.
    :param prediction: what the model said; or, for two classes,
    :param score: how sure it was, with
    :param threshold: from which score on, equality included, it said yes.
    :param positive: the class that is asked for; by default 1 or True.
    :param average: of precision, recall and F1.
    :param at_least: the limit that a row (``score``) or the metric has to reach, equality included.
    :param at_most: the limit that a row or the metric may reach, equality included.
    :param on_missing: what a labelled row without a prediction is: ``bad`` or ``outside``.
    :raises ConfigurationError: these do not go together.
    """

    metric: Metric
    label: str | None = None
    prediction: str | None = None
    score: str | None = None
    threshold: Exact | None = None
    positive: Any = None
    average: Average = Average.BINARY
    at_least: Exact | None = None
    at_most: Exact | None = None
    on_missing: str = "bad"

    def __post_init__(self) -> None:
        for field, kind in (("metric", Metric), ("average", Average)):
            object.__setattr__(self, field, _one_of(field, getattr(self, field), kind))
        for field in ("threshold", "at_least", "at_most"):
            object.__setattr__(self, field, _number(field, getattr(self, field)))
        if self.on_missing not in ("bad", "outside"):
            raise ConfigurationError(f"on_missing={self.on_missing!r} is neither 'bad' nor 'outside'")
        self._check_columns()
        self._check_classes()
        self._check_limits()

    @property
    def by_event(self) -> bool:
        """Whether the metric is held against a limit and counts as one event."""
        if self.metric in BY_ROW:
            return False
        return self.at_least is not None or self.at_most is not None

    @property
    def by_score(self) -> bool:
        """Whether classes come from a score and a threshold."""
        return self.metric in COUNTED and self.score is not None

    def meets(self, value: Exact | float) -> bool:
        """Whether a figure is within the limits; exact where the figure is."""
        low: Any = self.at_least
        high: Any = self.at_most
        if isinstance(value, float):
            low, high = (None if limit is None else float(limit) for limit in (low, high))
        return (low is None or value >= low) and (high is None or value <= high)

    @property
    def asked(self) -> str:
        """The limits in words."""
        limits = (("at least", self.at_least), ("at most", self.at_most))
        return " and ".join(f"{word} {float(limit):g}" for word, limit in limits if limit is not None)

    def _check_columns(self) -> None:
        given = {name for name in ("label", "prediction", "score") if getattr(self, name) is not None}
        if self.metric in COUNTED:
            if given == {"label", "prediction"} and self.threshold is None:
                return
            if given == {"label", "score"} and self.threshold is not None:
                return
            raise ConfigurationError(f"{self.metric}: give label with prediction, or with score and threshold")
        needed = _COLUMNS[self.metric]
        if given != set(needed):
            raise ConfigurationError(f"{self.metric}: give {' and '.join(needed)}, and no other of the three columns")
        if self.threshold is not None:
            raise ConfigurationError(f"{self.metric}: has no threshold; its limit is at_least or at_most")

    def _check_classes(self) -> None:
        if self.average is Average.BINARY:
            return
        if self.metric not in BY_CLASS:
            raise ConfigurationError(f"{self.metric}: average is for precision, recall and f1")
        if self.positive is not None or self.score is not None:
            raise ConfigurationError(f"average='{self.average}' looks at all classes: leave out positive and score")

    def _check_limits(self) -> None:
        without = self.at_least is None and self.at_most is None
        if without and (self.metric not in COUNTED or self.average is Average.MACRO):
            name = "macro average" if self.average is Average.MACRO else self.metric
            raise ConfigurationError(f"{name}: is no ratio of counts; give at_least or at_most to judge it by")
        if self.metric is Metric.ABSOLUTE_ERROR and self.at_least is not None:
            raise ConfigurationError("absolute_error: give at_most, the error that a row may have")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ConfigurationError(f"at_least={self.at_least} is above at_most={self.at_most}: nothing is in between")


def _one_of(field: str, value: str, kind: type[StrEnum]) -> StrEnum:
    try:
        return kind(value)
    except ValueError:
        raise ConfigurationError(f"{field}={value!r} is not one of {', '.join(kind)}") from None


def _number(field: str, value: object) -> Exact | None:
    if value is None:
        return None
    try:
        return exact(value)
    except ValueError as error:
        raise ConfigurationError(f"{field}: {error}; give a number such as 0.85") from None

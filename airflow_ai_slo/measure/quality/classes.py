"""Confusion counts of labels and predictions: one class against the rest, or all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.measure.quality.spec import Average, Metric, QualitySpec
from airflow_ai_slo.measure.quality.tallies import Confusion

_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Matrix:
    """Counts of labelled rows.

    A row without a prediction is never correct; of its label's class it is a missed one (``fn``).

    :param correct: rows whose prediction is their label.
    :param rows: labelled rows.
    :param unlabelled: rows without a label, in no other count.
    :param cells: rows by (label, prediction); None where a prediction is missing.
    """

    correct: int
    rows: int
    tp: int
    fp: int
    fn: int
    missing: int
    unlabelled: int
    words: str
    cells: Mapping[tuple[Any, Any], int]

    @property
    def counts(self) -> dict[str, int]:
        return {
            "rows": self.rows,
            "correct": self.correct,
            "tp": self.tp,
            "fp": self.fp,
            "fn": self.fn,
            "missing": self.missing,
        }

    def each(self) -> Iterator[Matrix]:
        """One class against the rest, for every class."""
        tp: dict[Any, int] = {}
        labelled: dict[Any, int] = {}
        predicted: dict[Any, int] = {}
        for (label, prediction), rows in self.cells.items():
            labelled[label] = labelled.get(label, 0) + rows
            if prediction is not None:
                predicted[prediction] = predicted.get(prediction, 0) + rows
            if label == prediction:
                tp[label] = tp.get(label, 0) + rows
        for one in {**labelled, **predicted}:
            hits = tp.get(one, 0)
            false, missed = predicted.get(one, 0) - hits, labelled.get(one, 0) - hits
            yield Matrix(self.correct, self.rows, hits, false, missed, self.missing, 0, "", {})


def matrix_of(spec: QualitySpec, tally: Confusion) -> Matrix:
    """The counts that a metric of classes is worked out from.

    :raises ConfigurationError: ``positive`` is not given and not plain, or is of another type than the labels.
    :raises DataError: labels and predictions are of different types, or of several.
    """
    unlabelled = sum(rows for (label, _), rows in tally.cells.items() if label is None)
    cells = {key: rows for key, rows in tally.cells.items() if key[0] is not None}
    if spec.on_missing == "outside":
        cells = {key: rows for key, rows in cells.items() if key[1] is not None}
    rows = sum(cells.values())
    missing = sum(n for (_, prediction), n in cells.items() if prediction is None)
    labels, predictions = _classes(spec, cells)
    if spec.average is not Average.BINARY or (spec.metric is Metric.ACCURACY and not spec.by_score):
        correct = sum(n for (label, prediction), n in cells.items() if label == prediction)
        false, missed = rows - missing - correct, rows - correct
        words = f"{correct} of {rows} correct"
        return Matrix(correct, rows, correct, false, missed, missing, unlabelled, words, cells)
    positive = positive_of(spec, labels, () if spec.by_score else predictions)
    said = True if spec.by_score else positive
    tp = fp = fn = tn = 0
    for (label, prediction), n in cells.items():
        if label == positive:
            tp, fn = (tp + n, fn) if prediction == said else (tp, fn + n)
        elif prediction == said:
            fp += n
        elif prediction is not None:
            tn += n
    words = f"tp {tp}, fp {fp}, fn {fn}, tn {tn}" + _nobody(positive, labels)
    return Matrix(tp + tn, rows, tp, fp, fn, missing, unlabelled, words, cells)


def positive_of(spec: QualitySpec, labels: Iterable[Any], predictions: Iterable[Any] = ()) -> Any:
    """The class that is asked for: the one given, else 1 (True) where classes are 0 and 1.

    :raises ConfigurationError: it has to be given, or is of another type than the classes.
    """
    classes = list(dict.fromkeys((*labels, *predictions)))
    kinds = {kind_of(one) for one in classes}
    if spec.positive is None:
        if kinds - {"number"} or any(one not in (0, 1) for one in classes):
            shown = shown_of(classes)
            raise ConfigurationError(f"{spec.metric}: classes are {shown}: say which one is asked for, by positive=…")
        return 1
    if kinds and kind_of(spec.positive) not in kinds:
        raise ConfigurationError(
            f"positive={spec.positive!r} is a {kind_of(spec.positive)}, classes are {shown_of(classes)}"
        )
    return spec.positive


def kind_of(value: Any) -> str:
    """``number`` (booleans are 0 and 1) or ``text``, else the name of the type."""
    if isinstance(value, bool | int | float):
        return "number"
    return "text" if isinstance(value, str) else type(value).__name__


def shown_of(classes: Iterable[Any]) -> str:
    """Classes for a message, at most some."""
    listed = sorted(classes, key=repr)
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return ", ".join(repr(one) for one in listed[:_SHOWN]) + more if listed else "none"


def _classes(spec: QualitySpec, cells: Mapping[tuple[Any, Any], int]) -> tuple[list[Any], list[Any]]:
    labels = list(dict.fromkeys(label for label, _ in cells))
    predictions = list(dict.fromkeys(prediction for _, prediction in cells if prediction is not None))
    kinds = {kind_of(one) for one in labels}
    said = set() if spec.by_score else {kind_of(one) for one in predictions}
    if len(kinds) > 1 or len(said) > 1 or (kinds and said and kinds != said):
        raise DataError(
            f"{spec.label!r} holds {shown_of(labels)} and {spec.prediction or spec.score!r} {shown_of(predictions)}: "
            "labels and predictions must be of one type to be compared"
        )
    return labels, predictions


def _nobody(positive: Any, labels: list[Any]) -> str:
    """A positive that no label is may be misspelt."""
    return "" if not labels or positive in labels else f" (no label is {positive!r}; labels: {shown_of(labels)})"

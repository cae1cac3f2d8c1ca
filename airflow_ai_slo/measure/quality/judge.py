"""From what was counted to good and total, the metric's value, and a line for people."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from airflow_ai_slo.core.measurement import Cause
from airflow_ai_slo.core.numbers import Exact
from airflow_ai_slo.measure.quality.classes import Matrix, matrix_of
from airflow_ai_slo.measure.quality.spec import Average, Metric, QualitySpec
from airflow_ai_slo.measure.quality.tallies import Confusion, Errors, Ranks, Scores, Tally


@dataclass(frozen=True, slots=True)
class ModelQuality:
    """A metric of one group of rows.

    :param good: good events of ``total``; a total of 0 says that there was nothing to judge.
    :param value: the metric itself; None where it is undefined or infinite.
    :param cause: ``model_quality`` where something was not good.
    :param counts: what the metric was worked out from, by name.
    """

    good: int
    total: int
    value: float | None
    cause: Cause | None
    detail: str
    counts: Mapping[str, int] = field(default_factory=dict)


def judge(spec: QualitySpec, tally: Tally) -> ModelQuality:
    """Read the metric from the counts.

    :raises ConfigurationError: labels do not go with ``positive`` or ``average``.
    :raises DataError: labels and predictions are of different types.
    """
    if isinstance(tally, Confusion):
        return _classes(spec, tally)
    if isinstance(tally, Ranks):
        return _ranks(spec, tally)
    if isinstance(tally, Errors):
        return _errors(spec, tally)
    return _scores(spec, tally)


def _classes(spec: QualitySpec, tally: Confusion) -> ModelQuality:
    matrix = matrix_of(spec, tally)
    if spec.average is Average.MACRO:
        return _event(spec, _macro(spec.metric, matrix), matrix.words, matrix.counts, matrix.unlabelled)
    good, total = _ratio(spec.metric, matrix)
    counts = matrix.counts
    if spec.by_event:
        value = Fraction(good, total) if total else None
        return _event(spec, value, matrix.words, counts, matrix.unlabelled)
    share = good / total if total else None
    detail = _words(spec.metric, share, matrix.words, "", matrix.unlabelled, counts.get("missing", 0))
    return _made(good, total, share, detail, counts | {"unlabelled": matrix.unlabelled})


def _ratio(metric: Metric, matrix: Matrix) -> tuple[int, int]:
    if metric is Metric.ACCURACY:
        return matrix.correct, matrix.rows
    tp, fp, fn = matrix.tp, matrix.fp, matrix.fn
    if metric is Metric.PRECISION:
        return tp, tp + fp
    if metric is Metric.RECALL:
        return tp, tp + fn
    return 2 * tp, 2 * tp + fp + fn


def _macro(metric: Metric, matrix: Matrix) -> Fraction | None:
    """Mean over all classes that are a label or a prediction somewhere; a class without a denominator counts 0."""
    ratios = [_ratio(metric, one) for one in matrix.each()]
    shares = [Fraction(good, total) if total else Fraction(0) for good, total in ratios]
    return sum(shares, Fraction(0)) / len(shares) if shares else None


def _ranks(spec: QualitySpec, tally: Ranks) -> ModelQuality:
    pairs = tally.positives * tally.negatives
    value = Fraction(tally.twice_u, 2 * pairs) if pairs else None
    counts = {"positives": tally.positives, "negatives": tally.negatives, "missing": _missing(spec, tally.missing)}
    words = f"{tally.positives} positives, {tally.negatives} negatives"
    return _event(spec, value, words, counts, tally.unlabelled, failed=bool(counts["missing"]))


def _errors(spec: QualitySpec, tally: Errors) -> ModelQuality:
    missing = _missing(spec, tally.missing)
    counts = {"rows": tally.count + tally.infinite, "infinite": tally.infinite, "missing": missing}
    rows = counts["rows"]
    words = f"{rows} rows" + (f", {tally.infinite} with an infinite error" if tally.infinite else "")
    if spec.metric is Metric.ABSOLUTE_ERROR:
        return _shared(spec, tally.within, rows + missing, counts, tally.unlabelled)
    value = None
    if rows:
        mean = (tally.absolute if spec.metric is Metric.MAE else tally.squared) / max(tally.count, 1)
        value = math.inf if tally.infinite else mean if spec.metric is Metric.MAE else math.sqrt(mean)
    return _event(spec, value, words, counts, tally.unlabelled, failed=bool(missing))


def _scores(spec: QualitySpec, tally: Scores) -> ModelQuality:
    missing = _missing(spec, tally.missing)
    counts = {"rows": tally.met + tally.unmet, "missing": missing}
    return _shared(spec, tally.met, counts["rows"] + missing, counts, 0)


def _shared(spec: QualitySpec, good: int, total: int, counts: Mapping[str, int], unlabelled: int) -> ModelQuality:
    """Rows within the limit of all rows."""
    share = good / total if total else None
    subject = spec.score if spec.metric is Metric.SCORE else "the error"
    words = f"{subject} of {good} of {total} rows is {spec.asked}"
    detail = _words(f"{spec.metric} within the limit", share, words, "", unlabelled, counts["missing"])
    return _made(good, total, share, detail, {**counts, "unlabelled": unlabelled})


def _event(
    spec: QualitySpec,
    value: Exact | float | None,
    words: str,
    counts: Mapping[str, int],
    unlabelled: int,
    *,
    failed: bool = False,
) -> ModelQuality:
    """One event: the metric against its limit.

    :param failed: rows without a prediction, which the metric has no place for, make it bad.
    """
    total = 0 if value is None and not failed else 1
    good = int(total == 1 and not failed and value is not None and spec.meets(value))
    shown = None if value is None or not math.isfinite(value) else float(value)
    name = f"{spec.average} {spec.metric}" if spec.average is not Average.BINARY else str(spec.metric)
    detail = _words(name, value, words, f"{spec.asked} asked", unlabelled, counts.get("missing", 0))
    return _made(good, total, shown, detail, {**counts, "unlabelled": unlabelled})


def _missing(spec: QualitySpec, missing: int) -> int:
    return missing if spec.on_missing == "bad" else 0


def _words(name: str, value: Any, words: str, asked: str, unlabelled: int, missing: int) -> str:
    figure = f"{name} is undefined" if value is None else f"{name} {float(value):.6g}"
    parts = [f"{figure}: {words}", asked] if words else [figure, asked]
    rest: Iterable[str] = (
        f"{unlabelled} not labelled yet" if unlabelled else "",
        f"{missing} without a prediction" if missing else "",
    )
    return "; ".join(part for part in (*parts, *rest) if part)


def _made(good: int, total: int, value: float | None, detail: str, counts: Mapping[str, int]) -> ModelQuality:
    return ModelQuality(good, total, value, Cause.MODEL_QUALITY if good < total else None, detail, counts)

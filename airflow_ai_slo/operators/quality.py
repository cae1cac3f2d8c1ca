"""Measures a model by its predictions and what turned out to be true."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.operators.segments import check_segment, slo_of
from airflow_ai_slo.operators.tabular import TabularOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_ai_slo.core.measurement import Measurement
    from airflow_ai_slo.measure.quality import QualitySpec
    from airflow_ai_slo.measure.quality.measuring import Part
    from airflow_ai_slo.measure.quality.slots import Slots


class ModelQualityOperator(TabularOperator):
    """Counts good predictions of a table of predictions and labels, where the rows are. Value: the metric itself.

    Ratios are recorded as counts: accuracy as correct / labelled rows, precision as TP / (TP + FP), recall as
    TP / (TP + FN), F1 as 2 TP / (2 TP + FP + FN). AUC-ROC, MAE, RMSE and macro averages are no such ratios: the run is
    one event, good where the metric is within ``at_least`` and ``at_most``. ``score`` and ``absolute_error`` hold each
    row against the limit: rows within it / rows.

    Rows without a label are not labelled yet and stay outside. With ``at_column`` labels that come in later are counted
    at the time of their prediction: each run counts the intervals of ``lookback`` again and replaces what it found of
    them before.

    :param slo: name of the SLO; with ``segment``, a template of names, such as ``accuracy-{segment}``.
    :param metric: ``accuracy``, ``precision``, ``recall``, ``f1``, ``auc_roc``, ``mae``, ``rmse``, ``absolute_error``
        or ``score``.
    :param label: the column of what was true.
    :param prediction: the column of what the model said; or, for two classes,
    :param score: the column of how sure it was, with
    :param threshold: the score from which on it said yes.
    :param positive: the class that precision, recall, F1 and AUC-ROC ask for; by default 1 or True.
    :param average: of precision, recall and F1: ``binary``, ``micro`` (counts of all classes) or ``macro`` (an event).
    :param at_least: the least that each row's score, or the metric, has to be.
    :param at_most: the most that each row's score or error, or the metric, may be.
    :param on_missing: what a labelled row without a prediction is: ``bad`` or ``outside``.
    :param at_column: the column of when predictions were made; with it, one measurement for each interval.
    :param every: how long an interval is: ``1d``, ``6h``, ``1w``, ``1M``.
    :param lookback: how far back intervals are counted again.
    :param timezone: IANA zone in which days begin, and in which stamps without an offset were written.
    :param segment: a column, each of whose values has an SLO of its own.
    :param max_segments: how many values of it there may be.
    :param model_version: a column; where it holds one value, the measurement remembers it.
    :param fail_on_bad: whether a bad measurement (with intervals, a bad one of the newest) fails this task, after all
        were recorded.

    Where the rows are (``conn_id`` with ``table`` or ``sql``, ``path``, ``dataframe``), see the base class.
    """

    template_fields: Sequence[str] = (*TabularOperator.template_fields, "threshold", "at_least", "at_most", "timezone")

    def __init__(
        self,
        *,
        metric: str,
        label: str | None = None,
        prediction: str | None = None,
        score: str | None = None,
        threshold: float | str | None = None,
        positive: Any = None,
        average: Literal["binary", "micro", "macro"] = "binary",
        at_least: float | str | None = None,
        at_most: float | str | None = None,
        on_missing: Literal["bad", "outside"] = "bad",
        at_column: str | None = None,
        every: str = "1d",
        lookback: str = "14d",
        timezone: str | None = None,
        segment: str | None = None,
        max_segments: int = 20,
        model_version: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_segment(self.slo, segment, max_segments)
        self.metric = metric
        self.label_column = label  # an operator's ``label`` is its name in the UI
        self.prediction = prediction
        self.score = score
        self.threshold = threshold
        self.positive = positive
        self.average = average
        self.at_least = at_least
        self.at_most = at_most
        self.on_missing = on_missing
        self.at_column = at_column
        self.every = every
        self.lookback = lookback
        self.timezone = timezone
        self.segment = segment
        self.max_segments = max_segments
        self.model_version = model_version
        self._check()

    def measures(self, context: Context) -> list[Measurement] | None:
        """One measurement for each segment and interval; None where there are neither."""
        if self.at_column is None and self.segment is None:
            return None
        return [self._measured(context, part) for part in self._parts(context)]

    def measure(self, context: Context) -> Measurement:
        """All rows together."""
        (part,) = self._parts(context)
        return self._measured(context, part)

    def _parts(self, context: Context) -> Sequence[Part]:
        from airflow_ai_slo.measure.quality.groups import Split
        from airflow_ai_slo.measure.quality.measuring import measure_quality

        split = Split(
            segment=self.segment,
            most_segments=self.max_segments,
            at_column=self.at_column,
            slots=None if self.at_column is None else self._slots(context),
            version=self.model_version,
        )
        found = measure_quality(self.source(), self._spec(self.threshold, self.at_least, self.at_most), split)
        for count, problem in ((found.undated, self.at_column), (found.unsegmented, self.segment)):
            if count:
                self.log.warning("%d row(s) without %r are left out", count, problem)
        if not found.parts:
            self.log.warning("No rows, so no segments: nothing is recorded")
        for part in found.parts[-1:] if self.segment is None else found.parts:
            if part.end is None or part.end == found.parts[-1].end:
                log = self.log.info if part.quality.total else self.log.warning
                log("Model quality%s: %s", part.segment and f" of {part.segment}", part.quality.detail)
        return found.parts

    def _measured(self, context: Context, part: Part) -> Measurement:
        quality = part.quality
        known = {"segment": part.segment, "model_version": part.version}
        counts = {name: str(count) for name, count in quality.counts.items()}
        return self.measurement(
            context,
            good=quality.good,
            total=quality.total,
            value=quality.value,
            cause=quality.cause,
            attributes={"detail": quality.detail, "metric": self.metric}
            | counts
            | {name: value for name, value in known.items() if value},
            at=part.end,
            slo=slo_of(self.slo, part.segment),
            key=None if part.end is None else self.interval_key(context, part.end),
        )

    def _slots(self, context: Context) -> Slots:
        from airflow_ai_slo.measure.quality.slots import slots_until

        at = self.at_of(context)
        return slots_until(at, every=self.every, lookback=self.lookback, timezone=self.timezone)

    def _spec(self, threshold: Any, at_least: Any, at_most: Any) -> QualitySpec:
        from airflow_ai_slo.measure.quality import QualitySpec

        return QualitySpec(
            metric=self.metric,  # type: ignore[arg-type]
            label=self.label_column,
            prediction=self.prediction,
            score=self.score,
            threshold=threshold,
            positive=self.positive,
            average=self.average,  # type: ignore[arg-type]
            at_least=at_least,
            at_most=at_most,
            on_missing=self.on_missing,
        )

    def _check(self) -> None:
        """What can be said of the options before templates are filled in."""
        limits = (self.threshold, self.at_least, self.at_most)
        if not any(isinstance(one, str) for one in limits):
            self._spec(*limits)
        for field in ("every", "lookback"):
            from airflow_ai_slo.core.durations import Duration

            try:
                Duration.parse(getattr(self, field))
            except ValueError as error:
                raise ConfigurationError(f"{field}={error}") from None

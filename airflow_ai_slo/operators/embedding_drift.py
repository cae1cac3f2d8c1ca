"""Measures how far embeddings moved from a reference sample."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowFailException

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.operators.base import WRONG_SETTINGS
from airflow_ai_slo.operators.tabular import TabularOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_ai_slo.core.measurement import Measurement
    from airflow_ai_slo.measure.drift.embeddings import EmbeddingDrift, EmbeddingThresholds


class EmbeddingDriftOperator(TabularOperator):
    """Compares a sample of a vector column with a reference sample. Value: the classifier's area under the curve.

    One event: bad, cause ``data_drift``, where a classifier tells today's vectors from the reference's better than the
    threshold and better than chance allows. Too few vectors, or none, are no event; vectors of another length fail the
    task. Needs ``pip install 'airflow-ai-slo[embeddings]'``.

    :param slo: name of the SLO the measurement belongs to.
    :param column: the column of vectors: lists or arrays of numbers, bytes of 32-bit floats, or text: ``[0.1, 0.2]``.
    :param reference: the reference sample: the path of an ``.npz`` file, or a name that is looked for among the folders
        of profiles. ``ai-slo profile vectors`` makes one.
    :param sample: how many vectors are drawn, at most.
    :param thresholds: when embeddings drifted, see ``airflow_ai_slo.measure.drift.embeddings``.
    :param fail_on_bad: whether drift fails this task, after it was recorded; so does having nothing to judge.
    :param slo_conn_id: Airflow connection of the store.
    """

    template_fields: Sequence[str] = (*TabularOperator.template_fields, "reference", "column")

    def __init__(
        self,
        *,
        reference: str,
        column: str,
        sample: int = 2000,
        thresholds: EmbeddingThresholds | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if isinstance(sample, bool) or not isinstance(sample, int) or sample < 1:
            raise ConfigurationError(f"sample={sample!r}: give how many vectors to draw, from 1")
        self.reference = reference
        self.column = column
        self.sample = sample
        self.thresholds = thresholds

    def execute(self, context: Context) -> dict[str, Any]:
        """Compare, record, then fail for drift where asked to."""
        try:
            found = self.compare()
            more = {"verdict": str(found.verdict), "p": found.p, "mean_shift": found.mean_shift}
            bad = None if found.total else True
            return self.record(context, self._measured(context, found), bad=bad, more=more)
        except WRONG_SETTINGS as error:
            raise AirflowFailException(str(error)) from None

    def measure(self, context: Context) -> Measurement:
        """One event; value: the area under the curve."""
        return self._measured(context, self.compare())

    def compare(self) -> EmbeddingDrift:
        """Today's sample against the reference's.

        :raises DataError: there is no such column, it holds no vectors, or such of another length.
        """
        from airflow_ai_slo.expectations.profiles import find_file
        from airflow_ai_slo.measure.drift.embeddings import measure_vectors
        from airflow_ai_slo.measure.drift.vectors import load_vectors, sample_of

        named = self.reference.endswith(".npz")
        path = Path(self.located(self.reference)) if named else find_file(f"{self.reference}.npz")
        current = sample_of(self.source(), self.column, size=self.sample)
        found = measure_vectors(load_vectors(path), current, thresholds=self.thresholds)
        if found.verdict == "error":
            raise DataError(f"column {self.column!r}: {found.message}")
        self.log.log(30 if found.verdict != "stable" else 20, "%s", _in_words(found))
        return found

    def _measured(self, context: Context, found: EmbeddingDrift) -> Measurement:
        from airflow_ai_slo.core.measurement import Cause

        return self.measurement(
            context,
            good=found.good,
            total=found.total,
            value=found.auc,
            cause=Cause.DATA_DRIFT,
            attributes={"detail": _in_words(found), "reference": found.reference},
        )


def _in_words(found: EmbeddingDrift) -> str:
    text = f"embeddings against {found.reference}: {found.verdict}"
    if found.auc is not None:
        text += f", a classifier tells them apart with AUC {found.auc:.3f} (p {found.p:.2g})"
    if found.mean_shift is not None:
        text += f", the mean moved by {found.mean_shift:.3f} of the spread"
    text += f"; {found.n_current} vectors against {found.n_reference}"
    return text + (f": {found.message}" if found.message else "")

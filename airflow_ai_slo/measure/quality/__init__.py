"""Quality of a model from tables of predictions and labels.

>>> spec = QualitySpec(metric="precision", label="late", prediction="predicted")
>>> (part,) = measure_quality(Source(frame=scored), spec).parts
>>> part.quality.good, part.quality.total, part.quality.value

A DAG file that names a metric loads this module; what counts is in :mod:`~airflow_ai_slo.measure.quality.measuring`.
"""

from __future__ import annotations

from airflow_ai_slo.measure.quality.spec import Average, Metric, QualitySpec

__all__ = ["Average", "Metric", "QualitySpec"]

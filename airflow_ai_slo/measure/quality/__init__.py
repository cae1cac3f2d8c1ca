"""Quality of a model from tables of predictions and labels.

>>> spec = QualitySpec(metric="precision", label="late", prediction="predicted")
>>> (part,) = measure_quality(Source(frame=scored), spec).parts
>>> part.quality.good, part.quality.total, part.quality.value
"""

from __future__ import annotations

from airflow_ai_slo.measure.quality.groups import Split
from airflow_ai_slo.measure.quality.judge import ModelQuality
from airflow_ai_slo.measure.quality.measuring import Measured, Part, measure_quality
from airflow_ai_slo.measure.quality.slots import Slots, slots_until
from airflow_ai_slo.measure.quality.spec import Average, Metric, QualitySpec

__all__ = [
    "Average",
    "Measured",
    "Metric",
    "ModelQuality",
    "Part",
    "QualitySpec",
    "Slots",
    "Split",
    "measure_quality",
    "slots_until",
]

"""A frame, SQLite, PostgreSQL and DuckDB count the same rows alike."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from quality_kit import Everywhere, optional

from airflow_ai_slo.measure.quality import QualitySpec
from airflow_ai_slo.measure.quality.groups import Split
from airflow_ai_slo.measure.quality.measuring import Measured, measure_quality

SPECS = [
    {"metric": "accuracy", "label": "y", "prediction": "p"},
    {"metric": "precision", "label": "y", "prediction": "p"},
    {"metric": "recall", "label": "y", "prediction": "p", "on_missing": "outside"},
    {"metric": "f1", "label": "y", "score": "s", "threshold": 0.5},
    {"metric": "accuracy", "label": "y", "score": "s", "threshold": 0.25},
    {"metric": "recall", "label": "y", "prediction": "p", "average": "macro", "at_least": 0.5},
    {"metric": "auc_roc", "label": "y", "score": "s", "at_least": 0.5, "on_missing": "outside"},
    {"metric": "mae", "label": "x", "prediction": "s", "at_most": 1},
    {"metric": "rmse", "label": "x", "prediction": "s", "at_most": 1, "on_missing": "outside"},
    {"metric": "absolute_error", "label": "x", "prediction": "s", "at_most": 0.5},
    {"metric": "score", "score": "s", "at_least": 0.25, "at_most": 1},
]
NUMBERS = st.sampled_from([-1e200, -2.5, 0.0, 0.25, 0.5, 1.0, 1.5, 3.0, float("inf"), float("nan")])
ROW = st.fixed_dictionaries(
    {
        "y": optional(st.sampled_from([0, 1])),
        "p": optional(st.sampled_from([0, 1])),
        "s": optional(NUMBERS),
        "x": optional(NUMBERS),
        "g": optional(st.sampled_from(["a", "B", "ß"])),
        "v": optional(st.sampled_from(["1", "2"])),
    }
)


def framed(rows: list[dict[str, Any]]) -> pd.DataFrame:
    kinds = {"y": "Int64", "p": "Int64", "s": "float64", "x": "float64", "g": object, "v": object}
    return pd.DataFrame({name: pd.Series([row[name] for row in rows], dtype=kind) for name, kind in kinds.items()})


def rounded(found: Measured) -> Any:
    parts = [
        (
            part.segment,
            part.version,
            part.quality.good,
            part.quality.total,
            part.quality.value if part.quality.value is None else pytest.approx(part.quality.value, rel=1e-9, abs=1e-9),
            part.quality.counts,
        )
        for part in found.parts
    ]
    return parts, found.unsegmented


@settings(max_examples=40)
@given(rows=st.lists(ROW, max_size=25), spec=st.sampled_from(SPECS), segment=st.booleans())
def test_every_engine_counts_alike(
    everywhere: Everywhere, rows: list[dict[str, Any]], spec: dict[str, Any], segment: bool
) -> None:
    split = Split(segment="g" if segment else None, version="v")
    found = {
        name: measure_quality(source, QualitySpec(**spec), split) for name, source in everywhere(framed(rows)).items()
    }
    for name in ("sqlite", "postgresql", "duckdb"):
        assert rounded(found[name]) == rounded(found["frame"]), name

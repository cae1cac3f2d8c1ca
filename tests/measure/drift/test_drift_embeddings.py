"""Embeddings: what is told apart, what is not, and what cannot be judged."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from airflow_ai_slo.cli.profile import command
from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.measure.data import Source
from airflow_ai_slo.measure.drift.embeddings import EmbeddingThresholds, measure_vectors
from airflow_ai_slo.measure.drift.vectors import VectorProfile, load_vectors, sample_of, save_vectors, vectors_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def drawn(rows: int, seed: int, *, shift: float = 0.0, scale: float = 1.0, dimensions: int = 16) -> Any:
    return np.random.default_rng(seed).normal(shift, scale, (rows, dimensions))


def profile(sample: Any) -> VectorProfile:
    return VectorProfile(name="january", created_at=NOW, source="a test", sample=sample)


def test_the_same_distribution_is_stable_for_every_draw() -> None:
    found = [measure_vectors(profile(drawn(500, seed)), drawn(500, seed + 100)) for seed in range(10)]
    assert {one.verdict for one in found} == {"stable"}
    assert all((one.good, one.total) == (1, 1) for one in found)


@pytest.mark.parametrize("change", [{"shift": 0.4}, {"scale": 1.6}])
def test_a_change_of_place_or_of_spread_is_drift(change: dict[str, float]) -> None:
    found = measure_vectors(profile(drawn(500, 1)), drawn(500, 2, **change))
    assert (found.verdict, found.good, found.total) == ("drift", 0, 1)
    assert found.auc is not None
    assert found.auc > 0.75


def test_the_means_are_compared_by_hand() -> None:
    reference, current = np.array([[1.0, 0.0], [3.0, 0.0]] * 20), np.array([[0.0, 2.0]] * 40)
    found = measure_vectors(profile(reference), current)
    assert found.mean_cosine == pytest.approx(1)
    assert found.mean_shift == pytest.approx(np.sqrt(8))  # both means are that far apart; the reference spreads by 1


def test_nothing_too_little_and_another_length_are_no_verdicts() -> None:
    reference = profile(drawn(50, 1))
    assert measure_vectors(reference, vectors_of([], "v")).verdict == "empty"
    few = measure_vectors(reference, drawn(19, 2, shift=9))
    assert (few.verdict, few.total) == ("insufficient", 0)
    other = measure_vectors(reference, drawn(50, 2, dimensions=3))
    assert (other.verdict, other.message) == ("error", "vectors have 3 numbers; the reference's have 16")
    strict = EmbeddingThresholds(auc=0.5, p=1e-300)
    assert measure_vectors(reference, drawn(50, 2, shift=0.5), thresholds=strict).verdict == "insufficient"


def test_vectors_are_lists_arrays_bytes_or_text() -> None:
    expected = np.array([[0.5, 1.5], [2.5, -3.0]])
    for values in (
        expected.tolist(),
        list(expected),
        [row.astype("<f4").tobytes() for row in expected],
        [json.dumps(row.tolist()) for row in expected],
    ):
        assert np.array_equal(vectors_of(values, "v"), expected)
    assert len(vectors_of([[1, np.nan], [1, 2], [np.inf, 1]], "v")) == 1


@pytest.mark.parametrize("values", [[[1.0], [1.0, 2.0]], ["word"], [3.5], [[[1.0]]], [[]], [object()], [b"abc"]])
def test_other_values_are_refused(values: list[Any]) -> None:
    with pytest.raises(DataError, match="column 'v' holds"):
        vectors_of(values, "v")


def test_a_sample_is_drawn_from_files_and_in_the_database(tmp_path: Path) -> None:
    frame = pd.DataFrame({"v": [json.dumps([n, n + 1]) for n in range(100)] + [None]})
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'vectors.db'}")
    frame.to_sql("vectors", engine, index=False)
    for source in (Source(frame=frame), Source(engine=engine, table="vectors")):
        found = sample_of(source, "v", size=30)
        assert found.shape == (30, 2)
        assert len(np.unique(found[:, 0])) == 30
        with pytest.raises(DataError, match="has no column 'w'"):
            sample_of(source, "w")


def test_a_reference_is_kept_as_a_file_and_its_version_follows_the_sample(tmp_path: Path) -> None:
    frame = pd.DataFrame({"v": list(drawn(60, 1).astype("float32"))})
    frame.to_parquet(tmp_path / "january.parquet")
    path = tmp_path / "january.npz"
    ran = CliRunner().invoke(
        command, ["vectors", str(tmp_path / "january.parquet"), "--column", "v", "--save", str(path)]
    )
    assert ran.exit_code == 0, ran.output
    kept = load_vectors(path)
    assert ran.output.startswith(f"january@{kept.version}: 60 vectors of 16 numbers")
    again = tmp_path / "again.npz"
    save_vectors(kept, again)
    assert load_vectors(again).version == kept.version
    assert profile(drawn(60, 2)).version != kept.version


def test_files_that_are_no_samples_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.npz").write_text("no")
    np.savez(tmp_path / "other.npz", sample=np.zeros((2, 2)))
    for name in ("text.npz", "other.npz", "missing.npz"):
        with pytest.raises(DataError, match=name):
            load_vectors(tmp_path / name)

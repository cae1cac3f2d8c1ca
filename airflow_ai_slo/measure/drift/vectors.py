"""A column of embedding vectors, sampled; and a reference sample kept as a file."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.measure.data.sql import DIALECTS

if TYPE_CHECKING:
    import numpy as np

    from airflow_ai_slo.measure.data.source import Source

    Vectors = np.ndarray[Any, np.dtype[np.float64]]

SAMPLE = 2000
"""Vectors of each side that are compared."""

_FORMAT = "airflow-ai-slo/vectors"


@dataclass(frozen=True, eq=False)
class VectorProfile:
    """A named sample of reference vectors.

    :param sample: one row per vector, float32 in the file.
    :param created_at: when it was made, with a zone.
    :param source: where the vectors came from.
    """

    name: str
    created_at: datetime
    source: str
    sample: Vectors

    @property
    def version(self) -> str:
        """Eight hexadecimal digits that change with the sample."""
        return hashlib.sha256(self.sample.astype("<f4").tobytes()).hexdigest()[:8]


def sample_of(source: Source, column: str, *, size: int = SAMPLE) -> Vectors:
    """At most so many vectors of a column, drawn at random; missing ones are left out.

    A vector is a list or array of numbers, bytes of little-endian 32-bit floats, or text such as ``[0.1, 0.2]``, as
    drivers give pgvector's. SQLite, PostgreSQL and DuckDB draw the sample themselves; elsewhere it is drawn from the
    column, the same one each time.

    :raises DataError: no such column, or values that are no vectors of one length.
    """
    import pandas as pd
    import sqlalchemy as sa

    if source.engine is not None and source.engine.dialect.name in (*DIALECTS, "duckdb"):
        cell: sa.ColumnElement[Any] = sa.column(sa.sql.quoted_name(column, quote=True))
        query = sa.select(cell).select_from(source.rows).where(cell.is_not(None))
        with source.connected() as connection:
            source.check_columns(connection, [column])
            values = [value for (value,) in connection.execute(query.order_by(sa.func.random()).limit(size))]
        return vectors_of(values, column)
    series: pd.Series[Any] = source.read([column])[column].dropna()
    return vectors_of(series.sample(size, random_state=0) if len(series) > size else series, column)


def vectors_of(values: Any, column: str) -> Vectors:
    """Vectors as rows of one array; those with a NaN or an infinity are left out.

    :raises DataError: values that are no vectors, or of several lengths.
    """
    import numpy as np

    rows = [_vector(value, column) for value in values]
    lengths = sorted({len(row) for row in rows})
    if len(lengths) > 1:
        raise DataError(f"column {column!r} holds vectors of {lengths[0]} and of {lengths[-1]} numbers")
    if lengths == [0]:
        raise DataError(f"column {column!r} holds empty vectors")
    found: Vectors = np.array(rows, dtype=float).reshape(len(rows), lengths[0] if lengths else 0)
    finite: Vectors = found[np.isfinite(found).all(axis=1)]
    return finite


def _vector(value: Any, column: str) -> Any:
    import numpy as np

    try:
        if isinstance(value, bytes | bytearray | memoryview):
            return np.frombuffer(value, dtype="<f4")
        if isinstance(value, str):
            value = json.loads(value)
        found = np.asarray(value, dtype=float)
    except (ValueError, TypeError):
        raise DataError(f"column {column!r} holds {type(value).__name__} values that are no vectors") from None
    if found.ndim != 1:
        raise DataError(f"column {column!r} holds {type(value).__name__} values that are no vectors")
    return found


def save_vectors(profile: VectorProfile, path: str | Path) -> None:
    """Write a reference sample to an ``.npz`` file (NumPy's format, nothing pickled), replacing it whole.

    :raises ConfigurationError: the file cannot be written.
    """
    import numpy as np

    target = Path(path)
    about = {"format": _FORMAT, "name": profile.name, "source": profile.source}
    about["created_at"] = profile.created_at.astimezone(UTC).isoformat()
    partial = target.with_name(target.name + ".partial")
    try:
        with partial.open("wb") as file:
            np.savez_compressed(file, about=np.array(json.dumps(about)), sample=profile.sample.astype("<f4"))
        partial.replace(target)
    except OSError as error:
        raise ConfigurationError(f"{target}: cannot be written: {error.strerror or error}") from None


def load_vectors(path: str | Path) -> VectorProfile:
    """Read a reference sample.

    :raises DataError: no such file, or none that :func:`save_vectors` wrote.
    """
    import numpy as np

    try:
        with np.load(path, allow_pickle=False) as file:
            about, sample = json.loads(str(file["about"])), file["sample"].astype(float)
        created = datetime.fromisoformat(about["created_at"])
        if about["format"] != _FORMAT or sample.ndim != 2 or created.tzinfo is None:
            raise ValueError
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None
    except Exception:
        raise DataError(f"{path}: is no sample of reference vectors; make one with ai-slo profile vectors") from None
    return VectorProfile(name=about["name"], created_at=created, source=about["source"], sample=sample)

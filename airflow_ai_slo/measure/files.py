"""Data in files, as pandas frames."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from airflow_ai_slo.core.errors import ConfigurationError, DataError

if TYPE_CHECKING:
    import pandas as pd

_PARQUET = (".parquet", ".pq")
_CSV = (".csv", ".csv.gz", ".csv.zst", ".csv.bz2", ".csv.xz")


def read_frame(path: str | Path) -> pd.DataFrame:
    """Read Parquet (a file, or a folder of them) or CSV with a header line.

    :param path: a local path, or a URL that pandas reads.
    :raises ConfigurationError: the ending is neither Parquet's nor CSV's, or what reads it is not installed.
    :raises DataError: there is no such file, or it does not hold what its ending says.
    """
    import pandas as pd

    name = str(path).rstrip("/")
    parquet = name.lower().endswith(_PARQUET)
    if not parquet and not name.lower().endswith(_CSV):
        raise ConfigurationError(f"path={name!r} is neither Parquet nor CSV; it must end in .parquet or .csv")
    try:
        return pd.read_parquet(name) if parquet else pd.read_csv(name)
    except ImportError as error:
        raise ConfigurationError(f"path={name!r} cannot be read: {_line(error)}") from None
    except FileNotFoundError:
        raise DataError(f"path={name!r}: no such file") from None
    except (OSError, ValueError) as error:  # pandas' and pyarrow's own errors are among these
        raise DataError(f"path={name!r} cannot be read: {_line(error)}") from None


def _line(error: Exception) -> str:
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__

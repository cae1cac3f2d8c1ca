"""Questions to a database: what a driver says becomes one line that names the connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from airflow.sdk.exceptions import AirflowException

from airflow_ai_slo.core.errors import AiSloError, DataError


@contextmanager
def asking(conn_id: str) -> Iterator[None]:
    """Every error of a driver (no such table, no such column, no answer) as a DataError, which may be retried."""
    try:
        yield
    except (AiSloError, AirflowException):
        raise
    except Exception as error:
        said = str(getattr(error, "orig", None) or error).strip() or type(error).__name__
        raise DataError(f"conn_id={conn_id!r}: {said.splitlines()[0]}") from error

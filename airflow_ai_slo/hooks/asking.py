"""Questions to databases and other services: what a driver says becomes one line that names whom it asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from airflow.sdk.exceptions import AirflowException

from airflow_ai_slo.core.errors import AiSloError, DataError


@contextmanager
def asking(conn_id: str, *, where: str | None = None) -> Iterator[None]:
    """Every error of a driver (no such table, no such column, no answer) as a DataError, which may be retried.

    :param conn_id: the Airflow connection that is asked.
    :param where: what else is asked, instead of a connection.
    """
    try:
        yield
    except (AiSloError, AirflowException):
        raise
    except Exception as error:
        said = str(getattr(error, "orig", None) or error).strip() or type(error).__name__
        raise DataError(f"{where or f'conn_id={conn_id!r}'}: {said.splitlines()[0]}") from None

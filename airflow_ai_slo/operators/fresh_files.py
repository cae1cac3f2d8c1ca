"""Measures how old the newest file is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.operators.fresh import FreshnessOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_ai_slo.hooks.fresh_files import FileQuery
    from airflow_ai_slo.measure.freshness import Freshness
    from airflow_ai_slo.measure.loads import Loads


class FileFreshnessOperator(FreshnessOperator):
    """One check: good when the newest file is at most ``max_age`` old. No file: unknown, never fresh.

    With ``over``, seconds are counted from the files that are there now: each arrived when it was last modified.

    :param slo: name of the SLO the measurement belongs to.
    :param max_age: the highest age that is still fresh.
    :param path: a file, a folder with all that lies below it, or a pattern such as ``s3://lake/features/*/_SUCCESS``; a
        URL or an absolute path.
    :param dated: how the date stands in the path, such as ``day=%Y-%m-%d`` or ``%Y/%m/%d/%H``: then its first instant
        is the watermark, instead of the modification time. Needs ``timezone``.
    :param conn_id: Airflow connection of the object store.
    :param over: measure the share of time in so long a time up to the run's ``at``.
    :param timezone: IANA zone of the dates in the path.
    :param as_of: the instant of looking, as a template; by default now.
    :param fail_on_bad: whether stale data fails this task, after it was recorded; so does unknown, which is not fresh.
    """

    template_fields: Sequence[str] = (*FreshnessOperator.template_fields, "path", "dated", "conn_id")

    def __init__(
        self,
        *,
        slo: str,
        max_age: timedelta,
        path: str,
        dated: str | None = None,
        conn_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(slo=slo, max_age=max_age, **kwargs)
        self.path = path
        self.dated = dated
        self.conn_id = conn_id
        if isinstance(path, str):
            self._files()

    def look(self, context: Context, now: datetime) -> Freshness:
        """One check."""
        return self._files().freshness(now=now, max_age=self.max_age)

    def loads(self, context: Context, start: datetime, end: datetime) -> Loads:
        """The files, by when they were last modified."""
        return self._files().loads()

    def _files(self) -> FileQuery:
        from airflow_ai_slo.hooks.fresh_files import FileQuery

        return FileQuery(path=self.path, dated=self.dated, conn_id=self.conn_id, timezone=self.timezone)

"""Links that a task's page shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk import BaseOperatorLink

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey


class SLOReportLink(BaseOperatorLink):
    """Opens the report that an ``SLOReportOperator`` wrote, where its ``url`` says that it is served."""

    name = "SLO report"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """The operator's rendered ``url``; empty where it has none, which greys the link out."""
        return getattr(operator, "url", None) or ""

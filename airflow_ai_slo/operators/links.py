"""Links that a task's page shows."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

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


class SLOPageLink(BaseOperatorLink):
    """Opens the page of the SLO that a task measures for, or of the service that a gate guards, in Airflow's UI."""

    name = "SLO"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """An address under Airflow's ``[api] base_url``; empty where the task names neither, which greys it out."""
        from airflow.sdk.configuration import conf

        base = conf.get("api", "base_url", fallback="").rstrip("/")
        slo, service = getattr(operator, "slo", None), getattr(operator, "service", None)
        if isinstance(slo, str) and slo:
            return f"{base}/plugin/slos?{urlencode({'slo': slo})}"
        if isinstance(service, str) and service:
            return f"{base}/plugin/slos?{urlencode({'view': 'service', 'service': service})}"
        return ""

"""Writes a report of budgets, burn rates, what spent them, and freezes."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from airflow.sdk.exceptions import AirflowFailException

from airflow_ai_slo.compat import run_of
from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.operators.base import WRONG_SETTINGS, SLOOperator
from airflow_ai_slo.operators.links import SLOReportLink

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_ai_slo.reports.model import Report

Format = Literal["html", "markdown", "both"]
_SUFFIXES = {"html": ".html", "markdown": ".md"}


class SLOReportOperator(SLOOperator):
    """Writes one self-contained HTML file, or Markdown, or both. Readers never see half a file.

    :param path: where it goes (templated); folders are made. With ``format="both"`` its ending becomes ``.html`` for
        one and ``.md`` for the other.
    :param format: ``html``, ``markdown`` or ``both``; by default what the path's ending says, else ``html``.
    :param period: how far back it looks.
    :param services: only these (templated); None means all.
    :param title: its heading (templated).
    :param url: where the file is served (templated), for the link "SLO report" on the task's page.
    :param slo_conn_id: Airflow connection of the store.
    """

    template_fields: Sequence[str] = ("path", "services", "title", "url", "slo_conn_id")
    operator_extra_links = (SLOReportLink(),)

    def __init__(
        self,
        *,
        path: str | Path,
        format: Format | None = None,
        period: timedelta = timedelta(days=28),
        services: Sequence[str] | None = None,
        title: str = "Service level objectives",
        url: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if format is not None and format not in get_args(Format):
            raise ConfigurationError(f"format={format!r}: write 'html', 'markdown' or 'both'")
        if not isinstance(period, timedelta) or period <= timedelta(0):
            raise ConfigurationError(f"period={period!r}: give a timedelta above zero, such as timedelta(days=28)")
        if isinstance(services, str):
            raise ConfigurationError(f"services={services!r}: give a list of names")
        self.path = str(path)
        self.format = format
        self.period = period
        self.services = services
        self.title = title
        self.url = url

    def execute(self, context: Context) -> dict[str, Any]:
        """Returns ``{paths, services, frozen}``."""
        from airflow_ai_slo import engine

        try:
            now = run_of(context).now
            report = engine.report(
                self.hook.get_store(), at=now, period=self.period, services=self.services, title=self.title
            )
        except WRONG_SETTINGS as error:
            raise AirflowFailException(str(error)) from error
        paths = self._targets()
        for kind, path in paths.items():
            _write(path, _render(kind, report))
            self.log.info("Report: %s", path)
        if self.url:
            self.log.info("Report: %s", self.url)
        return {
            "paths": [str(path) for path in paths.values()],
            "services": [one.service.name for one in report.services],
            "frozen": [one.service.name for one in report.services if one.frozen],
        }

    def _targets(self) -> dict[str, Path]:
        path = Path(self.path).expanduser()
        if self.format == "both":
            return {kind: path.with_suffix(suffix) for kind, suffix in _SUFFIXES.items()}
        by_ending = "markdown" if path.suffix.lower() in (".md", ".markdown") else "html"
        return {self.format or by_ending: path}


def _render(kind: str, report: Report) -> str:
    from airflow_ai_slo import reports

    return reports.render_markdown(report) if kind == "markdown" else reports.render_html(report)


def _write(path: Path, text: str) -> None:
    """Write beside the target, then rename: a reader, or a crash, finds the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    beside = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        beside.chmod(0o666 & ~_umask())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask

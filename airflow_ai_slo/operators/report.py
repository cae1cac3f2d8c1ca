"""Writes a report of budgets, burn rates, what spent them, and freezes, and tells what it comes to."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from airflow.sdk.exceptions import AirflowFailException

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.operators.base import WRONG_SETTINGS, SLOOperator
from airflow_ai_slo.operators.links import SLOReportLink

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_ai_slo.compat import Run
    from airflow_ai_slo.core.periods import Period
    from airflow_ai_slo.reports.model import Report
    from airflow_ai_slo.store import Store

Format = Literal["html", "markdown", "json", "slack", "both"]
_SUFFIXES: dict[Any, str] = {"html": ".html", "markdown": ".md", "json": ".json"}
_ENDINGS = {".md": "markdown", ".markdown": "markdown", ".json": "json"}


class SLOReportOperator(SLOOperator):
    """Writes one self-contained HTML file, Markdown or JSON, or several, and tells what they come to in chat.

    A period in words (``"month"``) is the last one that was over at the end of the run's data interval, so the run of
    1 February reports January, and does so again when it is cleared. Readers never see half a file.

    :param path: where it goes (templated); folders are made. A folder (ending in ``/``) gets a file named by the
        period: ``slo-report-2026-01.html``. With several formats its ending becomes that of each.
    :param format: ``html``, ``markdown``, ``json``, ``slack`` (a message by the outbox), ``both`` (html and
        markdown), or several in a list; by default what the path's ending says, else ``html``.
    :param period: ``week``, ``month``, ``quarter``, ``year``; a length up to the end of the run's data interval, such
        as ``28d``; or a ``timedelta`` up to now (templated).
    :param timezone: whose calendar (templated).
    :param services: only these (templated); None means all.
    :param title: its heading (templated).
    :param url: where the file is served (templated), for the link "SLO report" on the task's page, and in the message.
    :param targets: whom ``slack`` tells (templated); by default the targets that take ``digest``, else the default one.
    :param deliver: whether to send what waits in the outbox.
    :param slack_conn_id: Airflow connection of type Slack API or Slack incoming webhook, for what no target takes.
    :param slack_channel: where a bot posts; by default the connection's extra ``channel``.
    :param slo_conn_id: Airflow connection of the store.
    """

    template_fields: Sequence[str] = (
        "path",
        "period",
        "timezone",
        "services",
        "title",
        "url",
        "targets",
        "slack_conn_id",
        "slack_channel",
        "slo_conn_id",
    )
    operator_extra_links = (SLOReportLink(),)

    def __init__(
        self,
        *,
        path: str | Path | None = None,
        format: Format | Sequence[Format] | None = None,
        period: timedelta | str = timedelta(days=28),
        timezone: str = "UTC",
        services: Sequence[str] | None = None,
        title: str = "Service level objectives",
        url: str | None = None,
        targets: Sequence[str] = (),
        deliver: bool = True,
        slack_conn_id: str = "slack_default",
        slack_channel: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        for name, given in (("services", services), ("targets", targets)):
            if isinstance(given, str):
                raise ConfigurationError(f"{name}={given!r}: give a list of names")
        self.path = None if path is None else str(path)
        self.format = _formats(format, self.path)
        if self.path is None and set(self.format) != {"slack"}:
            raise ConfigurationError("path is missing: say where the file goes, or format='slack'")
        self.period = _checked(period)
        self.timezone = _zone(timezone)
        self.services = services
        self.title = title
        self.url = url
        self.targets = targets
        self.deliver = deliver
        self.slack_conn_id = slack_conn_id
        self.slack_channel = slack_channel

    def execute(self, context: Context) -> dict[str, Any]:
        """Returns ``{paths, period, start, end, headline, services, frozen}``, and of a message ``targets``."""
        from airflow_ai_slo import engine
        from airflow_ai_slo.compat import run_of
        from airflow_ai_slo.reports.verdict import summary

        run = run_of(context)
        try:
            store, period = self.hook.get_store(), self._period(run)
            report = engine.report(store, period=period, services=self.services, title=self.title, now=run.now)
            told = self._tell(store, report, run) if "slack" in self.format else None
        except WRONG_SETTINGS as error:
            raise AirflowFailException(str(error)) from None
        headline = summary(report)[0].text
        self.log.info("%s", headline)
        result = {
            "paths": self._write(report, period),
            "period": period.slug,
            "start": period.start.isoformat(),
            "end": period.end.isoformat(),
            "headline": headline,
            "services": [one.service.name for one in report.services],
            "frozen": [one.service.name for one in report.services if one.frozen],
        }
        return result if told is None else result | told

    def _period(self, run: Run) -> Period:
        from airflow_ai_slo.core.periods import ending, period_of

        if isinstance(self.period, timedelta):
            return ending(run.now, self.period)
        return period_of(self.period, run.at, self.timezone)

    def _write(self, report: Report, period: Period) -> list[str]:
        from airflow_ai_slo import reports

        paths = self._targets(period)
        for kind, path in paths.items():
            _write(path, reports.render(report, kind))
            self.log.info("Report: %s", path)
        if self.url:
            self.log.info("Report: %s", self.url)
        return [str(path) for path in paths.values()]

    def _tell(self, store: Store, report: Report, run: Run) -> dict[str, Any]:
        from airflow_ai_slo import engine
        from airflow_ai_slo.hooks.delivery import deliver

        told = engine.tell_report(store, report, key=run.key, targets=list(self.targets))
        if not self.deliver:
            return {"targets": told}
        done = deliver(
            store,
            now=run.now,
            slack_conn_id=self.slack_conn_id,
            slack_channel=self.slack_channel,
            report_url=self.url,
            log=self.log,
        )
        return {"targets": told, "sent": done.sent, "pending": done.pending}

    def _targets(self, period: Period) -> dict[Any, Path]:
        kinds = [kind for kind in self.format if kind != "slack"]
        if self.path is None:
            return {}
        path = Path(self.path).expanduser()
        if self.path.endswith("/"):
            return {kind: path / f"slo-report-{period.slug}{_SUFFIXES[kind]}" for kind in kinds}
        return {kind: path.with_suffix(_SUFFIXES[kind]) if len(kinds) > 1 else path for kind in kinds}


def _formats(given: str | Sequence[str] | None, path: str | None) -> tuple[str, ...]:
    if given is None:
        return (_ENDINGS.get(Path(path or "").suffix.lower(), "html"),)
    wanted = [given] if isinstance(given, str) else list(given)
    for one in wanted:
        if one not in get_args(Format):
            raise ConfigurationError(f"format={one!r}: write 'html', 'markdown', 'json', 'slack' or 'both'")
    if not wanted:
        raise ConfigurationError("format is empty: write 'html', 'markdown', 'json', 'slack' or 'both'")
    return tuple(dict.fromkeys(kind for one in wanted for kind in (("html", "markdown") if one == "both" else (one,))))


def _checked(period: Any) -> timedelta | str:
    if isinstance(period, str):
        from airflow_ai_slo.core.periods import check_period

        return period if "{{" in period else check_period(period)
    if not isinstance(period, timedelta) or period <= timedelta(0):
        example = "a timedelta above zero, such as timedelta(days=28), or 'month'"
        raise ConfigurationError(f"period={period!r}: give {example}")
    return period


def _zone(name: str) -> str:
    if name == "UTC" or "{{" in name:
        return name
    from airflow_ai_slo.core.periods import zone_named

    return zone_named(name).key


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

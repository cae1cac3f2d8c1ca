"""One message of all SLOs' state, as often as its DAG runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowFailException

from airflow_ai_slo.compat import run_of
from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.hooks.delivery import deliver
from airflow_ai_slo.operators.base import WRONG_SETTINGS, SLOOperator

if TYPE_CHECKING:
    from airflow.sdk import Context


class SLODigestOperator(SLOOperator):
    """Tells how all SLOs stand, those that need care first. A retry of a run tells once.

    :param period: what it looks back on; as long as its DAG's schedule.
    :param services: only their SLOs; None means all.
    :param targets: notification targets by name; by default those that take ``digest``, else the default one.
    :param deliver: whether to send what waits in the outbox.
    :param slack_conn_id: Airflow connection of type Slack API or Slack incoming webhook, for what no target takes.
    :param slack_channel: where a bot posts; by default the connection's extra ``channel``.
    :param report_url: where people find the report; the message links to it.
    :param slo_conn_id: Airflow connection of the store.
    """

    template_fields: Sequence[str] = (
        "services",
        "targets",
        "slack_conn_id",
        "slack_channel",
        "report_url",
        "slo_conn_id",
    )

    def __init__(
        self,
        *,
        period: timedelta = timedelta(days=1),
        services: Sequence[str] | None = None,
        targets: Sequence[str] = (),
        deliver: bool = True,
        slack_conn_id: str = "slack_default",
        slack_channel: str | None = None,
        report_url: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        for name, given in (("services", services), ("targets", targets)):
            if isinstance(given, str):
                raise ConfigurationError(f"{name}={given!r}: give a list of names")
        if not timedelta(0) < period:
            raise ConfigurationError(f"period={period}: give a length of time, such as timedelta(days=7)")
        self.period = period
        self.services = services
        self.targets = targets
        self.deliver = deliver
        self.slack_conn_id = slack_conn_id
        self.slack_channel = slack_channel
        self.report_url = report_url

    def execute(self, context: Context) -> dict[str, Any]:
        """Returns ``{at, targets, sent, pending}``."""
        from airflow_ai_slo import engine

        run = run_of(context)
        try:
            store = self.hook.get_store()
            told = engine.digest(
                store,
                at=run.now,
                period=self.period,
                services=self.services,
                targets=list(self.targets),
                key=run.key,
            )
        except WRONG_SETTINGS as error:
            raise AirflowFailException(str(error)) from None
        result: dict[str, Any] = {"at": run.now.isoformat(), "targets": told}
        if not self.deliver:
            return result
        done = deliver(
            store,
            now=run.now,
            slack_conn_id=self.slack_conn_id,
            slack_channel=self.slack_channel,
            report_url=self.report_url,
            log=self.log,
        )
        return result | {"sent": done.sent, "pending": done.pending}

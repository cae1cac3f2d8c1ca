"""Sends how SLOs stand when a callback fires."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.notifications.base import SLONotifier
from airflow_ai_slo.notifications.occasion import occasion_of


class SLOStateNotifier(SLONotifier):
    """Tells a channel what is left of some SLOs' budgets, as they stand when the callback fires.

    It decides nothing: incidents and freezes are an evaluation's. The message goes through the store's outbox, so a
    channel that is down delays it; the same try of the same run tells once.

    :param slos: names of SLOs.
    :param text: the message's title, such as ``"{{ ti.task_id }} failed"``; by default which SLOs.
    :param targets: notification targets by name; by default what ``slack_conn_id`` leads to.
    :param deliver: whether to send at once; else the next delivery does.
    :param slack_conn_id: Airflow connection for what no target takes, with ``slack_channel`` as in
        :class:`~airflow_ai_slo.operators.evaluate.EvaluateSLOsOperator`.
    :param report_url: what the message links to.
    :param slo_conn_id: Airflow connection of the store.
    """

    template_fields: Sequence[str] = (
        "slos",
        "text",
        "targets",
        "slack_conn_id",
        "slack_channel",
        "report_url",
        "slo_conn_id",
    )

    def __init__(
        self,
        *,
        slos: Sequence[str],
        text: str = "",
        targets: Sequence[str] = (),
        deliver: bool = True,
        slack_conn_id: str = "slack_default",
        slack_channel: str | None = None,
        report_url: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if isinstance(slos, str) or not slos:
            raise ConfigurationError(f"slos={slos!r}: give a list of names")
        if isinstance(targets, str):
            raise ConfigurationError(f"targets={targets!r}: give a list of names")
        self.slos = slos
        self.text = text
        self.targets = targets
        self.deliver = deliver
        self.slack_conn_id = slack_conn_id
        self.slack_channel = slack_channel
        self.report_url = report_url

    def tell(self, context: Mapping[str, Any]) -> None:
        """Post the message, and deliver it."""
        from airflow_ai_slo import engine
        from airflow_ai_slo.hooks.delivery import deliver

        occasion = occasion_of(context)
        now = datetime.now(UTC)
        store = self.hook.get_store()
        key = f"{occasion.run.key} {occasion.attempt} {','.join(self.slos)}"
        engine.say(store, self.slos, at=now, key=key, text=self.text, targets=list(self.targets))
        if self.deliver:
            deliver(
                store,
                now=now,
                slack_conn_id=self.slack_conn_id,
                slack_channel=self.slack_channel,
                report_url=self.report_url,
                log=self.log,
            )

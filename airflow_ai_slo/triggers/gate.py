"""Waiting for a service to thaw, without a worker."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow_ai_slo.core.instants import MAX_AGE
from airflow_ai_slo.hooks.gate import OnUnknown, explain
from airflow_ai_slo.hooks.store import SLOHook
from airflow_ai_slo.triggers.polling import SHORTEST, PollingTrigger


class FreezeGateTrigger(PollingTrigger):
    """Fires once changes to a service are allowed.

    :param service: service the change goes to.
    :param labels: labels of the change.
    :param on_unknown: ``block`` waits while nobody knows, ``allow`` fires.
    :param max_age: seconds; the oldest evaluation that still counts as an answer.
    :param slo_conn_id: Airflow connection of the store.
    :param actor: who waits, for the audit log.
    :param poll_interval: seconds between two looks.
    """

    def __init__(
        self,
        *,
        service: str,
        labels: Sequence[str] = (),
        on_unknown: OnUnknown = "block",
        max_age: float = MAX_AGE.total_seconds(),
        slo_conn_id: str = SLOHook.default_conn_name,
        actor: str = "",
        poll_interval: float = SHORTEST,
    ) -> None:
        super().__init__(poll_interval=poll_interval)
        self.service = service
        self.labels = tuple(labels)
        self.on_unknown = on_unknown
        self.max_age = max_age
        self.slo_conn_id = slo_conn_id
        self.actor = actor

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Class path and arguments, as plain JSON values."""
        return (
            f"{type(self).__module__}.{type(self).__qualname__}",
            {
                "service": self.service,
                "labels": list(self.labels),
                "on_unknown": self.on_unknown,
                "max_age": self.max_age,
                "slo_conn_id": self.slo_conn_id,
                "actor": self.actor,
                "poll_interval": self.poll_interval,
            },
        )

    def look(self) -> dict[str, Any] | None:
        """The gate's answer once it does not block."""
        answer = SLOHook(self.slo_conn_id).gate(
            self.service,
            now=datetime.now(UTC),
            labels=self.labels,
            max_age=timedelta(seconds=self.max_age),
            actor=self.actor,
        )
        if answer.blocks(on_unknown=self.on_unknown):
            self.log.info("Waiting: %s", explain(answer))
            return None
        return answer.to_dict()

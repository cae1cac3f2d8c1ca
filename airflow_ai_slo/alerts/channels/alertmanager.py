"""Prometheus Alertmanager by its API v2 (``POST /api/v2/alerts``).

An alert there is its labels, and ``severity`` is one of them, because routes go by it. So an incident of ours is one
alert for each severity: a change of severity ends the one and starts the other, in one request. What is sent twice is
the same alert. An alert ends by itself at its ``endsAt``, so it is said again while it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow_ai_slo.alerts import slack_text
from airflow_ai_slo.alerts.channel import Receipt
from airflow_ai_slo.alerts.channels.http import TIMEOUT, Endpoint, encoded
from airflow_ai_slo.alerts.message import Kind, Message
from airflow_ai_slo.core.definition import Severity
from airflow_ai_slo.core.errors import ConfigurationError, DeliveryError

KEPT = timedelta(hours=26)
"""How long an alert stands without being said again; an evaluation once a day keeps it alive."""

_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_STANDS = (
    Kind.INCIDENT_OPENED,
    Kind.INCIDENT_ESCALATED,
    Kind.INCIDENT_DEESCALATED,
    Kind.FREEZE_STARTED,
    Kind.FREEZE_WIDENED,
    Kind.FREEZE_CHANGED,
)
_CHANGES = (Kind.INCIDENT_ESCALATED, Kind.INCIDENT_DEESCALATED, Kind.FREEZE_WIDENED, Kind.FREEZE_CHANGED)
_OVER = (Kind.INCIDENT_RESOLVED, Kind.INCIDENT_SUPERSEDED, Kind.FREEZE_THAWED)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class AlertmanagerChannel:
    """Posts alerts ``SLOBurnRate`` (labels service, slo, severity) and ``ServiceFrozen`` (label service; of a soft
    freeze also ``mode``).

    :param url: of Alertmanager, with its path prefix: ``http://alertmanager:9093``.
    :param takes: what may start an alert (``page``, ``ticket``, ``freeze``).
    :param labels: further labels of every alert, such as ``{"cluster": "prod"}``.
    :param headers: such as an authorization; secret.
    :param auth: user and password; secret.
    :param kept: how long an alert stands unless it is said again.
    :raises ConfigurationError: a wrong url or label.
    """

    url: str
    _: KW_ONLY
    takes: tuple[str, ...] = ("page", "ticket", "freeze")
    labels: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    auth: tuple[str, str] | None = field(default=None, repr=False)
    kept: timedelta = KEPT
    timeout: timedelta = TIMEOUT
    proxy: str | None = field(default=None, repr=False)
    clock: Callable[[], datetime] = field(default=_now, repr=False, compare=False)
    name: str = "alertmanager"

    def __post_init__(self) -> None:
        for label in self.labels:
            if not _LABEL.fullmatch(label):
                raise ConfigurationError(f"Alertmanager: label {label[:60]!r}: write letters, digits and _")
        if self.kept < timedelta(minutes=1):
            raise ConfigurationError(f"Alertmanager: kept={self.kept}: at least a minute")
        self._endpoint()

    @property
    def repeat(self) -> timedelta:
        """How old what stands may get before it is said again."""
        return self.kept / 2

    def send(self, message: Message, *, thread: str | None, again: bool = False) -> Receipt:
        """See :class:`~airflow_ai_slo.alerts.channel.Channel`."""
        if not message.kind.remark:
            self._endpoint().post(encoded(self._alerts(message)), {})
        return Receipt()

    def _alerts(self, message: Message) -> list[dict[str, Any]]:
        freeze = message.thread_key.startswith("freeze:")
        variants = ("hard", "soft") if freeze else tuple(one.label for one in Severity)
        now = message.severity.label if message.severity else str(message.figures.get("mode", "hard"))
        if message.kind in _STANDS:
            ended = [one for one in variants if one != now] if message.kind in _CHANGES else []
            starts = ("freeze" if freeze else now) in self.takes
            stands = [self._alert(message, now, self.clock() + self.kept)] if starts else []
            return stands + [self._alert(message, one, message.at) for one in ended]
        if message.kind in _OVER:
            return [self._alert(message, one, message.at) for one in variants]
        raise DeliveryError(f"{self.name}: a {message.kind.value} is no alert", permanent=True)

    def _alert(self, message: Message, variant: str, ends_at: datetime) -> dict[str, Any]:
        labels = {"service": message.service, "slo": message.slo}
        if message.thread_key.startswith("freeze:"):
            labels |= {"alertname": "ServiceFrozen", "mode": "soft" if variant == "soft" else ""}
        else:
            labels |= {"alertname": "SLOBurnRate", "severity": variant}
        alert: dict[str, Any] = {
            "labels": {key: value for key, value in (labels | dict(self.labels)).items() if value},
            "annotations": self._annotations(message),
            "startsAt": min(message.since or message.at, ends_at).isoformat(),
            "endsAt": ends_at.isoformat(),
        }
        links = [link.url for link in message.links if slack_text.is_web(link.url)]
        return alert | ({"generatorURL": links[0]} if links else {})

    def _annotations(self, message: Message) -> dict[str, str]:
        facts = {re.sub(r"\W+", "_", fact.label.lower(), flags=re.ASCII): fact.value for fact in message.facts}
        said = {"summary": message.title, "description": "\n".join(message.body)}
        said |= next(({"runbook_url": link.url} for link in message.links if link.label == "Runbook"), {})
        written = {key: slack_text.clean(value) for key, value in (facts | said).items()}
        return {key: value for key, value in written.items() if value and _LABEL.fullmatch(key)}

    def _endpoint(self) -> Endpoint:
        return Endpoint(
            url=f"{self.url.rstrip('/')}/api/v2/alerts",
            headers=self.headers,
            auth=self.auth,
            timeout=self.timeout,
            proxy=self.proxy,
            what="Alertmanager",
        )

"""PagerDuty by its Events API v2 (https://developer.pagerduty.com/docs/events-api-v2-overview).

A second ``trigger`` of an open alert only adds a line to its log, so a ticket that becomes a page would call nobody. So
an incident of ours has one alert for each severity: escalating triggers the page and resolves the ticket. Each event is
idempotent by its ``dedup_key``: what is sent twice is one alert.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass, field
from datetime import timedelta
from typing import Any

from airflow_ai_slo.alerts import slack_text
from airflow_ai_slo.alerts.channel import Receipt
from airflow_ai_slo.alerts.channels.http import AGENT, TIMEOUT, Endpoint, encoded
from airflow_ai_slo.alerts.message import Kind, Message
from airflow_ai_slo.core.definition import Severity
from airflow_ai_slo.core.errors import ConfigurationError, DeliveryError

BASE_URL = "https://events.pagerduty.com"

_LONGEST_KEY, _LONGEST_SUMMARY, _LONGEST_TEXT = 255, 1024, 2000
_SEVERITY = {"page": "critical", "ticket": "warning", "freeze": "error", "soft": "warning"}
_STANDS = (
    Kind.INCIDENT_OPENED,
    Kind.INCIDENT_ESCALATED,
    Kind.INCIDENT_DEESCALATED,
    Kind.FREEZE_STARTED,
    Kind.FREEZE_WIDENED,
    Kind.FREEZE_CHANGED,
)
_CHANGES = (Kind.INCIDENT_ESCALATED, Kind.INCIDENT_DEESCALATED)
_OVER = (Kind.INCIDENT_RESOLVED, Kind.INCIDENT_SUPERSEDED, Kind.FREEZE_THAWED)


@dataclass(frozen=True, slots=True)
class PagerDutyChannel:
    """Triggers, acknowledges and resolves alerts.

    :param routing_key: integration key of a service or an event orchestration, 32 characters; secret.
    :param takes: what may open an alert (``page``, ``ticket``, ``freeze``).
    :param source: name of this installation; part of the dedup keys, so two that share a key stay apart.
    :param base_url: ``https://events.eu.pagerduty.com`` for accounts in the EU.
    :raises ConfigurationError: a key that is none, or a wrong url.
    """

    routing_key: str = field(repr=False)
    _: KW_ONLY
    takes: tuple[str, ...] = ("page", "ticket")
    source: str = AGENT
    base_url: str = BASE_URL
    timeout: timedelta = TIMEOUT
    proxy: str | None = field(default=None, repr=False)
    name: str = "pagerduty"

    def __post_init__(self) -> None:
        object.__setattr__(self, "routing_key", self.routing_key.strip())
        if not re.fullmatch(r"[A-Za-z0-9]{32}", self.routing_key):
            raise ConfigurationError("PagerDuty: the integration key has 32 letters and digits")
        self._endpoint()

    def send(self, message: Message, *, thread: str | None, again: bool = False) -> Receipt:
        """See :class:`~airflow_ai_slo.alerts.channel.Channel`."""
        endpoint = self._endpoint()
        for action, what in self._actions(message):
            event = {"routing_key": self.routing_key, "event_action": action, "dedup_key": self._key(message, what)}
            if action == "trigger":
                event |= self._alert(message, what)
            endpoint.post(encoded(event), {}, secrets=[self.routing_key])
        return Receipt()

    def _actions(self, message: Message) -> Iterator[tuple[str, str]]:
        """What to do about which alert of the incident or freeze."""
        kinds = ("freeze",) if message.thread_key.startswith("freeze:") else tuple(one.label for one in Severity)
        now = message.severity.label if message.severity else "freeze"
        if message.kind in _STANDS:
            if now in self.takes:
                yield "trigger", now
            if message.kind in _CHANGES:
                yield from (("resolve", one) for one in kinds if one != now and one in self.takes)
        elif message.kind in _OVER:
            yield from (("resolve", one) for one in kinds if one in self.takes)
        elif message.kind is Kind.INCIDENT_ACKNOWLEDGED:
            yield "acknowledge", now
        elif not message.kind.remark:
            raise DeliveryError(f"{self.name}: a {message.kind.value} is nothing to page for", permanent=True)

    def _key(self, message: Message, what: str) -> str:
        key = f"{self.source}/{message.service}/{message.slo}/{message.thread_key}/{what}"
        return key if len(key) <= _LONGEST_KEY else f"{AGENT}/{hashlib.sha256(key.encode()).hexdigest()}"

    def _alert(self, message: Message, what: str) -> dict[str, Any]:
        links = [
            {"href": one.url, "text": _cut(one.label or one.url)} for one in message.links if slack_text.is_web(one.url)
        ]
        details: dict[str, Any] = {_cut(fact.label): _cut(fact.value) for fact in message.facts}
        details |= {"What happened": [_cut(line) for line in message.body], "Figures": dict(message.figures)}
        alert: dict[str, Any] = {
            "payload": {
                "summary": _cut(message.title, _LONGEST_SUMMARY) or message.kind.value,
                "source": _cut(f"{self.source}: {message.service}"),
                "severity": _SEVERITY["soft" if message.figures.get("mode") == "soft" else what],
                "timestamp": message.at.isoformat(),
                "component": _cut(message.slo or message.service),
                "group": _cut(message.service),
                "class": message.kind.value,
                "custom_details": details,
            },
            "links": links,
            "client": self.source,
        }
        return alert | ({"client_url": links[0]["href"]} if links else {})

    def _endpoint(self) -> Endpoint:
        url = f"{self.base_url.rstrip('/')}/v2/enqueue"
        return Endpoint(url=url, timeout=self.timeout, proxy=self.proxy, what="PagerDuty")


def _cut(text: str, most: int = _LONGEST_TEXT) -> str:
    text = slack_text.one_line(text)
    return text if len(text) <= most else f"{text[: most - 1]}…"

"""Any service that takes JSON: signed as Standard Webhooks are (https://www.standardwebhooks.com).

The headers ``webhook-id`` (the same however often one message is sent, so that a receiver can drop doubles),
``webhook-timestamp`` and, with a secret, ``webhook-signature`` are those of version 1.0.0 of that specification.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow_ai_slo.alerts import slack_text
from airflow_ai_slo.alerts.channel import Receipt
from airflow_ai_slo.alerts.channels.http import TIMEOUT, Endpoint, encoded
from airflow_ai_slo.alerts.message import Message
from airflow_ai_slo.core.errors import ConfigurationError

PREFIX = "whsec_"


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class WebhookChannel:
    """Posts every message as one JSON document.

    :param url: where; it may hold a token, so it is a secret.
    :param secret: ``whsec_`` and 24 to 64 random bytes in base64; empty signs nothing.
    :param headers: such as an authorization; secret.
    :param auth: user and password; secret.
    :raises ConfigurationError: a wrong url or secret.
    """

    url: str = field(repr=False)
    _: KW_ONLY
    secret: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    auth: tuple[str, str] | None = field(default=None, repr=False)
    timeout: timedelta = TIMEOUT
    proxy: str | None = field(default=None, repr=False)
    clock: Callable[[], datetime] = field(default=_now, repr=False, compare=False)
    name: str = "webhook"

    def __post_init__(self) -> None:
        self._key()
        self._endpoint()

    def send(self, message: Message, *, thread: str | None, again: bool = False) -> Receipt:
        """See :class:`~airflow_ai_slo.alerts.channel.Channel`."""
        body = encoded(document(message))
        identity = f"msg_{hashlib.sha256(message.dedup_key.encode()).hexdigest()[:40]}"
        stamp = str(int(self.clock().timestamp()))
        headers = {"webhook-id": identity, "webhook-timestamp": stamp}
        if key := self._key():
            signed = hmac.new(key, f"{identity}.{stamp}.".encode() + body, hashlib.sha256).digest()
            headers["webhook-signature"] = f"v1,{base64.b64encode(signed).decode()}"
        self._endpoint().post(body, headers, secrets=[self.secret])
        return Receipt()

    def _key(self) -> bytes:
        if not self.secret:
            return b""
        try:
            key = base64.b64decode(self.secret.strip().removeprefix(PREFIX), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if not 24 <= len(key) <= 64:
            raise ConfigurationError(f"webhook secret: write {PREFIX} and 24 to 64 random bytes in base64")
        return key

    def _endpoint(self) -> Endpoint:
        return Endpoint(
            url=self.url, headers=self.headers, auth=self.auth, timeout=self.timeout, proxy=self.proxy, what="webhook"
        )


def document(message: Message) -> dict[str, Any]:
    """The message as receivers get it; its fields are an interface (``docs/channels.md``)."""
    text = slack_text.clean
    return {
        "type": message.kind.value.replace("_", ".", 1),
        "timestamp": message.at.isoformat(),
        "data": {
            "id": message.dedup_key,
            "thread": message.thread_key,
            "title": text(message.title),
            "severity": message.severity.label if message.severity else None,
            "service": text(message.service) or None,
            "slo": text(message.slo) or None,
            "since": message.since.isoformat() if message.since else None,
            "facts": [{"label": text(fact.label), "value": text(fact.value)} for fact in message.facts],
            "lines": [text(line) for line in message.body],
            "links": [{"label": text(link.label), "url": link.url} for link in message.links],
            "figures": dict(message.figures),
        },
    }

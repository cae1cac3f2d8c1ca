"""Slack: by a bot token (threads, edits) or by an incoming webhook (one-way, no threads).

The SDK's own retries are off and its logger is silent: it would log the webhook's url. Connections and proxies are the
SDK's business, ``HTTPS_PROXY`` and ``NO_PROXY`` included.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple

from airflow_ai_slo.alerts import slack_answer, slack_blocks, slack_text
from airflow_ai_slo.alerts.channel import Receipt
from airflow_ai_slo.alerts.message import Kind, Message
from airflow_ai_slo.alerts.slack_answer import Answer
from airflow_ai_slo.core.errors import ConfigurationError

TIMEOUT = timedelta(seconds=10)

_log = logging.getLogger(__name__)
_BROADCAST = {
    Kind.INCIDENT_ESCALATED,
    Kind.INCIDENT_RESOLVED,
    Kind.INCIDENT_SUPERSEDED,
    Kind.FREEZE_OVERRIDDEN,
    Kind.FREEZE_OVERRIDE_REVOKED,
    Kind.FREEZE_CHANGED,
    Kind.FREEZE_THAWED,
}
_SAID_ONLY = (Kind.NOTICE, Kind.DIGEST)
_NOTE = "edited: the latest state; the thread tells each step"
_THREAD = ("thread_ts", "reply_broadcast")
_WITHOUT = (
    dict.fromkeys(("invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"), ("blocks",))
    | dict.fromkeys(
        ("invalid_metadata_format", "invalid_metadata_schema", "metadata_must_be_sent_from_app", "metadata_too_large"),
        ("metadata",),
    )
    | dict.fromkeys(
        (
            "thread_not_found", "message_not_found", "cannot_reply_to_message", "restricted_action_thread_locked",
            "restricted_action_non_threadable_channel", "channel_not_found", "is_archived", "not_in_channel",
        ),
        _THREAD,
    )
)  # fmt: skip
"""What to leave out when Slack refuses a part of a message, so that the rest still gets through."""

_CHANNEL_ID = re.compile(r"[CGD][A-Z0-9]{7,}")
_LOOK_BACK = timedelta(minutes=10)
_PAGES, _PAGE = 3, 200


class _Place(NamedTuple):
    """A message inside Slack; written ``C012AB3CD/1700000000.000100`` in the outbox."""

    channel: str
    ts: str

    @classmethod
    def read(cls, thread: str | None) -> _Place | None:
        match = re.fullmatch(r"([A-Z0-9]+)/([0-9]+\.[0-9]+)", thread or "")
        return cls(match[1], match[2]) if match else None

    def __str__(self) -> str:
        return f"{self.channel}/{self.ts}"


@dataclass(frozen=True, slots=True)
class SlackBotChannel:
    """Posts by ``chat.postMessage``: one thread per incident, whose first message is edited to show the latest state.

    Escalations, ends of incidents, overrides, thaws, and freezes made soft or hard are replies that the whole channel
    sees; the rest stays in the thread.

    :param token: a bot token with the scope ``chat:write``. With ``channels:history`` (``groups:history`` for private
        channels) a message whose first attempt went unanswered is looked for before it is sent again.
    :param channel: ID (``C012AB3CD``) or name; only by ID can a first message be looked for.
    :param base_url: another server that speaks Slack's API, such as ``http://127.0.0.1:8099/api/``.
    :param timeout: for each request; a message takes up to three, and three more when it is sent again.
    :param mention: whom a page calls: ``here``, ``channel``, or the ID of a member or group.
    :raises ConfigurationError: an empty or malformed token or channel.
    """

    token: str = field(repr=False)
    channel: str
    _: KW_ONLY
    base_url: str | None = None
    timeout: timedelta = TIMEOUT
    proxy: str | None = field(default=None, repr=False)
    mention: tuple[str, ...] = ()
    name: str = "slack"

    def __post_init__(self) -> None:
        object.__setattr__(self, "token", self.token.strip())
        if not re.fullmatch(r"[\x21-\x7e]+", self.token):
            raise ConfigurationError("Slack token: empty, or with characters no token has; give one such as xoxb-…")
        if not self.channel.strip():
            raise ConfigurationError("Slack channel: empty; give its ID (C012AB3CD) or name")
        if self.base_url is not None and not slack_text.is_web(self.base_url):
            raise ConfigurationError("Slack base_url: not an http or https url")

    def send(self, message: Message, *, thread: str | None, again: bool = False) -> Receipt:
        """See :class:`~airflow_ai_slo.alerts.channel.Channel`."""
        client, root = self._client(), _Place.read(thread)
        if root and not message.kind.remark and message.kind not in _SAID_ONLY:
            self._edit(client, root, message)
        if again and (found := self._find(client, root, message)):
            return Receipt(str(root or found))
        return self._post(client, root, message)

    def _post(self, client: Any, root: _Place | None, message: Message) -> Receipt:
        body = self._request(message, mention=self.mention) | {"metadata": slack_blocks.metadata(message)}
        if root:
            body |= {"channel": root.channel, "thread_ts": root.ts, "reply_broadcast": message.kind in _BROADCAST}
        answer = self._call(client, "chat.postMessage", body)
        while (parts := _WITHOUT.get(answer.code)) and parts[0] in body:
            _log.warning("Slack channel %s: %s; sending without %s", self.channel, answer.code, parts[0])
            body = {key: value for key, value in body.items() if key not in parts}
            if parts is _THREAD:
                body["channel"] = self.channel
            answer = self._call(client, "chat.postMessage", body)
        if not answer.ok:
            raise answer.error(self._where)
        posted = answer.data.get("message") or {}
        channel, ts = answer.data.get("channel"), posted.get("thread_ts") or answer.data.get("ts")
        return Receipt(str(_Place(channel, ts)) if channel and ts else None)

    def _edit(self, client: Any, root: _Place, message: Message) -> None:
        """Bring the thread's first message up to date, before posting: that way a retry does no harm.

        It is a courtesy: unless Slack asks to wait, a failure does not keep the message itself from being sent.
        """
        body = self._request(message, note=_NOTE) | {"channel": root.channel, "ts": root.ts}
        for unused in ("unfurl_links", "unfurl_media"):
            del body[unused]
        answer = self._call(client, "chat.update", body)
        if answer.rate_limited:
            raise answer.error(self._where)
        if not answer.ok:
            _log.warning(
                "%s: first message of %s not edited: %s", self._where, message.thread_key, answer.error("update")
            )

    def _find(self, client: Any, root: _Place | None, message: Message) -> _Place | None:
        """Look for this very message in the thread or the channel; None also where Slack does not let us."""
        channel = root.channel if root else self.channel
        if not _CHANNEL_ID.fullmatch(channel):
            return None
        key = slack_blocks.metadata(message)["event_payload"]["dedup_key"]
        for said in self._history(client, channel, root, message):
            about = said.get("metadata") or {}
            payload = about.get("event_payload") or {}
            if about.get("event_type") == slack_blocks.EVENT_TYPE and payload.get("dedup_key") == key:
                return _Place(channel, said["ts"])
        return None

    def _history(self, client: Any, channel: str, root: _Place | None, message: Message) -> Iterator[Mapping[str, Any]]:
        method = "conversations.replies" if root else "conversations.history"
        query: dict[str, Any] = {"channel": channel, "limit": _PAGE, "include_all_metadata": True}
        query["oldest"] = f"{(message.at - _LOOK_BACK).timestamp():.6f}"
        if root:
            query["ts"] = root.ts
        for _ in range(_PAGES):
            answer = slack_answer.ask(lambda: client.api_call(method, params=query), slack_answer.read_api)
            if not answer.ok:
                _log.info("%s: cannot look for an earlier attempt: %s", self._where, answer.code or answer.lost)
                return
            yield from answer.data.get("messages") or ()
            cursor = (answer.data.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return
            query["cursor"] = cursor

    def _request(self, message: Message, *, note: str = "", mention: Sequence[str] = ()) -> dict[str, Any]:
        return {
            "channel": self.channel,
            "text": slack_blocks.text(message, mention=mention),
            "blocks": slack_blocks.blocks(message, note=note, mention=mention),
            "parse": "none",
            "link_names": False,
            "unfurl_links": False,
            "unfurl_media": False,
        }

    def _call(self, client: Any, method: str, body: Mapping[str, Any]) -> Answer:
        return slack_answer.ask(lambda: client.api_call(method, json=dict(body)), slack_answer.read_api)

    def _client(self) -> Any:
        from slack_sdk import WebClient

        options: dict[str, Any] = {} if self.base_url is None else {"base_url": self.base_url}
        return WebClient(self.token, **options, **_client_options(self.timeout, self.proxy))

    @property
    def _where(self) -> str:
        return f"{self.name}, channel {self.channel}"


@dataclass(frozen=True, slots=True)
class SlackWebhookChannel:
    """Posts by an incoming webhook: every message stands alone, nothing is threaded, edited or looked for.

    :param url: the webhook's url; it is a secret.
    :raises ConfigurationError: not an http or https url.
    """

    url: str = field(repr=False)
    _: KW_ONLY
    timeout: timedelta = TIMEOUT
    proxy: str | None = field(default=None, repr=False)
    mention: tuple[str, ...] = ()
    name: str = "slack"

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", self.url.strip())
        valid = re.fullmatch(r"[\x21-\x7e]+", self.url) and slack_text.is_web(self.url)
        if not valid:
            raise ConfigurationError("Slack webhook: not an http or https url; it looks like https://hooks.slack.com/…")

    def send(self, message: Message, *, thread: str | None, again: bool = False) -> Receipt:
        """See :class:`~airflow_ai_slo.alerts.channel.Channel`."""
        from slack_sdk.webhook import WebhookClient

        client = WebhookClient(self.url, **_client_options(self.timeout, self.proxy))
        body = {
            "text": slack_blocks.text(message, mention=self.mention),
            "blocks": slack_blocks.blocks(message, mention=self.mention),
        }
        answer = slack_answer.ask(lambda: client.send_dict(body), slack_answer.read_webhook)
        if answer.code in _WITHOUT and "blocks" in _WITHOUT[answer.code]:
            _log.warning("%s, webhook: %s; sending plain text", self.name, answer.code)
            plain = {"text": body["text"]}
            answer = slack_answer.ask(lambda: client.send_dict(plain), slack_answer.read_webhook)
        if not answer.ok:
            raise answer.error(f"{self.name}, webhook")
        return Receipt()


def _client_options(timeout: timedelta, proxy: str | None) -> dict[str, Any]:
    silent = logging.Logger(f"{__name__}.sdk", level=logging.CRITICAL + 1)
    return {"timeout": timeout.total_seconds(), "proxy": proxy, "retry_handlers": [], "logger": silent}

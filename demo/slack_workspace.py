"""A Slack workspace in memory: channels, messages, threads, edits, and the shapes in which Slack's API answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

from demo import slack_rules

TEAM, APP, BOT, USER = "T0LOCAL0001", "A0LOCAL0001", "B0LOCAL0001", "U0LOCAL0001"
ALL_SCOPES = ("chat:write", "channels:history", "groups:history")

Answer = dict[str, Any]


class Refused(Exception):
    """Slack's ``{"ok": false, "error": code}``, with what it adds."""

    def __init__(self, code: str, **extra: Any) -> None:
        self.answer: Answer = {"ok": False, "error": code, **extra}
        super().__init__(code)


class Workspace:
    """Takes messages as Slack would, or raises :class:`Refused`.

    :param channels: names; each gets an ID.
    :param scopes: what the token may do.
    """

    def __init__(self, channels: tuple[str, ...], scopes: tuple[str, ...]) -> None:
        self.channels = {name.lstrip("#"): f"C0LOCAL{index:04d}" for index, name in enumerate(channels, start=1)}
        self.scopes = scopes
        self.messages: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._last_ts = 0

    def auth_test(self, body: Mapping[str, Any]) -> Answer:
        names = {"url": "http://127.0.0.1/", "team": "local", "user": "slo"}
        return {"ok": True, **names, "team_id": TEAM, "user_id": USER, "bot_id": BOT, "is_enterprise_install": False}

    def post(self, body: Mapping[str, Any], *, via: str = "api") -> tuple[Answer, dict[str, Any]]:
        """``chat.postMessage``: the answer, and the message as it is kept."""
        if via == "api":
            self._need("chat:write")
        channel = self._channel(body, by_name=True)
        content = _content(body)
        with self._lock:
            ts = self._next_ts()
            message = {"type": "message", "user": USER, "bot_id": BOT, "app_id": APP, "team": TEAM, "ts": ts} | content
            if root := self._message(channel, str(body.get("thread_ts") or "")):
                message["thread_ts"] = root.get("thread_ts") or root["ts"]
                if body.get("reply_broadcast") in (True, "1", "true"):
                    message["subtype"] = "thread_broadcast"
            self.messages.append(message | {"channel": channel})
        shown = {key: value for key, value in message.items() if key != "subtype"}
        return {"ok": True, "channel": channel, "ts": ts, "message": shown}, self.messages[-1]

    def update(self, body: Mapping[str, Any]) -> tuple[Answer, dict[str, Any]]:
        """``chat.update``: what is left out stays as it was."""
        self._need("chat:write")
        channel = self._channel(body, by_name=False)
        content = _content(body)
        with self._lock:
            message = self._message(channel, str(body.get("ts") or ""))
            if message is None:
                raise Refused("message_not_found")
            message |= content | {"edited": {"user": USER, "ts": self._next_ts()}}
        return {
            "ok": True,
            "channel": channel,
            "ts": message["ts"],
            "text": message["text"],
            "message": content,
        }, message

    def history(self, body: Mapping[str, Any]) -> Answer:
        """``conversations.history``: newest first; of replies only those shown to the channel."""
        channel = self._readable(body)
        seen = [m for m in self.messages if m["channel"] == channel and _in_channel(m)]
        return _page(sorted(seen, key=lambda m: m["ts"], reverse=True), body)

    def replies(self, body: Mapping[str, Any]) -> Answer:
        """``conversations.replies``: the thread's first message, then its replies, oldest first."""
        channel = self._readable(body)
        root = self._message(channel, str(body.get("ts") or ""))
        if root is None:
            raise Refused("thread_not_found")
        thread = [m for m in self.messages if m["channel"] == channel and m.get("thread_ts") == root["ts"]]
        return _page([root, *thread], body)

    def delete(self, ts: str) -> None:
        """Somebody removes a message; its thread goes with it."""
        with self._lock:
            self.messages = [m for m in self.messages if ts not in (m["ts"], m.get("thread_ts"))]

    def _channel(self, body: Mapping[str, Any], *, by_name: bool) -> str:
        asked = str(body.get("channel") or "")
        if asked in self.channels.values():
            return asked
        if by_name and (found := self.channels.get(asked.lstrip("#"))):
            return found
        raise Refused("channel_not_found")

    def _readable(self, body: Mapping[str, Any]) -> str:
        self._need("channels:history")
        return self._channel(body, by_name=False)

    def _need(self, scope: str) -> None:
        if scope not in self.scopes:
            raise Refused("missing_scope", needed=scope, provided=",".join(self.scopes))

    def _message(self, channel: str, ts: str) -> dict[str, Any] | None:
        return next((m for m in self.messages if m["channel"] == channel and m["ts"] == ts), None)

    def _next_ts(self) -> str:
        self._last_ts = max(self._last_ts + 1, time.time_ns() // 1000)
        return f"{self._last_ts // 10**6}.{self._last_ts % 10**6:06d}"


def _content(body: Mapping[str, Any]) -> dict[str, Any]:
    text, blocks, metadata = body.get("text"), body.get("blocks"), body.get("metadata")
    if not text and not blocks:
        raise Refused("no_text")
    content: dict[str, Any] = {"text": str(text or "")[:40_000]}
    if blocks:
        if problems := slack_rules.block_problems(blocks):
            shown = [f"[ERROR] {problem}" for problem in problems]
            raise Refused("invalid_blocks", errors=problems, response_metadata={"messages": shown})
        if slack_rules.too_long(blocks):
            raise Refused("msg_blocks_too_long")
        content["blocks"] = [{"block_id": f"b{index}"} | block for index, block in enumerate(blocks)]
    if metadata:
        if problem := slack_rules.metadata_problem(metadata):
            raise Refused(problem)
        content["metadata"] = metadata
    return content


def _in_channel(message: Mapping[str, Any]) -> bool:
    return "thread_ts" not in message or message.get("subtype") == "thread_broadcast"


def _page(messages: list[dict[str, Any]], body: Mapping[str, Any]) -> Answer:
    oldest, start = float(body.get("oldest") or 0), int(body.get("cursor") or 0)
    limit = min(int(body.get("limit") or 100), 999)
    hidden = {"channel"} if body.get("include_all_metadata") in (True, "1", "true") else {"channel", "metadata"}
    seen = [
        {key: value for key, value in message.items() if key not in hidden}
        for message in messages
        if float(message["ts"]) > oldest
    ]
    more = start + limit < len(seen)
    answer: Answer = {"ok": True, "messages": seen[start : start + limit], "has_more": more}
    return answer | ({"response_metadata": {"next_cursor": str(start + limit)}} if more else {})

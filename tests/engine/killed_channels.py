"""A local Slack and a local webhook receiver in a process of their own, so that whoever forks has no threads."""

from __future__ import annotations

import multiprocessing
import threading
import time
import urllib.request
from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from typing import Any, NamedTuple
from urllib.error import URLError

from local_services import Services

from airflow_ai_slo.alerts import Channel, SlackBotChannel
from airflow_ai_slo.alerts.channels.webhook import WebhookChannel
from demo.slack_server import SlackServer


class Posted(NamedTuple):
    """A message in Slack: under which key, in which thread; of the first of a thread its own ``ts``."""

    dedup_key: str
    thread: str


class Servers(AbstractContextManager["Servers"]):
    """Both, running; :meth:`channels` speaks to them."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("fork")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        self._slack_url, self._channel, self._token, self._hook_url = self._pipe.recv()

    def channels(self) -> Mapping[str, Channel]:
        """By target."""
        slack = SlackBotChannel(self._token, self._channel, base_url=self._slack_url)
        return {"default": slack, "hook": WebhookChannel(self._hook_url)}

    def clear(self) -> None:
        self._ask("clear")

    def come_to_rest(self) -> None:
        """Wait until every request that was sent has been dealt with, as it is by the time a lease is over."""
        self._ask("rest")

    def posted(self) -> list[Posted]:
        """What Slack shows, oldest first."""
        found: list[Posted] = self._ask("posted")
        return found

    def hooked(self) -> list[dict[str, Any]]:
        """Documents that the webhook's receiver took, doubles included."""
        found: list[dict[str, Any]] = self._ask("hooked")
        return found

    def __exit__(self, *_: object) -> None:
        self._pipe.send("stop")
        self._process.join(10)

    def _ask(self, what: str) -> Any:
        self._pipe.send(what)
        return self._pipe.recv()


def _serve(pipe: Any) -> None:
    with SlackServer() as slack, Services() as services:
        for server in (slack._server, services._server):
            # A client that was killed does not wait for its answer.
            server.handle_error = lambda *_: None  # type: ignore[method-assign]
        own = threading.active_count()
        pipe.send((slack.base_url, slack.channel_id, slack.token, f"{services.url}/hook"))
        while (asked := pipe.recv()) != "stop":
            if asked == "clear":
                slack.messages.clear()
                services.calls.clear()
                pipe.send(None)
            elif asked == "rest":
                _rest(slack, services, own)
                pipe.send(None)
            elif asked == "posted":
                pipe.send([_posted(one) for one in slack.messages])
            else:
                # Of a request that was cut off midway only a part has come in.
                whole = [one for one in services.calls if len(one.body) == int(one.headers.get("content-length", -1))]
                pipe.send([one.json for one in whole if one.path == "/hook"])


def _rest(slack: SlackServer, services: Services, own: int) -> None:
    for url in (f"{slack.base_url}auth.test", f"{services.url}/nothing"):
        # Connections are taken in the order in which they came: once this one is answered, no earlier one is left.
        with suppress(URLError):
            urllib.request.urlopen(url, data=b"{}", timeout=10).close()
    patience = time.monotonic() + 10
    while threading.active_count() > own and time.monotonic() < patience:
        time.sleep(0.001)


def _posted(message: dict[str, Any]) -> Posted:
    return Posted(message["metadata"]["event_payload"]["dedup_key"], message.get("thread_ts", message["ts"]))

"""A small Slack on 127.0.0.1, for the demo and the tests: the part of Slack's API that alerts use.

It checks tokens, scopes and Block Kit limits and answers in Slack's shapes, so that what passes here is well-formed
there; it can also misbehave on demand. ``python -m demo.slack_server --log slack.jsonl`` runs it on its own.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any, TextIO

from demo.slack_http import HOOK, Fault, Handler
from demo.slack_terminal import show
from demo.slack_workspace import ALL_SCOPES, Answer, Refused, Workspace

TOKEN = "xoxb-local-demo"
CHANNEL = "slo-alerts"


class SlackServer(AbstractContextManager["SlackServer"]):
    """A running local Slack; a context manager, or :meth:`close` it.

    :param log: file that gets one JSON line for each message taken or edited.
    :param echo: where to print messages as people would see them; None prints nothing.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        token: str = TOKEN,
        channels: tuple[str, ...] = (CHANNEL,),
        scopes: tuple[str, ...] = ALL_SCOPES,
        log: Path | None = None,
        echo: TextIO | None = None,
    ) -> None:
        self.workspace = Workspace(channels, scopes)
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.released = threading.Event()
        self.token, self._log, self._echo = token, log, echo
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), type("SlackHandler", (Handler,), {"slack": self}))
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def base_url(self) -> str:
        """For ``WebClient(base_url=…)``, or ``base_url`` in the extra of an Airflow Slack connection."""
        return f"{self.origin}/api/"

    @property
    def webhook_url(self) -> str:
        return f"{self.origin}{HOOK}"

    @property
    def channel_id(self) -> str:
        """ID of the first channel."""
        return next(iter(self.workspace.channels.values()))

    @property
    def messages(self) -> list[dict[str, Any]]:
        """Every message kept, oldest first, as last edited, with its ``channel``."""
        return self.workspace.messages

    def fail_next(self, fault: str, *, method: str = "", times: int = 1, retry_after: str = "30") -> None:
        """Misbehave at the next requests.

        :param fault: one of :data:`FAULTS`, or an error code to answer, such as ``channel_not_found``.
        :param method: only at this method (``chat.update``, or ``webhook``).
        :param retry_after: the header of a 429; empty leaves it out.
        """
        with self._lock:
            self._faults.append(Fault(fault, method, times, retry_after))

    def fault_at(self, method: str) -> Fault | None:
        """The fault meant for this request, used up by it."""
        with self._lock:
            for fault in self._faults:
                if fault.times > 0 and fault.method in ("", method):
                    fault.times -= 1
                    return fault
        return None

    def answer(self, method: str, body: dict[str, Any]) -> Answer:
        """What Slack would answer to one call.

        :raises Refused: Slack would refuse it.
        """
        workspace = self.workspace
        if method == "chat.postMessage":
            answer, message = workspace.post(body)
            self._tell(message, "posted", via="api")
            return answer
        if method == "chat.update":
            answer, message = workspace.update(body)
            self._tell(message, "edited", via="api")
            return answer
        if method == "webhook":
            _, message = workspace.post(body | {"channel": self.channel_id}, via="webhook")
            self._tell(message, "posted", via="webhook")
            return {"ok": True}
        reads = {
            "auth.test": workspace.auth_test,
            "conversations.history": workspace.history,
            "conversations.replies": workspace.replies,
        }
        if method not in reads:
            raise Refused("unknown_method", req_method=method)
        return reads[method](body)

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __exit__(self, *_: object) -> None:
        self.close()

    def _tell(self, message: dict[str, Any], event: str, *, via: str) -> None:
        channel = next(name for name, id_ in self.workspace.channels.items() if id_ == message["channel"])
        with self._lock:
            if self._echo is not None:
                colour = self._echo.isatty()
                print(
                    show(message, channel=channel, edited=event == "edited", colour=colour), file=self._echo, flush=True
                )
            if self._log is not None:
                line = {"at": datetime.now(UTC).isoformat(), "event": event, "via": via, "channel_name": channel}
                with self._log.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(line | message, ensure_ascii=False) + "\n")


def main(arguments: list[str] | None = None) -> int:
    """Run until stopped."""
    parser = argparse.ArgumentParser(prog="python -m demo.slack_server", description=__doc__)
    parser.add_argument("--port", type=int, default=8099, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--log", type=Path, help="append one JSON line for each message to this file")
    parser.add_argument("--token", default=TOKEN, help="the only token taken")
    parser.add_argument("--channel", action="append", help=f"a channel's name (default {CHANNEL})")
    options = parser.parse_args(arguments)
    channels = tuple(options.channel or (CHANNEL,))
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        server = SlackServer(
            port=options.port, token=options.token, channels=channels, log=options.log, echo=sys.stdout
        )
    except OSError as error:
        print(f"error: 127.0.0.1:{options.port}: {error.strerror}; give another --port", file=sys.stderr)
        return 2
    with server:
        print(f"Local Slack at {server.base_url}, token {server.token}, channel #{channels[0]} ({server.channel_id})")
        print(f"Incoming webhook: {server.webhook_url}\n", flush=True)
        stop.wait()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

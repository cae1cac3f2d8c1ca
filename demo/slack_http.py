"""HTTP in front of the local Slack: tokens, bodies, statuses, and misbehaving on demand."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from demo.slack_workspace import Answer, Refused

HOOK = "/services/T0LOCAL0001/B0LOCAL0002/local-demo-secret"
FAULTS = ("429", "500", "html", "hang", "drop", "accept_and_drop")
_HOOK_STATUS = {"channel_not_found": 404, "is_archived": 410, "no_service": 404, "action_prohibited": 403}


@dataclass
class Fault:
    """How to misbehave, at which method (empty: any), how often; ``retry_after`` is a 429's header."""

    how: str
    method: str
    times: int
    retry_after: str


class Slack(Protocol):
    """What answers the requests.

    :param calls: every method called, with its body.
    :param released: requests that hang go on once it is set.
    """

    token: str
    calls: list[tuple[str, dict[str, Any]]]
    released: threading.Event

    @property
    def messages(self) -> list[dict[str, Any]]: ...

    def fault_at(self, method: str) -> Fault | None: ...

    def answer(self, method: str, body: dict[str, Any]) -> Answer: ...


class Handler(BaseHTTPRequestHandler):
    """One request; ``slack`` is set by the server that makes the class its own."""

    slack: Slack

    def do_GET(self) -> None:
        self._reply(200, {"ok": True, "server": "local Slack", "messages": len(self.slack.messages)})

    def do_POST(self) -> None:
        path = urlsplit(self.path).path
        method = path.removeprefix("/api/") if path.startswith("/api/") else "webhook"
        try:
            body = self._body()
        except ValueError:
            body = None
        self.slack.calls.append((method, body or {}))
        fault = self.slack.fault_at(method)
        if fault is not None and fault.how in FAULTS:
            self._misbehave(fault, method, body or {})
        elif method == "webhook":
            self._webhook(path, body, fault)
        else:
            self._api(method, body, fault)

    def _api(self, method: str, body: dict[str, Any] | None, fault: Fault | None) -> None:
        try:
            if body is None:
                raise Refused("invalid_json")
            self._check_token(body)
            if fault is not None:
                raise Refused(fault.how)
            answer = self.slack.answer(method, body)
        except Refused as refused:
            answer = refused.answer
        self._reply(200, answer)

    def _webhook(self, path: str, body: dict[str, Any] | None, fault: Fault | None) -> None:
        try:
            if path != HOOK:
                raise Refused("no_service")
            if body is None:
                raise Refused("invalid_payload")
            if fault is not None:
                raise Refused(fault.how)
            self.slack.answer("webhook", body)
        except Refused as refused:
            code = refused.answer["error"]
            self._reply(_HOOK_STATUS.get(code, 400), code)
        else:
            self._reply(200, "ok")

    def _misbehave(self, fault: Fault, method: str, body: dict[str, Any]) -> None:
        if fault.how == "429":
            headers = {"Retry-After": fault.retry_after} if fault.retry_after else {}
            self._reply(429, {"ok": False, "error": "ratelimited"}, **headers)
        elif fault.how == "500":
            self._reply(500, "Internal Server Error")
        elif fault.how == "html":
            self._reply(200, "<!doctype html><title>Sign in to the network</title>")
        else:
            if fault.how == "accept_and_drop":
                self.slack.answer(method, body)
            if fault.how == "hang":
                self.slack.released.wait()
            self.close_connection = True
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)

    def _body(self) -> dict[str, Any]:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("utf-8")
        if self.headers.get_content_type() == "application/json":
            parsed = json.loads(raw)
        else:
            form = dict(parse_qsl(raw, keep_blank_values=True))
            encoded = {key: json.loads(form[key]) for key in ("blocks", "metadata") if key in form}
            parsed = json.loads(form["payload"]) if "payload" in form else form | encoded
        if not isinstance(parsed, dict):
            raise ValueError("not an object")
        return parsed

    def _check_token(self, body: dict[str, Any]) -> None:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ") or body.get("token")
        if not token:
            raise Refused("not_authed")
        if token != self.slack.token:
            raise Refused("invalid_auth")

    def _reply(self, status: int, answer: Answer | str, **headers: str) -> None:
        is_text = isinstance(answer, str)
        raw = (answer if is_text else json.dumps(answer)).encode()  # type: ignore[union-attr]
        self.send_response(status)
        self.send_header("Content-Type", f"{'text/html' if is_text else 'application/json'}; charset=utf-8")
        self.send_header("Content-Length", str(len(raw)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: object) -> None:
        """Requests are not news; messages are."""

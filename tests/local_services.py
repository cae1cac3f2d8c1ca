"""PagerDuty, Alertmanager and a webhook's receiver on this machine: they speak the real protocols, and misbehave.

PagerDuty as its Events API v2 documents it (202, 400 with errors, 429; alerts by ``dedup_key``), Alertmanager as its
``api/v2/openapi.yaml`` and handlers have it (alerts by their labels, ``endsAt`` decides), the receiver as Standard
Webhooks 1.0.0 asks.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import socket
import threading
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ROUTING_KEY = "0123456789abcdef0123456789ABCDEF"
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
RESOLVE_TIMEOUT = 300


@dataclass
class Call:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Fault:
    """``429``, ``500``, ``503``, ``html``, ``hang``, ``drip``, ``drop``, ``accept_and_drop``, ``302``, ``401``…"""

    how: str
    times: int
    retry_after: str


@dataclass
class Alert:
    """One alert as PagerDuty or Alertmanager holds it."""

    state: str
    severity: str = ""
    log: list[str] = field(default_factory=list)


class Services(AbstractContextManager["Services"]):
    """A running server; ``/v2/enqueue`` is PagerDuty, ``/am/api/v2/alerts`` Alertmanager, ``/hook`` takes webhooks."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.pages: dict[str, list[Alert]] = {}
        self.alerts: dict[frozenset[tuple[str, str]], dict[str, Any]] = {}
        self.hooked: dict[str, Any] = {}
        self.faults: list[Fault] = []
        self.released = threading.Event()
        self._lock = threading.Lock()
        handler = type("ServicesHandler", (_Handler,), {"services": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def fail_next(self, how: str, *, times: int = 1, retry_after: str = "30") -> None:
        self.faults.append(Fault(how, times, retry_after))

    def firing(self, at: datetime | None = None) -> list[dict[str, str]]:
        """Labels of Alertmanager's alerts that fire at an instant."""
        at = at or datetime.now(UTC)
        return [dict(labels) for labels, alert in self.alerts.items() if alert["startsAt"] <= at < alert["endsAt"]]

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __exit__(self, *_: object) -> None:
        self.close()

    def answer(self, call: Call) -> tuple[int, Any]:
        with self._lock:
            if call.path == "/v2/enqueue":
                return self._page(call)
            if call.path == "/am/api/v2/alerts":
                return self._alert(call)
            return self._hook(call) if call.path.startswith("/hook") else (404, "no such path")

    def _page(self, call: Call) -> tuple[int, Any]:
        event, errors = call.json, []
        if len(event.get("routing_key", "")) != 32:
            errors.append("Length of 'routing_key' is incorrect (should be 32 characters)")
        action, key, payload = event.get("event_action"), event.get("dedup_key", ""), event.get("payload", {})
        if action not in ("trigger", "acknowledge", "resolve"):
            errors.append("'event_action' is invalid (should be one of: trigger, acknowledge, resolve)")
        if len(key) > 255:
            errors.append("Length of 'dedup_key' is incorrect (should be no longer than 255 characters)")
        if action == "trigger":
            errors += [
                f"'payload.{name}' is missing or blank" for name in ("summary", "source") if not payload.get(name)
            ]
            if len(payload.get("summary", "")) > 1024:
                errors.append("Length of 'payload.summary' is incorrect")
            if payload.get("severity") not in ("critical", "error", "warning", "info"):
                errors.append("'payload.severity' is invalid (must be one of: critical, error, warning, info)")
            errors += ["'links.href' is missing" for link in event.get("links", []) if not link.get("href")]
        if errors:
            return 400, {"status": "invalid event", "message": "Event object is invalid", "errors": errors}
        if event["routing_key"] != ROUTING_KEY:
            return 400, {
                "status": "invalid event",
                "message": "Event object is invalid",
                "errors": ["Invalid routing key"],
            }
        self._apply(action, key, payload)
        return 202, {"status": "success", "message": "Event processed", "dedup_key": key}

    def _apply(self, action: str, key: str, payload: dict[str, Any]) -> None:
        """As documented: a trigger of an open alert is a line in its log; of a resolved one, a new alert."""
        opened = self.pages.setdefault(key, [])
        current = opened[-1] if opened and opened[-1].state != "resolved" else None
        if action == "trigger" and current is None:
            opened.append(Alert("triggered", payload["severity"], [payload["summary"]]))
        elif action == "trigger" and current is not None:
            current.log.append(payload["summary"])
        elif current is not None:
            current.state = {"acknowledge": "acknowledged", "resolve": "resolved"}[action]

    def _alert(self, call: Call) -> tuple[int, Any]:
        now = datetime.now(UTC)
        for alert in call.json:
            labels = {name: value for name, value in alert["labels"].items() if value}
            starts, ends = datetime.fromisoformat(alert["startsAt"]), datetime.fromisoformat(alert["endsAt"])
            if not labels or not all(re.fullmatch("[a-zA-Z_][a-zA-Z0-9_]*", name) for name in labels):
                return 400, "at least one label pair required"
            if ends < starts:
                return 400, "start time must be before end time"
            kept = {"startsAt": starts, "endsAt": ends, "updatedAt": now, "annotations": alert.get("annotations", {})}
            self.alerts[frozenset(labels.items())] = kept | {"generatorURL": alert.get("generatorURL", "")}
        return 200, ""

    def _hook(self, call: Call) -> tuple[int, Any]:
        identity, stamp = call.headers.get("webhook-id", ""), call.headers.get("webhook-timestamp", "")
        if signed := call.headers.get("webhook-signature"):
            key = base64.b64decode(SECRET.removeprefix("whsec_"))
            expected = hmac.new(key, f"{identity}.{stamp}.".encode() + call.body, hashlib.sha256).digest()
            if f"v1,{base64.b64encode(expected).decode()}" not in signed.split(" "):
                return 401, "wrong signature"
        elif call.path == "/hook/signed":
            return 401, "no signature"
        if call.path == "/hook/bearer" and call.headers.get("authorization") != "Bearer s3cret-token":
            return 401, f"wrong token: {call.headers.get('authorization')}"
        self.hooked.setdefault(identity, call.json)
        return 204, ""


class _Handler(BaseHTTPRequestHandler):
    services: Services
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        call = Call(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        self.services.calls.append(call)
        fault = next((one for one in self.services.faults if one.times > 0), None)
        if fault is None:
            self._reply(*self.services.answer(call))
            return
        fault.times -= 1
        self._misbehave(fault, call)

    def _misbehave(self, fault: Fault, call: Call) -> None:
        if fault.how.isdigit():
            headers = {"Retry-After": fault.retry_after} if fault.how in ("429", "503") and fault.retry_after else {}
            if fault.how == "302":
                headers = {"Location": "https://elsewhere.example/"}
            self._reply(int(fault.how), f"fault {fault.how}", **headers)
        elif fault.how == "html":
            self._reply(502, "<!doctype html><title>Bad gateway</title>")
        elif fault.how == "drip":
            with suppress(OSError):
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
                while not self.services.released.wait(0.05):
                    self.wfile.write(b"x")
        else:
            if fault.how == "accept_and_drop":
                self.services.answer(call)
            if fault.how == "hang":
                self.services.released.wait()
            self.close_connection = True
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)

    def _reply(self, status: int, answer: Any, **headers: str) -> None:
        raw = (
            b""
            if status == 204
            else (answer if isinstance(answer, str) and "<" in answer else json.dumps(answer)).encode()
        )
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: object) -> None:
        """Requests are not news."""

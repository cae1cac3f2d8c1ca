"""A real API server of Airflow on this machine, with users of every role who log in."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_ROLES = {"ann": "viewer", "uma": "user", "olga": "op", "bob": "admin"}
_PASSWORDS = {name: f"of the {role}" for name, role in _ROLES.items()}


@dataclass(frozen=True)
class Answer:
    """Status, headers and JSON of one answer (text where it is no JSON)."""

    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True)
class ApiServer:
    """Where it listens, and whom it knows."""

    origin: str

    def token(self, user: str) -> str:
        """A user's token, by logging in."""
        login = {"username": user, "password": _PASSWORDS[user]}
        return str(self.call("/auth/token", body=login).body["access_token"])

    def call(
        self, path: str, *, token: str = "", body: Any = None, method: str | None = None, **headers: str
    ) -> Answer:
        """One request; errors of HTTP are answers too."""
        data = None if body is None else json.dumps(body).encode()
        sent = {"Content-Type": "application/json"} | headers
        if token:
            sent["Authorization"] = f"Bearer {token}"
        request = urllib.request.Request(f"{self.origin}{path}", data=data, headers=sent, method=method)
        try:
            with _OPENER.open(request, timeout=180) as answer:
                return _answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            return _answer(error.code, error.headers, error.read())


@contextmanager
def api_server(folder: Path, **environment: str) -> Iterator[ApiServer]:
    """Start ``airflow api-server``, wait until it is healthy, and stop it in the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    passwords = folder / "passwords.json"
    passwords.write_text(json.dumps(_PASSWORDS), encoding="utf-8")
    settings = {
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{name}:{role}" for name, role in _ROLES.items()),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
    }
    command = [
        *(sys.executable, "-m", "airflow", "api-server"),
        *("--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
    ]
    log = folder / "api-server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=os.environ | settings | environment, stdout=output, stderr=subprocess.STDOUT
        )
    server = ApiServer(f"http://127.0.0.1:{port}")
    try:
        _wait(server, process, log)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=120)


def _wait(server: ApiServer, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text(errors="replace")[-4000:]
        try:
            if server.call("/api/v2/version").status == 200:
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise AssertionError(log.read_text(errors="replace")[-4000:])


def _answer(status: int, headers: Any, body: bytes) -> Answer:
    text = body.decode()
    try:
        return Answer(status, dict(headers.items()), json.loads(text))
    except ValueError:
        return Answer(status, dict(headers.items()), text)

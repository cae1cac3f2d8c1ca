"""One JSON document posted once, and what its answer means for the outbox.

Nothing here is chained to the client's exceptions: those hold the request, and with it keys and urls.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import Any

from airflow_ai_slo.alerts import slack_text
from airflow_ai_slo.core.errors import ConfigurationError, DeliveryError

TIMEOUT = timedelta(seconds=10)
AGENT = "airflow-ai-slo"

_MOST_READ = 64 * 1024
_MOST_SHOWN = 200
_MAY_PASS = (408, 409, 423, 425, 429)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where to post, and how.

    :param url: http or https.
    :param headers: further headers, such as an authorization; secret.
    :param auth: user and password of basic authentication.
    :param timeout: for connecting, and for each wait while sending and reading.
    :param what: what it is, for people.
    :raises ConfigurationError: a url that is none, or headers that cannot be sent.
    """

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    auth: tuple[str, str] | None = field(default=None, repr=False)
    timeout: timedelta = TIMEOUT
    proxy: str | None = field(default=None, repr=False)
    what: str = "webhook"

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", self.url.strip())
        if not (re.fullmatch(r"[\x21-\x7e]+", self.url) and slack_text.is_web(self.url)):
            raise ConfigurationError(f"{self.what}: not an http or https url")
        for name, value in self.headers.items():
            if not (
                re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", str(name)) and re.fullmatch(r"[\x20-\x7e]*", str(value))
            ):
                raise ConfigurationError(
                    f"{self.what}: header {str(name)[:60]!r} cannot be sent; write printable ASCII"
                )

    def post(self, body: bytes, headers: Mapping[str, str], *, secrets: Collection[str] = ()) -> None:
        """Post once.

        :param secrets: texts that may not be repeated, should the answer hold them.
        :raises DeliveryError: no answer, or one that is not 2xx; says whether trying again can help.
        """
        status, answered, text = self._ask(body, headers)
        if 200 <= status < 300:
            return
        retry_after = _retry_after(answered)
        permanent = status < 500 and status not in _MAY_PASS
        advice = "; write the address it redirects to" if 300 <= status < 400 else ""
        said = _said(text, [*secrets, *self._secrets()])
        raise DeliveryError(
            f"{self.what}: answered {status}{f': {said}' if said else ''}{advice}",
            retry_after=None if permanent else retry_after,
            permanent=permanent,
        )

    def _secrets(self) -> list[str]:
        """What an answer may not repeat to people: an authorization whole and without its scheme, a password."""
        held = [*self.headers.values(), *(self.auth or ())]
        return [*held, *(value.rpartition(" ")[2] for value in held)]

    def _ask(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], str]:
        import httpx

        seconds = self.timeout.total_seconds()
        give_up = monotonic() + 2 * seconds
        sent = {"User-Agent": AGENT, "Content-Type": "application/json"} | dict(self.headers) | dict(headers)
        try:
            with (
                httpx.Client(timeout=seconds, proxy=self.proxy, auth=self.auth, follow_redirects=False) as client,
                client.stream("POST", self.url, content=body, headers=sent) as response,
            ):
                read = bytearray()
                for chunk in response.iter_bytes():
                    read += chunk
                    if len(read) > _MOST_READ or monotonic() > give_up:
                        break
                return response.status_code, response.headers, read[:_MOST_READ].decode("utf-8", "replace")
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as error:
            raise DeliveryError(f"{self.what}: no answer: {_describe(error)}") from None


def encoded(document: Any) -> bytes:
    """A document as JSON, whatever text it holds."""
    return json.dumps(document, separators=(",", ":"), allow_nan=False).encode()


def _said(text: str, secrets: Collection[str]) -> str:
    """What an answer says, in one short line; JSON errors of the services we know are read out."""
    try:
        document = json.loads(text)
    except ValueError:
        document = text
    if isinstance(document, dict):
        errors = document.get("errors")
        parts = [document.get("message"), *(errors if isinstance(errors, list) else [])]
        document = "; ".join(part for part in parts if isinstance(part, str)) or text
    said = document if isinstance(document, str) else text
    said = "" if said.lstrip().startswith("<") else slack_text.one_line(said)
    for secret in secrets:
        said = said.replace(secret, "***") if len(secret) > 3 else said
    return said if len(said) <= _MOST_SHOWN else f"{said[:_MOST_SHOWN]}…"


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait: HTTP writes them as a number or as a date."""
    written = headers.get("retry-after", "").strip()
    try:
        seconds = float(written)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(written) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return None
    return seconds if math.isfinite(seconds) and seconds > 0 else None


def _describe(error: Exception) -> str:
    """The kind of failure alone: the text of such errors may hold a url."""
    import httpx

    if isinstance(error, httpx.TimeoutException):
        return "timed out"
    return {
        "ConnectError": "connection failed",
        "RemoteProtocolError": "connection dropped",
        "ReadError": "connection dropped",
    }.get(type(error).__name__, type(error).__name__)

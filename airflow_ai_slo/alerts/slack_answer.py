"""What Slack answered, and what that means for the outbox.

Nothing here is chained to the SDK's exceptions: those hold the request, and with it the token or the webhook's url.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any
from urllib.error import URLError

from airflow_ai_slo.core.errors import DeliveryError

_CODE = re.compile(r"[a-z][a-z0-9_]{1,79}")

_PERMANENT_PREFIXES = ("invalid_", "restricted_action", "slack_connect_", "metadata_", "msg_", "too_many_")
_PERMANENT = frozenset(
    {
        "access_denied", "account_inactive", "action_prohibited", "as_user_not_supported", "cannot_reply_to_message",
        "channel_is_archived", "channel_not_found", "deprecated_endpoint", "ekm_access_denied",
        "enterprise_is_restricted", "is_archived", "is_inactive", "json_not_object", "messages_tab_disabled",
        "method_deprecated", "missing_argument", "missing_post_type", "missing_scope",
        "missing_text_or_fallback_or_attachments", "no_active_hooks", "no_permission", "no_service",
        "no_service_id", "no_team", "no_text", "not_allowed_token_type", "not_authed", "not_in_channel",
        "posting_to_general_channel_denied", "team_disabled", "team_not_found", "thread_not_found",
        "token_expired", "token_revoked", "two_factor_setup_required", "unknown_method", "user_not_found",
    }
)  # fmt: skip
_TOKEN = "renew the token in the Slack connection"  # noqa: S105
_ADVICE = {
    "account_inactive": _TOKEN,
    "channel_not_found": "invite the app to the channel, or give the channel's ID",
    "invalid_auth": _TOKEN,
    "is_archived": "name another channel",
    "missing_scope": "the token needs the scope chat:write",
    "no_service": "the webhook was removed; create another one",
    "not_authed": _TOKEN,
    "not_in_channel": "invite the app to the channel",
    "token_expired": _TOKEN,
    "token_revoked": _TOKEN,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, or the lack of one.

    :param code: Slack's error code, ``http_503`` and the like where it gave none; empty when all is well.
    :param lost: why there is no answer; the message may have arrived all the same.
    :param retry_after: seconds to wait, where Slack said so.
    """

    code: str = ""
    status: int = 200
    lost: str = ""
    retry_after: float | None = None
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return not self.code and not self.lost

    @property
    def rate_limited(self) -> bool:
        return self.status == 429 or self.code in ("ratelimited", "rate_limited")

    @property
    def permanent(self) -> bool:
        """Whether the same request will be refused again. Codes nobody knows are not: rather late than lost."""
        if self.lost or self.rate_limited or self.status >= 500 or self.status == 408:
            return False
        if 400 <= self.status < 500 and not self.code.startswith("http_"):
            return True
        return self.code in _PERMANENT or self.code.startswith(_PERMANENT_PREFIXES)

    def error(self, where: str) -> DeliveryError:
        """What to raise.

        :param where: the channel, for people.
        """
        if self.lost:
            return DeliveryError(f"{where}: no answer from Slack: {self.lost}")
        advice = f"; {_ADVICE[self.code]}" if self.code in _ADVICE else ""
        return DeliveryError(
            f"{where}: Slack refused the message: {self.code}{advice}",
            retry_after=self.retry_after,
            permanent=self.permanent,
        )


def ask(call: Callable[[], Any], read: Callable[[Any], Answer]) -> Answer:
    """Make one call of the SDK and read what comes of it; never raises what belongs to the network.

    The SDK lets through what urllib, http.client and decoding raise, and trips over JSON that is not an object.

    :param call: makes the request once, without retries.
    :param read: turns the SDK's response into an answer.
    """
    from slack_sdk.errors import SlackApiError, SlackClientError

    try:
        response = call()
    except SlackApiError as error:
        response = error.response
    except (OSError, HTTPException, ValueError, LookupError, AttributeError, SlackClientError) as error:
        return Answer(lost=_describe(error))
    return read(response)


def read_api(response: Any) -> Answer:
    """An answer of the Web API."""
    data = response.data if isinstance(response.data, dict) else {}
    if response.status_code == 200 and data.get("ok") is True:
        return Answer(data=data)
    return Answer(
        code=_code(data.get("error"), response.status_code),
        status=response.status_code,
        retry_after=_retry_after(response.headers),
        data=data,
    )


def read_webhook(response: Any) -> Answer:
    """An answer of an incoming webhook: ``ok``, or a status and a code in plain text."""
    body = str(response.body or "").strip()
    if response.status_code == 200 and not body.startswith("<"):
        return Answer()
    return Answer(
        code=_code(body, response.status_code),
        status=response.status_code,
        retry_after=_retry_after(response.headers),
    )


def _code(said: object, status: int) -> str:
    if isinstance(said, str) and _CODE.fullmatch(said):
        return said
    return f"http_{status}" if status != 200 else "not_an_answer_of_slack"


def _retry_after(headers: Mapping[str, Any]) -> float | None:
    for name, value in headers.items():
        if name.lower() == "retry-after":
            try:
                seconds = float(value[0] if isinstance(value, list) else value)
            except (TypeError, ValueError, IndexError):
                return None
            return seconds if math.isfinite(seconds) and seconds > 0 else None
    return None


def _describe(error: BaseException) -> str:
    """The kind of failure alone: the text of such errors may hold a url."""
    if isinstance(error, URLError) and isinstance(error.reason, BaseException):
        error = error.reason
    if isinstance(error, TimeoutError):
        return "timed out"
    return {"ConnectionRefusedError": "connection refused", "gaierror": "host name not found"}.get(
        type(error).__name__, type(error).__name__
    )

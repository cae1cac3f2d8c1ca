from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from airflow_ai_slo.alerts import Kind, Message, SlackBotChannel
from airflow_ai_slo.core.errors import DeliveryError
from demo.slack_server import SlackServer

Build = Callable[..., Message]


def _send(channel: SlackBotChannel, message: Message, **options: Any) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        channel.send(message, thread=None, **options)
    return caught.value


def _title(message: dict[str, Any]) -> str:
    return str(message["blocks"][0]["text"]["text"])


def test_a_rate_limit_is_passed_on_and_not_waited_for(
    slack: SlackServer, channel: SlackBotChannel, message: Build
) -> None:
    slack.fail_next("429", retry_after="42")
    error = _send(channel, message())
    assert (error.retry_after, error.permanent) == (42, False)
    assert len(slack.calls) == 1


@pytest.mark.parametrize("retry_after", ["", "soon", "-3", "nan", "1e999"])
def test_a_rate_limit_without_a_sensible_wait_is_temporary(
    slack: SlackServer, channel: SlackBotChannel, message: Build, retry_after: str
) -> None:
    slack.fail_next("429", retry_after=retry_after)
    error = _send(channel, message())
    assert (error.retry_after, error.permanent) == (None, False)


@pytest.mark.parametrize(
    "fault",
    [
        "500",
        "html",
        "drop",
        "accept_and_drop",
        "ratelimited",
        "internal_error",
        "fatal_error",
        "service_unavailable",
        "team_added_to_org",
        "a_code_of_next_year",
    ],
)
def test_what_may_pass_is_temporary_and_asked_once(
    slack: SlackServer, channel: SlackBotChannel, message: Build, fault: str
) -> None:
    slack.fail_next(fault)
    assert not _send(channel, message()).permanent
    assert len(slack.calls) == 1


@pytest.mark.parametrize(
    "code",
    [
        "channel_not_found",
        "invalid_auth",
        "token_revoked",
        "not_in_channel",
        "is_archived",
        "missing_scope",
        "account_inactive",
        "restricted_action_read_only_channel",
        "no_text",
    ],
)
def test_what_stays_wrong_is_permanent_and_named(
    slack: SlackServer, channel: SlackBotChannel, message: Build, code: str
) -> None:
    slack.fail_next(code)
    error = _send(channel, message())
    assert error.permanent
    assert code in str(error)


def test_a_wrong_token_is_permanent_and_says_what_to_do(slack: SlackServer, message: Build) -> None:
    error = _send(SlackBotChannel("xoxb-other", "slo-alerts", base_url=slack.base_url), message())
    assert error.permanent
    assert "renew the token" in str(error)


def test_a_server_that_hangs_is_temporary(slack: SlackServer, message: Build) -> None:
    slack.fail_next("hang")
    hasty = SlackBotChannel(slack.token, "slo-alerts", base_url=slack.base_url, timeout=timedelta(milliseconds=200))
    error = _send(hasty, message())
    assert not error.permanent
    assert "timed out" in str(error)


def test_a_server_that_is_not_there_is_temporary(slack: SlackServer, channel: SlackBotChannel, message: Build) -> None:
    slack.close()
    error = _send(channel, message())
    assert not error.permanent
    assert "connection refused" in str(error)


@pytest.mark.parametrize("code", ["invalid_blocks", "msg_blocks_too_long", "invalid_blocks_format"])
def test_a_message_whose_blocks_are_refused_goes_out_as_text(
    slack: SlackServer, channel: SlackBotChannel, message: Build, code: str
) -> None:
    slack.fail_next(code)
    channel.send(message(), thread=None)
    assert "blocks" not in slack.messages[0]
    assert "1 of 3 bad runs left" in slack.messages[0]["text"]


def test_a_token_that_may_not_send_metadata_sends_without(
    slack: SlackServer, channel: SlackBotChannel, message: Build
) -> None:
    slack.fail_next("metadata_must_be_sent_from_app")
    channel.send(message(), thread=None)
    assert "metadata" not in slack.messages[0]
    assert slack.messages[0]["blocks"]


@pytest.mark.parametrize("code", ["thread_not_found", "cannot_reply_to_message", "is_archived"])
def test_a_lost_thread_starts_anew(slack: SlackServer, channel: SlackBotChannel, message: Build, code: str) -> None:
    thread = channel.send(message(), thread=None).thread
    slack.fail_next(code, method="chat.postMessage")
    resolved = channel.send(message(Kind.INCIDENT_RESOLVED), thread=thread)
    assert "thread_ts" not in slack.messages[1]
    assert resolved.thread == f"{slack.channel_id}/{slack.messages[1]['ts']}"


def test_a_deleted_first_message_does_not_stop_the_rest(
    slack: SlackServer, channel: SlackBotChannel, message: Build
) -> None:
    thread = channel.send(message(), thread=None).thread
    slack.workspace.delete(slack.messages[0]["ts"])
    resolved = channel.send(message(Kind.INCIDENT_RESOLVED), thread=thread)
    assert [_title(m) for m in slack.messages] == ["✅ Page: Flights scored (incident_resolved)"]
    assert resolved.thread == f"{slack.channel_id}/{slack.messages[0]['ts']}"


def test_a_failed_edit_does_not_keep_the_message_back(
    slack: SlackServer, channel: SlackBotChannel, message: Build
) -> None:
    thread = channel.send(message(), thread=None).thread
    slack.fail_next("edit_window_closed", method="chat.update")
    channel.send(message(Kind.INCIDENT_RESOLVED), thread=thread)
    assert len(slack.messages) == 2


def test_a_rate_limited_edit_waits_with_nothing_sent(
    slack: SlackServer, channel: SlackBotChannel, message: Build
) -> None:
    thread = channel.send(message(), thread=None).thread
    slack.fail_next("429", method="chat.update", retry_after="7")
    with pytest.raises(DeliveryError) as caught:
        channel.send(message(Kind.INCIDENT_RESOLVED), thread=thread)
    assert caught.value.retry_after == 7
    assert len(slack.messages) == 1

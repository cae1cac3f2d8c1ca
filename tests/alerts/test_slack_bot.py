from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from airflow_ai_slo.alerts import Kind, Message, SlackBotChannel
from airflow_ai_slo.alerts.slack_blocks import EVENT_TYPE
from airflow_ai_slo.core.errors import ConfigurationError, DeliveryError
from demo import slack_rules
from demo.slack_server import SlackServer

Build = Callable[..., Message]


def _send(channel: SlackBotChannel, message: Message, **options: Any) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        channel.send(message, thread=None, **options)
    return caught.value


def _title(message: dict[str, Any]) -> str:
    return str(message["blocks"][0]["text"]["text"])


def test_an_incident_is_one_thread(slack: SlackServer, channel: SlackBotChannel, message: Build) -> None:
    opened = channel.send(message(), thread=None)
    escalated = channel.send(message(Kind.INCIDENT_ESCALATED), thread=opened.thread)
    channel.send(message(Kind.INCIDENT_RESOLVED), thread=escalated.thread)
    root, *replies = slack.messages
    assert escalated.thread == opened.thread == f"{slack.channel_id}/{root['ts']}"
    assert "thread_ts" not in root
    assert [reply["thread_ts"] for reply in replies] == [root["ts"]] * 2


def test_two_incidents_are_two_threads(slack: SlackServer, channel: SlackBotChannel, message: Build) -> None:
    first, second = channel.send(message(), thread=None), channel.send(message(thread_key="incident:4"), thread=None)
    assert first.thread != second.thread
    assert all("thread_ts" not in m for m in slack.messages)


def test_the_first_message_shows_the_latest_state(slack: SlackServer, channel: SlackBotChannel, message: Build) -> None:
    thread = channel.send(message(), thread=None).thread
    channel.send(message(Kind.INCIDENT_RESOLVED, title="Resolved: Flights scored"), thread=thread)
    root, reply = slack.messages
    assert _title(root) == _title(reply) == "✅ Resolved: Flights scored"
    assert "edited" in root["blocks"][-1]["elements"][0]["text"]
    assert root["metadata"]["event_payload"]["dedup_key"] == "incident:3:incident_opened"


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        (Kind.INCIDENT_ESCALATED, True),
        (Kind.INCIDENT_DEESCALATED, False),
        (Kind.INCIDENT_RESOLVED, True),
        (Kind.INCIDENT_SUPERSEDED, True),
        (Kind.FREEZE_THAWED, True),
        (Kind.NOTICE, False),
    ],
)
def test_only_what_everybody_must_know_leaves_the_thread(
    slack: SlackServer, channel: SlackBotChannel, message: Build, kind: Kind, shown: bool
) -> None:
    thread = channel.send(message(), thread=None).thread
    channel.send(message(kind), thread=thread)
    assert (slack.messages[-1].get("subtype") == "thread_broadcast") is shown


def test_a_notice_in_a_thread_edits_nothing(slack: SlackServer, channel: SlackBotChannel, message: Build) -> None:
    thread = channel.send(message(), thread=None).thread
    channel.send(message(Kind.NOTICE), thread=thread)
    assert "edited" not in slack.messages[0]


def test_a_channel_can_be_named(slack: SlackServer, message: Build) -> None:
    named = SlackBotChannel(slack.token, "#slo-alerts", base_url=slack.base_url)
    thread = named.send(message(), thread=None).thread
    named.send(message(Kind.INCIDENT_RESOLVED), thread=thread)
    assert [m["channel"] for m in slack.messages] == [slack.channel_id] * 2
    assert slack.messages[0]["edited"]


def test_what_users_write_calls_nobody(slack: SlackServer, channel: SlackBotChannel, message: Build) -> None:
    channel.send(message(title="<!channel> & <@U1>", body=("<!here> look",)), thread=None)
    assert slack_rules.mentions(slack.messages[0]) == []
    assert _title(slack.messages[0]) == "🔴 &lt;!channel&gt; &amp; &lt;@U1&gt;"
    _, request = slack.calls[0]
    assert request["parse"] == "none"
    assert request["link_names"] is False


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


def test_a_thread_of_another_channel_kind_is_not_used(
    slack: SlackServer, channel: SlackBotChannel, message: Build
) -> None:
    channel.send(message(), thread="not Slack's")
    assert "thread_ts" not in slack.messages[0]


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


def test_every_message_carries_its_dedup_key(slack: SlackServer, channel: SlackBotChannel, message: Build) -> None:
    channel.send(message(), thread=None)
    assert slack.messages[0]["metadata"]["event_type"] == EVENT_TYPE
    assert slack.messages[0]["metadata"]["event_payload"]["dedup_key"] == message().dedup_key


def test_a_long_dedup_key_is_told_from_another_that_begins_alike(
    slack: SlackServer, channel: SlackBotChannel, message: Build
) -> None:
    for ending in "ab":
        channel.send(message(dedup_key="x" * 400 + ending), thread=None, again=True)
    channel.send(message(dedup_key="x" * 400 + "a"), thread=None, again=True)
    assert len(slack.messages) == 2


def test_a_first_message_whose_answer_was_lost_is_not_sent_twice(
    slack: SlackServer, channel: SlackBotChannel, message: Build
) -> None:
    slack.fail_next("accept_and_drop")
    _send(channel, opened := message())
    found = channel.send(opened, thread=None, again=True)
    assert len(slack.messages) == 1
    assert found.thread == f"{slack.channel_id}/{slack.messages[0]['ts']}"


def test_a_reply_whose_answer_was_lost_is_not_sent_twice(
    slack: SlackServer, channel: SlackBotChannel, message: Build
) -> None:
    thread, resolved = channel.send(message(), thread=None).thread, message(Kind.INCIDENT_RESOLVED)
    slack.fail_next("accept_and_drop", method="chat.postMessage")
    with pytest.raises(DeliveryError):
        channel.send(resolved, thread=thread)
    assert channel.send(resolved, thread=thread, again=True).thread == thread
    assert len(slack.messages) == 2


def test_a_first_message_is_found_behind_many_others(
    slack: SlackServer, channel: SlackBotChannel, message: Build
) -> None:
    channel.send(opened := message(), thread=None)
    for number in range(250):
        slack.workspace.post({"channel": slack.channel_id, "text": f"chatter {number}"})
    channel.send(opened, thread=None, again=True)
    assert len(slack.messages) == 251


def test_looking_for_an_earlier_attempt_ends_after_three_pages(
    slack: SlackServer, channel: SlackBotChannel, message: Build
) -> None:
    channel.send(opened := message(), thread=None)
    for number in range(700):
        slack.workspace.post({"channel": slack.channel_id, "text": f"chatter {number}"})
    slack.calls.clear()
    channel.send(opened, thread=None, again=True)
    assert [method for method, _ in slack.calls] == ["conversations.history"] * 3 + ["chat.postMessage"]


def test_another_message_of_the_same_incident_is_not_taken_for_this_one(
    slack: SlackServer, channel: SlackBotChannel, message: Build
) -> None:
    thread = channel.send(message(), thread=None).thread
    channel.send(message(Kind.INCIDENT_DEESCALATED), thread=thread)
    channel.send(message(Kind.INCIDENT_RESOLVED), thread=thread, again=True)
    assert len(slack.messages) == 3


def test_a_token_that_may_not_read_sends_rather_twice_than_never(message: Build) -> None:
    with SlackServer(scopes=("chat:write",)) as slack:
        channel = SlackBotChannel(slack.token, slack.channel_id, base_url=slack.base_url)
        for _ in range(2):
            channel.send(message(), thread=None, again=True)
        assert len(slack.messages) == 2


def test_a_first_attempt_asks_nothing_but_to_post(slack: SlackServer, channel: SlackBotChannel, message: Build) -> None:
    channel.send(message(), thread=None)
    assert [method for method, _ in slack.calls] == ["chat.postMessage"]


@pytest.mark.parametrize(
    "wrong",
    [{"token": " "}, {"token": "xoxb\n-1"}, {"token": "xoxb-ü"}, {"channel": " "}, {"base_url": "slack.com/api"}],
)
def test_a_wrong_option_is_refused_without_being_repeated(wrong: dict[str, str]) -> None:
    options: dict[str, Any] = {"token": "xoxb-1", "channel": "C012AB3CD", "base_url": None} | wrong
    token, channel = options.pop("token"), options.pop("channel")
    with pytest.raises(ConfigurationError) as caught:
        SlackBotChannel(token, channel, **options)
    assert "xoxb\n" not in str(caught.value)

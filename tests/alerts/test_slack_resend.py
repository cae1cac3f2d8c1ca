from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from airflow_ai_slo.alerts import Kind, Message, SlackBotChannel
from airflow_ai_slo.alerts.slack_blocks import EVENT_TYPE
from airflow_ai_slo.core.errors import DeliveryError
from demo.slack_server import SlackServer

Build = Callable[..., Message]


def _send(channel: SlackBotChannel, message: Message, **options: Any) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        channel.send(message, thread=None, **options)
    return caught.value


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

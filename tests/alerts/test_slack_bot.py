from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from airflow_ai_slo.alerts import Kind, Message, SlackBotChannel, SlackWebhookChannel
from airflow_ai_slo.core.definition import Severity
from airflow_ai_slo.core.errors import ConfigurationError
from demo import slack_rules
from demo.slack_server import SlackServer

Build = Callable[..., Message]


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
        (Kind.FREEZE_WIDENED, False),
        (Kind.FREEZE_RENEWED, False),
        (Kind.FREEZE_OVERRIDDEN, True),
        (Kind.FREEZE_OVERRIDE_REVOKED, True),
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


@pytest.mark.parametrize("kind", [Kind.NOTICE, Kind.INCIDENT_ACKNOWLEDGED, Kind.FREEZE_OVERRIDDEN, Kind.FREEZE_RENEWED])
def test_a_remark_in_a_thread_edits_nothing(
    slack: SlackServer, channel: SlackBotChannel, message: Build, kind: Kind
) -> None:
    thread = channel.send(message(), thread=None).thread
    channel.send(message(kind), thread=thread)
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


def test_a_thread_of_another_channel_kind_is_not_used(
    slack: SlackServer, channel: SlackBotChannel, message: Build
) -> None:
    channel.send(message(), thread="not Slack's")
    assert "thread_ts" not in slack.messages[0]


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


@pytest.mark.parametrize(
    ("kind", "severity", "called"),
    [
        (Kind.INCIDENT_OPENED, Severity.PAGE, True),
        (Kind.INCIDENT_ESCALATED, Severity.PAGE, True),
        (Kind.INCIDENT_OPENED, Severity.TICKET, False),
        (Kind.INCIDENT_RESOLVED, Severity.PAGE, False),
        (Kind.FREEZE_STARTED, None, False),
    ],
)
def test_a_page_calls_those_who_are_to_be_mentioned_and_nothing_else_does(
    slack: SlackServer, message: Build, kind: Kind, severity: Severity | None, called: bool
) -> None:
    mention = ("here", "U012AB3CD", "S012AB3CD")
    for channel in (
        SlackBotChannel(slack.token, slack.channel_id, base_url=slack.base_url, mention=mention),
        SlackWebhookChannel(slack.webhook_url, mention=mention),
    ):
        channel.send(message(kind, severity=severity), thread=None)
    expected = {"<!here>", "<@U012AB3CD>", "<!subteam^S012AB3CD>"} if called else set()
    # In the text too, for the case that Slack refuses the blocks.
    assert [set(slack_rules.mentions(posted)) for posted in slack.messages] == [expected] * 2


def test_the_edited_first_message_calls_nobody_again(slack: SlackServer, message: Build) -> None:
    channel = SlackBotChannel(slack.token, slack.channel_id, base_url=slack.base_url, mention=("here",))
    thread = channel.send(message(severity=Severity.TICKET), thread=None).thread
    channel.send(message(Kind.INCIDENT_ESCALATED), thread=thread)
    root, reply = slack.messages
    assert (set(slack_rules.mentions(root)), set(slack_rules.mentions(reply))) == (set(), {"<!here>"})


def test_an_acknowledgement_is_a_reply_that_edits_nothing(
    slack: SlackServer, channel: SlackBotChannel, message: Build
) -> None:
    thread = channel.send(message(), thread=None).thread
    channel.send(message(Kind.INCIDENT_ACKNOWLEDGED, title="Ann is looking at it"), thread=thread)
    assert "edited" not in slack.messages[0]
    assert slack.messages[1]["thread_ts"] == slack.messages[0]["ts"]

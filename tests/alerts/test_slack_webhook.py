from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from airflow_ai_slo.alerts import Kind, Message, SlackWebhookChannel
from airflow_ai_slo.core.errors import ConfigurationError, DeliveryError
from demo.slack_server import SlackServer

Build = Callable[..., Message]


def _send(slack: SlackServer, message: Message) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        SlackWebhookChannel(slack.webhook_url).send(message, thread=None)
    return caught.value


def test_a_webhook_posts_every_message_on_its_own(slack: SlackServer, message: Build) -> None:
    channel = SlackWebhookChannel(slack.webhook_url)
    assert channel.send(message(), thread=None).thread is None
    channel.send(message(Kind.INCIDENT_RESOLVED), thread="C0LOCAL0001/1.1", again=True)
    assert [m["blocks"][0]["text"]["text"][0] for m in slack.messages] == ["🔴", "✅"]
    assert all("thread_ts" not in m for m in slack.messages)


def test_a_webhook_rate_limit_is_passed_on_and_not_waited_for(slack: SlackServer, message: Build) -> None:
    slack.fail_next("429", retry_after="30")
    error = _send(slack, message())
    assert (error.retry_after, error.permanent) == (30, False)
    assert len(slack.calls) == 1


@pytest.mark.parametrize("fault", ["500", "html", "drop", "accept_and_drop"])
def test_a_webhook_failure_that_may_pass_is_temporary_and_asked_once(
    slack: SlackServer, message: Build, fault: str
) -> None:
    slack.fail_next(fault)
    assert not _send(slack, message()).permanent
    assert len(slack.calls) == 1


@pytest.mark.parametrize("code", ["channel_not_found", "is_archived", "action_prohibited", "invalid_token", "no_text"])
def test_a_webhook_refusal_is_permanent_and_named(slack: SlackServer, message: Build, code: str) -> None:
    slack.fail_next(code)
    error = _send(slack, message())
    assert error.permanent
    assert code in str(error)


def test_a_webhook_that_was_removed_says_what_to_do(slack: SlackServer, message: Build) -> None:
    with pytest.raises(DeliveryError, match="no_service; the webhook was removed; create another one") as caught:
        SlackWebhookChannel(f"{slack.webhook_url}x").send(message(), thread=None)
    assert caught.value.permanent


def test_a_webhook_whose_blocks_are_refused_sends_text(slack: SlackServer, message: Build) -> None:
    slack.fail_next("invalid_blocks")
    SlackWebhookChannel(slack.webhook_url).send(message(), thread=None)
    assert "blocks" not in slack.messages[0]
    assert slack.messages[0]["text"].startswith("🔴 Page: Flights scored")


def test_a_webhook_that_hangs_is_temporary(slack: SlackServer, message: Build) -> None:
    slack.fail_next("hang")
    hasty = SlackWebhookChannel(slack.webhook_url, timeout=timedelta(milliseconds=200))
    with pytest.raises(DeliveryError, match="timed out") as caught:
        hasty.send(message(), thread=None)
    assert not caught.value.permanent


@pytest.mark.parametrize(
    "url", ["", "hooks.slack.com/services/T/B/secret", "file:///secret", "https://h/secret\nX: y", "https://"]
)
def test_a_url_that_is_no_webhook_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        SlackWebhookChannel(url)
    assert "secret" not in str(caught.value)

"""Slack connections as channels."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest

from airflow_ai_slo.alerts import SlackBotChannel, SlackWebhookChannel
from airflow_ai_slo.hooks.channels import alert_channels
from airflow_ai_slo.openslo import Target


def connect(patch: pytest.MonkeyPatch, name: str, **fields: Any) -> None:
    patch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(fields))


def test_a_bot_keeps_the_connections_server_timeout_and_proxy(
    monkeypatch: pytest.MonkeyPatch, airflow_home: object
) -> None:
    extra = {"base_url": "http://127.0.0.1:8099/api/", "timeout": "5", "proxy": "http://proxy:3128"}
    connect(monkeypatch, "slack_default", conn_type="slack", password="xoxb-1", extra=extra)
    channels, problems = alert_channels("slack_default", "#slo")
    assert problems == {}
    assert channels == {
        "default": SlackBotChannel(
            "xoxb-1",
            "#slo",
            base_url="http://127.0.0.1:8099/api/",
            timeout=timedelta(seconds=5),
            proxy="http://proxy:3128",
        )
    }


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        ({"password": "https://hooks.slack.com/services/T/B/x"}, "https://hooks.slack.com/services/T/B/x"),
        ({"password": "T/B/x"}, "https://hooks.slack.com/services/T/B/x"),
        ({"password": "/T/B/x", "host": "https://proxy.example/slack/"}, "https://proxy.example/slack/T/B/x"),
        ({"password": "T/B/x", "host": "127.0.0.1:8099", "schema": "http"}, "http://127.0.0.1:8099/T/B/x"),
    ],
)
def test_an_incoming_webhook_is_read_as_the_slack_provider_reads_it(
    fields: dict[str, Any], url: str, monkeypatch: pytest.MonkeyPatch, airflow_home: object
) -> None:
    from airflow.providers.slack.hooks.slack_webhook import SlackWebhookHook

    connect(monkeypatch, "hook", conn_type="slackwebhook", **fields)
    channels, problems = alert_channels("hook")
    assert problems == {}
    assert channels == {"default": SlackWebhookChannel(url)}
    assert SlackWebhookHook(slack_webhook_conn_id="hook").client.url == url


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"conn_type": "slack", "password": "xoxb-1"}, "a bot needs a channel; set slack_channel"),
        ({"conn_type": "slack", "extra": {"channel": "#slo"}}, "Slack token: empty"),
        ({"conn_type": "slackwebhook"}, r"the webhook's token \(password\) is empty"),
        ({"conn_type": "http", "host": "x"}, "type 'http'; use Slack API or Slack incoming webhook"),
        ({"conn_type": "slackwebhook", "password": "T/B/x", "extra": {"timeout": "soon"}}, "timeout='soon'"),
    ],
)
def test_a_connection_without_what_it_takes_is_one_line_and_no_error(
    fields: dict[str, Any], problem: str, monkeypatch: pytest.MonkeyPatch, airflow_home: object
) -> None:
    connect(monkeypatch, "slack_default", **fields)
    channels, problems = alert_channels("slack_default")
    assert channels == {}
    assert list(problems) == ["default"]
    assert re.match(f"connection 'slack_default': .*{problem}", problems["default"])


def test_a_missing_connection_is_one_line_and_no_error(airflow_home: object) -> None:
    channels, problems = alert_channels("slack_default", "#slo")
    assert channels == {}
    said = "no Airflow connection 'slack_default': create it, with type Slack API or incoming webhook"
    assert problems == {"default": said}


def test_a_target_of_openslo_brings_its_own_channel_and_connection(
    monkeypatch: pytest.MonkeyPatch, airflow_home: object
) -> None:
    connect(monkeypatch, "slack_default", conn_type="slack", password="xoxb-1")
    connect(monkeypatch, "slack_ml", conn_type="slack", password="xoxb-2")
    targets = [
        Target(name="ml", kind="slack", channel="#ml", connection="slack_ml"),
        Target(name="data", kind="slack", channel="#data"),
        Target(name="everybody", kind="slack"),
        Target(name="loud", kind="slack", mention=("here",)),
        Target(name="pigeon", kind="pigeon", channel="#no"),
    ]
    channels, problems = alert_channels("slack_default", "#slo", targets)
    assert channels == {
        "default": SlackBotChannel("xoxb-1", "#slo"),
        "ml": SlackBotChannel("xoxb-2", "#ml"),
        "data": SlackBotChannel("xoxb-1", "#data"),
        "loud": SlackBotChannel("xoxb-1", "#slo", mention=("here",)),
    }
    assert problems == {"pigeon": "kind 'pigeon' is none of slack, email, pagerduty, alertmanager, webhook"}

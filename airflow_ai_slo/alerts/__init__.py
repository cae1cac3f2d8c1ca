"""Alerts: channel-neutral messages, and the channels that carry them."""

from __future__ import annotations

from airflow_ai_slo.alerts.channel import Channel, Receipt
from airflow_ai_slo.alerts.channels import (
    AlertmanagerChannel,
    EmailChannel,
    Mail,
    PagerDutyChannel,
    WebhookChannel,
)
from airflow_ai_slo.alerts.compose import incident_message
from airflow_ai_slo.alerts.digest import acknowledgement, digest_message, notice
from airflow_ai_slo.alerts.freeze_remarks import override_message, renewal_message, revocation_message
from airflow_ai_slo.alerts.freezes import freeze_message, thaw_line, thaw_message
from airflow_ai_slo.alerts.message import Fact, Kind, Link, Message
from airflow_ai_slo.alerts.retry import next_attempt
from airflow_ai_slo.alerts.slack import SlackBotChannel, SlackWebhookChannel
from airflow_ai_slo.alerts.words import fired

__all__ = [
    "AlertmanagerChannel",
    "Channel",
    "EmailChannel",
    "Fact",
    "Kind",
    "Link",
    "Mail",
    "Message",
    "PagerDutyChannel",
    "Receipt",
    "SlackBotChannel",
    "SlackWebhookChannel",
    "WebhookChannel",
    "acknowledgement",
    "digest_message",
    "fired",
    "freeze_message",
    "incident_message",
    "next_attempt",
    "notice",
    "override_message",
    "renewal_message",
    "revocation_message",
    "thaw_line",
    "thaw_message",
]

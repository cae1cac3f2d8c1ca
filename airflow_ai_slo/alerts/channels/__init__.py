"""Channels beside Slack: PagerDuty, Alertmanager, webhooks and e-mail."""

from __future__ import annotations

from airflow_ai_slo.alerts.channels.alertmanager import AlertmanagerChannel
from airflow_ai_slo.alerts.channels.mail import EmailChannel, Mail
from airflow_ai_slo.alerts.channels.pagerduty import PagerDutyChannel
from airflow_ai_slo.alerts.channels.webhook import WebhookChannel

__all__ = ["AlertmanagerChannel", "EmailChannel", "Mail", "PagerDutyChannel", "WebhookChannel"]

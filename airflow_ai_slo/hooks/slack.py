"""Slack channels for alerts, from Airflow's Slack connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.hooks.extra import seconds

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from airflow_ai_slo.alerts import Channel
    from airflow_ai_slo.core.target import Target


def channel_of(connection: Connection, target: Target) -> Channel:
    """A bot's channel, or an incoming webhook.

    :raises ConfigurationError: a connection without what it takes.
    """
    from airflow_ai_slo.alerts import SlackBotChannel, SlackWebhookChannel

    extra = connection.extra_dejson
    shared: dict[str, Any] = {"proxy": extra.get("proxy") or None, "mention": target.mention}
    if extra.get("timeout"):
        shared["timeout"] = seconds(extra["timeout"])
    if connection.conn_type == "slackwebhook":
        return SlackWebhookChannel(_webhook_url(connection), **shared)
    if connection.conn_type != "slack":
        raise ConfigurationError(f"type {connection.conn_type!r}; use Slack API or Slack incoming webhook")
    place = target.channel or extra.get("channel")
    if not place:
        raise ConfigurationError("a bot needs a channel; set slack_channel, such as '#slo-alerts'")
    return SlackBotChannel(connection.password or "", place, base_url=extra.get("base_url") or None, **shared)


def _webhook_url(connection: Connection) -> str:
    """As the Slack provider reads such a connection: the whole URL in the password, or host and token."""
    token = (connection.password or "").strip()
    if "://" in token:
        return token
    if not token:
        raise ConfigurationError("the webhook's token (password) is empty")
    host = connection.host or "hooks.slack.com/services"
    base = host if "://" in host else f"{connection.schema or 'https'}://{host}"
    return f"{base.rstrip('/')}/{token.lstrip('/')}"

"""Slack channels for alerts, from Airflow's Slack connections."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from airflow_ai_slo.core.errors import ConfigurationError

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from airflow_ai_slo.alerts import Channel
    from airflow_ai_slo.core.target import Target

DEFAULT = "default"
"""Takes every notification target that has no channel of its own."""


def slack_channels(
    slack_conn_id: str, channel: str | None = None, targets: Iterable[Target] = ()
) -> tuple[dict[str, Channel], list[str]]:
    """Channels by notification target, for :func:`airflow_ai_slo.engine.deliver`.

    :param slack_conn_id: Airflow connection of type Slack API or Slack incoming webhook.
    :param channel: where a bot posts what no target names a channel for.
    :param targets: notification targets of OpenSLO definitions; those of kind ``slack`` with a channel or connection
        annotation get a channel of their own.
    :returns: the channels, and why some are missing, one line each. Messages without a channel wait.
    """
    wanted = {DEFAULT: (slack_conn_id, channel)}
    for target in targets:
        if target.kind == "slack" and (target.channel or target.connection):
            wanted[target.name] = (target.connection or slack_conn_id, target.channel or channel)
    channels: dict[str, Channel] = {}
    problems: list[str] = []
    for name, (conn_id, place) in wanted.items():
        try:
            channels[name] = _channel(BaseHook.get_connection(conn_id), place)
        except AirflowNotFoundException:
            problems.append(f"no Airflow connection {conn_id!r}: create it, with type Slack API or incoming webhook")
        except ConfigurationError as error:
            problems.append(f"Slack connection {conn_id!r}: {error}")
    return channels, list(dict.fromkeys(problems))


def _channel(connection: Connection, place: str | None) -> Channel:
    from airflow_ai_slo.alerts import SlackBotChannel, SlackWebhookChannel

    extra = connection.extra_dejson
    shared: dict[str, Any] = {"proxy": extra.get("proxy") or None}
    if extra.get("timeout"):
        shared["timeout"] = _seconds(extra["timeout"])
    if connection.conn_type == "slackwebhook":
        return SlackWebhookChannel(_webhook_url(connection), **shared)
    if connection.conn_type != "slack":
        raise ConfigurationError(f"type {connection.conn_type!r}; use Slack API or Slack incoming webhook")
    place = place or extra.get("channel")
    if not place:
        raise ConfigurationError("a bot needs a channel; set slack_channel, such as '#slo-alerts'")
    return SlackBotChannel(connection.password or "", place, base_url=_base_url(extra), **shared)


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


def _base_url(extra: Mapping[str, Any]) -> str | None:
    base: str | None = extra.get("base_url") or None
    return base


def _seconds(value: Any) -> timedelta:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        raise ConfigurationError(f"timeout={value!r} in extra is not a number of seconds") from None
    if not 0 < seconds < 3600:
        raise ConfigurationError(f"timeout={value!r} in extra: give seconds between 0 and 3600")
    return timedelta(seconds=seconds)

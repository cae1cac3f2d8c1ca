"""Channels for alerts, by notification target, from Airflow's connections."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.target import DEFAULT_TARGET, Target
from airflow_ai_slo.hooks import email, slack, web

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from airflow_ai_slo.alerts import Channel

Build = Callable[["Connection", Target], "Channel"]

_KINDS: Mapping[str, tuple[str, Build]] = {
    "slack": ("slack_default", slack.channel_of),
    "email": ("smtp_default", email.channel_of),
    "pagerduty": ("pagerduty_events_default", web.pagerduty_of),
    "alertmanager": ("alertmanager_default", web.alertmanager_of),
    "webhook": ("webhook_default", web.webhook_of),
}
_ALSO = {"e-mail": "email", "mail": "email", "smtp": "email", "prometheus": "alertmanager", "http": "webhook"}


def alert_channels(
    slack_conn_id: str = "slack_default", channel: str | None = None, targets: Iterable[Target] = ()
) -> tuple[dict[str, Channel], dict[str, str]]:
    """Channels by notification target, for :func:`airflow_ai_slo.engine.deliver`.

    :param slack_conn_id: Airflow connection of type Slack API or Slack incoming webhook: where what no target takes
        goes, and through which Slack targets without a connection of their own are told.
    :param channel: where a bot posts what no target names a channel for.
    :param targets: whom definitions name. A Slack target that names neither channel, connection nor mention is the
        default one; so is, with a line that says so, a target whose connection cannot be used.
    :returns: the channels, and why some are missing, one line each. Messages without any channel wait.
    """
    channels: dict[str, Channel] = {}
    problems: dict[str, str] = {}
    for target in (Target(name=DEFAULT_TARGET, kind="slack"), *targets):
        kind = _ALSO.get(target.kind.lower(), target.kind.lower())
        if kind not in _KINDS:
            problems[target.name] = f"kind {target.kind!r} is none of {', '.join(_KINDS)}"
            continue
        usual, build = _KINDS[kind]
        if kind == "slack":
            if target.name != DEFAULT_TARGET and not (target.channel or target.connection or target.mention):
                continue
            usual = slack_conn_id
            target = _placed(target, channel)
        conn_id = target.connection or usual
        try:
            channels[target.name] = build(BaseHook.get_connection(conn_id), target)
        except AirflowNotFoundException:
            problems[target.name] = f"no Airflow connection {conn_id!r}: create it, with {_TYPES[kind]}"
        except ConfigurationError as error:
            problems[target.name] = f"connection {conn_id!r}: {error}"
        except Exception as error:
            # Whatever keeps Airflow from answering must not keep the other channels from being used.
            problems[target.name] = f"connection {conn_id!r}: Airflow does not give it: {type(error).__name__}"
    return channels, problems


_TYPES = {
    "slack": "type Slack API or incoming webhook",
    "email": "type SMTP",
    "pagerduty": "type Generic and the integration key as password",
    "alertmanager": "type Generic and Alertmanager's address as host",
    "webhook": "type Generic and the url as host",
}


def _placed(target: Target, channel: str | None) -> Target:
    return replace(target, channel=target.channel or channel or "")

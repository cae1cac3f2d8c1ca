"""PagerDuty, Alertmanager and webhooks, from Airflow connections of any type that has host and password."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.hooks.extra import seconds, texts

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from airflow_ai_slo.alerts import Channel
    from airflow_ai_slo.core.target import Target

_SCHEMES = ("http", "https")


def pagerduty_of(connection: Connection, target: Target) -> Channel:
    """The integration key is the password (of PagerDuty's own connection type: extra ``routing_key``)."""
    from airflow_ai_slo.alerts import PagerDutyChannel

    key = connection.password or ""
    if connection.conn_type == "pagerduty":
        key = str(connection.extra_dejson.get("routing_key") or "")
    options: dict[str, Any] = _shared(connection)
    if connection.host:
        options["base_url"] = address(connection)
    if source := connection.extra_dejson.get("source"):
        options["source"] = str(source)
    return PagerDutyChannel(key, takes=_takes(target), **options)


def alertmanager_of(connection: Connection, target: Target) -> Channel:
    """Its address is the host; extra may hold ``labels``, ``headers`` and ``kept_hours``."""
    from airflow_ai_slo.alerts import AlertmanagerChannel

    extra = connection.extra_dejson
    options = _shared(connection) | authorised(connection)
    if extra.get("kept_hours"):
        options["kept"] = _hours(extra["kept_hours"])
    return AlertmanagerChannel(address(connection), takes=_takes(target), labels=texts(extra, "labels"), **options)


def webhook_of(connection: Connection, target: Target) -> Channel:
    """Its url is the host; extra may hold ``signing_secret`` and ``headers``."""
    from airflow_ai_slo.alerts import WebhookChannel

    secret = str(connection.extra_dejson.get("signing_secret") or "")
    return WebhookChannel(address(connection), secret=secret, **_shared(connection), **authorised(connection))


def _shared(connection: Connection) -> dict[str, Any]:
    extra = connection.extra_dejson
    timeout = {"timeout": seconds(extra["timeout"])} if extra.get("timeout") else {}
    return {"proxy": extra.get("proxy") or None, **timeout}


def authorised(connection: Connection) -> dict[str, Any]:
    """Login and password are basic authentication, a password alone is a bearer token."""
    headers = texts(connection.extra_dejson, "headers")
    if connection.login:
        return {"headers": headers, "auth": (connection.login, connection.password or "")}
    bearer = {"Authorization": f"Bearer {connection.password}"} if connection.password else {}
    return {"headers": bearer | headers}


def address(connection: Connection) -> str:
    """Host with scheme, port and path, however they are spread over the connection's fields."""
    host, schema = (connection.host or "").strip(), (connection.schema or "").strip("/ ")
    if not host:
        raise ConfigurationError("host is empty; write the address, such as https://alerts.example.org/slo")
    scheme = schema if schema in _SCHEMES else connection.conn_type if connection.conn_type in _SCHEMES else "https"
    if "://" not in host:
        name, slash, path = host.partition("/")
        port = f":{connection.port}" if connection.port else ""
        host = f"{scheme}://{name}{port}{slash}{path}"
    return host if not schema or schema in _SCHEMES else f"{host.rstrip('/')}/{schema}"


def _takes(target: Target) -> tuple[str, ...]:
    return tuple(what for what in ("page", "ticket", "freeze") if target.wants(what))


def _hours(value: Any) -> timedelta:
    try:
        kept = timedelta(hours=float(value))
    except (TypeError, ValueError, OverflowError):
        raise ConfigurationError(f"kept_hours={value!r} in extra is not a number of hours") from None
    return kept

"""Delivers what waits in the outbox, through the channels that Airflow's connections make."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from logging import Logger
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.target import DEFAULT_TARGET
from airflow_ai_slo.hooks.channels import alert_channels

if TYPE_CHECKING:
    from airflow_ai_slo.alerts import Channel, Link
    from airflow_ai_slo.engine import Delivered
    from airflow_ai_slo.store import Store

REPORT_URL = "AI_SLO_REPORT_URL"
"""Environment variable: where people find the report."""


PATIENCE = timedelta(seconds=60)
"""How long a delivery waits for channels that ask it to, in all: chat services often ask for a second or two."""


def deliver(
    store: Store,
    *,
    now: datetime,
    slack_conn_id: str = "slack_default",
    slack_channel: str | None = None,
    report_url: str | None = None,
    log: Logger | Any,
) -> Delivered:
    """Send what is due to the store's targets, and log why something was not.

    :param report_url: what every message links to; by default :data:`REPORT_URL`.
    :raises StoreError: the store cannot be used. A channel's failure is not raised.
    """
    from airflow_ai_slo.alerts import Link
    from airflow_ai_slo.alerts.slack_text import is_web
    from airflow_ai_slo.store import targets

    with store.read() as connection:
        known = targets.known(connection)
    channels, problems = alert_channels(slack_conn_id, slack_channel, known.values())
    url = report_url or os.environ.get(REPORT_URL, "")
    if url and not is_web(url):
        log.warning("report_url=%.80r: not an http or https url; left out", url)
    links = [Link("Report", url)] if is_web(url) else []
    done = _deliver_patiently(store, channels, now, links)
    waits = done.pending or done.failed
    for target, problem in problems.items():
        if target != DEFAULT_TARGET:
            log.warning("Target %s: %s; the default channel is told instead", target, problem)
        elif waits:
            log.warning("Not told: %s", problem)
    for problem in done.problems:
        log.warning("Not told: %s", problem)
    if done.sent or done.pending:
        log.info("Messages: %d sent, %d waiting", done.sent, done.pending)
    return done


def _deliver_patiently(
    store: Store, channels: Mapping[str, Channel], now: datetime, links: Sequence[Link]
) -> Delivered:
    """Deliver, and again after the short waits that channels ask for; longer ones are the next delivery's."""
    from airflow_ai_slo import engine

    began = monotonic()
    done = engine.deliver(store, channels, now=now, links=links)
    total = done
    while done.resume_at is not None and done.resume_at - now <= PATIENCE:
        sleep(max((done.resume_at - now).total_seconds() - (monotonic() - began), 0.05))
        moment = max(done.resume_at, now + timedelta(seconds=monotonic() - began))
        done = engine.deliver(store, channels, now=moment, links=links)
        total = replace(
            done,
            sent=total.sent + done.sent,
            failed=total.failed + done.failed,
            problems=total.problems + done.problems,
        )
    return total

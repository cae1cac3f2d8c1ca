"""``ai-slo reconcile --follow``: measures until it is told to end."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from airflow_ai_slo.cli.options import opened


def follow(url: str | None, *, every: timedelta, evaluate: bool = False) -> None:
    """Measure at once what listeners of this machine hear of, and everything in a pass now and then.

    SIGTERM and Ctrl-C end it once what is under way is done.

    :param url: the store's address; by default as every command finds it.
    :param evaluate: whether to evaluate and to send messages after something was written, and after each pass.
    :raises StoreError: the store cannot be used when it begins; later it waits for it.
    """
    from airflow_ai_slo.hooks.settings import events_spool
    from airflow_ai_slo.reconcile.evaluated import evaluate as evaluated
    from airflow_ai_slo.reconcile.follower import Follower

    # Connections of channels may be in Airflow's database, which this process reads anyway.
    os.environ.setdefault("_AIRFLOW_PROCESS_CONTEXT", "server")
    store = opened(url)
    follower = Follower(
        open_store=lambda: opened(url),
        spool=events_spool(),
        say=_say,
        every=every,
        then=evaluated if evaluate else None,
    )
    _say(f"following Airflow's record into {store.where}: a pass every {every}, {follower.spool} at once")
    with _until_told() as stop:
        follower.follow(stop)
    _say("ended")


@contextmanager
def _until_told() -> Iterator[threading.Event]:
    """An event that SIGTERM and SIGINT set."""
    stop = threading.Event()

    def told(*_: Any) -> None:
        stop.set()

    before = {number: signal.signal(number, told) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say(line: str) -> None:
    click.echo(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%SZ} {line}", err=True)
    sys.stderr.flush()

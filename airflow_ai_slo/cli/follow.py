"""``ai-slo reconcile --follow``: measures until it is told to end."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any, cast

import click

from airflow_ai_slo.cli.options import Decorated, opened
from airflow_ai_slo.core.durations import Duration

EVERY = timedelta(minutes=5)
"""Between two passes, unless the command says otherwise."""


@dataclass(frozen=True, slots=True)
class Follow:
    """How to go on measuring.

    :param every: between two passes over all of Airflow's record.
    :param evaluate: whether to evaluate and to send messages after something was written, and after each pass.
    """

    every: timedelta
    evaluate: bool = False

    def run(self, url: str | None) -> None:
        """Go on until SIGTERM or SIGINT; what is under way is brought to its end.

        :param url: the store's address; by default as every command finds it.
        :raises StoreError: the store cannot be used when it begins; later it is waited for.
        """
        store = opened(url)
        # Connections of channels may be in Airflow's database, which this process reads anyway.
        os.environ.setdefault("_AIRFLOW_PROCESS_CONTEXT", "server")
        with _until_told() as stop, redirect_stdout(sys.stderr):
            from airflow_ai_slo.hooks.settings import events_spool, is_on
            from airflow_ai_slo.reconcile.evaluated import evaluate
            from airflow_ai_slo.reconcile.follower import Follower

            spool = events_spool()
            _say(f"following Airflow's record into {store.where}: a pass every {self.every}, {spool} at once")
            if not is_on("listener"):
                _say("nothing is heard at once: [ai_slo] listener is off in this environment")
            Follower(
                open_store=lambda: opened(url),
                spool=spool,
                say=_say,
                every=self.every,
                then=evaluate if self.evaluate else None,
            ).follow(stop)
        _say("ended")


def following(command: Decorated) -> Decorated:
    """``--follow``, ``--every`` and ``--evaluate``: the command gets ``follow``, None where it is to end by itself."""

    @wraps(command)
    def read(*, follow: bool, every: timedelta | None, evaluate: bool, **options: Any) -> Any:
        if not follow and (every is not None or evaluate):
            raise click.UsageError("--every and --evaluate go with --follow")
        return command(follow=Follow(every or EVERY, evaluate) if follow else None, **options)

    read = click.option(
        "--evaluate", is_flag=True, help="With --follow: evaluate and send messages after what was measured."
    )(read)
    read = click.option(
        "--every", type=_Every(), metavar="DURATION", help="With --follow: between two passes.  [default: 5m]"
    )(read)
    read = click.option("--follow", is_flag=True, help="Go on measuring until told to end.")(read)
    return cast("Decorated", read)


class _Every(click.ParamType[timedelta]):
    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        try:
            length = Duration.parse(value).length
        except ValueError:
            length = timedelta(0)
        if length <= timedelta(0):
            self.fail(f"{value!r} is no duration; write 5m or 1h", param, ctx)
        return length


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

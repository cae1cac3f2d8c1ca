"""The API server measures in the background, where ``[ai_slo] reconcile_every`` asks for it.

A middleware is told when a server begins and ends to serve, in the process that serves: not in the one that forks it,
and in no other process of Airflow, though many load the plugin.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import timedelta
from typing import Any

from airflow_ai_slo.hooks.settings import events_spool, is_on, reconcile_every

log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Scope]]
Send = Callable[[Scope], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_PATIENCE_SECONDS = 5.0


class Following:
    """ASGI middleware that starts one background thread when its server begins to serve, and stops it at the end."""

    def __init__(self, app: App, every: timedelta) -> None:
        self._app, self._every = app, every

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        stop = start(self._every)
        try:
            await self._app(scope, receive, send)
        finally:
            stop()


def middlewares() -> list[dict[str, Any]]:
    """What Airflow's API server is to put around itself: nothing, unless it was asked for."""
    every = reconcile_every()
    return (
        [] if every is None else [{"name": "AI SLO", "middleware": Following, "args": [], "kwargs": {"every": every}}]
    )


def start(every: timedelta) -> Callable[[], None]:
    """Start the thread; what comes back ends it and waits a little for it. Never raises."""
    stopped = threading.Event()
    thread = threading.Thread(target=_follow, args=(every, stopped), name="ai-slo-reconcile", daemon=True)
    try:
        thread.start()
    except RuntimeError as error:
        log.warning("AI SLO measures nothing in this API server: %s", error)
        return lambda: None

    def stop() -> None:
        stopped.set()
        thread.join(_PATIENCE_SECONDS)

    return stop


def _follow(every: timedelta, stopped: threading.Event) -> None:
    """What the thread does. The server goes on whatever becomes of it."""
    try:
        from airflow_ai_slo.hooks.store import SLOHook
        from airflow_ai_slo.reconcile.evaluated import evaluate
        from airflow_ai_slo.reconcile.follower import Follower

        log.info("AI SLO measures from Airflow's record of runs every %s (pid %d)", every, os.getpid())
        Follower(
            open_store=lambda: SLOHook().get_store(),
            spool=events_spool(),
            say=lambda line: log.info("AI SLO: %s", line),
            every=every,
            then=evaluate if is_on("reconcile_evaluate") else None,
        ).follow(stopped)
    except Exception:
        log.exception("AI SLO measures nothing more in this API server")

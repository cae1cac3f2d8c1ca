"""How our triggers poll: one blocking look at a time, in a thread, a while apart."""

from __future__ import annotations

import asyncio
import random
from abc import abstractmethod
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

SHORTEST = 30.0
"""Seconds between two looks, at least: many sensors share one store."""

_JITTER = 0.1


class PollingTrigger(BaseTrigger):
    """Looks again and again, until :meth:`look` has something to say.

    :param poll_interval: seconds between two looks; a tenth more or less, so that sensors started together drift apart.
    """

    def __init__(self, *, poll_interval: float = SHORTEST) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.poll_interval = poll_interval

    @abstractmethod
    def look(self) -> dict[str, Any] | None:
        """One blocking look; the event's payload, or None to look again later. Runs in a thread."""

    def pause(self) -> float:
        """Seconds until the next look."""
        return self.poll_interval * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Poll; an error that :meth:`look` raises ends the wait, and the sensor fails with its text."""
        while True:
            try:
                payload = await asyncio.to_thread(self.look)
            except Exception as error:
                yield _event({"error": f"{type(error).__name__}: {error}"})
                return
            if payload is not None:
                yield _event(payload)
                return
            await asyncio.sleep(self.pause())


def _event(payload: dict[str, Any]) -> TriggerEvent:
    return TriggerEvent(payload)  # type: ignore[no-untyped-call]

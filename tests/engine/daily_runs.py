"""An SLO of daily runs, played day by day, and what a channel is sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow_ai_slo import SLO, engine
from airflow_ai_slo.alerts import Message, Receipt
from airflow_ai_slo.core.definition import Schedule
from airflow_ai_slo.core.measurement import Measurement
from airflow_ai_slo.store import Store
from airflow_ai_slo.testing import memory_store

START = datetime(2026, 3, 2, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Inbox:
    """A channel that keeps the day and the title of what it is sent."""

    name = "inbox"

    def __init__(self) -> None:
        self.day = 0
        self.got: list[tuple[int, str]] = []

    def send(self, message: Message, *, thread: str | None, again: bool = False) -> Receipt:
        self.got.append((self.day, message.title))
        return Receipt(thread or f"t{len(self.got)}")


def daily_slo(window: str = "28d") -> Store:
    """9 good in 10 of daily runs."""
    return memory_store(
        [SLO(name="done", service="x", objective="0.9", window=window, schedule=Schedule(cadence="1d", start=START))]
    )


def record(store: Store, day: int, good: int, *, after: timedelta = timedelta(minutes=1)) -> None:
    at = START + day * DAY
    one = Measurement(slo="done", key=f"run {day}", at=at, good=good, total=1)
    engine.record(store, [one], now=at + after)


def evaluate(store: Store, inbox: Inbox, day: int, *, after: timedelta = HOUR) -> None:
    inbox.day, now = day, START + day * DAY + after
    engine.evaluate(store, at=now)
    engine.deliver(store, {"default": inbox}, now=now)


def play(store: Store, inbox: Inbox, verdicts: str, *, first: int = 1) -> int:
    """Record and evaluate day by day; returns the last day."""
    day = first - 1
    for day, verdict in enumerate(verdicts, first):
        record(store, day, int(verdict == "."))
        evaluate(store, inbox, day)
    return day

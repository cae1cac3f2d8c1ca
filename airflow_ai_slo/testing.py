"""For tests of one's own DAGs: a store in memory and a clock that is set by hand.

>>> store = memory_store([SLO(name="daily", service="flights", objective=0.9)])
>>> clock = Clock(datetime(2026, 1, 1, tzinfo=UTC))
>>> engine.record(store, [Measurement(slo="daily", key="1", at=clock.now, good=1, total=1)], now=clock.now)
1
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from airflow_ai_slo.core.definition import SLO, Service

if TYPE_CHECKING:
    from airflow_ai_slo.store import Store

__all__ = ["Clock", "memory_store"]


@dataclass
class Clock:
    """Time that passes when told to.

    :param now: an aware instant.
    """

    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def pass_by(self, length: timedelta) -> datetime:
        """Let time pass and return the new instant."""
        self.now += length
        return self.now


def memory_store(slos: Iterable[SLO] = (), services: Iterable[Service] = ()) -> Store:
    """A store of its own in memory, with definitions applied; gone when nothing holds it.

    It serves one process: operators in other processes do not see it.
    """
    from airflow_ai_slo import engine
    from airflow_ai_slo.store import MEMORY
    from airflow_ai_slo.store.connection import fresh

    store = fresh(MEMORY)
    store.migrate()
    engine.apply(store, slos, services, now=Clock().now)
    return store

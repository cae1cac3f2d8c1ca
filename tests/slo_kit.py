"""Short ways to say what most tests say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow_ai_slo.core.definition import SLO
from airflow_ai_slo.core.measurement import Measurement

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def an_slo(name: str = "done", **changes: Any) -> SLO:
    """An SLO of 9 good in 10 over 30 days that freezes its service, with no alerts unless asked for."""
    values: dict[str, Any] = {
        "name": name,
        "service": "scoring",
        "objective": "0.9",
        "window": "30d",
        "alerting": "none",
        "freeze": True,
    }
    return SLO(**(values | changes))


def seen(
    at: datetime = NOW, good: Any = 1, total: Any = 1, *, slo: str = "done", key: str = "", **more: Any
) -> Measurement:
    """A measurement, its key the instant unless told."""
    return Measurement(slo=slo, key=key or at.isoformat(), at=at, good=good, total=total, **more)


def daily(verdicts: str, *, until: datetime = NOW, step: timedelta = DAY, slo: str = "done") -> list[Measurement]:
    """One run a step, ending at ``until``: ``"..x."`` is two good, one bad, one good; ``_`` is one that is missing."""
    first = until - step * (len(verdicts) - 1)
    return [
        seen(first + step * i, int(verdict == "."), slo=slo) for i, verdict in enumerate(verdicts) if verdict != "_"
    ]

"""StatsD knows few characters: names that come out alike must not show one SLO's figures as another's."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

import pytest
from slo_kit import an_slo, daily

from airflow_ai_slo import engine
from airflow_ai_slo.hooks import stats
from airflow_ai_slo.store import Store


class Taken:
    """What would be sent."""

    def __init__(self) -> None:
        self.gauges: list[tuple[str, float]] = []

    def gauge(self, name: str, value: float, tags: dict[str, str]) -> None:
        self.gauges.append((f"{name}{sorted(tags.values())}", value))

    def normal(self, text: str) -> str:
        return "".join(one if one.isascii() and (one.isalnum() or one in "_-.") else "_" for one in text)


@pytest.mark.parametrize("backend", ["plain", "tagged"])
def test_of_names_that_come_out_alike_the_first_is_sent_and_the_log_says_so(
    store: Store, backend: str, caplog: pytest.LogCaptureFixture
) -> None:
    now = datetime.now(UTC)
    engine.apply(store, [an_slo("日本"), an_slo("中国"), an_slo("plain")], now=now)
    engine.record(store, daily("." * 10, until=now, slo="中国"), now=now)
    engine.record(store, daily("x" * 10, until=now, slo="日本"), now=now)
    engine.record(store, daily("." * 10, until=now, slo="plain"), now=now)
    taken: Any = Taken()
    gauges = list(stats.gauges(engine.status(store, at=now), {}))
    with caplog.at_level(logging.WARNING):
        sent = stats._send(gauges, taken, backend, logging.getLogger("task"))
    names = [name for name, _ in taken.gauges]
    assert len(set(names)) == len(names) == sent == len(gauges) - 2
    assert "2 SLO gauge(s) left out: StatsD cannot tell their names" in caplog.text

"""SLOs of the same windows are asked for together: the figures do not depend on who is asked for with whom."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from slo_kit import an_slo

from airflow_ai_slo import engine
from airflow_ai_slo.core.definition import Schedule
from airflow_ai_slo.core.measurement import Measurement
from airflow_ai_slo.engine import reading
from airflow_ai_slo.testing import memory_store

NOW = datetime(2026, 3, 30, 12, tzinfo=UTC)


def test_figures_are_the_same_whoever_is_asked_for_together(monkeypatch: pytest.MonkeyPatch) -> None:
    daily = {"schedule": Schedule(cadence="1d")}
    kinds = (("7d", {}), ("28d", {}), ("30d", daily), ("14d", daily))
    slos = [an_slo(f"{window}-{n}", window=window, **more) for n in range(3) for window, more in kinds]
    store = memory_store(slos)
    for number, slo in enumerate(slos):
        rows = [
            Measurement(
                slo=slo.name, key=f"{day}", at=NOW - timedelta(days=day), good=int((day + number) % 4 > 0), total=1
            )
            for day in range(1, 26, 1 + number % 3)
        ]
        engine.record(store, rows, now=NOW)
    found = []
    for few in (1, 3, 4, 1000):
        monkeypatch.setattr(reading, "_FEW", few)
        found.append([(one.slo.name, list(one.held), one.coverage) for one in engine.status(store, at=NOW, now=NOW)])
    assert found[0][0][1][0].total > 0
    assert all(other == found[-1] for other in found)

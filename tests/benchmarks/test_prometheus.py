"""Prometheus, which evaluating is measured beside, holds the same counts and answers the same questions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import promql_parser
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from slo_kit import an_slo

from airflow_ai_slo import engine
from airflow_ai_slo.core.burn import Outcome
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.evaluation import Evaluation
from airflow_ai_slo.core.measurement import Measurement
from airflow_ai_slo.store import open_store
from benchmarks import prometheus
from benchmarks.evaluating import END, histories

HOUR = timedelta(hours=1)
RUNS = {"1d": 24, "28d": 28 * 24}


def few(history: timedelta) -> list[list[Measurement]]:
    """The first three SLOs that the benchmark measures."""
    return list(islice(histories(HOUR, history), 3))


def test_the_text_holds_both_counters_of_every_slo() -> None:
    measured = few(timedelta(hours=20))
    samples = [one for one in parsed(measured) if one.name.endswith("_total")]
    assert len(samples) == 2 * 3 * 20
    last = {(one.name, one.labels["slo"]): (one.value, float(one.timestamp)) for one in samples}
    assert last == {
        (f"slo_{name}_total", history[0].slo): (sum(getattr(one, name) for one in history), END.timestamp())
        for history in measured
        for name in ("good", "total")
    }


def test_counters_never_fall() -> None:
    of_each = defaultdict(list)
    for one in parsed(few(timedelta(days=9))):
        if one.name.endswith("_total"):
            of_each[one.name, one.labels["slo"]].append(one.value)
    assert len(of_each) == 2 * 3
    for values in of_each.values():
        assert len(values) == 9 * 24
        assert values == sorted(values)


def test_the_text_holds_what_a_recording_rule_would_have_kept_of_each_window() -> None:
    history = burnt()
    kept = {one.name: one.value for one in parsed([history]) if one.name.startswith("slo_bad_ratio_")}
    assert len(kept) == len(prometheus.WINDOWS)
    assert kept["slo_bad_ratio_5m"] == kept["slo_bad_ratio_6h"] == 1
    assert kept["slo_bad_ratio_1d"] == pytest.approx(1 - sum(one.good for one in history[-24:]) / 2400)


@pytest.mark.parametrize("query", [*map(prometheus.ratio, prometheus.WINDOWS), *prometheus.ALERTS])
def test_what_is_asked_is_promql(query: str) -> None:
    promql_parser.parse(query)


@pytest.fixture(scope="module")
def measured() -> list[list[Measurement]]:
    """Forty days of three SLOs, and of one that had nothing but bad runs lately."""
    return [*few(timedelta(days=40)), burnt()]


@pytest.fixture(scope="module")
def server(
    measured: Sequence[Sequence[Measurement]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[prometheus.Prometheus]:
    if not prometheus.installed():
        pytest.skip("needs prometheus and promtool on the PATH")
    with prometheus.serving(tmp_path_factory.mktemp("peer") / "prometheus", measured) as running:
        yield running


@pytest.fixture
def here(measured: Sequence[Sequence[Measurement]], sqlite_url: str) -> Callable[[datetime], list[Evaluation]]:
    """Evaluates the same measurements in a store."""
    store = open_store(sqlite_url)
    slos = [an_slo(one[0].slo, objective="0.99", window="28d", alerting="workbook") for one in measured]
    engine.apply(store, slos, now=END)
    for history in measured:
        engine.record(store, history, now=END)
    return lambda at: engine.evaluate(store, at=at)


@pytest.mark.parametrize("window", RUNS)
@pytest.mark.parametrize("later", [timedelta(0), timedelta(seconds=9)])
def test_counters_at_a_windows_edges_differ_by_what_is_counted_here(
    window: str,
    later: timedelta,
    server: prometheus.Prometheus,
    here: Callable[[datetime], list[Evaluation]],
) -> None:
    counted = {
        one.slo.name: one.counts if window == "28d" else one.windows[Duration.parse(window)]
        for one in here(END + later)
    }
    for name in ("good", "total"):
        difference = f"slo_{name}_total - slo_{name}_total offset {window}"
        there = server.values(difference, END + later)
        assert there == {slo: getattr(counts, name) for slo, counts in counted.items()}


@pytest.mark.parametrize(("window", "runs"), RUNS.items())
def test_a_ratio_is_of_every_run_in_the_window_but_its_first(
    window: str, runs: int, measured: Sequence[Sequence[Measurement]], server: prometheus.Prometheus
) -> None:
    """``increase`` begins at a window's first sample, which holds the first run already; extrapolating cancels out."""
    there = server.values(prometheus.ratio(window), END + timedelta(seconds=9))
    for history in measured:
        counted = history[-runs:][1:]
        bad = 1 - sum(one.good for one in counted) / sum(one.total for one in counted)
        assert there.pop(history[0].slo) == pytest.approx(bad, abs=1e-12)
    assert not there


def test_the_same_alerts_fire(server: prometheus.Prometheus, here: Callable[[datetime], list[Evaluation]]) -> None:
    fired = [
        {one.slo.name for one in here(END) if one.alerts[number].outcome is Outcome.FIRING}
        for number in range(len(prometheus.ALERTS))
    ]
    assert [set(server.values(alert, END)) for alert in prometheus.ALERTS] == fired
    assert any(fired)


def burnt() -> list[Measurement]:
    history = few(timedelta(days=40))[0]
    return [replace(one, slo="burnt", good=0 if one.at > END - timedelta(hours=7) else one.good) for one in history]


def parsed(measured: Sequence[Sequence[Measurement]]) -> list[Any]:
    families = text_string_to_metric_families("".join(prometheus.openmetrics(measured)))
    return [sample for family in families for sample in family.samples]

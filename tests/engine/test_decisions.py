"""What evaluations decide when clocks, definitions and evaluators misbehave."""

from __future__ import annotations

import multiprocessing
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pendulum
import pytest
from slo_kit import DAY, HOUR, MINUTE, NOW, an_slo, daily, seen

from airflow_ai_slo import engine
from airflow_ai_slo.alerts import Message, Receipt
from airflow_ai_slo.core.definition import SLO, BurnRule, Severity
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.errors import ConfigurationError, UnknownSLOError
from airflow_ai_slo.core.windows import CalendarWindow
from airflow_ai_slo.store import Store, definitions, incidents, open_store


def a_rule(severity: Severity, long: str, short: str | None, factor: float) -> BurnRule:
    return BurnRule(
        severity=severity,
        long=Duration.parse(long),
        short=None if short is None else Duration.parse(short),
        factor=Fraction(str(factor)),
    )


PAGE = a_rule(Severity.PAGE, "1h", "5m", 5)
TICKET = a_rule(Severity.TICKET, "1d", "2h", 2)


def requests(**changes: Any) -> SLO:
    return an_slo(**({"rules": [PAGE, TICKET], "freeze": False} | changes))


def transitions(store: Store, name: str = "done") -> list[str]:
    with store.read() as connection:
        [stored] = definitions.active(connection, [name])
        happened = incidents.events(connection, stored.slo_id, NOW - 365 * DAY, NOW + 365 * DAY)
    return [f"{event.transition} {event.severity.label}" for event in happened]


def test_a_bad_run_that_lies_ahead_of_the_evaluator_s_clock_alerts_once_it_is_reached(store: Store) -> None:
    engine.apply(store, [requests()], now=NOW)
    ahead = NOW + timedelta(seconds=30)
    engine.record(store, [seen(ahead, 0, 10)], now=NOW)
    engine.evaluate(store, at=NOW)
    assert transitions(store) == []
    engine.evaluate(store, at=NOW + MINUTE)
    assert transitions(store) == ["opened page"]
    engine.evaluate(store, at=NOW + 2 * MINUTE)
    assert transitions(store) == ["opened page"]


def test_tightening_the_objective_opens_nothing_until_the_next_bad_run(store: Store) -> None:
    engine.apply(store, [requests(objective="0.5", rules=[a_rule(Severity.PAGE, "1h", None, 1)])], now=NOW)
    engine.record(store, [seen(NOW, 6, 10)], now=NOW)
    engine.evaluate(store, at=NOW)
    engine.apply(store, [requests(objective="0.9", rules=[a_rule(Severity.PAGE, "1h", None, 1)])], now=NOW)
    engine.evaluate(store, at=NOW + MINUTE)
    assert transitions(store) == []
    engine.record(store, [seen(NOW + 2 * MINUTE, 6, 10)], now=NOW)
    engine.evaluate(store, at=NOW + 2 * MINUTE)
    assert transitions(store) == ["opened page"]


def test_an_incident_outlives_an_edit_of_its_rules_and_ends_when_the_new_ones_are_healthy(store: Store) -> None:
    engine.apply(store, [requests()], now=NOW)
    engine.record(store, [seen(NOW, 0, 10)], now=NOW)
    engine.evaluate(store, at=NOW)
    slower = a_rule(Severity.PAGE, "6h", "30m", 5)
    engine.apply(store, [requests(rules=[TICKET, slower])], now=NOW)
    engine.evaluate(store, at=NOW + MINUTE)
    assert transitions(store) == ["opened page"]
    engine.record(store, [seen(NOW + 40 * MINUTE, 10, 10)], now=NOW)
    engine.evaluate(store, at=NOW + 40 * MINUTE)
    assert transitions(store) == ["opened page", "deescalated ticket"]
    engine.record(store, [seen(NOW + 3 * HOUR, 10, 10)], now=NOW)
    engine.evaluate(store, at=NOW + 3 * HOUR)
    assert transitions(store) == ["opened page", "deescalated ticket", "resolved ticket"]


def test_an_incident_whose_rules_are_taken_away_resolves_and_the_next_one_opens(store: Store) -> None:
    engine.apply(store, [requests()], now=NOW)
    engine.record(store, [seen(NOW, 0, 10)], now=NOW)
    engine.evaluate(store, at=NOW)
    engine.apply(store, [requests(rules=[], alerting="none")], now=NOW)
    engine.evaluate(store, at=NOW + MINUTE)
    engine.apply(store, [requests()], now=NOW)
    engine.record(store, [seen(NOW + 2 * MINUTE, 0, 10)], now=NOW)
    engine.evaluate(store, at=NOW + 2 * MINUTE)
    assert transitions(store) == ["opened page", "resolved page", "opened page"]


def test_after_a_day_without_evaluations_only_what_still_burns_alerts(store: Store) -> None:
    engine.apply(store, [requests(), requests(name="over")], now=NOW)
    engine.evaluate(store, at=NOW)
    for minutes in range(0, 24 * 60, 5):
        at = NOW + minutes * MINUTE
        good = 0 if minutes >= 23 * 60 else 10
        over = 0 if minutes < 60 else 10
        engine.record(store, [seen(at, good, 10), seen(at, over, 10, slo="over")], now=at)
    engine.evaluate(store, at=NOW + DAY - 5 * MINUTE)
    assert transitions(store) == ["opened page"]
    assert transitions(store, "over") == []


def test_where_nothing_more_comes_in_an_incident_holds(store: Store) -> None:
    engine.apply(store, [requests()], now=NOW)
    engine.record(store, [seen(NOW, 0, 10)], now=NOW)
    for hours in (0, 1, 30, 24 * 40):
        engine.evaluate(store, at=NOW + hours * HOUR)
    engine.record(store, [seen(NOW + 1000 * HOUR, 0, 0)], now=NOW)
    engine.evaluate(store, at=NOW + 1000 * HOUR)
    assert transitions(store) == ["opened page"]


@pytest.mark.parametrize(
    "there",
    [
        datetime(2026, 3, 29, 12, tzinfo=ZoneInfo("Europe/Berlin")),
        pendulum.datetime(2026, 3, 29, 12, tz="Europe/Berlin"),
        pendulum.datetime(2026, 3, 29, 10),
    ],
)
def test_a_day_is_24_hours_in_whatever_zone_the_instant_is_given(sqlite_url: str, there: datetime) -> None:
    store = open_store(sqlite_url)
    at = datetime.fromisoformat("2026-03-29T10:00:00+00:00")
    engine.apply(store, [requests(window="1d")], now=there)
    inside, outside = at - 23.5 * HOUR, at - 24 * HOUR
    engine.record(store, [seen(inside, 0, 1), seen(outside, 0, 1), seen(at - 90 * DAY)], now=there)
    for look in (engine.status, engine.evaluate):
        [evaluation] = look(store, at=there)
        assert evaluation.counts.total == 1
        assert (evaluation.coverage, evaluation.at) == (1, at)
    report = engine.report(store, at=there, period=2 * DAY)
    assert report.services[0].slos[0].evaluation.counts.total == 1
    assert (report.start, report.end) == (at - 2 * DAY, at)
    assert engine.gate(lambda: store, "scoring", now=there).evaluated_at is None
    store.engine.dispose()


def test_an_instant_without_a_zone_is_refused_everywhere(sqlite_url: str, tmp_path: Path) -> None:
    store, naive = open_store(sqlite_url), datetime(2026, 1, 1)
    uses: list[Any] = [
        lambda: engine.apply(store, [], now=naive),
        lambda: engine.record(store, [seen()], now=naive),
        lambda: engine.record_or_spool(lambda: store, [seen()], now=naive, spool=tmp_path / "spool"),
        lambda: engine.evaluate(store, at=naive),
        lambda: engine.deliver(store, {}, now=naive),
        lambda: engine.gate(lambda: store, "scoring", now=naive),
        lambda: engine.override(store, "scoring", author="a", reason="b", until=naive, now=NOW),
        lambda: engine.release(store, "scoring", author="a", reason="b", now=naive),
        lambda: engine.report(store, at=naive, period=DAY),
    ]
    for use in uses:
        with pytest.raises(ConfigurationError, match="no time zone"):
            use()
    engine.apply(store, [requests()], now=NOW)
    with pytest.raises(ConfigurationError, match="no time zone"):
        engine.status(store, at=naive)


@pytest.mark.parametrize("year", [1, 1899, 9801, 9999])
@pytest.mark.parametrize("window", ["30d", CalendarWindow(Duration(1, "Y"), ZoneInfo("UTC"), datetime(2026, 1, 1))])
def test_an_instant_at_the_end_of_the_calendar_is_refused(sqlite_url: str, year: int, window: Any) -> None:
    store = open_store(sqlite_url)
    engine.apply(store, [requests(window=window)], now=NOW)
    for look in (engine.status, engine.evaluate):
        with pytest.raises(ConfigurationError, match="lies outside the years 1900 to 9800"):
            look(store, at=NOW.replace(year=year, month=12))
        look(store, at=NOW.replace(year=9800))
    store.engine.dispose()


def test_some_slos_are_evaluated_with_their_services_and_nothing_else_is_touched(store: Store) -> None:
    engine.apply(store, [requests(name=name, service=name[0]) for name in ("a1", "a2", "b1")], now=NOW)
    engine.record(store, [seen(NOW, 0, 10, slo=name) for name in ("a1", "a2", "b1")], now=NOW)
    assert [e.slo.name for e in engine.evaluate(store, at=NOW, slos=["a1"])] == ["a1"]
    assert [transitions(store, name) for name in ("a1", "a2", "b1")] == [["opened page"], ["opened page"], []]
    engine.evaluate(store, at=NOW + MINUTE)
    assert transitions(store, "b1") == ["opened page"]


def test_evaluations_come_back_by_name_in_one_order_everywhere(store: Store) -> None:
    names = ["Zeta", "alpha", "beta-2", "beta 1", "ärger", "_x"]
    engine.apply(store, [requests(name=name) for name in names], now=NOW)
    assert [e.slo.name for e in engine.status(store, at=NOW)] == sorted(names)


def test_an_unknown_slo_stops_an_evaluation_before_it_decides_anything(store: Store) -> None:
    engine.apply(store, [requests()], now=NOW)
    engine.record(store, [seen(NOW, 0, 10)], now=NOW)
    for look in (engine.status, engine.evaluate):
        with pytest.raises(UnknownSLOError, match="no SLO named nope, zzz; known: done"):
            look(store, at=NOW, slos=["done", "zzz", "nope"])
    assert transitions(store) == []


def test_without_definitions_there_is_nothing_to_evaluate(store: Store) -> None:
    assert engine.evaluate(store, at=NOW) == engine.status(store, at=NOW) == []
    with pytest.raises(UnknownSLOError, match="known: none: apply definitions first"):
        engine.status(store, at=NOW, slos=["a"])


def test_definitions_are_applied_all_or_none(store: Store) -> None:
    def given() -> Any:
        yield requests()
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        engine.apply(store, given(), now=NOW)
    assert engine.status(store, at=NOW) == []


def test_a_generation_that_ended_keeps_its_history_and_its_incident_says_superseded(store: Store) -> None:
    from airflow_ai_slo.core.definition import Indicator

    engine.apply(store, [requests()], now=NOW)
    engine.record(store, [seen(NOW, 0, 10)], now=NOW)
    engine.evaluate(store, at=NOW)
    [change] = engine.apply(store, [requests(indicator=Indicator(spec={"of": "rows"}))], now=NOW + MINUTE)
    assert change.replaced_id is not None
    with store.read() as connection:
        happened = incidents.events(connection, change.replaced_id, NOW - DAY, NOW + DAY)
        assert definitions.by_id(connection, change.replaced_id).generation == 1
    assert [event.transition for event in happened] == ["opened", "superseded"]
    engine.record(store, [seen(NOW + 2 * MINUTE, 0, 10)], now=NOW)
    engine.evaluate(store, at=NOW + 2 * MINUTE)
    assert transitions(store) == ["opened page"]


class FileInbox:
    """A channel that several processes can share."""

    name = "file"

    def __init__(self, path: Path) -> None:
        self.path = path

    def send(self, message: Message, *, thread: str | None, again: bool = False) -> Receipt:
        with self.path.open("a") as file:
            file.write(f"{message.dedup_key}\n")
        return Receipt("thread")


def _evaluate_and_deliver(url: str, path: Path, barrier: Any) -> None:
    store = open_store(url)
    barrier.wait()
    for minutes in range(4):
        engine.evaluate(store, at=NOW + minutes * MINUTE)
        engine.deliver(store, {"default": FileInbox(path)}, now=NOW)


def test_several_processes_evaluate_and_deliver_each_thing_once(store_url: str, tmp_path: Path) -> None:
    store = open_store(store_url)
    names = [f"slo-{number}" for number in range(6)]
    engine.apply(store, [requests(name=name, service=name, freeze=True, window="1d") for name in names], now=NOW)
    engine.record(store, [seen(NOW - DAY, 1, 1, slo=name) for name in names], now=NOW)
    engine.record(store, [seen(NOW, 0, 10, slo=name) for name in names], now=NOW)
    path = tmp_path / "inbox"
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(3)
    workers = [context.Process(target=_evaluate_and_deliver, args=(store_url, path, barrier)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
        assert worker.exitcode == 0
    told = path.read_text().splitlines()
    assert len(told) == len(set(told)) == 2 * len(names)
    assert set(engine.frozen_services(store)) == set(names)
    assert [transitions(store, name) for name in names] == [["opened page"]] * len(names)
    store.engine.dispose()


def test_a_report_names_the_services_there_are(store: Store) -> None:
    engine.apply(store, [requests(), requests(name="b", service="other")], now=NOW)
    engine.record(store, daily(".x."), now=NOW)
    report = engine.report(store, at=NOW, period=DAY, services=["scoring"])
    assert [one.service.name for one in report.services] == ["scoring"]
    assert report.services[0].slos[0].spent_by == {"other": 1}
    with pytest.raises(UnknownSLOError, match="no service nope; known: other, scoring"):
        engine.report(store, at=NOW, period=DAY, services=["nope"])

"""Lists of SLOs: the figures of a status, one state each, orders, and when they are made anew."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from slo_kit import DAY, NOW, an_slo, daily, seen

from airflow_ai_slo import engine
from airflow_ai_slo.core.definition import Schedule, Service
from airflow_ai_slo.core.errors import ConfigurationError, StoreUnavailableError
from airflow_ai_slo.core.freeze_policy import FreezePolicy
from airflow_ai_slo.engine.choosing import ORDERS, Choice, choose, most_urgent
from airflow_ai_slo.engine.latest import FRESH, remembered
from airflow_ai_slo.engine.listing import Health, Listed, listing
from airflow_ai_slo.store import Store
from airflow_ai_slo.store.version import version


def fill(store: Store) -> None:
    slos = [
        an_slo("spent"),
        an_slo("burning", alerting="workbook", freeze=False),
        an_slo("unknown"),
        an_slo("healthy"),
        an_slo("few", confidence="0.95", freeze=False),
    ]
    engine.apply(store, slos, services=[Service(name="scoring", freeze=FreezePolicy(mode="soft"))], now=NOW)
    engine.record(store, daily("." * 26 + "xxxx", slo="spent"), now=NOW)
    engine.record(store, [seen(slo="burning", good=0), *daily("." * 30, slo="burning", until=NOW - DAY)], now=NOW)
    engine.record(store, daily("." * 30, slo="healthy"), now=NOW)
    engine.record(store, daily("...x", slo="few", until=NOW - DAY * 26), now=NOW)
    engine.evaluate(store, at=NOW)


def by_name(store: Store, **given: Any) -> dict[str, Listed]:
    return {one.name: one for one in listing(store, at=NOW, now=NOW, **given).slos}


def test_figures_are_those_of_a_status(store: Store) -> None:
    fill(store)
    listed = listing(store, at=NOW, now=NOW)
    assert [one.seen for one in listed.slos] == engine.status(store, at=NOW, now=NOW)
    assert list(by_name(store, slos=["spent", "few"])) == ["few", "spent"]


def test_every_slo_has_one_state(store: Store) -> None:
    fill(store)
    found = by_name(store)
    assert {name: one.health for name, one in found.items()} == {
        "spent": Health.SPENT,
        "burning": Health.BURNING,
        "unknown": Health.UNKNOWN,
        "healthy": Health.HEALTHY,
        "few": Health.UNKNOWN,  # nothing is left, but too few samples say so
    }
    assert found["few"].seen.budget.remaining is not None
    assert found["few"].seen.budget.remaining <= 0
    assert {one.freeze for one in found.values()} == {"soft"}
    assert {one.evaluated_at for one in found.values()} == {NOW}
    burning = found["burning"].incident
    assert burning is not None
    assert (burning.opened_at, burning.severity) == (NOW, "page")


def test_runs_that_did_not_come_are_missing_in_a_list_too(store: Store) -> None:
    schedule = Schedule(cadence="1d", start=NOW - DAY * 10)
    engine.apply(store, [an_slo(schedule=schedule)], now=NOW - DAY * 10)
    engine.record(store, [seen(NOW - DAY * 9)], now=NOW - DAY * 9)
    (one,) = listing(store, at=NOW, now=NOW).slos
    # The first is expected a day after the start, and each has a day to come in.
    assert (one.seen.counts.runs, one.seen.counts.bad_runs) == (8, 7)
    assert [one.seen] == engine.status(store, at=NOW, now=NOW)


@pytest.mark.parametrize("order", [*ORDERS, *(f"-{name}" for name in ORDERS)])
def test_any_order_holds_every_slo_and_ends_with_what_is_unknown(store: Store, order: str) -> None:
    fill(store)
    slos = listing(store, at=NOW, now=NOW).slos
    ordered = choose(slos, Choice(order_by=order)).slos
    assert sorted(one.name for one in ordered) == [one.name for one in slos]
    values = [ORDERS[order.removeprefix("-")](one) for one in ordered]
    known = [value for value in values if value is not None]
    assert values[: len(known)] == known
    assert known == sorted(known, reverse=order.startswith("-"))
    for one, after in pairwise(ordered):
        if ORDERS[order.removeprefix("-")](one) == ORDERS[order.removeprefix("-")](after):
            assert one.name < after.name


def test_an_order_there_is_none_of_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="order_by='--name': write name, "):
        choose([], Choice(order_by="--name"))


def test_the_most_urgent_come_by_state_then_by_what_is_left(store: Store) -> None:
    fill(store)
    slos = listing(store, at=NOW, now=NOW).slos
    assert [one.name for one in most_urgent(slos, 3)] == ["spent", "burning", "few"]
    assert [one.name for one in most_urgent(slos, 9)][-2:] == ["unknown", "healthy"]


def test_a_version_changes_with_every_commit_and_with_nothing_else(store: Store) -> None:
    engine.apply(store, [an_slo()], now=NOW)
    first = version(store)
    listing(store, at=NOW, now=NOW)
    assert version(store) == first
    seen_before = {first}
    for write in (
        lambda: engine.record(store, [seen()], now=NOW),
        lambda: engine.record(store, [seen(good=0)], now=NOW),
        lambda: engine.evaluate(store, at=NOW),
        lambda: engine.override(store, "scoring", author="a", reason="b", until=NOW + DAY, now=NOW),
        lambda: engine.revoke(store, "scoring", author="a", reason="b", now=NOW),
        lambda: engine.pause(store, ["done"], author="a", reason="b", now=NOW),
        lambda: engine.apply(store, [an_slo(objective="0.8")], now=NOW),
    ):
        write()
        now = version(store)
        assert now not in seen_before, write
        seen_before.add(now)


def test_the_latest_is_taken_again_until_something_is_written_or_time_has_passed(store: Store) -> None:
    fill(store)
    first = engine.latest(store, now=NOW)
    assert engine.latest(store, now=NOW + FRESH - timedelta(seconds=1)) is first
    assert engine.latest(store, now=NOW - timedelta(seconds=1)) is not first  # a clock that was set back
    later = engine.latest(store, now=NOW + FRESH)
    assert later.at == NOW + FRESH
    engine.record(store, [seen(NOW, slo="unknown")], now=NOW)
    newest = engine.latest(store, now=NOW + FRESH + timedelta(seconds=1))
    assert [one.seen.counts.total for one in newest.slos if one.name == "unknown"] == [1]


def test_many_who_ask_at_once_wait_for_one_answer(store: Store) -> None:
    fill(store)
    found: list[object] = []
    asked = [threading.Thread(target=lambda: found.append(engine.latest(store, now=NOW))) for _ in range(12)]
    for one in asked:
        one.start()
    for one in asked:
        one.join()
    assert len(found) == 12
    assert len({id(one) for one in found}) == 1


def test_a_trend_is_the_budget_of_each_day(store: Store) -> None:
    fill(store)
    slos = listing(store, at=NOW, now=NOW).slos
    found = engine.trends(store, slos, at=NOW, now=NOW)
    for back in range(14):
        then = {one.slo.name: one.budget.remaining for one in engine.status(store, at=NOW - DAY * back, now=NOW)}
        assert {name: trend[-1 - back] for name, trend in found.items()} == then
    assert found["unknown"] == (None,) * 14
    assert found["healthy"][-1] == Fraction(1)


def test_a_store_that_does_not_answer_is_waited_for_once_by_all_who_ask_meanwhile(store: Store) -> None:
    fill(store)
    asked, wait, entered = [], threading.Event(), threading.Event()

    def hang(_: object) -> None:
        asked.append(1)
        entered.set()
        wait.wait(30)
        raise StoreUnavailableError("gone")

    heard: list[str] = []

    def ask() -> None:
        try:
            remembered(store, "hung", now=NOW, make=hang)
        except StoreUnavailableError as error:
            heard.append(str(error))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    threads[0].start()
    assert entered.wait(30)
    for thread in threads[1:]:
        thread.start()
    threading.Event().wait(0.5)
    wait.set()
    for thread in threads:
        thread.join(30)
    assert heard == ["gone"] * 8
    assert len(asked) < len(threads) / 2
    assert remembered(store, "hung", now=NOW, make=lambda _: "back") == "back"


def test_who_waited_while_others_recorded_sees_what_they_recorded(store: Store) -> None:
    """The request came before the measurement, its turn after: what it finds serves those who come later, too."""
    fill(store)
    came = datetime.now(UTC)
    engine.record(store, [seen(datetime.now(UTC), slo="unknown")], now=datetime.now(UTC))
    for now in (came, datetime.now(UTC), came):
        (one,) = (row for row in engine.latest(store, now=now).slos if row.name == "unknown")
        assert one.seen.counts.total == 1

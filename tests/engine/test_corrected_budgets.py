"""What corrections do to budgets, expected runs, alerts, attribution, generations and reports."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from slo_kit import DAY, HOUR, MINUTE, NOW, an_slo, daily, seen
from sqlalchemy import func, select

from airflow_ai_slo import engine
from airflow_ai_slo.core.corrections import Correction, Interval
from airflow_ai_slo.core.definition import Indicator, Schedule
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.errors import ConfigurationError, UnknownSLOError
from airflow_ai_slo.reports import render_html, render_markdown
from airflow_ai_slo.store import Store, counting, definitions, incidents
from airflow_ai_slo.store.tables import measurement

HALF = Interval(NOW - 15 * DAY, NOW)
WHO: dict[str, Any] = {"author": "ann", "reason": "the source was broken"}


def corrected(store: Store, period: Interval = HALF, *, now: Any = NOW) -> Correction:
    [one] = engine.add_correction(store, ["done"], period=period, now=now, **WHO)
    return one


def now(store: Store, at: Any = NOW) -> Any:
    return engine.status(store, at=at, now=at)[0]


def test_two_of_three_spent_becomes_two_of_one_and_a_half(store: Store) -> None:
    engine.apply(store, [an_slo()], now=NOW)
    engine.record(store, daily("." * 6 + "xx" + "." * 24), now=NOW)
    [shown] = engine.preview_correction(store, ["done"], period=HALF, at=NOW)
    budgets = [(one.budget.allowed, one.budget.consumed, one.budget.estimate) for one in (shown.before, shown.after)]
    assert budgets == [(3, 2, False), (Fraction(3, 2), 2, False)]
    assert now(store).budget.allowed == 3, "a preview saves nothing"
    assert engine.corrections(store) == []
    saved = corrected(store)
    assert now(store).budget == shown.after.budget
    with store.read() as connection:
        assert connection.execute(select(func.count()).select_from(measurement)).scalar() == 32
    assert engine.revoke_correction(store, [saved.id], now=NOW, **WHO) == [saved]
    assert now(store).budget == shown.before.budget
    assert engine.corrections(store) == []
    assert [one.revoked_at for one in engine.corrections(store, revoked=True)] == [NOW]


def test_the_end_belongs_to_a_correction_and_the_start_does_not(store: Store) -> None:
    engine.apply(store, [an_slo()], now=NOW)
    engine.record(store, daily("xxx"), now=NOW)
    corrected(store, Interval(NOW - 2 * DAY, NOW - DAY))
    assert now(store).counts == (0, 2, 2, 2)
    with store.read() as connection:
        [stored] = definitions.active(connection)
        found = counting.worst(connection, stored.slo_id, "done", NOW - 9 * DAY, NOW, stored.scale)
    assert [one.at for one in found] == [NOW, NOW - 2 * DAY]


def test_corrections_that_overlap_drop_once_and_give_back_at_the_last_revocation(store: Store) -> None:
    engine.apply(store, [an_slo()], now=NOW)
    engine.record(store, daily("xxxxx"), now=NOW)
    first, second = corrected(store, Interval(NOW - 3 * DAY, NOW - DAY)), corrected(store, Interval(NOW - 2 * DAY, NOW))
    assert now(store).counts.runs == 2
    engine.revoke_correction(store, [first.id], now=NOW, **WHO)
    assert now(store).counts.runs == 3
    engine.revoke_correction(store, [second.id], now=NOW, **WHO)
    assert now(store).counts.runs == 5


def test_what_comes_in_during_a_correction_is_kept_and_does_not_count(store: Store) -> None:
    engine.apply(store, [an_slo(alerting="seed")], now=NOW)
    corrected(store, Interval(NOW - DAY, NOW + DAY))
    engine.record(store, [seen(NOW, 0), seen(NOW - 2 * DAY)], now=NOW)
    engine.record(store, [seen(NOW - 2 * DAY, 0, key=NOW.isoformat()), seen(NOW, 0, key="other")], now=NOW + MINUTE)
    engine.evaluate(store, at=NOW + MINUTE)
    assert now(store, NOW + MINUTE).counts == (1, 2, 1, 1)
    with store.read() as connection:
        assert incidents.all_open(connection) == {}


def test_a_bad_run_that_first_counts_when_its_correction_is_revoked_alerts_then(store: Store) -> None:
    engine.apply(store, [an_slo(alerting="seed")], now=NOW)
    saved = corrected(store, Interval(NOW - HOUR, NOW + HOUR))
    engine.record(store, [seen(NOW + MINUTE, 0)], now=NOW + MINUTE)
    engine.evaluate(store, at=NOW + 2 * MINUTE)
    engine.revoke_correction(store, [saved.id], now=NOW + 3 * MINUTE, **WHO)
    engine.evaluate(store, at=NOW + 3 * MINUTE)
    with store.read() as connection:
        assert len(incidents.all_open(connection)) == 1


def test_past_alerts_are_not_rewritten_and_given_back_runs_do_not_alert_twice(store: Store) -> None:
    engine.apply(store, [an_slo(alerting="seed")], now=NOW)
    engine.record(store, [seen(NOW, 0)], now=NOW)
    engine.evaluate(store, at=NOW)
    saved = corrected(store, Interval(NOW - HOUR, NOW + HOUR))
    engine.record(store, [seen(NOW + 2 * HOUR)], now=NOW + 2 * HOUR)
    engine.evaluate(store, at=NOW + 2 * HOUR)
    engine.revoke_correction(store, [saved.id], now=NOW + 2 * HOUR, **WHO)
    engine.evaluate(store, at=NOW + 2 * HOUR + MINUTE)
    with store.read() as connection:
        [stored] = definitions.active(connection)
        history = incidents.history(connection, stored.slo_id, NOW - DAY, NOW + DAY)
    assert [one.opened_at for one, _ in history] == [NOW]


def in_time(store: Store, verdicts: str, until: Any) -> None:
    for one in daily(verdicts, until=until):
        engine.record(store, [one], now=one.at)


def expecting(**options: Any) -> Any:
    schedule = Schedule(cadence="1d", start=NOW - 10 * DAY, deadline=Duration(2, "h"))
    return an_slo(schedule=schedule, window="10d", **options)


def test_a_slot_in_a_correction_is_neither_missing_nor_part_of_coverage(store: Store) -> None:
    engine.apply(store, [expecting()], now=NOW)
    corrected(store, Interval(NOW - 5 * DAY, NOW - 2 * DAY), now=NOW - 10 * DAY)
    in_time(store, "...__", NOW - 5 * DAY)
    found = now(store, NOW + 3 * HOUR)
    assert found.counts.runs == 7, "3 recorded, 4 missing, 3 not expected"
    assert (found.counts.bad_runs, found.coverage) == (4, 1)


def test_revoking_makes_missing_what_was_not_expected_and_correcting_drops_what_was_missing(store: Store) -> None:
    engine.apply(store, [expecting()], now=NOW)
    saved = corrected(store, Interval(NOW - 5 * DAY, NOW), now=NOW - 10 * DAY)
    in_time(store, ".....", NOW - 5 * DAY)
    at = NOW + 3 * HOUR
    assert now(store, at).counts == (5, 5, 0, 5)
    engine.revoke_correction(store, [saved.id], now=at, **WHO)
    assert now(store, at).counts == (5, 10, 5, 10)
    corrected(store, Interval(NOW - 5 * DAY, NOW), now=at)
    assert now(store, at).counts == (5, 5, 0, 5)


def test_a_run_that_comes_late_into_a_correction_takes_the_place_of_the_missing_one(store: Store) -> None:
    engine.apply(store, [expecting()], now=NOW)
    in_time(store, ".........", NOW - DAY)
    at = NOW + 3 * HOUR
    assert now(store, at).counts.bad_runs == 1
    saved = corrected(store, Interval(NOW - HOUR, NOW + HOUR), now=at)
    engine.record(store, [seen(NOW)], now=at)
    assert now(store, at).counts == (9, 9, 0, 9)
    engine.revoke_correction(store, [saved.id], now=at, **WHO)
    assert now(store, at).counts == (9, 10, 1, 10), "late, as if there had been no correction"


def test_windows_in_runs_look_past_what_is_dropped(store: Store) -> None:
    """Two failures with dropped runs between are in a row; the failures in the correction page nobody."""
    engine.apply(store, [expecting(alerting="pipeline")], now=NOW - 10 * DAY)
    corrected(store, Interval(NOW - 7 * DAY, NOW - 5 * DAY), now=NOW - 10 * DAY)
    for one in daily("..xxx", until=NOW - 5 * DAY):
        engine.record(store, [one], now=one.at)
        engine.evaluate(store, at=one.at)
    assert now(store, NOW - 5 * DAY).counts == (2, 3, 1, 3)
    with store.read() as connection:
        assert all(one.severity.label == "ticket" for one in incidents.all_open(connection).values())
    [bad] = daily("x", until=NOW - 4 * DAY)
    engine.record(store, [bad], now=bad.at)
    engine.evaluate(store, at=bad.at)
    with store.read() as connection:
        assert [one.severity.label for one in incidents.all_open(connection).values()] == ["page"]


def test_a_recurring_correction_holds_for_a_whole_service_in_each_slos_own_zone(store: Store) -> None:
    there = expecting()
    schedule = Schedule(cadence="1d", start=NOW - 10 * DAY, zone="Asia/Tokyo", deadline=None)
    engine.apply(store, [there, an_slo("far", schedule=schedule, window="10d")], now=NOW)
    period = Interval(NOW - 12 * DAY, None, "rrule:freq=weekly; byday=su", Duration(1, "d"))
    saved = engine.add_correction(store, service="scoring", period=period, now=NOW, **WHO)
    assert [(one.slo, one.period.zone, one.period.rrule) for one in saved] == [
        ("done", "UTC", "FREQ=WEEKLY;BYDAY=SU"),
        ("far", "Asia/Tokyo", "FREQ=WEEKLY;BYDAY=SU"),
    ]
    assert engine.corrections(store) == saved
    engine.record(store, daily("x" * 10), now=NOW)
    # NOW is a Tuesday noon. From Sunday noon to Monday noon one run ends, and that on two Mondays.
    assert now(store).counts.runs == 8


def test_a_new_generation_keeps_corrections_in_force_alone(store: Store) -> None:
    engine.apply(store, [an_slo()], now=NOW)
    kept, ended = corrected(store), corrected(store, Interval(NOW, NOW + DAY))
    engine.revoke_correction(store, [ended.id], now=NOW, **WHO)
    engine.apply(store, [an_slo(indicator=Indicator(source="airflow", spec={"dag_id": "x"}))], now=NOW)
    [carried] = engine.corrections(store, revoked=True)
    assert (carried.period, carried.reason) == (kept.period, kept.reason)
    engine.record(store, [seen(NOW, 0), seen(NOW + DAY, 0)], now=NOW + DAY)
    assert now(store, NOW + DAY).counts.runs == 1


def test_corrections_are_audited_under_the_service_and_listed_in_reports(store: Store) -> None:
    engine.apply(store, [an_slo()], now=NOW)
    engine.record(store, daily("..x"), now=NOW)
    saved = corrected(store, Interval(NOW - DAY, NOW))
    corrected(store, Interval(NOW + 9 * DAY, NOW + 10 * DAY))
    engine.add_correction(
        store, ["done"], period=Interval(NOW - 2 * DAY, NOW - DAY), author="<b>eve</b>", reason="| *x*", now=NOW
    )
    report = engine.report(store, at=NOW, period=timedelta(days=7))
    assert [one.author for one in report.services[0].slos[0].corrections] == ["<b>eve</b>", "ann"]
    text, page = render_markdown(report), render_html(report)
    assert "| 2026-03-09 12:00 UTC to 2026-03-10 12:00 UTC | ann | the source was broken |" in text
    assert "the source was broken" in page
    assert "<b>eve" not in text + page
    engine.revoke_correction(store, [saved.id], author="bob", reason="it was right", now=NOW + MINUTE)
    lines = [(one.actor, one.action, one.detail) for one in engine.audit_log(store, "scoring", limit=1)]
    detail = f"#{saved.id} of done, 2026-03-09 12:00 UTC to 2026-03-10 12:00 UTC: it was right"
    assert lines == [("bob", "correction revoked", detail)]
    assert engine.audit_log(store)[-1].action == "correction"


def test_mistakes_are_told_and_change_nothing(store: Store) -> None:
    engine.apply(store, [an_slo()], now=NOW)
    for options, says in (
        ({"slos": ["done"], "author": " "}, "needs an author and a reason"),
        ({"slos": []}, "name either"),
        ({"slos": ["done"], "service": "scoring"}, "name either"),
        ({}, "name either"),
    ):
        with pytest.raises(ConfigurationError, match=says):
            engine.add_correction(store, **({"period": HALF, "now": NOW} | WHO | options))
    for options in ({"slos": ["dune"]}, {"service": "dune"}):
        with pytest.raises(UnknownSLOError, match="dune"):
            engine.preview_correction(store, period=HALF, at=NOW, **options)  # type: ignore[arg-type]
    bad = Interval(NOW, None, "FREQ=DAILY;BYDAY=XX", Duration(1, "h"))
    with pytest.raises(ConfigurationError, match="cannot be read"):
        engine.add_correction(store, ["done"], period=bad, now=NOW, **WHO)
    saved = corrected(store)
    with pytest.raises(ConfigurationError, match="no correction 999 is in force"):
        engine.revoke_correction(store, [saved.id, 999], now=NOW, **WHO)
    assert engine.corrections(store) == [saved]
    engine.revoke_correction(store, [saved.id], now=NOW, **WHO)
    with pytest.raises(ConfigurationError, match=f"no correction {saved.id} is in force"):
        engine.revoke_correction(store, [saved.id], now=NOW, **WHO)


def test_writers_correctors_and_evaluators_at_once_leave_exact_sums(store: Store) -> None:
    names = ["a", "b"]
    engine.apply(store, [an_slo(name, alerting="seed") for name in names], now=NOW)
    barrier = threading.Barrier(4)

    def write(worker: int) -> None:
        for number in range(15):
            at = NOW - number * 12 * HOUR
            given = [seen(at, number % 2, slo=name, key=f"{worker}-{number}") for name in names]
            engine.record(store, given[:: 1 if worker else -1], now=NOW)

    def correct(_: int) -> None:
        for number in range(8):
            period = Interval(NOW - (number + 2) * DAY, NOW - number * DAY)
            saved = engine.add_correction(store, names[:: 1 if number % 2 else -1], period=period, now=NOW, **WHO)
            engine.preview_correction(store, service="scoring", period=HALF, at=NOW)
            if number % 2:
                engine.revoke_correction(store, [one.id for one in saved], now=NOW, **WHO)

    def judge(_: int) -> None:
        for number in range(8):
            engine.evaluate(store, at=NOW + number * MINUTE)

    def together(work: Any, worker: int) -> None:
        barrier.wait()
        work(worker)

    with ThreadPoolExecutor(4) as pool:
        # What one of them raises is raised here.
        list(pool.map(together, [write, write, correct, judge], range(4)))
    held = [(NOW - (number + 2) * DAY, NOW - number * DAY) for number in range(0, 8, 2)]
    instants = [NOW - number * 12 * HOUR for number in range(15)]
    counted = [at for at in instants if not any(start < at <= end for start, end in held)]
    for found in engine.status(store, at=NOW, now=NOW):
        assert (found.counts.runs, found.counts.total) == (len(counted), 2 * len(counted))

"""Reports and agreements look at what should have happened too, and say of a sample what it can say."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from click.testing import CliRunner
from slo_kit import DAY, an_slo, seen

from airflow_ai_slo import SLA, engine
from airflow_ai_slo.cli.status import command as status_command
from airflow_ai_slo.core.compliance import Outlook
from airflow_ai_slo.core.definition import Indicator, Schedule
from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.periods import period_of
from airflow_ai_slo.reports.model import SLOReport
from airflow_ai_slo.store import Store

NEW_YEAR = datetime(2024, 1, 1, tzinfo=UTC)
FEBRUARY = datetime(2024, 2, 1, tzinfo=UTC)
JANUARY = period_of("month", FEBRUARY)


def only(store: Store, *, now: datetime | None = None) -> SLOReport:
    [service] = engine.report(store, period=JANUARY, now=now).services
    [slo] = service.slos
    return slo


def that_fell_silent(store: Store) -> None:
    """Expected daily, good for ten days, and then never seen again."""
    schedule = Schedule(cadence="1d", start=NEW_YEAR - DAY)
    engine.apply(store, [an_slo(schedule=schedule, sla=SLA("0.8"), freeze=False)], now=NEW_YEAR)
    for number in range(1, 11):
        at = NEW_YEAR + number * DAY
        engine.record(store, [seen(at)], now=at)


def test_a_report_counts_runs_that_never_came_before_anybody_evaluated(store: Store) -> None:
    that_fell_silent(store)
    found = only(store, now=FEBRUARY + 7 * DAY)
    assert found.compared is not None
    assert found.agreement is not None
    # Of 31 runs: the first 10 came, and the newest of the rest was due in February.
    assert (found.compared.now.counts.good, found.compared.now.counts.total) == (10, 31)
    assert found.agreement.now.outlook is Outlook.MISSED
    [status] = engine.status(store, at=FEBRUARY)
    assert found.evaluation.counts == status.counts


def test_a_report_takes_no_run_for_missing_that_was_not_due_when_it_was_written(store: Store) -> None:
    that_fell_silent(store)
    found = only(store, now=FEBRUARY)
    assert found.compared is not None
    # The run of 1 February 00:00 belongs to January, and may come until a day later.
    assert 10 < found.compared.now.counts.total < 31


def test_agreements_count_runs_that_never_came(store: Store) -> None:
    that_fell_silent(store)
    at = NEW_YEAR + 20 * DAY + timedelta(hours=1)
    found = engine.agreements(store, at=at)["done"].now
    assert (found.counts.good, found.counts.bad > 0) == (10, True)


def test_a_sample_that_leaves_it_open_is_neither_met_nor_missed(store: Store) -> None:
    engine.apply(store, [an_slo(confidence="0.95", sla=SLA("0.9"), freeze=False)], now=NEW_YEAR)
    engine.record(store, [seen(NEW_YEAR + DAY, 17, 20)], now=FEBRUARY)
    found = only(store)
    assert found.compared is not None
    assert found.agreement is not None
    assert (found.compared.now.met, found.evaluation.met) == (None, None)
    assert found.agreement.now.outlook is Outlook.UNKNOWN
    engine.record(store, [seen(NEW_YEAR + 2 * DAY, 600, 800)], now=FEBRUARY)
    found = only(store)
    assert found.compared is not None
    assert (found.compared.now.met, found.evaluation.met) == (False, False)
    engine.record(store, [seen(NEW_YEAR + 3 * DAY, 10_000, 10_000)], now=FEBRUARY)
    assert only(store).evaluation.met is True


def test_what_is_left_at_the_end_of_a_period_is_known_to_be_an_estimate(store: Store) -> None:
    engine.apply(store, [an_slo(freeze=False)], now=FEBRUARY - 10 * DAY)
    engine.record(store, [seen(FEBRUARY - 10 * DAY), seen(FEBRUARY - DAY, 0, 1)], now=FEBRUARY)
    found = only(store)
    assert found.compared is not None
    assert found.evaluation.budget.estimate
    assert found.compared.now.estimate


def test_a_month_is_reported_as_it_was_measured_then_also_when_something_else_is_measured_since(store: Store) -> None:
    sla = SLA("0.95", credits={"0.95": "0.1"})
    engine.apply(store, [an_slo(sla=sla)], now=NEW_YEAR)
    engine.record(store, [seen(NEW_YEAR + number * DAY, int(number > 4), 1) for number in range(1, 29)], now=FEBRUARY)
    engine.evaluate(store, at=FEBRUARY)
    before = engine.report(store, period=JANUARY, now=FEBRUARY)
    engine.apply(
        store, [an_slo(sla=sla, indicator=Indicator(source="sql", spec={"query": "other"}))], now=FEBRUARY + DAY
    )
    engine.record(store, [seen(FEBRUARY + 2 * DAY)], now=FEBRUARY + 2 * DAY)
    again = engine.report(store, period=JANUARY, now=FEBRUARY)
    assert again == before
    agreed = only(store, now=FEBRUARY).agreement
    assert agreed is not None
    assert agreed.now.credit == Fraction(1, 10)
    # Where the new one has been measured for January too, it is what January reports.
    engine.record(store, [seen(NEW_YEAR + 9 * DAY)], now=FEBRUARY + 3 * DAY)
    assert only(store, now=FEBRUARY + 3 * DAY).evaluation.sli == 1


@pytest.mark.parametrize("kind", ["week", "month", "quarter", "year"])
@pytest.mark.parametrize("at", ["0001-01-02T00:00:00+00:00", "9999-12-31T00:00:00+00:00"])
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/St_Johns"])
def test_a_period_beyond_the_calendar_is_refused_in_a_sentence(kind: str, at: str, zone: str) -> None:
    with pytest.raises(ConfigurationError, match=f"no whole {kind} of the years 1 to 9999 holds"):
        period_of(kind, datetime.fromisoformat(at), zone).run_up(13)


def test_a_missed_agreement_never_reads_as_its_target(store: Store, store_url: str) -> None:
    engine.apply(store, [an_slo(sla=SLA("0.95"), objective="0.99", freeze=False)], now=NEW_YEAR)
    engine.record(store, [seen(NEW_YEAR + DAY, 94_999_999, 100_000_000)], now=FEBRUARY)
    shown = CliRunner().invoke(status_command, ["--at", FEBRUARY.isoformat(), "--store", store_url])
    assert shown.exit_code == 0, shown.output
    assert "missed, 94.999999%" in shown.output
    told = CliRunner().invoke(status_command, ["--at", FEBRUARY.isoformat(), "--store", store_url, "--format", "json"])
    [one] = json.loads(told.stdout)["evaluations"]
    assert one["sla"]["now"]["compliance"] == pytest.approx(float(Fraction(94_999_999, 100_000_000)))

"""States, the sentences on top, and what to do where nothing is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
import report_builder
from hypothesis import given
from hypothesis import strategies as st
from report_builder import COMPLETION, DRIFT, END, QUALITY, daily, report, slo_report

from airflow_ai_slo.core.budget import Budget
from airflow_ai_slo.core.comparing import Compared, InPeriod
from airflow_ai_slo.core.counts import Counts
from airflow_ai_slo.core.definition import SLO, Service
from airflow_ai_slo.core.measurement import Cause
from airflow_ai_slo.core.periods import period_of
from airflow_ai_slo.reports import render_html, render_markdown
from airflow_ai_slo.reports.model import FreezeRow, IncidentRow, ServiceReport, SLOReport
from airflow_ai_slo.reports.verdict import badges, coverage_note, events_left, met, next_step, summary, unit_of

BAD = {END: (19, Cause.DATA_DRIFT), END - timedelta(days=1): (19, Cause.DATA_DRIFT)}


def counted(good, total, *, slo=DRIFT, runs=28, bad_runs=0, coverage=Fraction(1)) -> SLOReport:
    seen = Counts(good, total, bad_runs, runs)
    return SLOReport(report_builder.counted(slo, seen, coverage=coverage), (), {}, (), ())


def labels(slo: SLOReport) -> list[str]:
    return [badge.label for badge in badges(slo)]


def test_nothing_measured_is_unknown_and_nothing_else():
    slo = slo_report(QUALITY)
    assert labels(slo) == ["Unknown"]
    assert met(slo.evaluation) is None


def test_a_good_slo_is_healthy():
    assert labels(counted(99, 100)) == ["Healthy"]


def test_a_spent_budget_and_a_firing_page_both_show_the_page_first():
    assert labels(counted(0, 100, bad_runs=28)) == ["Page firing", "Budget spent"]


def test_an_incident_that_is_held_open_shows_after_its_rule_went_quiet():
    opened = IncidentRow(END, None, "ticket", "burn")
    assert labels(replace(counted(99, 100), incidents=(opened,))) == ["Ticket open"]
    closed = replace(opened, resolved_at=END)
    assert labels(replace(counted(99, 100), incidents=(closed,))) == ["Healthy"]


def test_below_its_objective_with_budget_left_is_not_healthy():
    slo = counted(89, 100, slo=replace_alerting(DRIFT), coverage=Fraction(1, 4))
    assert labels(slo) == ["Below objective"]
    assert slo.evaluation.budget.remaining > 0


def replace_alerting(slo: SLO) -> SLO:
    return SLO(name=slo.name, service=slo.service, objective=slo.objective, window=slo.window, alerting="none")


@given(st.integers(1, 10_000), st.integers(0, 10_000))
def test_met_is_judged_on_exact_counts(total, bad):
    good = max(total - bad, 0)
    assert met(counted(good, total).evaluation) == (good * 10 >= total * 9)


@pytest.mark.parametrize(
    ("allowed", "consumed", "estimate", "words"),
    [
        (3, 2, False, "1 of 3 bad runs left"),
        ("2.8", 1, True, "≈1.8 of ≈2.8 bad runs left"),
        (3, 3, False, "0 of 3 bad runs left"),
        ("2.8", 4, False, "1.2 bad runs over the 2.8 allowed"),
        (100_000, 41_200, False, "58,800 of 100,000 bad runs left"),
        (None, 0, True, "allowance unknown"),
    ],
)
def test_budget_left_as_events(allowed, consumed, estimate, words):
    allowed = None if allowed is None else Fraction(allowed)
    remaining = None if allowed is None else 1 - consumed / allowed
    assert events_left(Budget(allowed, consumed, remaining, Fraction(1), estimate), "runs") == words


def test_the_unit_is_runs_where_each_run_weighs_one():
    assert unit_of(counted(27, 28)) == "runs"
    assert unit_of(counted(2700, 2800)) == "events"
    assert unit_of(replace(counted(27, 28), unit="rows")) == "rows"


def test_an_estimate_says_what_it_rests_on():
    note = coverage_note(counted(99, 100, coverage=Fraction(1, 4)).evaluation)
    assert "25% of the 28d window has been watched" in note
    assert coverage_note(counted(99, 100).evaluation) == ""
    assert coverage_note(counted(0, 0, runs=0).evaluation) == ""


def test_an_slo_without_data_says_what_to_do_next_in_a_line_safe_to_copy():
    hostile = SLO(name="a; rm -rf ~", service="s", objective="0.9")
    assert next_step(slo_report(hostile).evaluation)[1] == "ai-slo record 'a; rm -rf ~' --good 1 --total 1"
    assert "BatchCompletionOperator" in next_step(slo_report(COMPLETION).evaluation)[0]
    assert "total is 0" in next_step(counted(0, 0, runs=4).evaluation)[0]


def service(*slos: SLOReport, name: str = "flights-delay", frozen: FreezeRow | None = None) -> ServiceReport:
    return ServiceReport(Service(name=name), frozen, slos, (frozen,) if frozen else (), ())


def sentences(*services: ServiceReport) -> list[str]:
    return [sentence.text for sentence in summary(report(*services))]


def test_the_summary_counts_what_is_met_and_names_what_is_not():
    good, bad, none = (
        slo_report(COMPLETION, daily(COMPLETION)),
        slo_report(DRIFT, daily(DRIFT, 19, BAD)),
        slo_report(QUALITY),
    )
    frozen = FreezeRow(END, None, ("features-drift", "gone"))
    assert sentences(service(good, bad, none, frozen=frozen)) == [
        "2 of 3 SLOs met over their own windows (28d and 90d).",
        "Unknown over its own window (90d), for want of data: F1 with late labels.",
        "1 page open.",
        "Service flights-delay is frozen since 2026-08-31 06:00 UTC "
        "because Features look like January and gone have spent their budgets.",
    ]


def test_the_summary_of_an_even_report_is_short():
    good = slo_report(COMPLETION, daily(COMPLETION))
    assert sentences(service(good, good)) == ["All 2 SLOs met over their own windows (28d).", "No service is frozen."]
    assert sentences(service(good)) == ["1 of 1 SLO met over its own window (28d).", "No service is frozen."]


@pytest.mark.parametrize(
    ("kind", "lead", "beside"),
    [
        ("60d", "0 of 1 SLO met over its own window (28d).", "Within these 60d: 1 of 1 SLO met."),
        ("month", "July 2026: 1 of 1 SLO met.", "At its end, 0 of 1 SLO met over its own window (28d)."),
    ],
)
def test_met_in_the_period_and_missed_in_its_own_window_each_name_which(kind, lead, beside):
    period = period_of(kind, datetime(2026, 8, 1, tzinfo=UTC))
    within = InPeriod(period, DRIFT.objective, Counts(95, 100))
    slo = replace(counted(80, 100, bad_runs=1), compared=Compared(within, None, (within,)))
    given = replace(report(service(slo)), period=period)
    said = [sentence.text for sentence in summary(given)]
    missed = "Missed over its own window (28d): Features look like January."
    assert said[:3] == [lead, beside, missed]
    for text in (render_html(given), render_markdown(given)):
        assert all(one in text for one in said[:3])


def test_long_lists_of_names_are_cut():
    none = slo_report(QUALITY)
    assert sentences(service(none, none, none, none, none))[1].endswith(
        "F1 with late labels, F1 with late labels, F1 with late labels and 2 more."
    )
    frozen = FreezeRow(END, None, ("x",))
    many = [service(none, name=f"s{number}", frozen=frozen) for number in range(5)]
    assert sentences(*many)[-1] == "5 services are frozen: s0, s1, s2 and 2 more."


def test_a_report_without_slos_says_so():
    assert sentences(service()) == ["No SLO is defined yet."]

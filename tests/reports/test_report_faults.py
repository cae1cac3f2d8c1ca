"""Words of a report that must not say more than its figures do."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from report_builder import DRIFT, daily, slo_report
from slo_kit import an_slo

from airflow_ai_slo import SLA
from airflow_ai_slo.core.budget import Budget
from airflow_ai_slo.core.comparing import Compared, InPeriod
from airflow_ai_slo.core.compliance import Agreement, comply, ended
from airflow_ai_slo.core.counts import Counts
from airflow_ai_slo.core.definition import Service
from airflow_ai_slo.core.measurement import Measurement
from airflow_ai_slo.core.periods import period_of
from airflow_ai_slo.reports import render_html, render_json, render_markdown
from airflow_ai_slo.reports.compared import comparison, in_words
from airflow_ai_slo.reports.model import Report, ServiceReport, SLOReport
from airflow_ai_slo.reports.promised import detail, past, sentences
from airflow_ai_slo.reports.verdict import badges, events_left, summary

AT = datetime(2026, 8, 1, tzinfo=UTC)
JULY = period_of("month", AT, "UTC")
SIGNED = SLA("0.95", credits={"0.95": "0.1", "0.9": "0.25"})
SURE = Fraction(95, 100)


def a_report(*slos: SLOReport) -> Report:
    service = ServiceReport(Service(name="flights"), None, slos, (), ())
    return Report("Levels", JULY.start, JULY.end, (service,), JULY.end, JULY)


def sampled(good: int, total: int, *, objective: str = "0.9") -> SLOReport:
    """An SLO measured by one sample."""
    slo = an_slo(confidence="0.95", window="28d", objective=objective)
    return slo_report(slo, [Measurement(slo=slo.name, key="a", at=AT + timedelta(days=20), good=good, total=total)])


def running(good: int, total: int, *, covered: str = "1/2", confidence: Fraction | None = None) -> Agreement:
    return Agreement(SIGNED, comply(SIGNED, JULY, Counts(good, total), Fraction(covered), confidence), ())


def over(good: int, total: int, *, confidence: Fraction | None = None) -> Agreement:
    return Agreement(SIGNED, ended(SIGNED, JULY, Counts(good, total), Fraction(1), confidence), ())


def test_an_sli_from_a_sample_shows_its_interval_everywhere() -> None:
    report = a_report(sampled(19, 20))
    words = "sampled, between 76.39% and 99.11%"
    assert words in render_html(report)
    assert words in render_markdown(report)
    [slo] = json.loads(render_json(report))["services"][0]["slos"]
    assert slo["interval"] == pytest.approx([0.763869, 0.991119], abs=1e-5)


def test_a_sample_that_cannot_tell_is_not_said_to_have_missed() -> None:
    slo = sampled(17, 20)
    assert [badge.label for badge in badges(slo)] == ["Too few samples"]
    said = [sentence.text for sentence in summary(a_report(slo))]
    assert any(one.startswith("Too few samples to tell over its own window ") for one in said)
    assert not any(one.startswith(("Missed", "Unknown, for want")) for one in said)
    [one] = json.loads(render_json(a_report(slo)))["services"][0]["slos"]
    assert (one["met"], one["states"]) == (None, ["unknown"])
    now = InPeriod(JULY, Fraction(9, 10), Counts(17, 20), confidence=SURE)
    words = in_words(Compared(now, None, (now,)))
    assert (words.tone, words.text) == ("unknown", "too few samples; 150% of the budget spent")
    assert words.squares[0].words == "July 2026: too few samples, 85%"


def test_of_a_sample_in_which_all_was_bad_too_little_is_known_too() -> None:
    slo = sampled(0, 1, objective="0.1")
    assert "Too few samples to tell over its own window (28d): done." in [
        sentence.text for sentence in summary(a_report(slo))
    ]


def test_an_interval_that_touches_all_or_the_target_is_not_rounded_to_it() -> None:
    found = running(4_999_999, 5_000_000, confidence=SURE)
    assert "between 99.9999% and 99.99999" in detail(found, "rows")
    assert "and 100%" not in detail(found, "rows")
    just_below = over(94_978_640, 100_000_000, confidence=SURE)
    table = past(just_below)
    assert table is not None
    high = table.rows[0][2].text.split(" – ")[1]
    assert Fraction(high.rstrip("%")) < 95


def test_compliance_just_below_a_tier_is_not_rounded_to_it() -> None:
    found = over(8_999_999, 10_000_000)
    assert detail(found, "rows").startswith("89.99999% in July 2026, agreed 95%; ")
    assert "25% credit" in detail(found, "rows")


def test_a_period_that_is_over_is_spoken_of_in_the_past() -> None:
    assert detail(over(98, 100), "runs").endswith("could have borne 3 more bad runs")
    assert detail(over(94, 100), "runs").endswith("1 bad run more than it bore; 10% credit owed")
    assert detail(running(98, 100), "runs").endswith("bears ≈8 more bad runs")


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([over(98, 100)], "Its SLA was met."),
        ([running(98, 100)], "Its SLA is on course."),
        ([over(98, 100), over(99, 100)], "Every SLA was met."),
        ([over(98, 100), running(99, 100)], "Every SLA was met or is on course."),
        ([over(18, 20, confidence=SURE)], "Credits owed: up to 10% for July 2026 (Features look like January)."),
    ],
)
def test_agreements_on_top_are_met_on_course_or_owe_what_the_sample_leaves_open(
    found: list[Agreement], said: str
) -> None:
    slos = [replace(slo_report(DRIFT, daily(DRIFT, 19)), agreement=one) for one in found]
    assert [sentence.text for sentence in sentences(slos)] == [said]


def test_one_is_singular_and_an_estimate_marked_in_comparisons_too() -> None:
    assert events_left(Budget(Fraction(3), 4, Fraction(-1, 3), Fraction(1), estimate=False), "slices") == (
        "1 bad slice over the 3 allowed"
    )
    now = InPeriod(JULY, DRIFT.objective, Counts(9, 10), remaining=Fraction(1, 2), estimate=True)
    then = InPeriod(JULY.before(), DRIFT.objective, Counts(9, 10), remaining=Fraction(1, 4))
    table = comparison(replace(slo_report(DRIFT), compared=Compared(now, then)), "rows")
    assert table is not None
    assert [cell.text for cell in table.rows[-1]][1:3] == ["≈50%", "25%"]

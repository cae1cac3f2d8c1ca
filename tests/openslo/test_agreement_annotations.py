"""``airflow-ai-slo/sla`` and its companions."""

from __future__ import annotations

from fractions import Fraction

import pytest
from test_annotations import annotated, at, slo

from airflow_ai_slo.core.sla import Credit


def test_an_sla_has_a_target_credits_and_a_calendar(judge):
    sla = slo(judge, sla="0.95", sla_credits="0.95: 10%, 0.9: 25%", sla_window="quarter Europe/Berlin").sla
    assert (sla.target, sla.period, sla.zone.key) == (Fraction(19, 20), "quarter", "Europe/Berlin")
    assert sla.credits == (Credit(Fraction(19, 20), Fraction(1, 10)), Credit(Fraction(9, 10), Fraction(1, 4)))


def test_the_month_in_utc_is_the_default_and_the_cadences_zone_comes_before_it(judge):
    plain, zoned = slo(judge, sla="95%"), slo(judge, sla="0.95", cadence="1d", timezone="Asia/Kolkata")
    assert (plain.sla.target, plain.sla.period, plain.sla.zone.key) == (Fraction(19, 20), "month", "UTC")
    assert plain.sla.credits == ()
    assert zoned.sla.zone.key == "Asia/Kolkata"


@pytest.mark.parametrize(("written", "kind"), [("1M", "month"), ("week", "week"), ("1Y", "year"), ("1Q", "quarter")])
def test_a_window_is_a_calendar_period(judge, written, kind):
    assert slo(judge, sla="0.5", sla_window=written).sla.period == kind


def test_an_slo_without_one_has_none(judge):
    assert slo(judge).sla is None


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("sla", "1", "is not a number above 0 and below 1, such as 0.95"),
        ("sla", "often", "is not a number above 0 and below 1"),
        ("sla", "", "is not a number above 0 and below 1"),
        ("sla-credits", "0.9", "is no tier; write compliance: share of the fee, such as 0.95: 10%"),
        ("sla-credits", "", "is no tier"),
        ("sla-credits", "0.9: 10%,", "is no tier"),
        ("sla-credits", "0.9: 10%, 0.9: 20%", "0.9 is given twice"),
        ("sla-credits", "0.9: 25%, 0.8: 10%", "lower compliance owes more"),
        ("sla-credits", "0.99: 10%", "while it is kept nothing is owed"),
        ("sla-credits", "0.9: 110%", "at most 100% of the fee"),
        ("sla-window", "30d", "an agreement is kept over calendar periods; write one of week, month, quarter, year"),
        ("sla-window", "fortnight", "write one of week, month, quarter, year"),
        ("sla-window", "", "write one of week, month, quarter, year"),
        ("sla-window", "month Berlin", "'Berlin' is not an IANA time zone"),
        ("sla-window", "month in Europe/Berlin", "write one of"),
    ],
)
def test_what_is_wrong_is_told_at_its_annotation(judge, name, value, message):
    given = {"sla": "0.95", "sla_credits": "0.95: 10%"} | {name.replace("-", "_"): value}
    loaded = annotated(judge, **given)
    [problem] = [one for one in loaded.problems if one.severity == "error"]
    assert problem.path == at(name)
    assert message in problem.message
    assert not loaded.valid


def test_an_sla_that_is_no_weaker_than_its_slo_warns(judge):
    loaded = annotated(judge, sla="0.9999")
    [problem] = loaded.problems
    assert (problem.path, problem.severity) == (at("sla"), "warning")
    assert "an SLA is weaker than its SLO" in problem.message
    assert loaded.slos[0].sla.target == Fraction(9999, 10000)


@pytest.mark.parametrize(("name", "value"), [("sla-credits", "0.9: 10%"), ("sla-window", "month")])
def test_credits_or_a_window_without_an_sla_do_nothing(judge, name, value):
    [problem] = annotated(judge, **{name.replace("-", "_"): value}).problems
    assert (problem.path, problem.severity) == (at(name), "warning")
    assert problem.message == "has no effect without airflow-ai-slo/sla"

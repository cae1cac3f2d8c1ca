"""SLAs: what is agreed, whether it will be kept, and what is owed; against a reference that counts one by one."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slo_kit import an_slo

from airflow_ai_slo import SLA
from airflow_ai_slo.core.compliance import Outlook, comply, ended
from airflow_ai_slo.core.counts import Counts
from airflow_ai_slo.core.errors import DefinitionError
from airflow_ai_slo.core.intervals import wilson
from airflow_ai_slo.core.periods import holding
from airflow_ai_slo.core.serialize import slo_from_dict, slo_to_dict
from airflow_ai_slo.core.sla import Credit

MONTH = holding("month", ZoneInfo("UTC"), datetime(2026, 1, 15, tzinfo=UTC))
CREDITS = {"0.95": "0.1", "0.9": "0.25"}
shares = st.fractions(Fraction(1, 100), Fraction(99, 100), max_denominator=1000)
verdicts = st.lists(st.booleans(), max_size=60)


@st.composite
def agreements(draw):
    target = draw(shares)
    below = sorted(
        draw(st.sets(st.fractions(Fraction(1, 1000), target, max_denominator=1000), max_size=4)), reverse=True
    )
    owed = sorted(
        draw(st.sets(st.fractions(Fraction(1, 100), 1, max_denominator=100), min_size=len(below), max_size=len(below)))
    )
    return SLA(target, credits=dict(zip(below, owed, strict=True)))


@given(agreements(), verdicts, st.integers(0, 40))
def test_the_outlook_is_that_of_playing_the_rest_of_the_period(sla, runs, to_come):
    """``to_come`` runs are still expected; the reference plays them out at the pace so far, and all good."""
    good, total = sum(runs), len(runs)
    covered = Fraction(total, total + to_come) if total else Fraction(0)
    found = comply(sla, MONTH, Counts(good, total), covered, None)
    whole = total + to_come
    if not total:
        assert (found.outlook, found.compliance, found.bears, found.credit) == (Outlook.UNKNOWN, None, None, None)
        return
    at_this_pace = Fraction(good, total) * whole
    at_best = good + to_come
    if at_best < sla.target * whole:
        expected = Outlook.MISSED
    elif at_this_pace < sla.target * whole:
        expected = Outlook.AT_RISK
    else:
        expected = Outlook.MET
    assert found.outlook is expected
    more = 0
    while at_best - more - 1 >= sla.target * whole:
        more += 1
    assert found.bears_whole == more


@given(agreements(), verdicts)
def test_credits_are_those_of_looking_at_every_tier(sla, runs):
    good, total = sum(runs), len(runs)
    found = ended(sla, MONTH, Counts(good, total), Fraction(1), None)
    owed = [tier.share for tier in sla.credits if total and good < tier.below * total]
    assert found.credit == (max(owed, default=0) if total else None)
    assert found.over
    if total:
        assert found.outlook is (Outlook.MET if good >= sla.target * total else Outlook.MISSED)
    if found.credit:
        assert found.outlook is Outlook.MISSED


@given(agreements(), st.integers(1, 500), st.data())
def test_a_sample_is_missed_only_where_its_whole_interval_is(sla, total, data):
    good = data.draw(st.integers(0, total))
    confidence = Fraction(19, 20)
    found = ended(sla, MONTH, Counts(good, total), Fraction(1), confidence)
    low, high = wilson(good, total, confidence)
    assert found.interval == (low, high)
    if abs(high - float(sla.target)) > 1e-9:  # the interval is in floats, the decision is exact
        point = Fraction(good, total) >= sla.target
        expected = Outlook.MET if point else Outlook.MISSED if high < sla.target else Outlook.UNKNOWN
        assert found.outlook is expected
    if found.credit is not None:
        assert found.credit == found.most_credit == sla.owed(Fraction(good, total))
    else:
        assert found.most_credit


def test_exactly_on_the_target_is_kept_and_on_a_tier_owes_the_one_above():
    sla = SLA("0.95", credits=CREDITS)
    assert ended(sla, MONTH, Counts(95, 100), Fraction(1), None).credit == 0
    assert ended(sla, MONTH, Counts(94, 100), Fraction(1), None).credit == Fraction(1, 10)
    assert ended(sla, MONTH, Counts(90, 100), Fraction(1), None).credit == Fraction(1, 10)
    assert ended(sla, MONTH, Counts(899, 1000), Fraction(1), None).credit == Fraction(1, 4)


def test_a_sample_that_leaves_the_tier_open_owes_an_unknown_credit():
    found = ended(SLA("0.95", credits=CREDITS), MONTH, Counts(9, 10), Fraction(1), Fraction(19, 20))
    assert (found.outlook, found.credit, found.most_credit) == (Outlook.UNKNOWN, None, Fraction(1, 10))


@pytest.mark.parametrize(
    ("options", "path", "message"),
    [
        ({"target": 1}, "sla", "above 0 and below 1"),
        ({"target": "0"}, "sla", "above 0 and below 1"),
        ({"target": "often"}, "sla", "is not a number"),
        ({"credits": {"0.97": "0.1"}}, "sla.credits", "while it is kept nothing is owed"),
        ({"credits": {"0.9": "0"}}, "sla.credits", "above 0 and at most 100%"),
        ({"credits": {"0.9": "1.5"}}, "sla.credits", "above 0 and at most 100%"),
        ({"credits": {"0.95": "0.25", "0.9": "0.1"}}, "sla.credits", "lower compliance owes more"),
        ({"credits": {"0.95": "0.1", "0.9": "0.1"}}, "sla.credits", "lower compliance owes more"),
        ({"credits": [Credit(Fraction(9, 10), Fraction(1, 10))] * 2}, "sla.credits", "given twice"),
        ({"credits": {"0": "0.1"}}, "sla.credits", "above 0"),
        ({"period": "30d"}, "sla.period", "is not one of week, month, quarter, year"),
        ({"zone": "Berlin"}, "sla.zone", "is not an IANA time zone"),
    ],
)
def test_what_is_wrong_is_refused_by_field(options, path, message):
    with pytest.raises(DefinitionError, match=message) as caught:
        SLA(**({"target": "0.95"} | options))
    assert caught.value.path == path


@given(agreements())
def test_definitions_are_stored_and_read_back_equal(sla):
    slo = an_slo(objective="0.999", sla=sla)
    stored = json.loads(json.dumps(slo_to_dict(slo)))
    assert slo_from_dict(stored) == slo


def test_definitions_stored_before_there_were_slas_still_load_and_are_written_as_before():
    plain = slo_to_dict(an_slo())
    assert "sla" not in plain
    assert slo_from_dict(plain).sla is None


def test_an_agreement_starts_no_new_generation():
    assert an_slo().fingerprint == an_slo(sla=SLA("0.5")).fingerprint


def test_periods_end_with_the_zones_day():
    berlin = holding("month", ZoneInfo("Europe/Berlin"), datetime(2026, 3, 15, tzinfo=UTC))
    assert berlin.length == timedelta(days=31, hours=-1)

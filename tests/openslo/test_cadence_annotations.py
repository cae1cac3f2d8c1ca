"""How many runs a cadence makes."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_ai_slo.core.cadence import Cadence
from airflow_ai_slo.core.definition import Schedule
from airflow_ai_slo.core.errors import DefinitionError

DAYS = 10227  # of 28 years


def runs_per_day(cadence: str) -> Fraction:
    return Cadence.of(Schedule(cadence=cadence)).per_day


@pytest.mark.parametrize(
    ("cadence", "runs"),
    [
        ("1d", 1),
        ("12h", 2),
        ("5m", 288),
        ("1w", Fraction(1, 7)),
        ("0 6 * * *", 1),
        ("*/15 * * * *", 96),
        ("0 */6 * * *", 4),
        ("0,30 8-17 * * *", 20),
        ("5/20 * * * *", 72),
        ("@daily", 1),
        ("@hourly", 24),
        ("@monthly", Fraction(12 * 28, DAYS)),
        ("0 0 29 2 *", Fraction(7, DAYS)),
        ("0 0 1 JAN *", Fraction(28, DAYS)),
        ("0 6 * * mon-fri", Fraction(5, 7)),
        ("0 6 * * 1-5", Fraction(5, 7)),
        ("0 6 * * 0", Fraction(1, 7)),
        ("0 6 * * 7", Fraction(1, 7)),
    ],
)
def test_runs_per_day(cadence, runs):
    assert runs_per_day(cadence) == runs


def test_a_day_of_month_and_a_day_of_week_are_either_or():
    assert runs_per_day("0 0 1 * 1") > max(runs_per_day("0 0 1 * *"), runs_per_day("0 0 * * 1"))


@pytest.mark.parametrize(
    "cadence",
    ["", " ", "daily", "@often", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *",
     "* * * * 8", "*/0 * * * *", "a * * * *", "* * 31 2 *", "1,,2 * * * *", "1.5h", "-1d", "0d", "1Q",
     "²m"],
)  # fmt: skip
def test_what_is_no_cadence_is_refused(cadence):
    with pytest.raises(DefinitionError, match="write a"):
        runs_per_day(cadence)


@given(st.text(alphabet="0123456789*/,- @mhdwjanu", max_size=20))
def test_any_text_is_a_cadence_or_refused(text):
    with suppress(DefinitionError):
        assert runs_per_day(text) > 0

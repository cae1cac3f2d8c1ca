from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_ai_slo.alerts import words


@pytest.mark.parametrize(
    ("burn", "said"),
    [("14.4", "14.4x"), ("1", "1x"), ("0.126", "0.13x"), ("999.6", "1,000x"), ("33.333", "33.3x"), ("9.999", "10x")],
)
def test_burn_reads_as_times(burn: str, said: str) -> None:
    assert words.times(Fraction(burn)) == said


@pytest.mark.parametrize(
    ("remaining", "said"),
    [
        ("1/3", "33%"),
        ("-2/3", "-67%"),
        ("-0.2349", "-23%"),
        ("-1/14", "-7.1%"),
        ("-1/100000", "-0.1%"),
        ("1/250", "0.4%"),
        ("1/100000", "under 0.1%"),
        ("0", "0%"),
        ("999/1000", "99%"),
    ],
)
def test_budget_left_is_rounded_down(remaining: str, said: str) -> None:
    assert words.percent_left(Fraction(remaining)) == said


@given(st.fractions(min_value=0, max_value=1), st.integers(min_value=0, max_value=6))
def test_a_percentage_never_looks_better_than_it_is(share: Fraction, decimals: int) -> None:
    shown = Fraction(words.floored(share, decimals).rstrip("%")) / 100
    assert shown <= share < shown + Fraction(1, 10 ** (decimals + 2))


@pytest.mark.parametrize(
    ("minutes", "said"), [(0, "under a minute"), (59, "59 min"), (60, "1 h"), (1501, "1 d 1 h"), (-5, "under a minute")]
)
def test_lengths_read_in_two_units(minutes: int, said: str) -> None:
    assert words.length(timedelta(minutes=minutes)) == said


@pytest.mark.parametrize(
    ("number", "said"), [(1234567, "1,234,567"), (Fraction(3, 20), "0.15"), (Fraction(1, 999), "under 0.01")]
)
def test_amounts_read_with_separators_and_at_most_two_decimals(number: int | Fraction, said: str) -> None:
    assert words.amount(number) == said

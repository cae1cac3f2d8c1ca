"""Numbers, instants and lengths of time as text."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_ai_slo.core.numbers import Exact
from airflow_ai_slo.reports.figures import count, instant, length, percent, raw, times

shares = st.fractions(min_value=-50, max_value=50) | st.fractions(min_value=0, max_value=1)
almost = st.builds(
    lambda base, sign, places: base + sign * Fraction(1, 10**places),
    st.sampled_from([Fraction(0), Fraction(1), Fraction("0.9995"), Fraction("0.995"), Fraction(1, 3)]),
    st.sampled_from([-1, 0, 1]),
    st.integers(1, 30),
)


def side(number: Exact, other: Exact) -> int:
    return (number > other) - (number < other)


def read(text: str) -> tuple[str, Fraction]:
    """The mark before a figure (< or >, if any) and the figure itself."""
    mark = text[0] if text[0] in "<>" else ""
    return mark, Fraction(Decimal(text.lstrip("<>").rstrip("%×").replace("−", "-").replace(",", "")))


def shown_side(text: str, other: Exact) -> int:
    mark, figure = read(text)
    found = side(figure, other)
    return found or {"<": -1, ">": 1, "": 0}[mark]


@given(shares | almost, st.fractions(min_value="0.5", max_value="0.99999", max_denominator=100_000))
def test_a_percentage_stands_on_the_same_side_of_nothing_all_and_the_objective_as_the_exact_share(share, objective):
    text = percent(share, against=(objective,))
    for other in (Fraction(0), Fraction(1), objective):
        assert shown_side(text, other * 100) == side(share, other)


@given(shares | almost)
def test_0_and_100_percent_are_written_for_exactly_none_and_all(share):
    assert (percent(share, places=0) == "0%") == (share == 0)
    assert (percent(share, places=0) == "100%") == (share == 1)


@given(shares | almost, st.integers(0, 3))
def test_a_percentage_is_off_by_at_most_half_of_its_last_place(share, places):
    _, figure = read(percent(share, places=places))
    assert abs(figure - share * 100) <= Fraction(1, 2 * 10 ** (places if abs(share) * 100 < 1000 else 0))


@given(st.fractions(min_value=0, max_value=1000), st.fractions(min_value="0.1", max_value=1000, max_denominator=1000))
def test_a_burn_rate_stands_on_the_same_side_of_a_rules_factor_as_the_exact_one(burn, factor):
    text = times(burn, against=(factor,))
    for other in (Fraction(0), Fraction(1), factor):
        assert shown_side(text, other) == side(burn, other)


@given(st.integers(-(10**15), 10**15))
def test_whole_counts_are_written_in_full(number):
    assert read(count(number)) == ("", number)


@pytest.mark.parametrize(
    ("share", "objective", "text"),
    [
        ("0.9996", "0.9995", "99.96%"),
        ("0.99949999", "0.9995", "99.949999%"),
        ("0.99961", "0.9995", "99.96%"),
        ("-0.003", "0.5", "−0.3%"),
        ("-0.00001", "0.5", "−0.001%"),
        ("0.9999999", "0.5", "99.99999%"),
        ("0.5", "0.5", "50%"),
        ("-123.456", "0.5", "−12,346%"),
    ],
)
def test_percentages_read_as_people_write_them(share, objective, text):
    assert percent(Fraction(share), against=(Fraction(objective),)) == text


def test_a_share_nine_places_cannot_tell_from_all_says_so():
    assert percent(1 - Fraction(1, 10**20)) == "<100%"
    assert percent(Fraction(1, 10**20)) == ">0%"


def test_what_is_unknown_is_never_a_number():
    assert percent(None) == times(None) == count(None) == "unknown"


def test_counts_have_thousands_separators_and_no_needless_decimals():
    assert [count(1_234_567), count(Fraction(5, 2)), count(Fraction(1, 1_000_000)), count(0)] == [
        "1,234,567",
        "2.5",
        "0.000001",
        "0",
    ]


def test_burn_rates_drop_decimals_nobody_reads():
    assert [times(Fraction(0)), times(Fraction("14.4")), times(Fraction("158.779"))] == ["0×", "14.4×", "159×"]


def test_raw_observations_keep_four_digits():
    assert [raw(v) for v in (None, 0.23714, 93_784.2, -0.5, 1e20, 3.0)] == [
        "",
        "0.2371",
        "93,784.2",
        "−0.5",
        "1e+20",
        "3",
    ]


def test_instants_are_utc_and_say_so():
    berlin = timezone(timedelta(hours=2))
    assert instant(datetime(2026, 8, 3, 8, 0, tzinfo=berlin)) == "2026-08-03 06:00 UTC"
    assert instant(datetime(2026, 8, 3, 8, 0, 5, tzinfo=berlin)) == "2026-08-03 06:00:05 UTC"


def test_lengths_show_their_two_largest_units():
    asked = [timedelta(days=3, hours=4, minutes=5), timedelta(days=3, minutes=5), timedelta(minutes=45), timedelta(0)]
    assert [length(time) for time in asked] == ["3 d 4 h", "3 d", "45 min", "under 1 s"]

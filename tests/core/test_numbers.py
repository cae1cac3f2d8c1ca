from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_ai_slo.core.numbers import count, exact, narrow, plain


@pytest.mark.parametrize(
    ("written", "means"),
    [
        (0.1, Fraction(1, 10)),
        ("0.995", Fraction(995, 1000)),
        (" 3 ", 3),
        (3.0, 3),
        (Decimal("0.30"), Fraction(3, 10)),
        (Fraction(6, 3), 2),
        (np.int64(7), 7),
        (np.float64(0.1), Fraction(1, 10)),
        ("1e3", 1000),
        (10**30, 10**30),
    ],
)
def test_a_number_means_what_is_written(written: object, means: object) -> None:
    assert exact(written) == means
    assert type(exact(written)) is type(means)


@pytest.mark.parametrize(
    "wrong",
    [
        True,
        None,
        "",
        "ten",
        "nan",
        float("nan"),
        float("inf"),
        Decimal("-Infinity"),
        "1e999999999",
        "1e-999999999",
        1e300,
        "9" * 500,
    ],
)
def test_what_is_not_a_finite_number_is_refused_at_once(wrong: object) -> None:
    with pytest.raises(ValueError):
        exact(wrong)


@given(st.floats(-1e200, 1e200, allow_subnormal=False).filter(lambda number: not 0 < abs(number) < 1e-200))
def test_a_float_is_read_as_its_shortest_decimal(number: float) -> None:
    assert float(exact(number)) == number
    assert exact(number) == exact(repr(number))


@given(st.fractions(), st.fractions())
def test_counts_keep_nine_decimals_and_their_order(a: Fraction, b: Fraction) -> None:
    assert abs(count(a) - a) <= Fraction(1, 2 * 10**9)
    assert (10**9) % count(a).denominator == 0
    if a <= b:
        assert count(a) <= count(b)


def test_whole_fractions_become_ints() -> None:
    assert narrow(Fraction(4, 2)) == 2
    assert type(narrow(Fraction(4, 2))) is int
    assert plain(Fraction(1, 4)) == 0.25
    assert plain(Fraction(4, 2)) == 2
    assert plain(None) is None

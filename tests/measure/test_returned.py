"""What a function may return, and what it may not."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_ai_slo.core.errors import ConfigurationError, MeasurementError
from airflow_ai_slo.measure.returned import Limits, Returned, returned


@pytest.mark.parametrize(
    ("found", "counts"),
    [
        ((995, 1000), (995, 1000, None)),
        ([995, 1000, 0.995], (995, 1000, 0.995)),
        ({"good": 1, "total": 2, "value": 3}, (1, 2, 3)),
        (True, (1, 1, None)),
        (False, (0, 1, None)),
        (np.bool_(True), (1, 1, None)),
        ((0, 0), (0, 0, None)),
    ],
)
def test_counts(found: object, counts: tuple[Any, ...]) -> None:
    seen = returned(found)
    assert (seen.good, seen.total, seen.value) == counts


def test_a_value_is_judged_exactly_and_its_limits_are_good() -> None:
    limits = Limits(at_least="0.1", at_most=0.3)
    goods = [returned(value, limits).good for value in (0.1, 0.3, 0.1 + 0.2, 0.09999, Fraction(1, 10), np.float32(0.2))]
    assert goods == [1, 1, 0, 0, 1, 1]
    assert returned({"value": 0.2, "cause": "latency"}, limits) == Returned(good=1, total=1, value=0.2, cause="latency")


NUMBERS = st.one_of(st.integers(), st.floats(-1e6, 1e6).filter(lambda number: not 0 < abs(number) < 1e-100))


@given(value=NUMBERS, low=NUMBERS)
def test_one_limit_is_a_comparison(value: int | float, low: int | float) -> None:
    assert returned(value, Limits(at_least=low)).good == (value >= low)
    assert returned(value, Limits(at_most=low)).good == (value <= low)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (None, "the function returned None: return good and total"),
        (0.93, "the function returned one number, 0.93: return good and total"),
        (float("nan"), "the function returned float nan: "),
        ("fine", "the function returned str 'fine': "),
        ((1,), "the function returned 1 things: "),
        ({"good": 1}, "the function returned a dict with good: "),
        ({"god": 1, "total": 2}, "the function returned 'god': known are good, total, value, cause, attributes, at"),
        ({}, "the function returned a dict with nothing: "),
        ({"good": 1, "total": 1, "at": "yesterday"}, "the function returned at='yesterday': give an ISO 8601"),
        ({"good": 1, "total": 1, "attributes": "v4"}, "the function returned attributes='v4': give a dict"),
    ],
)
def test_anything_else_is_said_in_one_line(found: object, said: str) -> None:
    with pytest.raises(MeasurementError) as caught:
        returned(found)
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


def test_limits_that_cannot_be_kept_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="at_least=2 is above at_most=1"):
        Limits(at_least=2, at_most=1)
    with pytest.raises(ConfigurationError, match="at_most: 'low' is not a number; give a finite number"):
        Limits(at_most="low")


def test_what_it_returned_is_told_in_one_line() -> None:
    import pandas as pd

    with pytest.raises(MeasurementError) as caught:
        returned(pd.Series([1, 2]))
    assert "\n" not in str(caught.value)
    assert "Series 0 1 1 2 dtype: int64" in str(caught.value)

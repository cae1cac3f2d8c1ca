from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pendulum
import pytest

from airflow_ai_slo.core.errors import MeasurementError
from airflow_ai_slo.core.measurement import Cause, Measurement

AT = datetime(2026, 3, 29, 10, tzinfo=UTC)


def measured(**changes: Any) -> Measurement:
    return Measurement(**({"slo": "done", "key": "k", "at": AT, "good": 1, "total": 2} | changes))


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 3, 29, 12, tzinfo=ZoneInfo("Europe/Berlin")),
        datetime(2026, 3, 29, 4, 30, tzinfo=timezone(-timedelta(hours=5, minutes=30))),
        pendulum.datetime(2026, 3, 29, 12, tz="Europe/Berlin"),
        pendulum.datetime(2026, 3, 29, 10),
        pd.Timestamp("2026-03-29T12:00", tz="Europe/Berlin"),
        pd.Timestamp("2026-03-29T10:00", tz="UTC"),
    ],
)
def test_an_instant_of_any_zone_and_kind_is_kept_as_plain_utc(at: datetime) -> None:
    one = measured(at=at, recorded_at=at)
    for kept in (one.at, one.recorded_at):
        assert kept == AT
        assert type(kept) is datetime
        assert kept.tzinfo is UTC


@pytest.mark.parametrize(
    "at",
    [datetime(2026, 1, 1), pd.NaT, "2026-01-01T00:00Z", date(2026, 1, 1), None],
)
def test_an_instant_without_a_zone_is_refused(at: Any) -> None:
    with pytest.raises(MeasurementError, match=r"done: at=.*no time zone"):
        measured(at=at)


def test_an_instant_that_utc_cannot_say_is_refused() -> None:
    with pytest.raises(MeasurementError, match="outside the years"):
        measured(at=datetime.max.replace(tzinfo=timezone(-timedelta(hours=1))))


@pytest.mark.parametrize(
    ("good", "total"),
    [
        (3, 2),
        (-1, 2),
        (-2, -1),
        (float("nan"), 1),
        (0, float("inf")),
        (True, True),
        ("many", 2),
        (None, 1),
        (1, "1e999999999"),
    ],
)
def test_counts_that_are_not_counts_are_refused(good: Any, total: Any) -> None:
    with pytest.raises(MeasurementError, match="done: "):
        measured(good=good, total=total)


def test_counts_are_exact_whatever_they_are_given_as() -> None:
    one = measured(good=0.1, total="0.3")
    assert (one.good, one.total) == (Fraction(1, 10), Fraction(3, 10))
    assert measured(good=np.int32(2), total=np.float64(3.0)) == measured(good=2, total=3)
    assert measured(good=0, total=0).total == 0


def test_a_third_of_three_is_still_not_above_its_total() -> None:
    one = measured(good=Fraction(2, 3), total=Fraction(2, 3))
    assert one.good == one.total == Fraction(666666667, 10**9)


@pytest.mark.parametrize("value", [float("nan"), float("-inf"), "much", np.float32("inf")])
def test_a_value_that_is_not_finite_is_refused(value: Any) -> None:
    with pytest.raises(MeasurementError, match="value="):
        measured(value=value)


def test_a_value_is_kept_as_a_plain_float() -> None:
    assert type(measured(value=np.float32(0.5)).value) is float
    assert measured(value=3).value == 3.0


@pytest.mark.parametrize("text", ["", "a\0b", "\ud800", "k" * 501, None, 7])
def test_a_key_that_no_store_can_keep_is_refused(text: Any) -> None:
    with pytest.raises(MeasurementError, match="key="):
        measured(key=text)


@pytest.mark.parametrize("text", ["", "a\0b", "n" * 251])
def test_a_name_that_no_store_can_keep_is_refused(text: str) -> None:
    with pytest.raises(MeasurementError, match="slo="):
        measured(slo=text)


def test_longest_key_and_every_script_are_fine() -> None:
    assert measured(key="ключ✓" * 100).key == "ключ✓" * 100


def test_a_cause_is_one_of_those_there_are() -> None:
    assert measured(cause="late").cause is Cause.LATE
    with pytest.raises(MeasurementError, match=r"cause='lazy' is not one of .*late"):
        measured(cause="lazy")


def test_attributes_are_kept_as_text() -> None:
    assert measured(attributes={"try": 2, "when": AT}).attributes == {"try": "2", "when": str(AT)}


def test_every_refusal_is_one_line() -> None:
    for wrong in ({"key": "a\nb\0"}, {"good": "1\n2"}, {"cause": "a\nb"}, {"value": "x\ny"}):
        with pytest.raises(MeasurementError) as caught:
            measured(**wrong)
        assert "\n" not in str(caught.value)

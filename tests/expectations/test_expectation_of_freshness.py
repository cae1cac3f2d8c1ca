from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from airflow_ai_slo.expectations import ExpectColumnMaxTimestampToBeRecent, run_suite

AT = datetime(2026, 3, 29, 12, tzinfo=UTC)


def outcome(values, *, source=None, **kwargs):
    suite = {
        "name": "fresh",
        "expectations": [
            {
                "type": "expect_column_max_timestamp_to_be_recent",
                "kwargs": {"column": "t", "max_age": "2h", "at": AT.isoformat(), **kwargs},
            }
        ],
    }
    frame = pd.DataFrame({"t": values})
    if source is None:
        return run_suite(suite, frame).outcomes[0]
    frame.to_sql("stamps", source, index=False, if_exists="replace")
    return run_suite(suite, connection=source, table="stamps").outcomes[0]


@pytest.fixture(params=["pandas", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def source(request):
    return None if request.param == "pandas" else request.getfixturevalue(f"{request.param}_database")


def utc(*ages):
    return pd.Series([AT - age for age in ages])


def test_an_age_of_exactly_the_limit_is_fresh(source):
    found = outcome(utc(timedelta(hours=2), timedelta(days=9)), source=source, timezone="UTC")
    assert (found.status, found.observed) == ("met", 7200.0)


def test_a_second_more_is_stale(source):
    found = outcome(utc(timedelta(hours=2, seconds=1), timedelta(days=9)), source=source, timezone="UTC")
    assert (found.status, found.observed) == ("unmet", 7201.0)
    assert "2 h 1 s old, at most 2 h asked" in found.message


def test_stamps_in_the_future_are_counted_reported_and_left_out(source):
    stamps = utc(timedelta(hours=1), -timedelta(minutes=6), -timedelta(days=300))
    found = outcome(stamps, source=source, timezone="UTC")
    assert (found.status, found.observed) == ("met", 3600.0)
    assert "2 watermarks over 5 minutes in the future ignored" in found.message


def test_within_five_minutes_the_future_is_now(source):
    found = outcome(utc(timedelta(days=3), -timedelta(minutes=4)), source=source, timezone="UTC")
    assert (found.status, found.observed) == ("met", 0.0)


@pytest.mark.parametrize(
    "values", [pd.Series([], dtype="datetime64[us]"), pd.Series([None, None], dtype="datetime64[us]")]
)
def test_no_stamps_are_unknown_and_never_fresh(values, source):
    found = outcome(values, source=source, timezone="UTC")
    assert (found.status, found.observed) == ("unmet", None)
    assert found.message == "unknown: no watermark was seen"


def test_only_future_stamps_are_unknown(source):
    found = outcome(utc(-timedelta(days=1)), source=source, timezone="UTC")
    assert (found.status, found.observed) == ("unmet", None)
    assert "unknown" in found.message
    assert "1 watermark over" in found.message


def test_stamps_without_a_zone_need_one(source):
    values = pd.Series([datetime(2026, 3, 29, 11)])
    assert "has no time zone" in outcome(values, source=source).message
    assert outcome(values, source=source).status == "error"
    # 11:00 in Berlin, which went to summer time that morning, is 09:00 UTC.
    assert outcome(values, source=source, timezone="Europe/Berlin").observed == 3 * 3600


def test_a_missing_column_is_an_error(database):
    pd.DataFrame({"u": [1]}).to_sql("stamps", database, index=False)
    suite = {
        "name": "s",
        "expectations": [
            {"type": "expect_column_max_timestamp_to_be_recent", "kwargs": {"column": "t", "max_age": "1h"}}
        ],
    }
    for how in ({"connection": database, "table": "stamps"}, {"frame": pd.DataFrame({"u": [1]})}):
        found = run_suite(suite, **how).outcomes[0]
        assert (found.status, found.message) == ("error", "column 't' is missing; there is u")


def test_text_without_order_is_an_error():
    assert outcome(["2026-03-29T11:00:00Z", 3]).status == "error"
    assert "is not a time stamp" in outcome(["soon"]).message


def test_iso_text_and_seconds_are_stamps_too():
    assert outcome(["2026-03-29T11:00:00+00:00", None]).observed == 3600
    assert outcome([(AT - timedelta(hours=1)).timestamp()]).observed == 3600


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"max_age": "soon"}, "'soon' is not a duration"),
        ({"max_age": "1M"}, "'1M' has no fixed length"),
        ({"max_age": "1h", "timezone": "Mars/Base"}, "not an IANA time zone"),
        ({"max_age": "1h", "at": "now"}, "is not a time stamp"),
    ],
)
def test_wrong_settings_are_refused_at_once(kwargs, message):
    with pytest.raises(ValueError, match=message):
        ExpectColumnMaxTimestampToBeRecent(column="t", **kwargs)

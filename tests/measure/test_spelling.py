"""How far a column of texts reaches, whatever ways its stamps are written in: as instants, not as letters."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_freshness_keys import HOUR, NOON, sqlite

from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.measure.spelling import MOST
from airflow_ai_slo.measure.watermark import SKEW, Reach, table_reach

OFFSETS = [UTC, timezone(timedelta(hours=2)), timezone(timedelta(hours=-5)), timezone(timedelta(hours=5, minutes=45))]
stamps = st.tuples(
    st.integers(-300, 30).map(lambda minutes: NOON + timedelta(minutes=minutes)),
    st.sampled_from(OFFSETS),
    st.sampled_from("T "),
    st.booleans(),
)


def written(stamp: tuple[datetime, timezone, str, bool]) -> str:
    at, zone, separator, short = stamp
    text = at.astimezone(zone).isoformat(sep=separator)
    return text.replace("+00:00", "Z") if short else text


def reach(texts: Sequence[object], **options: Any) -> Reach:
    select = sqlite([("eu", number, text) for number, text in enumerate(texts)])
    return table_reach(select, table="features", column="seen", placeholder="?", now=NOON, **options)


@given(st.lists(stamps, max_size=12))
def test_the_latest_instant_is_found_among_all_spellings(given_: list[tuple[datetime, timezone, str, bool]]) -> None:
    past = [at for at, *_ in given_ if at <= NOON + SKEW]
    found = reach([*map(written, given_), None])
    assert found == Reach(max(past, default=None), len(given_) - len(past))


def test_a_repeated_hour_in_local_time_with_its_offsets() -> None:
    texts = ["2024-10-27T02:50:00+02:00", "2024-10-27T02:10:00+01:00"]
    select = sqlite([("eu", number, text) for number, text in enumerate(texts)])
    now = datetime(2024, 10, 27, 1, 20, tzinfo=UTC)
    found = table_reach(select, table="features", column="seen", placeholder="?", now=now)
    assert found == Reach(datetime(2024, 10, 27, 1, 10, tzinfo=UTC))


def test_dates_among_them_and_conditions_of_ones_own() -> None:
    assert reach(["2024-04-30", "2024-04-29T06:00:00Z"], zone=UTC).watermark == datetime(2024, 4, 30, tzinfo=UTC)
    texts = ["2024-05-01T11:00:00Z", "2024-05-01T13:30:00+02:00"]
    assert reach(texts, where="part = ?", bound=(0,)).watermark == NOON - HOUR
    assert reach(texts, where="part = ? OR part = 7", bound=(0,)).watermark == NOON - HOUR


def test_more_forms_than_anybody_writes_are_no_stamps() -> None:
    texts = [f"2024-05-01T11:00:00+00:{minute:02}" for minute in range(MOST + 1)]
    with pytest.raises(DataError, match="texts of more than 16 forms; write all like"):
        reach(texts)

"""Time stamps as SQLite keeps them, to the microsecond."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import sqlalchemy as sa
from hypothesis import example, given
from hypothesis import strategies as st

from airflow_ai_slo.core.instants import to_micros
from airflow_ai_slo.measure.data.sqlite_stamps import sqlite_micros

ENGINE = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30)), timezone(-timedelta(hours=8))])


@given(at=st.datetimes(datetime(1970, 1, 2), datetime(2199, 1, 1), timezones=ZONES), sep=st.sampled_from("T "))
@example(at=datetime(2013, 1, 1, 23, 59, 59, 999999, tzinfo=UTC), sep=" ")
@example(at=datetime(2013, 1, 1, 10, 0, 0, 999600, tzinfo=UTC), sep="T")
def test_text_is_read_to_the_microsecond(at: datetime, sep: str) -> None:
    with ENGINE.connect() as connection:
        found = connection.execute(sa.select(sqlite_micros(sa.literal(at.isoformat(sep))))).scalar_one()
    assert found == to_micros(at)

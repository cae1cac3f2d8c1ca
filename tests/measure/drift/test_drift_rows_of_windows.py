"""The rows of a window: after its start, up to and with its end."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.measure.data import Source
from airflow_ai_slo.measure.drift.build_window import window_of

START, END = datetime(2024, 5, 1, tzinfo=UTC), datetime(2024, 5, 2, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
STAMPS = [START - MOMENT, START, START + MOMENT, END - MOMENT, END, END + MOMENT, None]
WITHIN = [2, 3, 4]
BERLIN = ZoneInfo("Europe/Berlin")


def spelled(how):
    if how == "aware":
        return pd.Series(STAMPS), None
    if how == "naive":
        local = [one and one.astimezone(BERLIN).replace(tzinfo=None) for one in STAMPS]
        return pd.Series(local, dtype="datetime64[us]"), BERLIN
    return pd.Series([one and one.isoformat(timespec="microseconds") for one in STAMPS], dtype=object), None


@pytest.mark.parametrize("how", ["aware", "naive", "text"])
def test_the_start_is_outside_and_the_end_inside_in_frames_and_databases(how, database):
    stamps, zone = spelled(how)
    frame = pd.DataFrame({"at": stamps, "n": range(len(stamps)), "it's": "x"})
    frame.to_sql("t", database, index=False)
    if how == "aware" and database.dialect.name == "sqlite":
        zone = ZoneInfo("UTC")  # SQLite keeps no zone
    sources = [Source(frame=frame), Source(engine=database, table="t"), Source(engine=database, sql="SELECT * FROM t;")]
    for source in sources:
        found = window_of(source, "at", START, END, zone=zone, only=["n", "it's", "missing"])
        assert sorted(found.read().columns) == ["it's", "n"]
        assert found.read()["n"].tolist() == WITHIN
        assert window_of(source, "at", START, END, zone=zone).read().shape == (3, 3)


def test_dates_and_seconds_are_stamps_too():
    days = pd.DataFrame({"at": [date(2024, 4, 30), date(2024, 5, 1), date(2024, 5, 2), date(2024, 5, 3)]})
    assert window_of(Source(frame=days), "at", START, END, zone=ZoneInfo("UTC")).read()["at"].tolist() == [
        date(2024, 5, 2)
    ]
    seconds = pd.DataFrame({"at": [START.timestamp(), START.timestamp() + 0.5, END.timestamp()]})
    assert len(window_of(Source(frame=seconds), "at", START, END).read()) == 2


def test_without_stamps_nothing_is_within(database):
    pd.DataFrame({"at": pd.Series([None], dtype=object), "n": [1]}).to_sql("t", database, index=False)
    assert window_of(Source(engine=database, table="t"), "at", START, END).read().empty
    assert window_of(Source(frame=pd.DataFrame({"at": [None]})), "at", START, END).read().empty


def test_mistakes_are_one_line(database):
    frame = pd.DataFrame({"at": pd.to_datetime(["2024-05-01T10:00:00"]), "n": [1]})
    frame.to_sql("t", database, index=False)
    for source in (Source(frame=frame), Source(engine=database, table="t")):
        for column, says in (("at", "time_column='at': .* has no time zone"), ("zz", "has no column 'zz'")):
            with pytest.raises(DataError, match=says) as caught:
                window_of(source, column, START, END)
            assert "\n" not in str(caught.value)
    with pytest.raises(DataError, match=r"time_column='n': .* is not a time"):
        window_of(Source(frame=frame), "n", START, END)

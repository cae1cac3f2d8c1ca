"""Labels that come in late are counted in the interval of their prediction; days have 23, 24 or 25 hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from quality_kit import Databases, Everywhere, flights

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.measure.data import Source
from airflow_ai_slo.measure.quality import QualitySpec
from airflow_ai_slo.measure.quality.groups import Split
from airflow_ai_slo.measure.quality.measuring import Measured, measure_quality
from airflow_ai_slo.measure.quality.slots import slots_until

ACCURACY = QualitySpec(metric="accuracy", label="y", prediction="p")
AT = datetime(2024, 4, 2, tzinfo=UTC)


def measured(source: Source, at: datetime = AT, spec: QualitySpec = ACCURACY, **options: Any) -> Measured:
    slots = slots_until(at, **({"every": "1d", "lookback": "3d"} | options))
    return measure_quality(source, spec, Split(at_column="made", slots=slots))


def figures(found: Measured) -> dict[str, tuple[int, int]]:
    return {f"{part.end:%m-%dT%H:%M}": (part.quality.good, part.quality.total) for part in found.parts}


def framed(stamps: list[Any], labels: list[int | None] | None = None) -> pd.DataFrame:
    labels = labels or [1] * len(stamps)
    return pd.DataFrame({"made": stamps, "y": pd.Series(labels, dtype="Int64"), "p": 1})


def utc(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz="UTC")


def test_each_interval_holds_its_start_and_not_its_end(everywhere: Everywhere) -> None:
    stamps = ["2024-03-29T23:59:59.999999", "2024-03-30T00:00:00", "2024-03-30T23:59:59.999999"]
    stamps += ["2024-04-01T00:00:00", "2024-04-01T23:59:59.999999", "2024-04-02T00:00:00"]
    frame = framed([utc(stamp) for stamp in stamps], [1, 1, 0, 1, None, 1])
    for name, source in everywhere(frame).items():
        if name == "sqlite":  # its driver writes no offsets
            source = Source(
                engine=source.engine, sql="SELECT replace(made, ' ', 'T') || '+00:00' AS made, y, p FROM rows"
            )
        assert figures(measured(source)) == {
            "03-31T00:00": (1, 2),
            "04-01T00:00": (0, 0),
            "04-02T00:00": (1, 1),
        }, name


def test_intervals_count_from_the_first_with_rows_and_the_newest_always_does(everywhere: Everywhere) -> None:
    for source in everywhere(framed([utc("2024-03-31T05:00:00")])).values():
        assert figures(measured(source, timezone="UTC")) == {"04-01T00:00": (1, 1), "04-02T00:00": (0, 0)}
    for source in everywhere(framed([utc("2023-03-31T05:00:00")])).values():
        assert figures(measured(source, timezone="UTC")) == {"04-02T00:00": (0, 0)}
    for source in everywhere(framed([pd.NaT])).values():
        found = measured(source)
        assert (figures(found), found.undated) == ({"04-02T00:00": (0, 0)}, 1)


def test_days_of_a_zone_have_23_and_25_hours(everywhere: Everywhere) -> None:
    """Berlin's clocks go forward on 31 March 2024 and back on 27 October."""
    for at, first, last, hours in (
        (datetime(2024, 3, 31, 22, tzinfo=UTC), "2024-03-30T23:00:00", "2024-03-31T21:59:59", 23),
        (datetime(2024, 10, 27, 23, tzinfo=UTC), "2024-10-26T22:00:00", "2024-10-27T22:59:59", 25),
    ):
        slots = slots_until(at, every="1d", lookback="1d", timezone="Europe/Berlin")
        assert slots.bounds[1] - slots.bounds[0] == timedelta(hours=hours)
        stamps = [utc(first) - pd.Timedelta("1us"), utc(first), utc(last), utc(last) + pd.Timedelta("1s")]
        for name, source in everywhere(framed(stamps)).items():
            if name != "sqlite":
                found = measured(source, at, lookback="1d", timezone="Europe/Berlin")
                assert [part.quality.total for part in found.parts] == [2]


def test_stamps_without_an_offset_need_a_zone_and_dates_do_not(everywhere: Everywhere) -> None:
    local = framed([pd.Timestamp("2024-03-31T00:00:00"), pd.Timestamp("2024-03-31T23:59:00")])
    for name, source in everywhere(local).items():
        with pytest.raises(DataError, match="'made' has no time zone: say in which one"):
            measured(source)
        with pytest.raises(ConfigurationError, match="every='6h': 'made' has no offset"):
            measured(source, every="6h", timezone="Europe/Berlin")
        at = datetime(2024, 3, 31, 22, tzinfo=UTC)
        assert figures(measured(source, at, timezone="Europe/Berlin")) == {"03-31T22:00": (2, 2)}, name
        assert figures(measured(source, AT, every="12h", lookback="48h", timezone="UTC")) == {
            "03-31T12:00": (1, 1),
            "04-01T00:00": (1, 1),
            "04-01T12:00": (0, 0),
            "04-02T00:00": (0, 0),
        }
    days = framed([date(2024, 3, 31), date(2024, 4, 1)])
    for source in everywhere(days, made=sa.Date()).values():
        assert figures(measured(source)) == {"04-01T00:00": (1, 1), "04-02T00:00": (1, 1)}
        with pytest.raises(ConfigurationError, match="holds dates; give intervals of days"):
            measured(source, every="1h")


def test_seconds_and_texts_are_stamps_too(everywhere: Everywhere, databases: Databases) -> None:
    seconds = framed([utc("2024-03-31T05:00:00").timestamp(), utc("2024-04-01T00:00:00").timestamp()])
    for source in everywhere(seconds).values():
        assert figures(measured(source)) == {"04-01T00:00": (1, 1), "04-02T00:00": (1, 1)}
    texts = everywhere(framed(["2024-04-01T01:30:00+02:00", "2024-04-01T01:30:00Z", "2024-03-31 23:59:59.9+00:00"]))
    for name in ("frame", "sqlite"):
        assert figures(measured(texts[name])) == {"04-01T00:00": (2, 2), "04-02T00:00": (1, 1)}
    for name in ("postgresql", "duckdb"):
        with pytest.raises(ConfigurationError, match="'made' is text; cast it to a timestamp"):
            measured(texts[name])
    mixed = framed(["2024-04-01T01:30:00+02:00", "2024-04-01T01:30:00"])
    with pytest.raises(DataError, match="some stamps with an offset and some without"):
        measured(Source(frame=mixed))
    for wrong in (["soon"], [True], [17e11]):
        with pytest.raises(DataError):
            measured(Source(frame=framed(wrong)))


def test_times_of_a_csv_file_ask_for_their_zone(tmp_path: Any) -> None:
    path = tmp_path / "scored.csv"
    path.write_text("made,y,p\n2024-03-31T05:00:00,1,1\n2024-04-01T05:00:00,,1\n")
    with pytest.raises(DataError, match="has no time zone"):
        measured(Source(path=str(path)))
    found = measured(Source(path=str(path)), timezone="UTC")
    assert figures(found) == {"04-01T00:00": (1, 1), "04-02T00:00": (0, 0)}


@given(
    at=st.datetimes(datetime(2000, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),
    every=st.sampled_from(["15m", "1h", "6h", "1d", "2d", "1w", "1M", "1Q"]),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia", "Australia/Lord_Howe"]),
)
def test_intervals_are_the_same_whenever_they_are_asked_for(at: datetime, every: str, zone: str) -> None:
    back = {"15m": "3h", "1h": "12h", "6h": "2d"}.get(every, "400d" if every in ("1M", "1Q") else "20d")
    slots = slots_until(at, every=every, lookback=back, timezone=zone)
    assert list(slots.bounds) == sorted(set(slots.bounds))
    assert slots.bounds[-1] <= at
    assert slots.holding(slots.bounds[-1]) is None
    assert slots.holding(slots.bounds[0]) == 0
    earlier = slots_until(slots.bounds[-2], every=every, lookback=back, timezone=zone) if len(slots) > 1 else slots
    assert set(slots.bounds[:-1]) <= set(earlier.bounds) | set(slots.bounds[:1])
    if slots.by_day:
        assert all(bound.astimezone(ZoneInfo(zone)).hour <= 1 for bound in slots.bounds)


def test_what_cannot_be_an_interval_is_refused() -> None:
    for options, problem in (
        ({"every": "daily"}, "every='daily' is not a duration"),
        ({"lookback": "0d"}, "lookback='0d' is not a duration"),
        ({"every": "1m"}, "lookback='3d' holds over 400 intervals of 1m"),
        ({"timezone": "Mars"}, "timezone='Mars' is not an IANA time zone"),
    ):
        with pytest.raises(ConfigurationError, match=problem):
            slots_until(AT, **({"every": "1d", "lookback": "3d"} | options))


def test_a_month_of_real_flights_by_day_and_airport_is_the_same_everywhere(everywhere: Everywhere) -> None:
    scored = flights(20_000).iloc[::7].assign(made=lambda frame: pd.to_datetime(frame.day))
    spec = QualitySpec(metric="auc_roc", label="late", score="probability", at_least=0.5)
    slots = slots_until(datetime(2013, 1, 20, tzinfo=UTC), every="1d", lookback="14d", timezone="UTC")
    split = Split(at_column="made", slots=slots, segment="origin")
    found = {name: measure_quality(source, spec, split) for name, source in everywhere(scored).items()}
    assert len(found["frame"].parts) == 3 * 14
    for name in ("sqlite", "postgresql", "duckdb"):
        assert found[name] == found["frame"], name


def test_dates_stay_on_their_day_where_a_clock_change_leaves_midnight_out(everywhere: Everywhere) -> None:
    days = framed([date(2026, 4, day) for day in (23, 24, 25)])  # on the 24th, Cairo's clocks go from 24:00 to 01:00
    expected = {"04-23T22:00": (1, 1), "04-24T21:00": (1, 1), "04-25T21:00": (1, 1)}
    texts = days.assign(made=[str(day) for day in days["made"]])
    sources = [*everywhere(days, made=sa.Date()).values(), Source(frame=texts), everywhere(texts, "texts")["sqlite"]]
    for source in sources:
        found = measured(source, datetime(2026, 4, 25, 21, tzinfo=UTC), timezone="Africa/Cairo")
        assert figures(found) == expected


@pytest.mark.parametrize("stamp", ["2024-04-01T01:30:00+0200", "2024-04-01T01:30:00+02", "2024-04-01T01"])
def test_texts_that_sqlite_does_not_read_are_no_rows_without_a_time(everywhere: Everywhere, stamp: str) -> None:
    texts = everywhere(framed(["2024-04-01T01:30:00+02:00", stamp]))["sqlite"]
    with pytest.raises(DataError, match=r"'made' holds '2024-04-01T01.*', which SQLite does not read; write"):
        measured(texts, timezone="UTC")

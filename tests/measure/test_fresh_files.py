"""Dates in paths, and modification times as file systems list them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.measure.fresh_files import DatedPath, file_loads, modified_of

UTC_ZONE, BERLIN = ZoneInfo("UTC"), ZoneInfo("Europe/Berlin")
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("pattern", "path", "reach"),
    [
        ("day=%Y-%m-%d", "lake/day=2024-05-01/part-0.parquet", datetime(2024, 5, 1, tzinfo=UTC)),
        ("%Y/%m/%d/%H", "lake/2024/05/01/06/part-0.parquet", datetime(2024, 5, 1, 6, tzinfo=UTC)),
        ("%Y%m%d", "lake/export_20240501.csv", datetime(2024, 5, 1, tzinfo=UTC)),
        ("%Y%m%dT%H%M%S", "lake/20240501T061530.csv", datetime(2024, 5, 1, 6, 15, 30, tzinfo=UTC)),
        ("%Y.%j", "lake/2024.122.csv", datetime(2024, 5, 1, tzinfo=UTC)),
        ("%Y%m%d", "20240101/export_20240501.csv", datetime(2024, 5, 1, tzinfo=UTC)),
        ("%Y%m%d", "20240501/export_20249999.csv", datetime(2024, 5, 1, tzinfo=UTC)),
        ("%Y%m%d", "lake/sha_120240501.csv", None),
        ("%Y%m%d", "lake/sha_202405010.csv", None),
        ("%Y.%m", "lake/2024x05.csv", None),
        ("day=%Y-%m-%d", "lake/_SUCCESS", None),
    ],
)
def test_the_last_date_in_a_path_counts_and_longer_numbers_are_none(
    pattern: str, path: str, reach: datetime | None
) -> None:
    assert DatedPath(pattern, UTC_ZONE).reach(path) == reach


def test_dates_are_local_to_the_declared_zone_and_need_one() -> None:
    assert DatedPath("%Y-%m-%d", BERLIN).reach("2024-05-01") == datetime(2024, 4, 30, 22, tzinfo=UTC)
    with pytest.raises(DataError, match="no time zone"):
        DatedPath("%Y-%m-%d", None).reach("2024-05-01")


def test_hours_of_a_clock_change_are_read_as_everywhere() -> None:
    # 02:00 came twice on 27 October: the first. It did not come on 31 March: an hour on.
    dated = DatedPath("%Y-%m-%d/%H", BERLIN)
    assert dated.reach("2024-10-27/02") == datetime(2024, 10, 27, 0, tzinfo=UTC)
    assert dated.reach("2024-03-31/02") == datetime(2024, 3, 31, 1, tzinfo=UTC)


@pytest.mark.parametrize("pattern", ["", "day", "%m-%d", "%Y-%Y", "%Y-%b", "%Y%%", "%Y-%m-%d %z"])
def test_patterns_that_are_no_date_are_wrong_settings(pattern: str) -> None:
    with pytest.raises(ConfigurationError, match="write the date as in the path"):
        DatedPath(pattern, UTC_ZONE)


@given(st.datetimes(datetime(1980, 1, 1), datetime(2200, 1, 1)), st.sampled_from(["%Y-%m-%d_%H%M%S", "%j of %Y"]))
def test_a_date_that_was_written_into_a_path_is_found_again(stamp: datetime, pattern: str) -> None:
    found = DatedPath(pattern, UTC_ZONE).reach(f"a/b9/{stamp.strftime(pattern)}/part-00017.parquet")
    assert found == datetime.strptime(stamp.strftime(pattern), pattern).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "info",
    [
        {"mtime": NOON.timestamp()},
        {"LastModified": NOON, "size": 3},
        {"last_modified": NOON},
        {"updated": "2024-05-01T12:00:00.000Z"},
        {"mtime": None, "LastModified": NOON},
    ],
)
def test_file_systems_write_the_modification_time_each_in_its_way(info: dict[str, object]) -> None:
    assert modified_of(info) == NOON


def test_a_file_system_that_tells_no_time_tells_none() -> None:
    assert modified_of({"created": NOON, "size": 3}) is None


def test_files_without_a_date_are_left_out_unless_none_has_one() -> None:
    files = [("day=2024-05-01/a", NOON), ("day=2024-05-01/_SUCCESS", NOON), ("_LOG", NOON)]
    dated = DatedPath("day=%Y-%m-%d", UTC_ZONE)
    assert file_loads(files, dated=dated) == [(NOON, datetime(2024, 5, 1, tzinfo=UTC))] * 2
    assert file_loads(files) == [(NOON, NOON)] * 3
    assert file_loads([], dated=dated) == []
    with pytest.raises(DataError, match="no file has such a date in its path; the last one was _LOG"):
        file_loads(files[2:], dated=dated)

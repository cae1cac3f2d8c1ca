"""Times at the end of the calendar and beyond it, and names that databases read as something else."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
import sqlalchemy as sa

from airflow_ai_slo.expectations import run_drift
from airflow_ai_slo.measure.data import Source
from airflow_ai_slo.measure.drift import build_from, build_profile, measure_frame, measure_table
from airflow_ai_slo.measure.drift.build_window import window_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
END_OF_TIME = "9999-12-31 23:59:59"


@pytest.fixture(params=["sqlite", "duckdb", pytest.param("postgres", marks=pytest.mark.postgres)])
def any_database(request, tmp_path):
    if request.param != "duckdb":
        yield request.getfixturevalue(f"{request.param}_database")
        return
    engine = sa.create_engine(f"duckdb:///{tmp_path / 'data.duckdb'}")
    yield engine
    engine.dispose()


def filled(engine, table, columns, rows):
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE TABLE {table} ({columns})")
        connection.exec_driver_sql(f"INSERT INTO {table} VALUES {', '.join(rows)}")


def test_the_last_second_of_the_year_9999_lies_in_its_own_bin_everywhere(any_database):
    stamps = (
        [END_OF_TIME] * 30 + ["9999-12-31 00:00:00"] * 30 + ["2024-01-01 12:00:00"] * 40 + ["0001-01-01 00:00:00"] * 30
    )
    filled(any_database, "t", '"at" timestamp', [f"('{stamp}')" for stamp in stamps])
    frame = pd.DataFrame({"at": [datetime.fromisoformat(stamp) for stamp in stamps]}, dtype=object)
    profile = build_profile(frame, name="p", now=NOW)
    assert measure_frame(profile, frame).worst_psi == 0.0
    assert measure_table(profile, any_database, table="t").worst_psi == 0.0
    built = build_from(Source(engine=any_database, table="t"), name="p", now=NOW)
    assert measure_table(built, any_database, table="t").worst_psi == 0.0


@pytest.mark.parametrize("type_", ["timestamp", "timestamptz", "date"])
@pytest.mark.parametrize(
    "any_database", ["duckdb", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
def test_endless_and_ancient_times_are_values(type_, any_database):
    ancient = "0044-03-15 (BC) 00:00:00" if any_database.dialect.name == "duckdb" else "0044-03-15 00:00:00 BC"
    stamps = ["infinity"] * 60 + ["-infinity"] * 50 + [ancient] * 40 + ["2024-03-01 00:00:00"] * 30
    filled(any_database, "t", f'"at" {type_}', [f"('{stamp}'::timestamp::{type_})" for stamp in stamps])
    profile = build_from(Source(engine=any_database, table="t"), name="p", now=NOW)
    known = profile.columns["at"]
    assert (known.count, known.edges[0], known.edges[-1]) == (180, float("-inf"), float("inf"))
    assert [count for count in known.counts if count] == [50, 40, 30, 60]
    again = measure_table(profile, any_database, table="t").columns[0]
    assert (again.psi, again.n_current, again.verdict) == (0.0, 180, "stable")


NAMES = ["a%b", "%(x)s", "a:b", 'a"b', "it's", "a.b", "nothing", "returning", "collation", "qualify", "at", "Ä"]


@pytest.mark.parametrize("how", ["table", "sql"])
def test_names_are_taken_as_they_are_in_windows_and_in_databases(how, any_database):
    quoted = ['"' + name.replace('"', '""') + '"' for name in NAMES]
    escape = "%%" if any_database.dialect.name == "postgresql" else "%"
    columns = ", ".join(f"{name} double precision" for name in quoted)
    rows = [f"('2024-01-{day:02} 00:00:00'{f', {day % 7}.5' * len(NAMES)})" for day in range(1, 31)]
    filled(any_database, '"t%1:x"'.replace("%", escape), f"ts timestamp, {columns}".replace("%", escape), rows)
    given = {"table": '"t%1:x"'} if how == "table" else {"sql": "SELECT * FROM \"t%1:x\" WHERE 'a:%b' LIKE 'a%'"}
    source = Source(engine=any_database, **given)
    start, end = datetime(2024, 1, 5, tzinfo=UTC), datetime(2024, 1, 25, tzinfo=UTC)
    rows_there = window_of(source, "ts", start, end, zone=ZoneInfo("UTC"), only=NAMES)
    assert rows_there.read(NAMES).shape == (20, len(NAMES))
    profile = build_from(rows_there, name="p", now=NOW)
    assert list(profile.columns) == NAMES
    found = run_drift(profile, connection=any_database, sql=rows_there.sql)
    assert [(one.verdict, one.psi) for one in found.columns] == [("stable", 0.0)] * len(NAMES)


def test_texts_of_zeros_and_ones_are_no_booleans_in_sqlite(sqlite_database):
    profile = build_profile(pd.DataFrame({"flag": [True, False] * 50}), name="p", now=NOW)
    filled(sqlite_database, "t", "flag TEXT", ["('0')", "('1')"] * 50)
    found = measure_table(profile, sqlite_database, table="t").columns[0]
    assert (found.verdict, "values that are not boolean" in found.message) == ("error", True)

"""The same counts in the database as in pandas, to the letter."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.measure.data.sql import table_parts
from airflow_ai_slo.measure.drift import build_profile, measure_frame, measure_table
from airflow_ai_slo.measure.drift.sql_times import last_micro


def data(seed, rows, shift=0.0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "x": rng.normal(size=rows) + shift,
            "atom": np.where(rng.random(rows) < 0.4, 0.0, rng.normal(size=rows)),
            "Big One": rng.integers(2**53, 2**62, rows),
            "flag": rng.random(rows) < 0.3,
            "cat": rng.choice(["a", "b", "A", "", "é", "__other__", "it's", "100%", ":p"], rows),
            "many": [f"k{int(v)}" for v in rng.exponential(60, rows)],
            "t": pd.Timestamp("2019-12-31") + pd.to_timedelta(rng.integers(0, 10**13, rows), unit="us"),
            "const": 1.5,
        }
    )
    frame.loc[:3, "x"] = [np.inf, -np.inf, np.inf, 0.0]
    for name in ("x", "cat", "many", "t"):
        frame.loc[rng.random(rows) < 0.1, name] = None
    return frame


@pytest.fixture(scope="module")
def reference():
    return build_profile(data(1, 3000), name="r", now=datetime(2024, 1, 1, tzinfo=UTC))


@pytest.fixture
def current(database):
    frame = data(2, 2000, shift=0.5)
    frame.loc[5:90, "cat"] = "new"
    frame.to_sql("current", database, index=False)
    return frame


def test_all_columns_are_counted_as_pandas_counts_them(reference, current, database):
    assert measure_table(reference, database, table="current").columns == measure_frame(reference, current).columns


def test_one_select_reads_the_table_for_all_columns(reference, current, database):
    statements = []
    sa.event.listen(database, "before_cursor_execute", lambda *seen: statements.append(" ".join(seen[2].split())))
    measure_table(reference, database, table="current")
    assert len([s for s in statements if s.startswith("SELECT * FROM current LIMIT")]) == 1
    assert len([s for s in statements if "current" in s]) == 2


def test_a_query_is_compared_like_a_table(reference, current, database):
    sql = "select * from current where coalesce(cat, '') <> ':name' -- 12:30 %s"
    assert measure_table(reference, database, sql=sql).columns == measure_frame(reference, current).columns
    half = measure_table(reference, database, sql="select * from current where const < 1;")
    assert {c.verdict for c in half.columns} == {"empty"}


def test_an_url_does_as_well_as_an_engine(reference, current, database):
    url = database.url.render_as_string(hide_password=False)
    found = measure_table(reference, url, table="current", columns=["x"])
    assert found.columns == measure_frame(reference, current, columns=["x"]).columns


def test_columns_that_cannot_be_compared_are_errors_beside_the_others(reference, current, database):
    sql = "select cat as x, x as cat, t as flag, const as t, many from current"
    found = {c.column: c for c in measure_table(reference, database, sql=sql).columns}
    assert {name for name, c in found.items() if c.verdict == "error"} == set(found) - {"many"}
    assert found["const"].message == "column 'const' is missing; there is x, cat, flag, t, many"
    assert "the reference is" in found["x"].message


def test_columns_without_values_are_empty_whatever_their_type(reference, current, database):
    sql = "select cast(null as char(3)) as x, cast(null as integer) as cat, cast(null as integer) as t from current"
    found = measure_table(reference, database, sql=sql, columns=["x", "cat", "t"])
    assert [(c.verdict, c.n_current) for c in found.columns] == [("empty", 0)] * 3
    nothing = measure_table(reference, database, sql="select * from current where 1 = 0")
    assert [(c.verdict, c.null_rate_change) for c in nothing.columns] == [("empty", None)] * 8


def test_a_reference_without_values_is_empty_there_too(current, database, now):
    profile = build_profile(pd.DataFrame({"x": [None], "cat": [None]}), name="r", now=now)
    found = measure_table(profile, database, table="current")
    assert found.columns == measure_frame(profile, current).columns
    assert {c.verdict for c in found.columns} == {"empty"}


@pytest.mark.parametrize(("known", "new"), [(3, 2), (49, 1), (50, 0), (50, 1), (45, 6), (3, 60), (80, 5)])
def test_new_and_rare_categories_are_told_apart_there_too(known, new, database, now):
    names = [f"r{n:03d}" for n in range(known) for _ in range(n % 5 + 1)]
    frame = pd.DataFrame({"c": names[::2] + [f"n{n}" for n in range(new)] * 3 + [None]})
    frame.to_sql("current", database, index=False)
    profile = build_profile(pd.DataFrame({"c": names}), name="r", now=now)
    assert measure_table(profile, database, table="current").columns == measure_frame(profile, frame).columns


def test_zeros_and_ones_are_booleans_there_too(reference, database):
    frame = pd.DataFrame({"flag": [0, 0, 1, None]})
    frame.to_sql("current", database, index=False)
    found = measure_table(reference, database, table="current", columns=["flag"])
    assert found.columns == measure_frame(reference, frame, columns=["flag"]).columns
    assert found.columns[0].verdict == "stable"


def test_a_column_in_neither_place_is_an_error(reference, current, database):
    found = measure_table(reference, database, table="current", columns=["x", "zz"])
    assert found.columns[1].message == "column 'zz' is not in the reference"


@pytest.mark.parametrize("how", [{"table": "nowhere"}, {"sql": "selec 1"}])
def test_a_table_or_query_the_database_refuses_is_one_line(how, reference, database):
    with pytest.raises(DataError) as caught:
        measure_table(reference, database, **how)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({}, "give either table or sql"),
        ({"table": "a", "sql": "b"}, "give either table or sql"),
        ({"table": "a.b.c"}, "is not a table name"),
        ({"table": ""}, "is not a table name"),
        ({"sql": " ; "}, "sql is empty"),
    ],
)
def test_wrong_options_are_refused(how, message, reference):
    with pytest.raises(ConfigurationError, match=message):
        measure_table(reference, "sqlite://", **how)


@pytest.mark.parametrize("url", ["nonsense", "mysql+nodriver://h/d", "postgresql+psycopg://u@127.0.0.1:1/d"])
def test_a_database_out_of_reach_is_one_line(url, reference):
    with pytest.raises(ConfigurationError) as caught:
        measure_table(reference, url, table="t")
    assert "\n" not in str(caught.value)


def test_table_names_may_be_quoted():
    assert table_parts("flights") == ("flights",)
    assert table_parts("raw.flights") == ("raw", "flights")
    assert table_parts('"a.b"."c""d"') == ("a.b", 'c"d')
    assert table_parts("`a b`.[c d]") == ("a b", "c d")


@pytest.mark.parametrize("edge", [0.1, 1577836800.123456, -62e9, 1.5e9, 0.0, -1e-7, 5e15, -5e15])
def test_thelast_microsecond_of_a_bin_is_the_last_whose_seconds_are_in_it(edge):
    last = last_micro(edge)
    if abs(edge) < 1e11:
        assert last / 10**6 <= edge < (last + 1) / 10**6


@pytest.mark.postgres
def test_postgresql_keeps_nan_and_infinity_apart_in_every_numeric_type(postgres, now):
    frame = pd.DataFrame({name: [1.0, 2.0, 3.0, np.inf, -np.inf, np.nan, None] for name in ("d", "r", "n")})
    profile = build_profile(frame, name="r", now=now)
    values = "('1'),('2'),('Infinity'),('NaN'),('NaN'),(NULL),('-Infinity')"
    sql = f"select v::float8 as d, v::real as r, v::numeric as n from (values {values}) as t(v)"
    expected = pd.DataFrame({name: [1.0, 2.0, np.inf, np.nan, np.nan, None, -np.inf] for name in "drn"})
    found = measure_table(profile, postgres, sql=sql)
    assert found.columns == measure_frame(profile, expected).columns
    assert [c.n_current for c in found.columns] == [4, 4, 4]


@pytest.mark.postgres
def test_postgresql_times_dates_and_enumerations_compare(postgres, now):
    stamps = pd.to_datetime([f"2024-01-{d:02d}T0{d % 10}:00:00.000{d:03d}" for d in range(1, 31)])
    frame = pd.DataFrame(
        {"t": stamps, "z": stamps.tz_localize("UTC"), "d": stamps.floor("D"), "e": ["on", "off", "on"] * 10}
    )
    profile = build_profile(frame, name="r", now=now)
    engine = sa.create_engine(postgres)
    frame.to_sql("stamps", engine, index=False, if_exists="replace")
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TYPE IF EXISTS mood; CREATE TYPE mood AS ENUM ('on', 'off')"))
        connection.execute(sa.text("SET timezone = 'Asia/Tokyo'"))
    sql = "select t, z, d::date as d, e::mood as e from stamps where t > '2024-01-11'"
    later = frame[frame["t"] > "2024-01-11"]
    assert measure_table(profile, engine, sql=sql).columns == measure_frame(profile, later).columns
    engine.dispose()


@pytest.mark.postgres
def test_postgresql_types_of_another_kind_are_named(postgres, now):
    profile = build_profile(pd.DataFrame({"x": [1.0], "c": ["a"], "b": [True]}), name="r", now=now)
    sql = "select 'a'::varchar as x, '{}'::jsonb as c, now() as b"
    found = measure_table(profile, postgres, sql=sql)
    assert [c.message for c in found.columns] == [
        "column 'x' is character varying; the reference is numeric",
        "column 'c' is jsonb; the reference is categorical",
        "column 'b' is timestamp with time zone; the reference is boolean",
    ]


def test_sqlite_reads_every_spelling_of_a_time(tmp_path, now):
    spelled = [
        "2024-01-01",
        "2024-01-02 03:04:05",
        "2024-01-03T03:04:05.5Z",
        "2024-01-04 00:00:00.123456",
        "2024-01-05 02:00+02:00",
    ]
    times = pd.to_datetime(pd.Series(spelled), format="ISO8601", utc=True)
    profile = build_profile(pd.DataFrame({"t": times}), name="r", now=now)
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'x.db'}")
    pd.DataFrame({"t": spelled}).to_sql("s", engine, index=False)
    assert (
        measure_table(profile, engine, table="s").columns == measure_frame(profile, pd.DataFrame({"t": times})).columns
    )
    bad = measure_table(profile, engine, sql="select 'soon' as t union all select t from s")
    assert bad.columns[0].message == "column 't' holds 1 values that are not datetime, as the reference is"
    engine.dispose()

"""A profile built in the database is the one built of the same rows in pandas."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.measure.data import Source
from airflow_ai_slo.measure.drift import build_from, build_profile, measure_table, profile_from_dict, profile_to_dict

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def rows_of(seed: int, rows: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "x": rng.normal(size=rows),
            "atom": np.where(rng.random(rows) < 0.4, 0.0, rng.normal(size=rows)),
            "Big One": rng.integers(2**53, 2**62, rows),
            "order": rng.integers(0, 9, rows),
            "flag": rng.random(rows) < 0.3,
            "cat": rng.choice(
                ["a", "b", "A", "", "é", "__other__", "it's", "100%", ":p", "\U0001f600", "\uffff"], rows
            ),
            "many": [f"k{int(v)}" for v in rng.exponential(60, rows)],
            "t": pd.Timestamp("2019-12-31") + pd.to_timedelta(rng.integers(0, 10**13, rows), unit="us"),
            "const": 1.5,
            "tiny": rng.normal(size=rows) * 1e-300,
            "large": rng.normal(size=rows) * 1e200,
            "void": pd.Series([None] * rows, dtype="float64"),
        }
    )
    for name in ("x", "cat", "many", "t"):
        frame.loc[rng.random(rows) < 0.1, name] = None
    return frame


def agree(found, expected):
    """All but mean and std to the letter; those to 1e-9 of the values' reach."""
    assert list(found.columns) == list(expected.columns)
    assert found.rows == expected.rows
    for name, one in found.columns.items():
        other = expected.columns[name]
        assert replace(one, mean=None, std=None) == replace(other, mean=None, std=None), name
        for moment in ("mean", "std"):
            left, right = getattr(one, moment), getattr(other, moment)
            reach = max(abs(other.low), abs(other.high)) if other.low is not None else 0.0
            # NumPy's squares of numbers below 1e-154 are zero.
            assert left == right or abs(left - right) <= max(1e-9 * reach, 1e-150), (name, moment, left, right)
    assert profile_from_dict(profile_to_dict(found)) == found


@pytest.fixture
def duckdb_database(tmp_path):
    pytest.importorskip("duckdb")
    engine = sa.create_engine(f"duckdb:///{tmp_path / 'data.duckdb'}")
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", "duckdb", pytest.param("postgres", marks=pytest.mark.postgres)])
def any_database(request):
    return request.getfixturevalue(f"{request.param}_database")


def put(frame, engine, table="t"):
    if engine.dialect.name != "duckdb":
        frame.to_sql(table, engine, index=False, if_exists="replace")
        return
    with engine.begin() as connection:
        connection.connection.driver_connection.register("frame", frame)
        connection.execute(sa.text(f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM frame"))


@pytest.mark.parametrize("rows", [1, 2, 9, 10, 11, 1000, 3001])
def test_every_kind_of_column_is_profiled_as_pandas_profiles_it(rows, any_database):
    frame = rows_of(rows, rows)
    put(frame, any_database)
    expected = build_profile(frame, name="p", now=NOW)
    found = build_from(Source(engine=any_database, table="t"), name="p", now=NOW)
    if any_database.dialect.name == "sqlite":  # a column without values has no type there
        assert found.columns["void"].count == 0
        names = [name for name in frame.columns if name not in ("void", *frame.columns[frame.isna().all()])]
        found = replace(found, columns={name: found.columns[name] for name in names})
        expected = replace(expected, columns={name: expected.columns[name] for name in names})
    agree(found, expected)
    assert found.source == "t"


def test_a_query_is_profiled_like_a_table(any_database):
    frame = rows_of(5, 500)
    put(frame, any_database)
    sql = "SELECT x, cat, \"order\" FROM t WHERE coalesce(cat, '') <> ':name' AND x < 100 -- 100%\n;"
    kept = frame[frame["x"] < 100]
    found = build_from(Source(engine=any_database, sql=sql), name="p", now=NOW)
    agree(found, build_profile(kept[["x", "cat", "order"]], name="p", now=NOW))
    assert found.source == "sql"


numbers = st.lists(
    st.one_of(
        st.none(),
        st.floats(allow_nan=False),
        st.sampled_from([0.0, -0.0, 1.0, 5e-324, 1.7976931348623157e308, float("inf"), float("-inf")]),
    ),
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@given(values=numbers)
def test_any_numbers_give_the_same_edges_and_counts(values, any_database):
    frame = pd.DataFrame({"v": pd.Series(values, dtype="float64"), "k": "k"})
    put(frame, any_database)
    known = list(frame.columns) if frame["v"].notna().any() else ["k"]
    found = build_from(Source(engine=any_database, table="t"), name="p", now=NOW, columns=known)
    agree(found, build_profile(frame, name="p", now=NOW, columns=known))


@settings(max_examples=30, deadline=None)
@given(values=st.lists(st.one_of(st.none(), st.sampled_from([f"v{n}" for n in range(70)])), min_size=1, max_size=200))
@pytest.mark.parametrize("known", [0, 3, None])
def test_any_categories_give_the_same_names_and_counts(values, known, any_database):
    frame = pd.DataFrame({"v": pd.Series(values, dtype="str")})
    put(frame, any_database)
    found = build_from(Source(engine=any_database, table="t"), name="p", now=NOW, known=known)
    agree(found, build_profile(frame, name="p", now=NOW, known=known))


@settings(max_examples=30, deadline=None)
@given(
    values=st.lists(
        st.one_of(st.none(), st.datetimes(datetime(1800, 1, 1), datetime(2200, 1, 1))), min_size=1, max_size=60
    )
)
def test_any_times_give_the_same_edges_and_counts(values, any_database):
    frame = pd.DataFrame({"v": pd.Series(values, dtype="datetime64[us]")})
    put(frame, any_database)
    found = build_from(Source(engine=any_database, table="t"), name="p", now=NOW)
    if frame["v"].notna().any():
        agree(found, build_profile(frame, name="p", now=NOW))
    assert found.columns["v"].count == frame["v"].count()


def test_what_is_built_there_is_what_is_measured_there(any_database):
    put(rows_of(3, 900), any_database)
    profile = build_from(Source(engine=any_database, table="t"), name="p", now=NOW)
    again = measure_table(profile, any_database, table="t")
    assert {one.psi for one in again.columns if one.n_reference} == {0.0}
    assert not again.errors


def test_lengths_of_texts_are_profiled_where_asked_for(any_database):
    frame = pd.DataFrame({"c": ["", "é", "\U0001f600\U0001f600", None, "abcd"] * 9, "n": range(45)})
    put(frame, any_database)
    source = Source(engine=any_database, table="t")
    found = build_from(source, name="p", now=NOW, text_length=["c"])
    agree(found, build_profile(frame, name="p", now=NOW, text_length=["c"]))
    for wrong, says in (("n", "only texts have a length"), ("zz", "'zz' is missing")):
        with pytest.raises(DataError, match=says):
            build_from(source, name="p", now=NOW, text_length=[wrong])


def test_an_empty_table_has_a_profile_of_no_rows(any_database):
    put(rows_of(1, 20).head(0), any_database)
    found = build_from(Source(engine=any_database, table="t"), name="p", now=NOW)
    assert (found.rows, {one.count for one in found.columns.values()}) == (0, {0})


def test_mistakes_are_one_line(any_database):
    put(rows_of(1, 20), any_database)
    for source, columns, says in (
        ({"table": "t"}, ["zz"], "t: column 'zz' is missing"),
        ({"sql": "SELECT x, x FROM t"}, ["x"], "is there 2 times"),
        ({"table": "nowhere"}, None, "nowhere"),
        ({"sql": "SELEC 1"}, None, "syntax"),
    ):
        if "x, x" in source.get("sql", "") and any_database.dialect.name != "postgresql":
            continue  # the others give the second one a name of its own
        with pytest.raises(DataError, match=says) as caught:
            build_from(Source(engine=any_database, **source), name="p", now=NOW, columns=columns)
        assert "\n" not in str(caught.value)


def test_frames_and_files_are_profiled_in_pandas(tmp_path):
    frame = rows_of(2, 50)
    frame.to_parquet(tmp_path / "t.parquet")
    expected = build_profile(frame, name="p", now=NOW, source="t", columns=["x", "cat"])
    for source in (Source(frame=frame), Source(path=str(tmp_path / "t.parquet"))):
        assert build_from(source, name="p", now=NOW, columns=["x", "cat"], label="t") == expected


def test_columns_of_sqlite_go_by_what_they_hold(sqlite_database):
    with sqlite_database.begin() as connection:
        connection.execute(sa.text("CREATE TABLE t (a, b, c, d TIMESTAMP, e BOOLEAN, f DATE)"))
        connection.execute(sa.text("INSERT INTO t VALUES (1, 'x', x'00', '2024-01-01T10:00:00+02:00', 1, 'soon')"))
        connection.execute(sa.text("INSERT INTO t VALUES (2.5, 7, x'01', '2024-01-01 08:00:01.5', 0, '2024-01-01')"))
    found = build_from(Source(engine=sqlite_database, table="t"), name="p", now=NOW)
    kinds = {name: str(one.kind) for name, one in found.columns.items()}
    assert kinds == {"a": "numeric", "d": "datetime", "e": "boolean", "f": "categorical"}
    assert found.skipped["b"].startswith("holds mixed types")
    assert found.skipped["c"].startswith("holds bytes")
    assert (found.columns["d"].low, found.columns["d"].high) == (1704096000.0, 1704096001.5)


@pytest.mark.postgres
def test_postgresql_leaves_out_nan_and_names_what_it_cannot_compare(postgres_database):
    values = "('1'),('2'),('Infinity'),('NaN'),(NULL),('-Infinity')"
    sql = f"SELECT v::float8 AS d, v::numeric AS n, '{{}}'::jsonb AS j FROM (VALUES {values}) AS t(v)"
    frame = pd.DataFrame({name: [1.0, 2.0, np.inf, np.nan, None, -np.inf] for name in "dn"})
    found = build_from(Source(engine=postgres_database, sql=sql), name="p", now=NOW)
    agree(found, build_profile(frame, name="p", now=NOW))
    assert found.skipped == {"j": "is jsonb; compare numbers, booleans, texts or times"}


@pytest.mark.postgres
def test_postgresql_zones_and_dates_are_instants(postgres_database):
    stamps = pd.date_range("2024-01-01", periods=40, freq="7h13min", tz="UTC").as_unit("us")
    frame = pd.DataFrame({"z": stamps, "d": stamps.tz_localize(None).floor("D")})
    frame.to_sql("t", postgres_database, index=False)
    sql = "SELECT z, d::date AS d FROM t"
    agree(
        build_from(Source(engine=postgres_database, sql=sql), name="p", now=NOW),
        build_profile(frame, name="p", now=NOW),
    )

"""Score columns: the same counts from frames and databases, whatever stands in a column."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.measure.data import Source
from airflow_ai_slo.measure.judged.criteria import Criterion, criteria_of
from airflow_ai_slo.measure.judged.scores import scored

FAITHFUL = Criterion(name="faithful", column="faithful", at_least=0.8)
TOXIC = Criterion(name="toxic", column="toxic", at_most=0.1)
GROUPS = [[FAITHFUL], [TOXIC], [FAITHFUL, TOXIC]]
NAN, INF = float("nan"), float("inf")

numbers = st.sampled_from([None, 0.0, 0.1, 0.10000001, 0.5, 0.79999999, 0.8, 1.0, -1e300, 1e300, INF, -INF])


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def warehouse(request: pytest.FixtureRequest) -> Iterator[sa.Engine]:
    url = "sqlite://" if request.param == "sqlite" else request.getfixturevalue("postgres_server")
    engine = sa.create_engine(url)
    yield engine
    engine.dispose()


def table(engine: sa.Engine, rows: list[dict[str, Any]], kind: Any = None) -> Source:
    kind = kind or sa.Double
    made = sa.Table("scores", sa.MetaData(), sa.Column("faithful", kind), sa.Column("toxic", kind))
    with engine.begin() as connection:
        made.drop(connection, checkfirst=True)
        made.create(connection)
        if rows:
            connection.execute(made.insert(), rows)
    return Source(engine=engine, table="scores")


def counts(source: Source) -> list[tuple[int, int, int]]:
    return [(one.good, one.total, one.unscored) for one in scored(source, GROUPS)]


@settings(max_examples=40)
@given(st.lists(st.tuples(numbers, numbers), max_size=12))
def test_databases_count_as_frames_do(warehouse: sa.Engine, rows: list[tuple[float | None, float | None]]) -> None:
    filled = [{"faithful": one, "toxic": other} for one, other in rows]
    frame = pd.DataFrame(filled, columns=["faithful", "toxic"], dtype=object)
    expected = []
    for group in GROUPS:
        holds = [[None if row[c.column] is None else c.holds(row[c.column]) for c in group] for row in filled]
        good, bad = sum(all(one) for one in holds), sum(False in one for one in holds)
        expected.append((good, good + bad, len(rows) - good - bad))
    assert counts(Source(frame=frame)) == expected
    assert counts(table(warehouse, filled)) == expected


def test_nan_is_no_score_on_every_side(warehouse: sa.Engine) -> None:
    rows = [{"faithful": NAN, "toxic": 0.0}, {"faithful": 0.9, "toxic": NAN}, {"faithful": 0.1, "toxic": NAN}]
    expected = [(1, 2, 1), (1, 1, 2), (0, 1, 2)]
    assert counts(Source(frame=pd.DataFrame(rows))) == expected
    assert counts(table(warehouse, rows)) == expected


def test_numerics_integers_booleans_and_decimals_are_scores(warehouse: sa.Engine) -> None:
    numeric = [{"faithful": Decimal("0.8"), "toxic": Decimal("0.1")}, {"faithful": Decimal("0.79"), "toxic": None}]
    assert counts(table(warehouse, numeric, sa.Numeric(10, 4))) == [(1, 2, 0), (1, 1, 1), (1, 2, 0)]
    assert counts(Source(frame=pd.DataFrame(numeric))) == [(1, 2, 0), (1, 1, 1), (1, 2, 0)]
    flags = [{"faithful": True, "toxic": False}, {"faithful": False, "toxic": False}, {"faithful": None, "toxic": True}]
    for kind in (sa.Boolean, sa.Integer):
        rows = [{k: None if v is None else kind().python_type(v) for k, v in row.items()} for row in flags]
        assert counts(table(warehouse, rows, kind)) == [(1, 2, 1), (2, 3, 0), (1, 3, 0)]
        assert counts(Source(frame=pd.DataFrame(rows))) == [(1, 2, 1), (2, 3, 0), (1, 3, 0)]


def test_no_rows_are_nothing(warehouse: sa.Engine) -> None:
    for source in (table(warehouse, []), Source(frame=pd.DataFrame({"faithful": [], "toxic": []}))):
        assert counts(source) == [(0, 0, 0)] * 3
        assert scored(source, [[FAITHFUL]])[0].detail == "no row with scores"


def test_text_is_no_score(warehouse: sa.Engine) -> None:
    rows = [{"faithful": "0.9", "toxic": "high"}]
    with pytest.raises(DataError, match=r"column 'faithful' holds '0\.9'; scores are numbers or booleans"):
        counts(Source(frame=pd.DataFrame(rows)))
    with pytest.raises(
        DataError, match=r"column 'faithful' (holds text in 1 rows|is of type text); scores are numbers"
    ):
        counts(table(warehouse, rows, sa.Text))
    with pytest.raises(DataError, match="has no column 'nope'"):
        scored(table(warehouse, []), [[Criterion(name="x", column="nope", at_least=1)]])


def test_a_planted_error_rate_comes_out() -> None:
    draw = np.random.default_rng(7)
    hallucinated = draw.random(20_000) < 0.03
    frame = pd.DataFrame(
        {"faithful": np.where(hallucinated, draw.uniform(0, 0.8, 20_000), draw.uniform(0.8, 1, 20_000))}
    )
    found = scored(Source(frame=frame), [[FAITHFUL]])[0]
    assert (found.good, found.total) == (20_000 - hallucinated.sum(), 20_000)
    assert found.detail == f"{found.good:,} of 20,000 rows with faithful >= 0.8"


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({}, "criteria is empty"),
        ({"a": {}}, "criterion 'a' has no limit"),
        ({"a": 0.8}, r"criteria\['a'\]=0.8: give a dict of at_least, at_most, column, slo"),
        ({"a": {"atleast": 1}}, "give a dict of"),
        ({"a": {"at_least": "high"}}, "a.at_least='high' is not a number"),
        ({"a": {"at_least": NAN}}, "is not a number"),
        ({"a": {"at_least": True}}, "is not a number"),
        ({"a": {"at_least": 2, "at_most": 1}}, "at_least=2 is above at_most=1"),
    ],
)
def test_criteria_are_checked(given: Any, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        criteria_of(given)


def test_mixed_objects_and_numbers_beyond_floats_are_scores() -> None:
    column = pd.Series([1, pd.NA, None, float("nan"), 10**400, -(10**400), 0.2], dtype=object)
    found = scored(Source(frame=pd.DataFrame({"a": column})), [[Criterion(name="a", column="a", at_least=0.5)]])[0]
    assert (found.good, found.total, found.unscored) == (2, 4, 3)

"""A suite of one expectation that looks at rows has as many bad rows as Great Expectations finds unexpected."""

from __future__ import annotations

import pandas as pd
import pytest
import sqlalchemy as sa

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.expectations import run_suite

FRAME = pd.DataFrame(
    {
        "a": [1.0, 1.0, None, None, 2.0, 3.0],
        "b": [1.0, 2.0, None, 1.0, 2.0, None],
        "c": [1.0, 1.0, None, 1.0, 1.0, 4.0],
    }
)
PAIR = {"column_A": "a", "column_B": "b"}
THREE = {"column_list": ["a", "b", "c"]}
SUITES = [
    ("expect_column_pair_values_to_be_equal", PAIR),
    ("expect_column_pair_values_to_be_equal", {**PAIR, "ignore_row_if": "either_value_is_missing"}),
    ("expect_column_pair_values_to_be_equal", {**PAIR, "ignore_row_if": "neither"}),
    ("expect_column_pair_values_a_to_be_greater_than_b", PAIR),
    ("expect_select_column_values_to_be_unique_within_record", THREE),
    ("expect_select_column_values_to_be_unique_within_record", {**THREE, "ignore_row_if": "any_value_is_missing"}),
    ("expect_multicolumn_sum_to_equal", {"column_list": ["a", "b"], "sum_total": 3}),
]


def suite_of(kind, settings):
    return {"name": "s", "expectations": [{"type": kind, "kwargs": settings}]}


@pytest.fixture(params=["frame", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def rows(request, tmp_path):
    if request.param == "frame":
        yield {"frame": FRAME}
        return
    server = request.param == "postgres"
    url = request.getfixturevalue("postgres_server") if server else f"sqlite:///{tmp_path / 'rows.db'}"
    engine = sa.create_engine(url)
    FRAME.to_sql("Rows of a suite", engine, index=False, if_exists="replace")
    yield {"connection": engine, "table": '"Rows of a suite"'}
    engine.dispose()


@pytest.mark.parametrize(("kind", "settings"), SUITES)
def test_rows_that_an_expectation_leaves_out_meet_it(kind, settings, rows):
    found = run_suite(suite_of(kind, settings), rows=True, **rows)
    (outcome,) = found.outcomes
    assert not found.errors
    assert found.rows.total == 6
    assert found.rows.total - found.rows.good == outcome.unexpected


def test_an_expectation_that_raised_is_not_taken_for_one_that_does_not_look_at_rows(rows):
    found = run_suite(suite_of("expect_column_values_to_not_be_null", {"column": "nope"}), rows=True, **rows)
    assert (found.rows.good, found.rows.total) == (0, 0)
    assert "nope" in found.errors[0].message
    with pytest.raises(ConfigurationError, match="no expectation of the suite looks at rows"):
        run_suite(suite_of("expect_column_max_to_be_between", {"column": "a", "max_value": 9}), rows=True, **rows)

from __future__ import annotations

import json
import logging

import pandas as pd
import pytest

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.expectations import run_suite
from airflow_ai_slo.measure.drift import save_profile


def expectation(name, **kwargs):
    return {"type": f"expect_{name}", "kwargs": kwargs}


def suite(*expectations, **more):
    return {"name": "features", "expectations": list(expectations), **more}


MIXED = suite(
    expectation("column_values_to_not_be_null", column="delay"),
    expectation("column_values_to_not_be_null", column="carrier"),
    expectation("column_max_to_be_between", column="zz", max_value=1),
    expectation("table_row_count_to_be_between", min_value=1),
    expectation("column_psi_to_be_less_than", column="delay", profile="january"),
    expectation("column_psi_to_be_less_than", column="carrier", profile="january"),
)


def by_name(result):
    return {(o.expectation.removeprefix("expect_"), o.column): str(o.status) for o in result.outcomes}


@pytest.mark.parametrize("how", ["table", "sql"])
def test_every_expectation_is_accounted_for_in_a_database(how, profile, july_table):
    where = {"table": "july"} if how == "table" else {"sql": "select * from july"}
    assert_accounted(run_suite(MIXED, profiles=[profile], connection=july_table, **where))


def test_every_expectation_is_accounted_for_on_pandas(profile, july):
    assert_accounted(run_suite(MIXED, july, profiles=[profile]))


def assert_accounted(result):
    assert by_name(result) == {
        ("column_values_to_not_be_null", "delay"): "unmet",
        ("column_values_to_not_be_null", "carrier"): "met",
        ("column_max_to_be_between", "zz"): "error",
        ("table_row_count_to_be_between", None): "met",
        ("column_psi_to_be_less_than", "delay"): "unmet",
        ("column_psi_to_be_less_than", "carrier"): "met",
    }
    assert (result.good, result.total, len(result.errors), len(result.unmet)) == (3, 5, 1, 2)
    json.dumps(result.to_dict(), allow_nan=False)


def test_an_expectation_nobody_knows_is_refused_and_not_dropped(july, caplog):
    with pytest.raises(ConfigurationError, match=r"expectations\[1\] expect_the_moon: expect_the_moon is not a known"):
        run_suite(suite(expectation("table_row_count_to_be_between", min_value=1), expectation("the_moon")), july)
    assert not caplog.records


def test_a_custom_expectation_is_found_where_it_is_imported_from(july, tmp_path, monkeypatch):
    (tmp_path / "house_rules.py").write_text(
        "import great_expectations.expectations as gxe\n"
        "class ExpectColumnMaxToBeHouseRule(gxe.ExpectColumnMaxToBeBetween):\n"
        "    max_value: float = 1e9\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    document = suite(expectation("column_max_to_be_house_rule", column="delay"))
    assert run_suite(document, july, imports=["house_rules"]).good == 1
    with pytest.raises(ConfigurationError, match="imports: no_such_module cannot be imported"):
        run_suite(document, july, imports=["no_such_module"])


def test_results_that_get_lost_are_an_error(july, monkeypatch):
    from great_expectations.validator.validator import Validator

    whole = Validator.graph_validate
    monkeypatch.setattr(Validator, "graph_validate", lambda self, **kwargs: whole(self, **kwargs)[:-1])
    with pytest.raises(DataError, match="6 expectations gave 5 results"):
        run_suite(MIXED, july)


def test_a_suite_s_parameters_are_filled_in(july):
    document = suite(expectation("table_row_count_to_be_between", min_value={"$PARAMETER": "least"}))
    assert run_suite(document, july, parameters={"least": 1}).good == 1
    assert run_suite(document, july, parameters={"least": 10**9}).good == 0


def test_quantiles_on_pandas_become_plain_json(july):
    ranges = {"quantiles": [0.5], "value_ranges": [[-10, 10]]}
    result = run_suite(
        suite(expectation("column_quantile_values_to_be_between", column="delay", quantile_ranges=ranges)), july
    )
    assert result.good == 1
    json.dumps(result.to_dict(), allow_nan=False)


def test_a_suite_file_finds_the_profiles_beside_it(profile, july, tmp_path):
    folder = tmp_path / "expectations"
    (folder / "profiles").mkdir(parents=True)
    save_profile(profile, folder / "profiles" / "january.json")
    (folder / "features.json").write_text(json.dumps(MIXED))
    assert run_suite(folder / "features.json", july).total == 5
    assert by_name(run_suite(str(folder / "features.json"), july))["column_psi_to_be_less_than", "delay"] == "unmet"


def test_nothing_is_written_and_no_table_is_made(profile, july_table):
    import sqlalchemy as sa

    statements = []
    sa.event.listen(july_table, "before_cursor_execute", lambda *seen: statements.append(seen[2].lower()))
    run_suite(MIXED, profiles=[profile], connection=july_table, sql="select * from july")
    assert not [s for s in statements if "create" in s or "insert" in s]


def test_the_current_context_of_the_process_is_left_alone(july, monkeypatch):
    from great_expectations.data_context.data_context.context_factory import project_manager

    for name in ("get_project", "set_project"):
        monkeypatch.setattr(project_manager, name, lambda *args, **kwargs: pytest.fail("touched"))
    assert run_suite(MIXED, july).total == 3


def test_no_progress_bars_and_no_noise(profile, july, july_table, capsys, caplog):
    with caplog.at_level(logging.WARNING):
        run_suite(MIXED, july, profiles=[profile])
        run_suite(MIXED, connection=july_table, table="july", profiles=[profile])
    assert capsys.readouterr() == ("", "")
    assert not [r for r in caplog.records if r.levelno >= logging.WARNING]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"name": "s"}, "s: expectations is missing or empty"),
        (
            {"expectations": [{"type": "expect_table_row_count_to_equal", "kwargs": {"value": 1}}]},
            "is not a suite of Great Expectations 1: name must be provided",
        ),
        (
            suite(expectation("column_psi_to_be_less_than", column="x")),
            r"expectations\[0\] expect_column_psi_to_be_less_than: profile: field required",
        ),
        (
            suite(expectation("column_psi_to_be_less_than", column="x", profile="p", bins=[1])),
            "bins: extra fields not permitted",
        ),
        (suite("expect"), r"features: expectations\[0\]: "),
        (
            suite(expectation("table_row_count_to_equal", value=1), data_asset_type="old"),
            "is not a suite of Great Expectations 1",
        ),
        ("nowhere.json", "nowhere.json: cannot be read"),
    ],
)
def test_a_wrong_suite_is_one_line(document, message, july):
    with pytest.raises(ConfigurationError, match=message) as caught:
        run_suite(document, july)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_suite_is_one_line(july, tmp_path):
    for text, message in (("{", "is not JSON"), ("[]", "is not a suite")):
        (tmp_path / "s.json").write_text(text)
        with pytest.raises(ConfigurationError, match=message):
            run_suite(tmp_path / "s.json", july)


@pytest.mark.parametrize(
    "data", [{}, {"table": "july"}, {"connection": "sqlite://"}, {"connection": "sqlite://", "table": "a", "sql": "b"}]
)
def test_the_data_is_one_thing(data):
    with pytest.raises(ConfigurationError, match="give either a frame, or a connection"):
        run_suite(MIXED, **data)


def test_a_table_the_database_does_not_have_is_one_line(database):
    with pytest.raises(DataError, match="nowhere"):
        run_suite(MIXED, connection=database, table="nowhere")
    with pytest.raises(ConfigurationError, match="database"):
        run_suite(MIXED, connection="postgresql+psycopg://u@127.0.0.1:1/d", table="t")


def test_drift_that_cannot_be_told_stays_outside(profile):
    nobody = pd.DataFrame({"delay": [None] * 4, "carrier": ["AA"] * 4})
    result = run_suite(MIXED, nobody, profiles=[profile])
    assert by_name(result)["column_psi_to_be_less_than", "delay"] == "empty"
    assert by_name(result)["column_psi_to_be_less_than", "carrier"] == "insufficient"
    assert (result.good, result.total) == (2, 3)

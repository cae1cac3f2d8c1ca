"""Our expectations in a user's own suite and context, as Great Expectations documents it."""

from __future__ import annotations

import great_expectations as gx
import pandas as pd
import pytest

from airflow_ai_slo.expectations import ExpectColumnPsiToBeLessThan, register_profile
from airflow_ai_slo.measure.drift import measure_frame


@pytest.fixture
def context():
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    return context


def batch_of(context, frame):
    asset = context.data_sources.add_pandas("frames").add_dataframe_asset("frame")
    return asset.add_batch_definition_whole_dataframe("whole").get_batch({"dataframe": frame})


def messages(result):
    return [entry["exception_message"] for entry in result.exception_info.values() if isinstance(entry, dict)]


def test_a_user_s_validation_finds_drift_by_the_profile_s_name(context, profile, july):
    register_profile(profile)
    suite = gx.ExpectationSuite("features")
    for column in ("delay", "carrier"):
        suite.add_expectation(ExpectColumnPsiToBeLessThan(column=column, profile="january"))
    result = batch_of(context, july).validate(suite)
    by_column = {entry.expectation_config.kwargs["column"]: entry for entry in result.results}
    assert {name: entry.success for name, entry in by_column.items()} == {"delay": False, "carrier": True}
    expected = measure_frame(profile, july, columns=["delay"]).columns[0]
    assert by_column["delay"].result["observed_value"] == expected.psi
    details = by_column["delay"].result["details"]
    assert {name: details[name] for name in expected.to_dict()} == expected.to_dict()
    assert "edges" not in str(by_column["delay"].expectation_config.kwargs)


def test_a_user_s_validation_on_sql_gives_the_same(context, profile, july, tmp_path):
    import sqlalchemy as sa

    url = f"sqlite:///{tmp_path / 'july.db'}"
    july.to_sql("july", sa.create_engine(url), index=False)
    register_profile(profile)
    batch = context.data_sources.add_sqlite("db", connection_string=url).add_table_asset("july", table_name="july")
    batch = batch.add_batch_definition_whole_table("whole").get_batch()
    result = batch.validate(ExpectColumnPsiToBeLessThan(column="delay", profile="january"))
    assert result.result["observed_value"] == measure_frame(profile, july, columns=["delay"]).columns[0].psi


def test_a_suite_with_ours_survives_being_stored(profile):
    suite = gx.ExpectationSuite("s", expectations=[ExpectColumnPsiToBeLessThan(column="delay", profile="january")])
    again = gx.ExpectationSuite(**suite.to_json_dict())
    assert again.expectations[0].profile == "january"
    assert again.expectations[0].threshold == 0.2


def test_few_values_pass_and_say_so_and_none_fail(context, profile, july):
    register_profile(profile)
    batch = batch_of(context, july.assign(none=None).tail(9))
    few = batch.validate(
        ExpectColumnPsiToBeLessThan(column="carrier", profile="january", threshold=0.0, significance=0.0)
    )
    assert (few.success, few.result["details"]["verdict"]) == (True, "insufficient")
    empty = batch_of(gx.get_context(mode="ephemeral"), pd.DataFrame({"delay": [None, None]}))
    result = empty.validate(ExpectColumnPsiToBeLessThan(column="delay", profile="january"))
    assert (result.success, result.result["details"]["verdict"]) == (False, "empty")
    assert result.result["details"]["message"] == "the current data holds no values"


@pytest.mark.parametrize(
    ("column", "name", "message"),
    [
        ("zz", "january", "column 'zz' is not in profile 'january'"),
        ("delay", "nowhere", "profile='nowhere' is not registered, and there is no nowhere.json in"),
        ("carrier", "january", "column 'carrier' is numeric (float64); the reference is categorical"),
        ("night", "january", "column 'night' is missing"),
    ],
)
def test_what_cannot_be_compared_is_an_exception_and_not_drift(column, name, message, context, profile):
    register_profile(profile)
    batch = batch_of(context, pd.DataFrame({"delay": [1.0], "carrier": [1.0]}))
    result = batch.validate(ExpectColumnPsiToBeLessThan(column=column, profile=name))
    assert not result.success
    assert message in messages(result)[0]


def test_a_wrong_threshold_is_refused_at_once():
    with pytest.raises(ValueError, match="not a number from 0"):
        ExpectColumnPsiToBeLessThan(column="x", profile="p", threshold=-0.1)


def test_a_condition_on_rows_is_heeded(context, profile, january, july):
    register_profile(profile)
    mixed = pd.concat([january.assign(part="old"), july.assign(part="new")], ignore_index=True)
    expectation = ExpectColumnPsiToBeLessThan(
        column="delay", profile="january", row_condition='part=="old"', condition_parser="pandas"
    )
    result = batch_of(context, mixed).validate(expectation)
    assert (result.success, result.result["observed_value"]) == (True, 0.0)

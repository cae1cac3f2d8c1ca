from __future__ import annotations

import subprocess
import sys

import pandas as pd
import pytest

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.expectations import find_profile, register_profile, run_drift
from airflow_ai_slo.measure.drift import Thresholds, measure_frame, save_profile

PSI = "expect_column_psi_to_be_less_than"


def test_through_great_expectations_a_frame_measures_as_it_does_directly(profile, july):
    assert run_drift(profile, july).columns == measure_frame(profile, july).columns


def test_so_do_a_table_and_a_query_in_one_select(profile, july, july_table):
    import sqlalchemy as sa

    statements = []
    sa.event.listen(july_table, "before_cursor_execute", lambda *seen: statements.append(" ".join(seen[2].split())))
    expected = measure_frame(profile, july).columns
    assert run_drift(profile, connection=july_table, table="july").columns == expected
    assert len([s for s in statements if "july" in s and "LIMIT" not in s.split("july")[-1][:9]]) == 1
    assert run_drift(profile, connection=july_table, sql="select * from july").columns == expected


def test_great_expectations_hashes_no_frame(profile, july, monkeypatch):
    from great_expectations.execution_engine import pandas_execution_engine

    monkeypatch.setattr(pandas_execution_engine, "hash_pandas_dataframe", lambda frame: pytest.fail("hashed"))
    assert run_drift(profile, july, columns=["delay"]).total == 1


def test_a_column_that_cannot_be_compared_is_an_error_and_no_exception(profile, july):
    found = run_drift(
        profile, july.drop(columns="night").assign(carrier=1.5), columns=["delay", "night", "carrier", "zz"]
    )
    assert [str(c.verdict) for c in found.columns] == ["drift", "error", "error", "error"]
    assert found.columns[1].message == "column 'night' is missing; there is delay, carrier, at"
    assert (found.columns[1].kind, found.columns[1].n_reference) == ("boolean", 2000)
    assert (found.good, found.total) == (0, 1)


def test_thresholds_events_and_weights_are_passed_on(profile, july):
    lax = Thresholds(psi=1e9, warning=0.01)
    found = run_drift(profile, july, thresholds=lax, columns=["delay"])
    assert found.columns == measure_frame(profile, july, thresholds=lax, columns=["delay"]).columns
    assert (found.good, found.columns[0].warnings[0].startswith("PSI")) == (1, True)
    run = run_drift(profile, july, event="run")
    assert (run.good, run.total) == (0, 1)
    weighed = run_drift(profile, july, columns=["delay", "carrier"], weights={"delay": 3})
    assert (weighed.good, weighed.total) == (1, 4)


def test_profiles_are_found_by_name(profile, july, tmp_path, monkeypatch):
    folder = tmp_path / "kept"
    folder.mkdir()
    save_profile(profile, folder / "winter.json")
    with pytest.raises(ConfigurationError, match="profile='winter' is not registered"):
        run_drift("winter", july)
    assert run_drift("winter", july, folders=[folder]).profile == "january"
    assert run_drift(str(folder / "winter.json"), july, columns=["delay"]).total == 1
    monkeypatch.setenv("AI_SLO_PROFILES", str(folder))
    assert find_profile("winter") == profile
    monkeypatch.delenv("AI_SLO_PROFILES")
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    (tmp_path / "expectations").mkdir()
    folder.rename(tmp_path / "expectations" / "profiles")
    assert find_profile("winter") == profile


def test_a_profile_that_is_written_anew_is_read_anew(profile, tmp_path, now):
    from airflow_ai_slo.measure.drift import build_profile

    save_profile(profile, tmp_path / "p.json")
    assert "delay" in find_profile(str(tmp_path / "p.json")).columns
    save_profile(build_profile(pd.DataFrame({"other": [1.0]}), name="p", now=now), tmp_path / "p.json")
    assert list(find_profile(str(tmp_path / "p.json")).columns) == ["other"]
    (tmp_path / "p.json").write_text("{")
    with pytest.raises(DataError, match=r"p\.json: is not JSON"):
        find_profile(str(tmp_path / "p.json"))


def test_a_suite_s_other_expectations_count_as_checks(profile, july):
    register_profile(profile)
    suite = {
        "name": "features",
        "expectations": [
            {"type": PSI, "kwargs": {"column": "delay", "profile": "january"}},
            {"type": PSI, "kwargs": {"column": "carrier", "profile": "january"}},
            {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 1}},
            {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "zz"}},
        ],
    }
    found = run_drift(suite=suite, frame=july)
    assert {c.column: str(c.verdict) for c in found.columns} == {"delay": "drift", "carrier": "stable"}
    assert sorted((c.name, c.ok) for c in found.checks) == [
        ("expect_column_values_to_not_be_null", None),
        ("expect_table_row_count_to_be_between", True),
    ]
    assert (found.good, found.total) == (2, 3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "give a profile with columns, or a suite"),
        ({"columns": ["a"], "suite": {}}, "give either columns or a suite"),
        (
            {
                "suite": {
                    "name": "s",
                    "expectations": [{"type": "expect_table_row_count_to_equal", "kwargs": {"value": 1}}],
                }
            },
            "holds no expect_column_psi",
        ),
    ],
)
def test_wrong_options_are_refused(options, message, july):
    with pytest.raises(ConfigurationError, match=message):
        run_drift(frame=july, **options)


def test_no_columns_are_refused(profile, july):
    with pytest.raises(ConfigurationError, match="columns is empty"):
        run_drift(profile, july, columns=[])


def test_importing_the_packages_loads_nothing_heavy():
    script = (
        "import sys, airflow_ai_slo.expectations, airflow_ai_slo.measure.drift, airflow_ai_slo.expectations.drift\n"
        "heavy = {'great_expectations', 'pandas', 'numpy', 'scipy', 'sqlalchemy', 'pyarrow'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or None)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")

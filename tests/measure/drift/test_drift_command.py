from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from airflow_ai_slo.cli.drift import command
from airflow_ai_slo.measure.drift import build_profile, load_profile, measure_frame


def ai_slo_drift(*arguments):
    result = CliRunner().invoke(command, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture
def files(tmp_path):
    rng = np.random.default_rng(1)
    january = pd.DataFrame({"delay": rng.normal(size=500), "carrier": rng.choice(["AA", "UA", "NA"], 500)})
    july = january.assign(delay=january["delay"] + 2)
    for name, frame in (("january", january), ("july", july)):
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
        frame.to_parquet(tmp_path / f"{name}.parquet")
    return tmp_path


def test_the_document_is_what_the_package_measures(files, now):
    result = ai_slo_drift(files / "january.parquet", files / "july.csv", "--format", "json")
    january, july = (pd.read_parquet(files / f"{name}.parquet") for name in ("january", "july"))
    profile = build_profile(january, name="r", now=now)
    assert json.loads(result.stdout) == measure_frame(profile, july, reference=january).to_dict()
    assert [c["verdict"] for c in json.loads(result.stdout)["columns"]] == ["drift", "stable"]
    assert result.exit_code == 1


def test_no_drift_is_exit_0_and_a_table_for_people(files):
    result = ai_slo_drift(files / "january.csv", files / "january.parquet")
    assert result.exit_code == 0
    assert " ".join(result.stdout.splitlines()[1].split()) == "delay numeric 500 500 0.000 1 0.000 +0.0% - stable"
    assert result.stdout.endswith("0 of 2 judged columns drifted\n")


def test_a_saved_profile_gives_the_same_figures_but_for_those_of_raw_values(files):
    first = ai_slo_drift(
        files / "january.csv", files / "july.csv", "--format", "json", "--save-profile", files / "p.json"
    )
    again = ai_slo_drift(files / "p.json", files / "july.csv", "--format", "json")
    for old, new in zip(json.loads(first.stdout)["columns"], json.loads(again.stdout)["columns"], strict=True):
        assert new == old | {"ks": None, "ks_p": None, "wasserstein_norm": None}
    profile = load_profile(files / "p.json")
    assert (profile.name, profile.source) == ("p", str(files / "january.csv"))


def test_columns_choose(files):
    result = ai_slo_drift(files / "january.csv", files / "july.csv", "--columns", "carrier, ", "--format", "json")
    assert [c["column"] for c in json.loads(result.stdout)["columns"]] == ["carrier"]
    assert result.exit_code == 0


def test_a_column_that_cannot_be_compared_is_shown_and_exit_2(files):
    (files / "odd.csv").write_text("delay,other\nlate,1\nearly,2\n")
    result = ai_slo_drift(files / "january.csv", files / "odd.csv", "--format", "json")
    document = json.loads(result.stdout)
    assert [c["verdict"] for c in document["columns"]] == ["error", "error"]
    assert document["share_drifted"] is None
    assert "error: column 'delay' is categorical (str); the reference is numeric\n" in result.stderr.replace(
        "object", "str"
    )
    assert "error: column 'carrier' is missing; there is delay, other\n" in result.stderr
    assert result.exit_code == 2


def test_nothing_to_judge_is_exit_4(files):
    (files / "none.csv").write_text("delay,carrier\n")
    result = ai_slo_drift(files / "january.csv", files / "none.csv", "--format", "json")
    assert [c["verdict"] for c in json.loads(result.stdout)["columns"]] == ["empty", "empty"]
    assert result.exit_code == 4


@pytest.mark.parametrize(
    ("reference", "current", "more", "message"),
    [
        ("nowhere.csv", "july.csv", (), "nowhere.csv: cannot be read: No such file"),
        ("january.csv", "nowhere.parquet", (), "nowhere.parquet: cannot be read: No such file"),
        ("january.csv", "empty.csv", (), "empty.csv: is empty"),
        ("broken.json", "july.csv", (), "broken.json: is not JSON"),
        ("old.json", "july.csv", (), "old.json: version is 0; this release reads version 1"),
        ("january.csv", "strange.csv", (), "has none of the columns to compare; the reference has carrier, delay"),
        ("january.csv", "july.csv", ("--columns", "delay,zz"), "--columns: 'zz' is in neither file"),
        ("lists.parquet", "july.csv", ("--columns", "delay"), "column 'delay' holds mixed types"),
        ("january.csv", "july.csv", ("--save-profile", "no/such/folder.json"), "cannot be written"),
    ],
)
def test_wrong_input_is_one_line_and_exit_2(reference, current, more, message, files, monkeypatch):
    monkeypatch.chdir(files)
    (files / "empty.csv").write_text("")
    (files / "broken.json").write_text("{")
    (files / "old.json").write_text('{"version": 0}')
    (files / "strange.csv").write_text("q\n1\n")
    pd.DataFrame({"delay": [[1.0], [2.0]]}).to_parquet(files / "lists.parquet")
    result = ai_slo_drift(reference, current, *more)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: ")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_parquet_without_pyarrow_says_what_to_install(files, monkeypatch):
    monkeypatch.setattr(pd, "read_parquet", lambda path: (_ for _ in ()).throw(ImportError("no engine")))
    result = ai_slo_drift(files / "january.csv", files / "july.parquet")
    assert result.exit_code == 2
    assert "Parquet needs pyarrow: pip install 'airflow-ai-slo[parquet]'" in result.stderr


def test_columns_left_out_of_the_reference_are_named(files):
    frame = pd.read_csv(files / "january.csv", keep_default_na=False).assign(embedding=[[1.0, 2.0]] * 500)
    frame.to_parquet(files / "wide.parquet")
    result = ai_slo_drift(files / "wide.parquet", files / "january.csv")
    assert result.exit_code == 0
    assert "note: embedding: left out of the reference" in result.stderr

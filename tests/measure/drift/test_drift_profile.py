from __future__ import annotations

import copy
import json
from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.measure.drift import build_profile, load_profile, profile_from_dict, profile_to_dict, save_profile


@pytest.fixture
def profile(now):
    frame = pd.DataFrame(
        {
            "x": [0.1, 0.1, 0.1, np.inf, -np.inf, np.nan] * 4,
            "n": [None] * 24,
            "c": ["", "é", "__other__", None] * 6,
            "b": [True, False, None, True] * 6,
            "t": pd.to_datetime(["2024-01-01T00:00:00.123456", None] * 12),
            "many": [f"k{n}" for n in range(24)],
            "odd": [[1]] * 24,
        }
    )
    return build_profile(frame, name="january", now=now, source="january.csv")


def test_a_profile_reads_back_as_it_was_written(profile, tmp_path):
    path = tmp_path / "january.json"
    save_profile(profile, path)
    assert load_profile(path) == profile
    assert [file.name for file in tmp_path.iterdir()] == ["january.json"]


def test_a_profile_is_plain_json_that_names_its_origin(profile):
    document = profile_to_dict(profile)
    text = json.dumps(document, allow_nan=False)
    assert json.loads(text) == document
    assert {name: document[name] for name in ("name", "version", "source", "rows", "created_at")} == {
        "name": "january", "version": 1, "source": "january.csv", "rows": 24, "created_at": "2026-09-01T00:00:00+00:00",
    }  # fmt: skip
    assert "-inf" in document["columns"]["x"]["edges"]
    assert document["columns"]["x"]["null_rate"] == pytest.approx(1 / 6)
    assert document["skipped"] == {"odd": "holds mixed types; compare numbers, booleans, texts or times"}


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("version",), 2, "version is 2; this release reads version 1"),
        (("version",), None, "version is missing"),
        (("name",), "", 'name is "", not a text'),
        (("created_at",), "soon", "created_at is 'soon', not an ISO 8601 instant"),
        (("created_at",), "2024-01-01T00:00:00", "created_at is '2024-01-01T00:00:00', without a time zone"),
        (("rows",), -1, "rows is -1, not a whole number from 0"),
        (("columns",), [], r"columns is \[\], not a JSON object"),
        (("columns", "x", "kind"), "number", "columns.x.kind is 'number', not one of numeric, boolean"),
        (("columns", "x", "counts"), None, "columns.x.counts is missing"),
        (("columns", "x", "counts"), [1], "columns.x.counts holds 1 numbers for"),
        (("columns", "x", "edges"), [2.0, 1.0], "columns.x.edges do not ascend"),
        (("columns", "x", "edges"), ["big"], 'columns.x.edges holds "big", not a number'),
        (("columns", "x", "std"), "wide", 'columns.x.std is "wide", not a finite number'),
        (("columns", "x", "count"), 99, "columns.x.count is 99, more than the 24 rows"),
        (("columns", "c", "other"), 1, "columns.c.counts add up to 19, not to count 18"),
        (("columns", "c", "categories"), ["", "", "a"], "columns.c.categories names a category twice"),
        (("columns", "c", "categories"), [1, 2, 3], "columns.c.categories holds something that is not a text"),
        (("columns", "b", "categories"), ["no", "yes"], "columns.b.categories of a boolean column are False and True"),
        (("columns", "b"), 7, "columns.b is 7, not a JSON object"),
        (("skipped",), [], "skipped is not an object"),
    ],
)
def test_a_wrong_field_is_named_with_its_file(profile, path, value, message):
    document = copy.deepcopy(profile_to_dict(profile))
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    if value is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    with pytest.raises(DataError, match=f"^ref.json: {message}") as caught:
        profile_from_dict(document, file="ref.json")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"), [("{oops", "is not JSON"), ("[1]", "not a JSON object"), ("\xff", "UTF-8")]
)
def test_a_file_that_is_no_profile_says_so(text, message, tmp_path):
    path = tmp_path / "p.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(DataError, match=message) as caught:
        load_profile(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_missing_and_unwritable_files_are_one_line(profile, tmp_path):
    with pytest.raises(DataError, match="No such file"):
        load_profile(tmp_path / "none.json")
    with pytest.raises(ConfigurationError, match="cannot be written"):
        save_profile(profile, tmp_path / "no" / "folder.json")


def test_a_profile_needs_an_instant_and_something_to_profile(now):
    with pytest.raises(ValueError, match="no time zone"):
        build_profile(pd.DataFrame({"x": [1.0]}), name="r", now=datetime(2024, 1, 1))
    with pytest.raises(DataError, match="it has no columns"):
        build_profile(pd.DataFrame(), name="r", now=now)
    with pytest.raises(DataError, match=r"data\.csv: column 'y' is missing"):
        build_profile(pd.DataFrame({"x": [1.0]}), name="r", now=now, columns=["y"], source="data.csv")


def test_the_same_rows_in_any_order_make_the_same_profile(now):
    values = np.random.default_rng(3).lognormal(3, 2, 2001)
    orders = [np.random.default_rng(seed).permutation(values) for seed in range(20)]
    made = [profile_to_dict(build_profile(pd.DataFrame({"a": order}), name="a", now=now)) for order in orders]
    assert all(one == made[0] for one in made)

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from cli_runner import Result

Run = Callable[..., Result]


@pytest.fixture
def flights(tmp_path: Path) -> Path:
    draw = np.random.default_rng(1)
    january = pd.DataFrame({"delay": draw.normal(size=800), "carrier": draw.choice(["AA", "UA"], 800)})
    january.to_csv(tmp_path / "january.csv", index=False)
    january.assign(delay=january["delay"] + 2).to_csv(tmp_path / "july.csv", index=False)
    return tmp_path


def test_a_profile_is_saved_listed_and_shown(ai_slo: Run, flights: Path) -> None:
    assert "the store holds no profile" in ai_slo("profile", "list").out
    saved = ai_slo("profile", "save", "flights", flights / "january.csv")
    assert (saved.code, saved.out) == (0, "flights: version 1 (2 columns of 800 rows)\n")
    assert ai_slo("profile", "save", "flights", flights / "january.csv").out == "flights: version 1 (unchanged)\n"
    assert ai_slo("profile", "save", "flights", flights / "july.csv", "--columns", "delay").out == (
        "flights: version 2 (1 columns of 800 rows)\n"
    )
    listed = ai_slo("profile", "list", "flights", "--format", "json").json["profiles"]
    assert [(one["name"], one["version"]) for one in listed] == [("flights", 2), ("flights", 1)]
    assert ai_slo("profile", "list").out.splitlines()[2].split()[:2] == ["flights", "2"]
    shown = ai_slo("profile", "show", "flights@1").out
    assert shown.startswith("flights@1: 800 rows, made ")
    assert [line.split()[:3] for line in shown.splitlines()[3:]] == [
        ["delay", "numeric", "800"],
        ["carrier", "categorical", "800"],
    ]


def test_a_table_or_a_query_is_profiled_in_its_database(ai_slo: Run, flights: Path) -> None:
    url = f"sqlite:///{flights / 'warehouse.db'}"
    engine = sa.create_engine(url)
    pd.read_csv(flights / "january.csv").to_sql("flights", engine, index=False)
    engine.dispose()
    ai_slo("profile", "save", "file", flights / "january.csv")
    saved = ai_slo("profile", "save", "table", "--url", url, "--table", "flights")
    assert (saved.code, saved.out) == (0, "table: version 1 (2 columns of 800 rows)\n")
    assert (
        ai_slo("profile", "save", "table", "--url", url, "--table", "flights").out == "table: version 1 (unchanged)\n"
    )
    file, table = (ai_slo("profile", "show", name, "--format", "json").json for name in ("file", "table"))
    for name in ("delay", "carrier"):
        left, right = file["columns"][name], table["columns"][name]
        assert {key: left[key] for key in left if key not in ("mean", "std")} == {
            key: right[key] for key in right if key not in ("mean", "std")
        }
    asked = ("--url", url, "--sql", "SELECT delay FROM flights WHERE carrier = 'AA'", "--columns", "delay")
    assert "(1 columns of " in ai_slo("profile", "save", "query", *asked).out


def test_a_profile_shown_as_json_is_a_profile_s_file(ai_slo: Run, flights: Path) -> None:
    ai_slo("profile", "save", "flights", flights / "january.csv")
    file = flights / "kept.json"
    file.write_text(ai_slo("profile", "show", "flights", "--format", "json").out)
    assert json.loads(file.read_text())["name"] == "flights"
    assert ai_slo("profile", "save", "flights", file).out == "flights: version 1 (unchanged)\n"
    assert "is a profile already" in ai_slo("profile", "save", "flights", file, "--columns", "delay").err


def test_drift_takes_a_reference_from_the_store(ai_slo: Run, flights: Path) -> None:
    for month in ("january", "july"):
        ai_slo("profile", "save", "flights", flights / f"{month}.csv")
    july = str(flights / "july.csv")
    first = ai_slo("drift", "profile:flights@1", july, "--format", "json")
    assert (first.code, [one["verdict"] for one in first.json["columns"]]) == (1, ["drift", "stable"])
    assert ai_slo("drift", "profile:flights", july).code == 0
    for wrong, says in (
        ("profile:flights@3", "'flights' has versions 1 to 2"),
        ("profile:june", "no profile 'june'; it has flights"),
    ):
        result = ai_slo("drift", wrong, july)
        assert (result.code, len(result.err.splitlines())) == (2, 1)
        assert says in result.err
    away = ai_slo("drift", "profile:flights", july, "--store", f"sqlite:///{flights}/none/slo.db")
    assert (away.code, len(away.err.splitlines())) == (4, 1)


def test_mistakes_are_one_line(ai_slo: Run, flights: Path) -> None:
    for arguments, says in (
        (("save", "a@b", flights / "january.csv"), "without @"),
        (("save", "a", flights / "nowhere.csv"), "nowhere.csv: cannot be read"),
        (("save", "a", flights / "january.csv", "--columns", ","), "--columns is empty"),
        (("save", "a", flights / "january.csv", "--columns", "nope"), "nope"),
        (("save", "a"), "give either FILE, or --url with --table or --sql"),
        (("save", "a", "--table", "t"), "give either FILE, or --url"),
        (("save", "a", flights / "january.csv", "--url", "sqlite://"), "give either FILE"),
        (("save", "a", "--url", "sqlite://", "--table", "t", "--sql", "SELECT 1"), "--table or --sql"),
        (("save", "a", "--url", "sqlite://", "--table", "t"), "no such table"),
        (("save", "a", "--url", "nonsense", "--table", "t"), "URL"),
        (("show", "a"), "no profile 'a'"),
        (("list", "a"), "no profile 'a'"),
    ):
        result = ai_slo("profile", *arguments)
        assert (result.code, len(result.err.splitlines())) == (2, 1), result.err
        assert says in result.err

"""Golden sets and recall@k."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.measure.golden import Golden, golden_set, recall_at


def test_recall_is_the_share_of_expected_ids_among_the_first_k() -> None:
    expected = frozenset({"1", "2", "3"})
    assert recall_at(5, [3, 9, 1, 8, 7, 2], expected) == Fraction(2, 3)
    assert recall_at(6, [3, 9, 1, 8, 7, 2], expected) == 1
    assert recall_at(5, [1, 1, 1, 1, 1], expected) == Fraction(1, 3)
    assert recall_at(5, [], expected) == 0
    assert recall_at(1, (n for n in [2]), frozenset({"2"})) == 1


def test_lists_json_and_csv_hold_the_same_golden_set(tmp_path: Path) -> None:
    wanted = [Golden("red shoes", frozenset({"7", "9"})), Golden("hat", frozenset({"x"}))]
    (tmp_path / "g.json").write_text('[{"query": "red shoes", "expected": [7, 9]}, {"query":"hat","expected":["x"]}]')
    (tmp_path / "g.csv").write_text("query,expected\nred shoes,7|9\nhat,x\n")
    given = [{"query": "red shoes", "expected": [7, "9"]}, {"query": "hat", "expected": "x"}]
    assert golden_set(given) == golden_set(str(tmp_path / "g.json")) == golden_set(tmp_path / "g.csv") == wanted


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ([], "golden: is no golden set"),
        ([{"query": "a"}], "golden, entry 1: has no query and expected"),
        ([{"query": "a", "expected": ["1"]}, {"query": "b", "expected": []}], "golden, entry 2: expected is empty"),
        ([{"query": "a", "expected": 7}], "expected=7 is no list of ids"),
        (["a"], "entry 1: has no query"),
        ("nowhere.json", "nowhere.json: cannot be read"),
    ],
)
def test_what_is_no_golden_set_is_named(given: Any, problem: str) -> None:
    with pytest.raises(DataError, match=problem):
        golden_set(given)


def test_a_broken_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "g.json").write_text("[{")
    with pytest.raises(DataError, match=r"g\.json: is no JSON"):
        golden_set(tmp_path / "g.json")
    (tmp_path / "g.json").write_text('{"query": "a", "expected": ["b"]}')
    with pytest.raises(DataError, match="is no golden set"):
        golden_set(tmp_path / "g.json")


def test_a_query_of_a_csv_file_may_hold_line_breaks_of_any_kind(tmp_path: Path) -> None:
    (tmp_path / "g.csv").write_text('query,expected\n"red\nshoes",7\nblue\u2028hat,8\n', encoding="utf-8")
    assert [one.query for one in golden_set(tmp_path / "g.csv")] == ["red\nshoes", "blue\u2028hat"]

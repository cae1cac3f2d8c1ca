"""A callable judge: whatever it does, every row drawn ends as good, as bad, or as an error of its own."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.measure.judged.criteria import Criterion
from airflow_ai_slo.measure.judged.drawing import Item
from airflow_ai_slo.measure.judged.judging import judge_all
from airflow_ai_slo.measure.judged.kept import write_verdicts

LIMIT = Criterion(name="judge", column="score", at_least=0.5)


def items(*answers: Any) -> list[Item]:
    return [Item(str(i), "", {"answer": answer}) for i, answer in enumerate(answers)]


def judged(*answers: Any, limit: Criterion | None = LIMIT, **options: Any) -> list[Any]:
    return judge_all(items(*answers), lambda row: row["answer"], limit=limit, **options)


def test_answers_of_every_kind_are_read() -> None:
    answers = (
        True,
        np.bool_(False),
        0.5,
        0.49,
        1,
        np.float64(0.7),
        {"ok": False, "score": 0.9},
        {"score": 0.9, "note": "n"},
    )
    found = judged(*answers)
    assert [one.ok for one in found] == [True, False, True, False, True, True, False, True]
    assert [one.score for one in found] == [None, None, 0.5, 0.49, 1.0, 0.7, 0.9, 0.9]
    assert (found[7].note, found[7].error) == ("n", "")


def test_nonsense_is_an_error_and_never_good_or_bad() -> None:
    found = judged(None, "yes", float("nan"), {}, {"ok": "yes"}, {"score": "0.9"}, [], {"score": True})
    assert [one.ok for one in found] == [None] * 8
    assert all(one.error for one in found)
    assert found[1].error == "'yes' is no verdict: give True or False, a score, or a dict of 'ok' and 'score'"


def test_a_score_needs_a_limit_and_says_so_at_once() -> None:
    with pytest.raises(ConfigurationError, match=r"gave the score 0\.7: say by at_least or at_most"):
        judged(0.7, limit=None)
    assert judged({"ok": True, "score": 0.1}, limit=None)[0].ok is True


def test_what_raises_is_an_error_of_its_row_alone() -> None:
    def judge(row: dict[str, Any]) -> bool:
        if row["answer"] == 3:
            raise RuntimeError("rate\nlimited")
        return True

    found = judge_all(items(*range(10)), judge)
    assert [one.ok for one in found] == [True] * 3 + [None] + [True] * 6
    assert found[3].error == "RuntimeError: rate limited"
    assert [one.item for one in found] == [str(i) for i in range(10)]


def test_a_call_that_hangs_is_left_behind_and_the_others_go_on() -> None:
    gate = threading.Event()

    def judge(row: dict[str, Any]) -> bool:
        if row["answer"] % 5 == 0:
            gate.wait(60)
        return True

    seen: list[tuple[int, int, int]] = []
    try:
        found = judge_all(items(*range(10)), judge, timeout=0.2, concurrency=2, progress=lambda *n: seen.append(n))
    finally:
        gate.set()
    assert [one.error for one in found if one.ok is None] == ["no answer in 0.2 s"] * 2
    assert sum(one.ok is True for one in found) == 8
    assert seen[-1] == (10, 10, 2)


def test_so_many_calls_run_at_once_and_no_more() -> None:
    running, most, lock, together = 0, 0, threading.Lock(), threading.Barrier(3, timeout=30)

    def judge(row: dict[str, Any]) -> bool:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        together.wait()
        with lock:
            running -= 1
        return True

    assert all(one.ok for one in judge_all(items(*range(9)), judge, concurrency=3))
    assert most == 3


def test_a_judge_cannot_change_the_sample() -> None:
    def judge(row: dict[str, Any]) -> bool:
        row.clear()
        return True

    rows = items("a")
    judge_all(rows, judge)
    assert rows[0].row == {"answer": "a"}


def test_no_rows_need_no_judge() -> None:
    assert judge_all([], lambda row: 1 / 0) == []


def test_verdicts_are_kept_whole_or_not_at_all(tmp_path) -> None:
    found = judged(True, None)
    write_verdicts(tmp_path / "deep" / "v.jsonl", "s1", found)
    first, second = (tmp_path / "deep" / "v.jsonl").read_text().splitlines()
    assert first == '{"sample": "s1", "item": "0", "stratum": "", "ok": true, "score": null, "note": "", "error": ""}'
    assert '"ok": null' in second
    write_verdicts(tmp_path / "v.csv", "s1", found)
    assert (tmp_path / "v.csv").read_text().splitlines()[:2] == [
        "sample,item,stratum,ok,score,note,error",
        "s1,0,,True,,,",
    ]
    assert sorted(one.name for one in tmp_path.iterdir()) == ["deep", "v.csv"]
    with pytest.raises(ConfigurationError, match=r"kept as \.jsonl or \.csv"):
        write_verdicts(tmp_path / "v.xlsx", "s1", found)
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        write_verdicts(tmp_path / "file" / "v.csv", "s1", found)

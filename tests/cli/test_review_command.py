from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cli_runner import Result

from airflow_ai_slo.measure.judged.drawing import Item, Sample
from airflow_ai_slo.measure.judged.sheet import Sheet, write_sheet

Run = Callable[..., Result]
SAMPLE = Sample(tuple(Item(f"k{i}", "a" if i < 2 else "b", {"answer": str(i)}) for i in range(4)), {"a": 90, "b": 10})


def draw(folder: Path, **changes) -> Path:
    values = {
        "id": "s0123456789",
        "slo": "daily",
        "key": "rag/draw/2026-03-01T00:00:00Z",
        "at": datetime.now(UTC).replace(microsecond=0),
        "question": "?",
        "reviewers": 1,
        "population": SAMPLE.population,
        "items": [(one.key, one.stratum) for one in SAMPLE.items],
    }
    return write_sheet(folder, Sheet(**(values | changes)), SAMPLE).csv


def say(path: Path, *verdicts: str) -> Path:
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    filled = [
        line.replace(f",{i},,", f",{i},{said},")
        for i, (line, said) in enumerate(zip(lines[1:], verdicts, strict=False), 1)
    ]
    path.write_text("\n".join([lines[0], *filled]) + "\n")
    return path


@pytest.fixture
def applied(ai_slo: Run, daily: Path) -> Run:
    assert ai_slo("apply", daily).code == 0
    return ai_slo


def test_verdicts_are_recorded_and_taking_them_again_replaces_them(applied: Run, tmp_path: Path) -> None:
    sheet = draw(tmp_path)
    say(sheet, "yes", "no", "yes", "yes")
    took = applied("review", "take", sheet)
    assert (took.code, took.err) == (0, "")
    assert took.out.startswith("daily: 3 of 4 judged are good, of 100 rows; weighed by strata 55.00%")
    [seen] = applied("status", "daily", "--format", "json").json["evaluations"]
    assert seen["good"] / seen["total"] == pytest.approx(0.55)
    (tmp_path / "again.csv").write_text(sheet.read_text().replace(",no,", ",yes,"))
    again = applied("review", "take", sheet, tmp_path / "again.csv", "--format", "json").json
    assert (again["value"], again["judged"], again["population"], again["recorded"]) == (1.0, 4, 100, True)
    [seen] = applied("status", "daily", "--format", "json").json["evaluations"]
    assert seen["good"] == seen["total"] == pytest.approx(again["total"])


def test_what_is_not_complete_is_taken_in_parts_only_when_asked(applied: Run, tmp_path: Path) -> None:
    sheet = say(draw(tmp_path), "yes", "no", "yes")
    refused = applied("review", "take", sheet)
    assert (refused.code, refused.out) == (2, "")
    assert "3 of 4 items have 1 answer(s)" in refused.err
    tried = applied("review", "take", sheet, "--partial", "--dry-run")
    assert "3 of 4 items decided, 1 waiting; not recorded: dry run" in tried.out
    assert applied("status", "daily", "--format", "json").json["evaluations"][0]["total"] == 0
    assert applied("review", "take", sheet, "--partial").code == 0


def test_mistakes_are_one_line(applied: Run, tmp_path: Path) -> None:
    sheet = say(draw(tmp_path), "yes", "perhaps", "yes", "yes")
    ignored = say(draw(tmp_path / "b", ignored="it was started by hand"), *["yes"] * 4)
    unknown = say(draw(tmp_path / "c", slo="other"), *["yes"] * 4)
    for arguments, says in (
        ((sheet,), "line 3: verdict 'perhaps' is not yes, no or skip"),
        ((sheet.with_suffix(".html"),), "holds no verdicts; give the .csv sheet"),
        ((tmp_path / "none.csv",), "a sheet's sample lies beside it as .json"),
        ((sheet, tmp_path / "none.csv"), "none.csv: cannot be read"),
        ((ignored,), "the run that drew it does not count: it was started by hand"),
        ((unknown,), "other"),
    ):
        result = applied("review", "take", *arguments)
        assert (result.code, result.out, len(result.err.splitlines())) == (2, "", 1), result
        assert says in result.err

"""Sheets as spreadsheets give them back, and what may happen to them meanwhile."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest

from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.measure.judged.answers import Answer, read_answers
from airflow_ai_slo.measure.judged.drawing import Item, Sample
from airflow_ai_slo.measure.judged.judging import Verdict, judge_all
from airflow_ai_slo.measure.judged.kept import write_verdicts
from airflow_ai_slo.measure.judged.sheet import Sheet, write_sheet
from airflow_ai_slo.measure.judged.spreadsheet import harmless
from airflow_ai_slo.measure.judged.taking import taken


def sheet_of(sample: Sample) -> Sheet:
    items = [(one.key, one.stratum) for one in sample.items]
    return Sheet(
        id=sample.id("rag"),
        slo="rag",
        key="k",
        at=datetime(2026, 3, 1, tzinfo=UTC),
        question="?",
        reviewers=1,
        population=sample.population,
        items=items,
    )


SAMPLE = Sample((Item("1", "", {"q": "x"}), Item("2", "", {"q": "y"})), {"": 2})
SHEET = sheet_of(SAMPLE)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("sample;item;verdict;reviewer;note;q\r\n{id};1;yes;Ann;;x\r\n\r\n;;;;;\r\n", "utf-8-sig"),
        ("sample\titem\tverdict\treviewer\r\n{id}\t1\tYES\tAnn\r\n", "utf-8"),
        ("Sample, Item ,VERDICT,Reviewer,,\r\n{id},1,1,Ann,,\r\n", "utf-8"),
        ("sample,item,verdict,reviewer,note,q\n{id},1,true,Ann,,%s\n" % ("x" * 200_000), "utf-8"),
        ("sample,item,verdict,reviewer,item,verdict\n{id},1,yes,Ann,7,no\n", "utf-8"),
    ],
    ids=["semicolons", "tabs", "header", "long", "twice"],
)
def test_a_sheet_that_a_spreadsheet_saved_is_read_and_a_retry_leaves_it(
    text: str, encoding: str, tmp_path: Path
) -> None:
    path = write_sheet(tmp_path, SHEET, SAMPLE).csv
    path.write_text(text.replace("{id}", SHEET.id), encoding=encoding, newline="")
    written = path.read_bytes()
    assert write_sheet(tmp_path, SHEET, SAMPLE).csv.read_bytes() == written
    assert read_answers(SHEET, [path]) == [Answer(1, True, "Ann", f"{path}: line 2")]


def test_a_retry_leaves_a_sheet_in_another_encoding_and_taking_it_says_what_to_do(tmp_path: Path) -> None:
    path = write_sheet(tmp_path, SHEET, SAMPLE).csv
    path.write_text(f"sample,item,verdict,reviewer\n{SHEET.id},1,yes,Zoë\n", encoding="cp1252")
    written = path.read_bytes()
    assert write_sheet(tmp_path, SHEET, SAMPLE).csv.read_bytes() == written
    with pytest.raises(DataError, match="save the sheet as CSV UTF-8"):
        read_answers(SHEET, [path])


def test_a_sample_of_other_rows_has_another_name() -> None:
    other = Sample((SAMPLE.items[0], Item("3", "", {"q": "z"})), SAMPLE.population)
    assert SAMPLE.id("rag") == SHEET.id != other.id("rag")
    assert SAMPLE.id("rag") != SAMPLE.id("rag next day")


def test_half_a_character_is_shown_as_a_question_mark(tmp_path: Path) -> None:
    broken = Sample((Item("1", "", {"q": "\ud800 x"}),), {"": 1})
    assert "? x" in write_sheet(tmp_path, sheet_of(broken), broken).csv.read_text(encoding="utf-8-sig")


def test_formulas_are_texts_also_behind_a_semicolon_and_in_kept_verdicts(tmp_path: Path) -> None:
    assert [harmless(text) for text in ("=a()", "x;=a()", "@a", "-1.5", "a=b; -c", "+")] == [
        "'=a()",
        "x;'=a()",
        "'@a",
        "-1.5",
        "a=b; -c",
        "'+",
    ]
    write_verdicts(tmp_path / "kept.csv", "s", [Verdict("-7", "", True, -0.5, "=HYPERLINK(1)")])
    with (tmp_path / "kept.csv").open(encoding="utf-8", newline="") as file:
        row = next(csv.DictReader(file))
    assert (row["note"], row["item"], row["score"]) == ("'=HYPERLINK(1)", "-7", "-0.5")


def test_the_share_asked_for_is_compared_exactly() -> None:
    many = Sample(tuple(Item(str(i), "", {}) for i in range(100)), {"": 100})
    answers = [Answer(item, True, "Ann", "") for item in range(1, 8)]
    assert taken(sheet_of(many), answers, min_share=0.07).review.waiting == 93
    with pytest.raises(DataError, match="6 of 100"):
        taken(sheet_of(many), answers[:6], min_share=0.07)


def test_a_judge_that_exits_or_gives_an_endless_number_is_an_error_at_once() -> None:
    def judge(row: dict[str, str]) -> int:
        if row["q"] == "x":
            raise SystemExit(3)
        return 10**400

    first, second = judge_all(SAMPLE.items, judge, timeout=600)
    assert (first.ok, first.error) == (None, "SystemExit: 3")
    assert second.ok is None
    assert "is no verdict" in second.error

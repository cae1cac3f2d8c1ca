"""Sheets for people, and what comes back."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.measure.judged.answers import answers_of_forms, read_answers
from airflow_ai_slo.measure.judged.drawing import Item, Sample
from airflow_ai_slo.measure.judged.review import alpha, decide
from airflow_ai_slo.measure.judged.sheet import Sheet, Written, question_of, read_sheet, write_sheet
from airflow_ai_slo.measure.judged.taking import taken

AT = datetime(2026, 3, 1, tzinfo=UTC)
NASTY = ['=HYPERLINK("http://x")', "</script><script>alert(1)</script>", 'two\nlines, "quoted" \u2028 ;', "plain"]
SAMPLE = Sample(
    tuple(Item(f"k{i}", "a" if i < 2 else "b", {"answer": text, "n": i}) for i, text in enumerate(NASTY)),
    {"a": 90, "b": 10},
)


def a_sheet(**changes) -> Sheet:
    values = {
        "id": "s0123456789",
        "slo": "rag faithful",
        "key": "rag/draw/2026-03-01T00:00:00Z",
        "at": AT,
        "question": "Is it <right>?",
        "reviewers": 1,
        "population": SAMPLE.population,
        "items": [(one.key, one.stratum) for one in SAMPLE.items],
        "attributes": {"dag": "rag"},
    }
    return Sheet(**(values | changes))


@pytest.fixture
def written(tmp_path: Path) -> Written:
    return write_sheet(tmp_path, a_sheet(), SAMPLE)


def answer(path: Path, *verdicts: str, reviewer: str = "", delimiter: str = ",", encoding: str = "utf-8") -> Path:
    rows = [["sample", "item", "verdict", "reviewer", "note"]]
    rows += [["s0123456789", str(i), verdict, reviewer, ""] for i, verdict in enumerate(verdicts, start=1)]
    with path.open("w", newline="", encoding=encoding) as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


def test_a_sheet_is_read_back_from_any_of_its_files(written: Written) -> None:
    assert written.csv.name == "rag-faithful-20260301T000000-s0123456789.csv"
    for path in (written.csv, written.html, written.sample):
        assert read_sheet(path) == a_sheet()


def test_a_spreadsheet_takes_nothing_in_a_sheet_for_a_formula(written: Written) -> None:
    with written.csv.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["item"] for row in rows] == ["1", "2", "3", "4"]
    assert rows[0]["answer"] == "'" + NASTY[0]
    assert [row["answer"] for row in rows[1:]] == NASTY[1:]
    assert all(not cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


def test_a_page_holds_its_data_as_data(written: Written) -> None:
    page = written.html.read_text(encoding="utf-8")
    assert "alert(1)</script>" not in page
    assert page.count("</script>") == 2
    text = page.partition('id="data">')[2].partition("</script>")[0]
    assert [row[0] for row in json.loads(text)["rows"]] == NASTY
    assert "default-src 'none'" in page


def test_a_retry_leaves_what_people_wrote_alone(written: Written, tmp_path: Path) -> None:
    before = written.csv.read_bytes()
    write_sheet(tmp_path, a_sheet(), SAMPLE)
    assert written.csv.read_bytes() == before
    answer(written.csv, "yes")
    write_sheet(tmp_path, a_sheet(), SAMPLE)
    assert len(read_answers(a_sheet(), [written.csv])) == 1


def test_columns_are_shown_as_asked(tmp_path: Path) -> None:
    write = write_sheet(tmp_path, a_sheet(), SAMPLE, show=["n"])
    assert write.csv.read_text(encoding="utf-8-sig").splitlines()[0] == "sample,item,verdict,reviewer,note,n"
    with pytest.raises(DataError, match="show: no column 'nope'; there are answer, n"):
        write_sheet(tmp_path, a_sheet(), SAMPLE, show=["nope"])
    form = question_of(a_sheet(), SAMPLE, 1, ["answer"])
    assert form == f"Is it <right>?\n\nItem 2 of 4\n\n**answer**\n\n    {NASTY[1]}"


def test_verdicts_are_read_however_they_are_spelled_and_separated(tmp_path: Path) -> None:
    first = answer(tmp_path / "anna.csv", "Yes", "N", "", "?", encoding="utf-8-sig")
    second = answer(tmp_path / "ben.csv", "1", "false", "good", "bad", delimiter=";")
    page = tmp_path / "cleo.json"
    page.write_text(
        json.dumps({"verdicts": [{"sample": "s0123456789", "item": 1, "verdict": "no", "reviewer": "Cleo"}]})
    )
    found = [(one.item, one.ok, one.reviewer) for one in read_answers(a_sheet(), [first, second, page])]
    assert found == [
        (1, True, "anna"),
        (2, False, "anna"),
        (4, None, "anna"),
        (1, True, "ben"),
        (2, False, "ben"),
        (3, True, "ben"),
        (4, False, "ben"),
        (1, False, "Cleo"),
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("item,verdict\n1,yes\n2,maybe\n", "line 3: verdict 'maybe' is not yes, no or skip"),
        ("item,verdict\n5,yes\n", "line 2: item '5' is not a number from 1 to 4"),
        ("item,verdict\n0,yes\n", "line 2: item '0' is not a number from 1 to 4"),
        ("item,verdict\n\n1.0,yes\n", "line 3: item '1.0' is not"),
        ("sample,item,verdict\ns9,1,yes\n", "line 2: sample 's9' is another one than 's0123456789'"),
        (
            "item,verdict,reviewer\n1,yes,a\n2,no,a\n1,no,a\n",
            "line 4: reviewer 'a' says no on item 1, and yes in .*line 2",
        ),
        ("item,reviewer\n1,a\n", "line 1: has no column 'verdict'"),
        ("", "line 1: has no column 'item'"),
        ('{"verdicts": 1}', "verdicts: is not a list of objects"),
        ('{"verdicts": [{"item": 9, "verdict": "yes"}]}', r"verdicts\[0\]: item '9' is not"),
        ('{"verdicts": ', "is not JSON"),
    ],
)
def test_a_wrong_row_is_named_by_its_line(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=rf"wrong\.csv: {problem}"):
        read_answers(a_sheet(), [path])


def test_files_that_cannot_be_read_are_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.csv: cannot be read"):
        read_answers(a_sheet(), [tmp_path / "none.csv"])
    (tmp_path / "latin.csv").write_bytes("item,verdict,note\n1,yes,Grüße\n".encode("latin-1"))
    with pytest.raises(DataError, match="is not UTF-8 text at byte 26; save the sheet as CSV UTF-8"):
        read_answers(a_sheet(), [tmp_path / "latin.csv"])
    with pytest.raises(DataError, match=r"x\.json: cannot be read: .*; a sheet's sample lies beside it"):
        read_sheet(tmp_path / "x.csv")
    for text, problem in (("{}", "is not a sample of format"), ("[", "is not JSON")):
        (tmp_path / "x.json").write_text(text)
        with pytest.raises(DataError, match=problem):
            read_sheet(tmp_path / "x.csv")


def test_a_sample_that_somebody_changed_is_refused(written: Written) -> None:
    found = json.loads(written.sample.read_text())
    for change in ({"at": "yesterday"}, {"at": "2026-03-01"}, {"items": [1]}, {"population": {"a": "many"}}):
        written.sample.write_text(json.dumps(found | change))
        with pytest.raises(DataError, match="the file was changed, draw the sample again"):
            read_sheet(written.csv)


def test_the_majority_decides_and_a_tie_decides_nothing(tmp_path: Path) -> None:
    sheet = a_sheet(reviewers=3)
    paths = [
        answer(tmp_path / "a.csv", "yes", "yes", "yes", "skip"),
        answer(tmp_path / "b.csv", "yes", "no", "no", "skip"),
        answer(tmp_path / "c.csv", "no", "no", "skip", "skip"),
    ]
    review = decide(sheet, read_answers(sheet, paths))
    assert review.verdicts == (True, False, None, None)
    assert (review.waiting, review.split, review.skipped) == (0, 1, 1)
    assert review.reviewers == ("a", "b", "c")
    assert decide(sheet, read_answers(sheet, paths[:2])).waiting == 4


def test_an_incomplete_review_is_taken_only_when_asked(tmp_path: Path) -> None:
    answers = read_answers(a_sheet(), [answer(tmp_path / "a.csv", "yes", "no", "yes")])
    with pytest.raises(DataError, match=r"3 of 4 items have 1 answer\(s\); 100% are asked for"):
        taken(a_sheet(), answers)
    found = taken(a_sheet(), answers, min_share=0.75)
    assert found.estimate.value == pytest.approx(0.9 * 0.5 + 0.1)
    seen = found.measurement({"model_version": "4"})
    assert (seen.slo, seen.key, seen.at) == ("rag faithful", "rag/draw/2026-03-01T00:00:00Z", AT)
    assert {
        "dag": "rag",
        "model_version": "4",
        "reviewers": "1",
        "judged": "3",
        "unjudged": "1",
    }.items() <= seen.attributes.items()


def test_the_forms_of_airflow_are_answers(tmp_path: Path) -> None:
    user = {"id": "7", "name": "anna"}
    forms = [{"chosen_options": [one], "responded_by_user": user} for one in ("yes", "no", "skip", "yes")]
    found = answers_of_forms(a_sheet(), forms)
    assert [(one.item, one.ok, one.reviewer) for one in found] == [
        (1, True, "anna"),
        (2, False, "anna"),
        (3, None, "anna"),
        (4, True, "anna"),
    ]
    with pytest.raises(DataError, match="answers: 3 for 4 items"):
        answers_of_forms(a_sheet(), forms[:3])
    with pytest.raises(DataError, match=r"answers\[0\]: has no single chosen option"):
        answers_of_forms(a_sheet(), [{"chosen_options": []}] * 4)
    with pytest.raises(DataError, match=r"answers\[0\]: verdict 'Maybe' is not yes"):
        answers_of_forms(a_sheet(), [{"chosen_options": ["Maybe"]}] * 4)


def test_agreement_is_krippendorff_s_alpha() -> None:
    """His own examples (2011): C, four observers, nominal values, some missing; and B, two observers, two values."""
    four = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
        [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
    ]
    units = [[value for value in unit if value is not None] for unit in zip(*four, strict=True)]
    assert alpha(units) == pytest.approx(0.743, abs=5e-4)
    two = zip([0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0], strict=True)
    assert alpha(two) == pytest.approx(0.095, abs=5e-4)


@given(st.lists(st.lists(st.booleans(), max_size=5), max_size=20))
def test_agreement_is_one_only_where_nobody_differs(votes: list[list[bool]]) -> None:
    found = alpha(votes)
    pairs = [unit for unit in votes if len(unit) > 1]
    if len({vote for unit in pairs for vote in unit}) < 2:
        assert found is None
    else:
        assert found is not None
        assert found <= 1
        assert (found == 1) == all(len(set(unit)) == 1 for unit in pairs)

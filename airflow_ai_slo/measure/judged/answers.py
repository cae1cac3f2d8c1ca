"""Verdicts of people as they come back: CSV sheets, what the HTML page downloads, and Airflow's human-in-the-loop."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.measure.judged.sheet import Sheet
from airflow_ai_slo.measure.judged.spreadsheet import csv_rows, text_of

_YES = frozenset({"yes", "y", "true", "1", "ok", "good", "approve"})
_NO = frozenset({"no", "n", "false", "0", "bad", "reject"})
_SKIP = frozenset({"skip", "s", "?", "unsure"})


@dataclass(frozen=True, slots=True)
class Answer:
    """One reviewer on one item.

    :param item: its number in the sheet, from 1.
    :param ok: yes or no; None where the reviewer skipped it.
    :param where: file and line, for errors.
    """

    item: int
    ok: bool | None
    reviewer: str
    where: str


def read_answers(sheet: Sheet, paths: Iterable[str | Path]) -> list[Answer]:
    """The answers of files, every row checked. Rows without a verdict wait still.

    Where a row names no reviewer, the file's name stands for one. The same answer may come twice.

    :raises DataError: file and line, and what is wrong with it.
    """
    found: dict[tuple[int, str], Answer] = {}
    for path in paths:
        for where, fields in _rows(Path(path)):
            answer = _answer(sheet, fields, where, Path(path).stem)
            if answer is None:
                continue
            known = found.setdefault((answer.item, answer.reviewer), answer)
            if known.ok is not answer.ok:
                raise DataError(
                    f"{where}: reviewer {answer.reviewer!r} says {_word(answer.ok)} on item {answer.item}, and "
                    f"{_word(known.ok)} in {known.where}; keep one of the two"
                )
    return list(found.values())


def answers_of_forms(sheet: Sheet, forms: Sequence[Mapping[str, Any]]) -> list[Answer]:
    """The answers of mapped human-in-the-loop tasks, one for each item and in their order.

    :param forms: what the tasks returned: ``chosen_options`` and ``responded_by_user``.
    :raises DataError: not one for each item, or one of another form.
    """
    if len(forms) != len(sheet.items):
        raise DataError(
            f"answers: {len(forms)} for {len(sheet.items)} items; map one task over each item, with defaults='skip'"
        )
    found = []
    for item, form in enumerate(forms, start=1):
        where = f"answers[{item - 1}]"
        chosen = form.get("chosen_options") if isinstance(form, Mapping) else None
        if not isinstance(chosen, Sequence) or isinstance(chosen, str) or len(chosen) != 1:
            raise DataError(f"{where}: has no single chosen option; use options=['yes', 'no', 'skip']")
        user = form.get("responded_by_user")
        name = user.get("name") or user.get("id") if isinstance(user, Mapping) else None
        found.append(Answer(item, _ok(str(chosen[0]), where), str(name or "nobody"), where))
    return found


def _answer(sheet: Sheet, fields: Mapping[str, Any], where: str, fallback: str) -> Answer | None:
    spelled = _field(fields, "verdict")
    if not spelled:
        return None
    sample, number = _field(fields, "sample"), _field(fields, "item")
    if sample and sample != sheet.id:
        raise DataError(f"{where}: sample {sample!r} is another one than {sheet.id!r}; give its own sheet")
    if not number.isascii() or not number.isdigit() or not 1 <= int(number) <= len(sheet.items):
        raise DataError(f"{where}: item {number!r} is not a number from 1 to {len(sheet.items)}")
    return Answer(int(number), _ok(spelled, where), _field(fields, "reviewer") or fallback, where)


def _field(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return "" if value is None else str(value).strip()


def _ok(spelled: str, where: str) -> bool | None:
    word = spelled.strip().lower()
    if word in _SKIP:
        return None
    if word not in _YES | _NO:
        raise DataError(f"{where}: verdict {spelled!r} is not yes, no or skip; leave it empty where there is none yet")
    return word in _YES


def _word(ok: bool | None) -> str:
    return "skip" if ok is None else "yes" if ok else "no"


def _rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    text = text_of(path)
    return _json_rows(path, text) if text.lstrip().startswith("{") else csv_rows(path, text)


def _json_rows(path: Path, text: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise DataError(f"{path}: is not JSON: {error}") from None
    rows = found.get("verdicts")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise DataError(f"{path}: verdicts: is not a list of objects; give what the review page downloads")
    for place, row in enumerate(rows):
        yield f"{path}: verdicts[{place}]", row

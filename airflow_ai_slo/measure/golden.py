"""Golden sets: questions with their right answers, and how many of them came back (recall@k)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from airflow_ai_slo.core.errors import DataError


@dataclass(frozen=True, slots=True)
class Golden:
    """One question.

    :param query: what is asked, as the callable or the service takes it.
    :param expected: ids of everything that is right, as text; at least one, each once.
    """

    query: Any
    expected: frozenset[str]


def recall_at(k: int, answer: Iterable[Any], expected: frozenset[str]) -> Fraction:
    """The share of the expected ids that are among the first k of an answer; ids are compared as text."""
    first: list[str] = []
    for one in answer:
        if len(first) == k:
            break
        first.append(str(one))
    return Fraction(len(expected & set(first)), len(expected))


def golden_set(given: str | Path | Sequence[Mapping[str, Any]]) -> list[Golden]:
    """Questions from a list of ``{"query": …, "expected": [ids]}``, from a JSON file of the same, or from a CSV file
    with these two columns, ids parted by ``|``.

    :raises DataError: there is no such file, or what is there is no golden set: names the entry.
    """
    where = "golden" if not isinstance(given, str | Path) else str(given)
    entries = _read(Path(given)) if isinstance(given, str | Path) else given
    if not isinstance(entries, Sequence) or not entries:
        raise DataError(f'{where}: is no golden set; give a list of {{"query": …, "expected": [ids]}}')
    return [_one(entry, f"{where}, entry {number}") for number, entry in enumerate(entries, 1)]


def _read(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if text.lstrip().startswith(("[", "{")):
        try:
            return json.loads(text)
        except ValueError as error:
            raise DataError(f"{path}: is no JSON: {error}") from None
    return list(csv.DictReader(io.StringIO(text, newline="")))


def _one(entry: Any, where: str) -> Golden:
    if not isinstance(entry, Mapping) or "query" not in entry or "expected" not in entry:
        raise DataError(f"{where}: has no query and expected; write query and the ids that are right")
    expected = entry["expected"]
    if isinstance(expected, str):
        expected = [one.strip() for one in expected.split("|") if one.strip()]
    if not isinstance(expected, Iterable) or isinstance(expected, Mapping):
        raise DataError(f"{where}: expected={expected!r} is no list of ids")
    ids = frozenset(str(one) for one in expected)
    if not ids:
        raise DataError(f"{where}: expected is empty; every question needs at least one right id")
    return Golden(entry["query"], ids)

"""CSV as spreadsheets write it: with a byte order mark, commas, semicolons or tabs, capitals in the header."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from airflow_ai_slo.core.errors import DataError

_DELIMITERS = ",;\t"
_LONGEST_CELL = 2**31 - 1
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?([eE][+-]?\d+)?")
_FORMULA = re.compile(r"(^|;)(?=[=+\-@\t\r])")


def text_of(path: Path) -> str:
    """The text of a file that people saved.

    :raises DataError: it cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is not UTF-8 text at byte {error.start}; save the sheet as CSV UTF-8") from None


def csv_rows(path: Path, text: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """File and line, and the cells by their column, whose name is in small letters.

    :raises DataError: the columns item and verdict are not there, or it is no CSV.
    """
    longest = csv.field_size_limit(_LONGEST_CELL)
    try:
        yield from _rows(path, text)
    finally:
        csv.field_size_limit(longest)


def harmless(text: str) -> str:
    """A text that a spreadsheet does not take for a formula, also where semicolons part its cells."""
    return text if _NUMBER.fullmatch(text) else _FORMULA.sub(r"\1'", text)


def _rows(path: Path, text: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    header = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(_DELIMITERS, key=header.count))
    try:
        names = [name.strip().lower() for name in next(reader, [])]
        missing = [name for name in ("item", "verdict") if name not in names]
        if missing:
            raise DataError(f"{path}: line 1: has no column {missing[0]!r}; a sheet has item, verdict and reviewer")
        for row in reader:
            # Of two columns of one name, the first is the sheet's own.
            yield f"{path}: line {reader.line_num}", dict(reversed(list(zip(names, row, strict=False))))
    except csv.Error as error:
        raise DataError(f"{path}: line {reader.line_num}: {error}") from None

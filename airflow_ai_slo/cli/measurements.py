"""Measurements from CSV or Parquet files, with the line in every error."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from airflow_ai_slo.core.errors import DataError, MeasurementError
from airflow_ai_slo.core.instants import to_micros
from airflow_ai_slo.core.measurement import Cause, Measurement
from airflow_ai_slo.core.numbers import Exact, exact

NEEDED = ("slo", "timestamp", "good", "total")
FIRST_YEAR, LAST_YEAR = 1900, 2999
KNOWN = (*NEEDED, "value", "cause", "recorded_at", "key")

_DIGITS = 100
_REMEMBERED = 65536
"""Texts that stand in many rows are read once."""
_CAUSES = frozenset(cause.value for cause in Cause)


class FileRow(NamedTuple):
    """One row: where it stands, and its fields as written."""

    where: str
    fields: Mapping[str, Any]

    @property
    def slo(self) -> str:
        name = self.fields["slo"]
        if not name:
            raise DataError(f"{self.where}: slo: is empty; every row names its SLO")
        return str(name)

    def instant(self, column: str) -> datetime:
        """An aware instant.

        :raises DataError: missing, not ISO 8601, or without a zone.
        """
        value = self.fields.get(column)
        if isinstance(value, datetime):
            parsed: datetime | None = value
        else:
            parsed = _parse(str(value))
        if parsed is None:
            raise DataError(f"{self.where}: {column}: {value!r} is not ISO 8601, such as 2026-01-31T06:00:00Z")
        if parsed.tzinfo is None:
            raise DataError(f"{self.where}: {column}: {value!r} has no zone; add Z or an offset such as +01:00")
        if not is_usable(parsed):
            raise DataError(f"{self.where}: {column}: {value!r} is outside the years {FIRST_YEAR} to {LAST_YEAR}")
        return parsed

    def has(self, column: str) -> bool:
        return self.fields.get(column) not in (None, "")

    def counts(self) -> tuple[Exact, Exact]:
        """Good and total.

        :raises DataError: not finite numbers with 0 <= good <= total.
        """
        good, total = self._count("good"), self._count("total")
        if not 0 <= good <= total:
            raise DataError(f"{self.where}: good={good} total={total}: counts must satisfy 0 <= good <= total")
        return good, total

    def _count(self, column: str) -> Exact:
        value = self.fields[column]
        try:
            return _number(value) if type(value) is str else exact(value)
        except ValueError as error:
            raise DataError(f"{self.where}: {column}: {error}; counts are finite numbers") from None

    def moment(self, column: str) -> tuple[int, str]:
        """An instant in microseconds, and as ISO 8601 text in its own zone."""
        value = self.fields[column]
        found = _moment(value) if type(value) is str else None
        return _told(self.instant(column)) if found is None else found

    def micros(self) -> tuple[int, int]:
        """``timestamp`` and ``recorded_at`` (``timestamp`` where not given) in microseconds."""
        at = self.moment("timestamp")[0]
        return at, self.moment("recorded_at")[0] if self.has("recorded_at") else at

    def value(self) -> float | None:
        """The raw observation.

        :raises DataError: not a finite number.
        """
        if not self.has("value"):
            return None
        try:
            return float(exact(self.fields["value"]))
        except ValueError as error:
            raise DataError(f"{self.where}: value: {error}; leave it empty, or give a finite number") from None

    def cause(self) -> Cause | None:
        """Why the run was bad.

        :raises DataError: none of the causes there are.
        """
        if not self.has("cause"):
            return None
        name = self.fields["cause"]
        if name not in _CAUSES:
            raise DataError(f"{self.where}: cause: {name!r} is not one of {', '.join(sorted(_CAUSES))}")
        return Cause(name)

    def measurement(self) -> Measurement:
        """The row as a measurement; without a key, its instant is one."""
        at, (good, total) = self.instant("timestamp"), self.counts()
        try:
            return Measurement(
                slo=self.slo,
                key=str(self.fields["key"]) if self.has("key") else at.isoformat(),
                at=at,
                good=good,
                total=total,
                value=self.value(),
                cause=self.cause(),
                recorded_at=self.instant("recorded_at") if self.has("recorded_at") else None,
            )
        except MeasurementError as error:
            raise DataError(f"{self.where}: {error}") from None


def read_rows(path: Path) -> Iterator[FileRow]:
    """Rows of a CSV or Parquet file.

    :raises DataError: no such file, a missing column, or not readable as such a file.
    """
    try:
        if path.suffix.lower() in (".parquet", ".pq"):
            yield from _parquet(path)
        else:
            yield from _csv(path)
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise DataError(f"{path}: is neither UTF-8 CSV nor named .parquet") from None
    except csv.Error as error:
        raise DataError(f"{path}: not readable as CSV: {error}") from None


def _csv(path: Path) -> Iterator[FileRow]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.reader(file)
        header = [name.strip() for name in next(reader, [])]
        _check_columns(path, header)
        name = str(path)
        for values in reader:
            if not values:
                continue
            if len(values) != len(header):
                raise DataError(f"{name}:{reader.line_num}: {len(values)} fields where the header has {len(header)}")
            yield FileRow(f"{name}:{reader.line_num}", dict(zip(header, values, strict=True)))


def _parquet(path: Path) -> Iterator[FileRow]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ModuleNotFoundError:
        raise DataError(f"{path}: reading Parquet needs pyarrow; pip install 'airflow-ai-slo[parquet]'") from None
    try:
        table = pq.read_table(path)
    except pa.ArrowInvalid as error:
        raise DataError(f"{path}: not readable as Parquet: {str(error).splitlines()[0]}") from None
    _check_columns(path, table.column_names)
    columns = {name: table.column(name).to_pylist() for name in table.column_names if name in KNOWN}
    for number, values in enumerate(zip(*columns.values(), strict=True), start=1):
        yield FileRow(f"{path}: row {number}", dict(zip(columns, values, strict=True)))


def is_usable(at: datetime) -> bool:
    """Whether an instant leaves room for windows before and after it."""
    return FIRST_YEAR < at.year < LAST_YEAR


def _check_columns(path: Path, header: list[str]) -> None:
    twice = [name for name in KNOWN if header.count(name) > 1]
    if twice:
        raise DataError(f"{path}: column {', '.join(twice)} stands twice")
    missing = [name for name in NEEDED if name not in header]
    if missing:
        raise DataError(
            f"{path}: column {', '.join(missing)} is missing; needed: {','.join(NEEDED)}[,value,cause,recorded_at,key]"
        )


@lru_cache(maxsize=_REMEMBERED)
def _number(text: str) -> Exact:
    return int(text) if text.isdecimal() and len(text) < _DIGITS else exact(text)


@lru_cache(maxsize=_REMEMBERED)
def _moment(text: str) -> tuple[int, str] | None:
    """None where there is something wrong with it."""
    parsed = _parse(text)
    return None if parsed is None or parsed.tzinfo is None or not is_usable(parsed) else _told(parsed)


def _told(at: datetime) -> tuple[int, str]:
    return to_micros(at), at.isoformat()


@lru_cache(maxsize=_REMEMBERED)
def _parse(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        return None

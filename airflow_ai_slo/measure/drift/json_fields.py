"""A JSON object whose fields are taken one by one, with the file and their path in every error."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, NoReturn

from airflow_ai_slo.core.errors import DataError


class Fields:
    """One object of a document.

    :param file: what errors name.
    :param path: where the object stands in the document; empty for the document itself.
    :raises DataError: from every method: the field is missing or holds something else.
    """

    def __init__(self, document: object, file: str, path: str) -> None:
        self.file, self.path = file, path
        if not isinstance(document, dict):
            raise DataError(f"{file}: {path or 'document'} is {_named(document)}, not a JSON object")
        self.document: Mapping[str, Any] = document

    def fail(self, name: str, problem: str) -> NoReturn:
        raise DataError(f"{self.file}: {self._at(name)} {problem}")

    def take(self, name: str, *default: Any) -> Any:
        if name not in self.document:
            if default:
                return default[0]
            self.fail(name, "is missing; this is not a complete reference profile")
        return self.document[name]

    def inside(self, name: str) -> Fields:
        return Fields(self.take(name), self.file, self._at(name))

    def text(self, name: str, *, empty: bool = False) -> str:
        value = self.take(name)
        if not isinstance(value, str) or not (value or empty):
            self.fail(name, f"is {_named(value)}, not a text")
        return str(value)

    def instant(self, name: str) -> datetime:
        text = self.text(name)
        try:
            instant = datetime.fromisoformat(text)
        except ValueError:
            self.fail(name, f"is {text!r}, not an ISO 8601 instant")
        if instant.tzinfo is None:
            self.fail(name, f"is {text!r}, without a time zone")
        return instant.astimezone(UTC)

    def count(self, name: str) -> int:
        return self._count(name, self.take(name))

    def counts(self, name: str) -> tuple[int, ...]:
        return tuple(self._count(name, value) for value in self._list(name))

    def number(self, name: str) -> float | None:
        value = self.take(name)
        if value is None:
            return None
        if not _is_finite(value):
            self.fail(name, f"is {_named(value)}, not a finite number")
        return float(value)

    def texts(self, name: str) -> tuple[str, ...]:
        values = self._list(name)
        if not all(isinstance(value, str) for value in values):
            self.fail(name, "holds something that is not a text")
        if len(set(values)) != len(values):
            self.fail(name, "names a category twice")
        return tuple(values)

    def edges(self, name: str) -> tuple[float, ...]:
        edges = tuple(self._edge(name, value) for value in self._list(name))
        if any(low >= high for low, high in pairwise(edges)):
            self.fail(name, "do not ascend")
        return edges

    def _edge(self, name: str, value: Any) -> float:
        if value in ("inf", "-inf"):
            return float(value)
        if not _is_finite(value):
            self.fail(name, f"holds {_named(value)}, not a number")
        return float(value)

    def _count(self, name: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            self.fail(name, f"is {_named(value)}, not a whole number from 0")
        return int(value)

    def _list(self, name: str) -> list[Any]:
        value = self.take(name)
        if not isinstance(value, list):
            self.fail(name, f"is {_named(value)}, not a list")
        return list(value)

    def _at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name


def _named(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else f"a {type(value).__name__}"


def _is_finite(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False

"""How a column of texts spells its stamps: texts compare by letters, by time only among those spelled alike."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from airflow_ai_slo.core.errors import DataError

Select = Callable[[str, Sequence[Any]], Sequence[Any] | None]
"""Runs one statement with bound parameters and gives its first row, None where there is none."""

MOST = 16
"""More spellings than offsets and separators that people mix: no column of stamps."""

_TIMED = re.compile(r"\d{4}-\d{2}-\d{2}(.).*?(Z|[+-]\d{2}(:?\d{2})?)?", re.IGNORECASE)
_OFFSETS = ("%Z", "%+%", "%-%")


class Spelling(NamedTuple):
    """Rows whose texts have one separator and one offset.

    :param latest: the largest of them.
    :param condition: which rows they are, with ``bound`` for its placeholders.
    """

    latest: Any
    condition: str
    bound: tuple[str, ...]


def spellings(
    select: Select, *, rows: str, column: str, placeholder: str, latest: Any, bound: Sequence[Any]
) -> list[Spelling]:
    """Every way in which stamps are written, each with its largest; one statement more than there are ways.

    :param rows: what stands behind FROM, a WHERE included, with ``bound`` for its placeholders.
    :param latest: the largest stamp of all rows; where it is no text, the database compares by time itself.
    :raises DataError: there are more than :data:`MOST`.
    """
    found: list[Spelling] = []
    others, named = "", tuple[str, ...]()
    while isinstance(latest, str) and (match := _TIMED.fullmatch(latest)):
        if len(found) == MOST:
            raise DataError(f"{latest!r}: texts of more than {MOST} forms; write all like 2024-01-31T06:00:00+00:00")
        found.append(Spelling(latest, *_condition(column, placeholder, match[1], match[2] or "")))
        others = " AND ".join(f"NOT ({one.condition})" for one in found)
        named = tuple(text for one in found for text in one.bound)
        latest = (select(f"SELECT MAX({column}) FROM {rows} AND {others}", (*bound, *named)) or (None,))[0]  # noqa: S608
    if latest is not None:
        found.append(Spelling(latest, others, named))
    return found


def _condition(column: str, placeholder: str, separator: str, offset: str) -> tuple[str, tuple[str, ...]]:
    here, time = f"SUBSTR({column}, 11, 1) = {placeholder}", f"SUBSTR({column}, 12)"
    if offset:
        return f"{here} AND {time} LIKE {placeholder}", (separator, f"%{offset}")
    return " AND ".join([here, *(f"{time} NOT LIKE {placeholder}" for _ in _OFFSETS)]), (separator, *_OFFSETS)

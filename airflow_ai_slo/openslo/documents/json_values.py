"""JSON texts as the same plain values; lines are not kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from airflow_ai_slo.openslo.documents.scalars import Written
from airflow_ai_slo.openslo.documents.values import DEEPEST, LARGEST, Items, MalformedError, Raw, Table, whole


def read_json(text: str) -> Iterator[Raw]:
    """The document of a JSON text.

    :raises MalformedError: no JSON, repeated keys, or beyond the bounds.
    """
    try:
        value = json.loads(
            text,
            object_pairs_hook=_table,
            parse_float=lambda digits: Written(digits, float(digits)),
            parse_constant=_no_constant,
        )
    except json.JSONDecodeError as error:
        raise MalformedError(f"not JSON: {error.msg}", error.lineno) from None
    except RecursionError:
        raise MalformedError(f"nested deeper than {DEEPEST} levels") from None
    except ValueError as error:
        raise MalformedError(f"not JSON: {error}") from None
    yield Raw(_measured(value), 1)


def _table(pairs: list[tuple[str, Any]]) -> Table:
    table = Table()
    for key, value in pairs:
        if key in table:
            raise MalformedError(f"key {key[:60]!r} is given twice in one object")
        table[key] = value
    return table


def _no_constant(name: str) -> float:
    raise MalformedError(f"not JSON: {name} is no JSON number")


def _measured(value: Any) -> Any:
    """The value, lists as Items, once its depth and size are known to be within bounds."""
    count = 0

    def walk(part: Any, depth: int) -> Any:
        nonlocal count
        count += 1
        if depth > DEEPEST:
            raise MalformedError(f"nested deeper than {DEEPEST} levels")
        if count > LARGEST:
            raise MalformedError(f"holds more than {LARGEST:,} values")
        if isinstance(part, Table):
            for key in part:
                whole(key)
                part[key] = walk(part[key], depth + 1)
        elif isinstance(part, list):
            items = Items()
            items.extend(walk(item, depth + 1) for item in part)
            return items
        return whole(part) if isinstance(part, str) else part

    return walk(value, 0)

"""Reads fields of checked documents, whatever form lenient mode let through."""

from __future__ import annotations

from typing import Any

from airflow_ai_slo.openslo.documents import scalars
from airflow_ai_slo.openslo.documents.values import Items, Table


def table(value: Any, *keys: str) -> Table:
    """The mapping under these keys; an empty one where there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, Table) else None
    return value if isinstance(value, Table) else Table()


def entries(value: Table, key: str) -> list[tuple[Any, tuple[str | int, ...]]]:
    """The items of a list with their place below ``value``; a lone mapping is a list of one, an empty one of none."""
    held = value.get(key)
    if isinstance(held, Items):
        return [(each, (key, index)) for index, each in enumerate(held)]
    return [] if held is None or held == {} else [(held, (key,))]


def text(value: Table, key: str) -> str:
    return scalars.text(value.get(key)) or ""


def labels(metadata: Table) -> dict[str, str]:
    """Labels as text; several values of one key are joined by commas."""
    found: dict[str, str] = {}
    for key, value in table(metadata, "labels").items():
        values = value if isinstance(value, Items) else [value]
        found[key] = ",".join(scalars.text(each) or "" for each in values)
    return found


def plain(value: Any) -> Any:
    """A value as JSON knows it: dicts, lists, text, numbers, booleans, null."""
    if isinstance(value, Table):
        return {key: plain(held) for key, held in value.items()}
    if isinstance(value, Items):
        return [plain(held) for held in value]
    if isinstance(value, float):
        number = scalars.number(value)
        return None if number is None else float(value)
    return value

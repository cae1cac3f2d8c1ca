"""Where the next page goes on, as an opaque text."""

from __future__ import annotations

import base64
import json
from typing import Annotated, Any

from fastapi import HTTPException, Query

from airflow_ai_slo.plugin.api.errors import WRONG

_LARGEST = 2**63
Cursor = Annotated[str | None, Query(max_length=4000, description="The next_cursor of the page before.")]


def written(*place: int | str) -> str:
    """The cursor of a place."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def read_cursor(cursor: str | None, *kinds: type) -> Any:
    """The place that was written, of values of these types; None where none is given.

    :raises HTTPException: 422 for what is none.
    """
    if cursor is None:
        return None
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError):
        place = None
    if not isinstance(place, list) or not _are(place, kinds):
        raise HTTPException(WRONG, "query cursor: is not the next_cursor of a page; leave it out to begin anew")
    return tuple(place)


def _are(place: list[Any], kinds: tuple[type, ...]) -> bool:
    if [type(one) for one in place] != list(kinds):
        return False
    return all("\0" not in one if isinstance(one, str) else abs(one) < _LARGEST for one in place)

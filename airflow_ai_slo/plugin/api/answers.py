"""What all routes share: the store, the clock, names in paths, and answers that a poll need not fetch twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request, Response

from airflow_ai_slo.core.names import LONGEST_NAME, is_name
from airflow_ai_slo.hooks.store import SLOHook
from airflow_ai_slo.plugin.api.errors import NOT_FOUND, WRONG, one_line
from airflow_ai_slo.store import Store

_UNCHANGED = 304
_SHOWN = 60


def _opened() -> Store:
    return SLOHook().open()


def _now() -> datetime:
    return datetime.now(UTC)


StoreDep = Annotated[Store, Depends(_opened)]
NowDep = Annotated[datetime, Depends(_now)]


def named(name: str, what: str = "SLO") -> str:
    """A name from a path that may be there.

    :raises HTTPException: 404 for what nothing can be called.
    """
    if not is_name(name, LONGEST_NAME):
        shown = one_line(repr(name[:_SHOWN]))
        raise HTTPException(NOT_FOUND, f"no {what} named {shown}: a name is text of 1 to {LONGEST_NAME} characters")
    return name


def known_text(name: str | None, field: str) -> str | None:
    """A name from a query that a store can be asked for.

    :raises HTTPException: 422 for what nothing can be called.
    """
    if name is not None and not is_name(name, LONGEST_NAME):
        raise HTTPException(WRONG, f"query {field}: a name is text of 1 to {LONGEST_NAME} characters, none of them NUL")
    return name


def answer(body: Mapping[str, Any], status: int = 200) -> Response:
    """A JSON answer."""
    return Response(_text(body), status, media_type="application/json")


def polled(
    request: Request,
    body: Mapping[str, Any],
    *,
    at: datetime,
    moving: tuple[str, ...] = (),
    renewed: timedelta | None = None,
    also: object = None,
) -> Response:
    """A JSON answer with an ETag; without a body where the caller has it already.

    :param at: the instant the figures are of; goes into the answer, not into the ETag.
    :param moving: fields that time alone moves, and that the ETag leaves out.
    :param renewed: after how long the ETag changes all the same.
    :param also: what the ETag changes with, too.
    """
    kept = {name: value for name, value in body.items() if name not in moving}
    bucket = "" if renewed is None else str(at.timestamp() // renewed.total_seconds())
    digest = hashlib.blake2b(_text(kept) + f"{bucket} {also}".encode(), digest_size=16).hexdigest()
    headers = {"ETag": f'W/"{digest}"', "Cache-Control": "private, no-cache"}
    if _holds(request.headers.get("if-none-match", ""), digest):
        return Response(status_code=_UNCHANGED, headers=headers)
    return Response(_text({**body, "at": at.isoformat()}), headers=headers, media_type="application/json")


def _holds(given: str, digest: str) -> bool:
    tags = [tag.strip().removeprefix("W/").strip('"') for tag in given.split(",")]
    return digest in tags or "*" in tags


def _text(body: Any) -> bytes:
    return _dumps(body).encode()


_dumps: Callable[[Any], str] = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode

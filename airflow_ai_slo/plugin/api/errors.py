"""Errors as answers: one line of JSON that says what is wrong and where, never a traceback."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from airflow_ai_slo.core.errors import AiSloError, StoreError, UnknownSLOError

log = logging.getLogger(__name__)

NOT_FOUND, WRONG, UNAVAILABLE, BROKEN = 404, 422, 503, 500
_LONGEST = 600


def install(app: FastAPI) -> None:
    """Let an application answer errors in this shape."""

    @app.exception_handler(AiSloError)
    def ours(request: Request, error: AiSloError) -> JSONResponse:
        return said(_status(error), str(error))

    @app.exception_handler(RequestValidationError)
    def wrong(request: Request, error: RequestValidationError) -> JSONResponse:
        return said(WRONG, validation_line(error.errors()))

    @app.exception_handler(HTTPException)
    def http(request: Request, error: HTTPException) -> JSONResponse:
        return said(error.status_code, str(error.detail), error.headers)

    @app.exception_handler(Exception)
    def unforeseen(request: Request, error: Exception) -> JSONResponse:
        return said(BROKEN, "something went wrong here; the log of Airflow's API server tells what")


def said(status: int, detail: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """One error."""
    return JSONResponse({"detail": one_line(detail)}, status, headers)


def one_line(text: str) -> str:
    """A message without line breaks, and not longer than anybody reads."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def validation_line(problems: Sequence[Any]) -> str:
    """``query limit: Input should be less than or equal to 500``: the first thing that is wrong, and how many more."""
    first = problems[0]
    kind, *place = first["loc"]
    where = f"{kind} {'.'.join(str(part) for part in place)}".strip() if kind != "body" else ".".join(map(str, place))
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"{where or 'body'}: {first['msg']}{more}"


def _status(error: AiSloError) -> int:
    if isinstance(error, StoreError):
        return UNAVAILABLE
    return NOT_FOUND if isinstance(error, UnknownSLOError) else WRONG

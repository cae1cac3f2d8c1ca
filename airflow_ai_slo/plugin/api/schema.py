"""``GET /schema``: all routes in OpenAPI, which ``python -m airflow_ai_slo.plugin.api.schema`` prints."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response

from airflow_ai_slo.plugin.api.answers import answer
from airflow_ai_slo.plugin.api.models import Answer, Problem

router = APIRouter(tags=["schema"])

PROBLEMS: dict[int | str, dict[str, Any]] = {
    401: {"model": Problem, "description": "No login, or one that has expired"},
    403: {"model": Problem, "description": "No right to do this, or a token that is none"},
    404: {"model": Problem, "description": "Nothing has this name"},
    422: {"model": Problem, "description": "A field is wrong; detail begins with its name"},
    503: {"model": Problem, "description": "The SLO store is away"},
}
"""What any route may answer beside what it is for."""

WRITE_PROBLEMS: dict[int | str, dict[str, Any]] = {
    413: {"model": Problem, "description": "The body is too large"},
    415: {"model": Problem, "description": "The body is not sent as JSON"},
}


def told(kind: type[Answer], status: int = 200, *, polled: bool = False) -> dict[int | str, dict[str, Any]]:
    """What a route answers, for its ``responses``.

    :param polled: whether it has an ETag, and answers 304 to who has it already.
    """
    said: dict[int | str, dict[str, Any]] = {status: {"model": kind, "description": _first_line(kind)}}
    return said | ({304: {"description": "As it was under the ETag in If-None-Match"}} if polled else {})


def text(app: FastAPI) -> str:
    """The description as a file keeps it."""
    return json.dumps(app.openapi(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


@router.get("/schema")
def get_schema(request: Request) -> Response:
    """This description, as OpenAPI 3.1."""
    return answer(request.app.openapi())


def _first_line(kind: type[Answer]) -> str:
    return " ".join((kind.__doc__ or "").split()).partition(". ")[0].rstrip(".")


if __name__ == "__main__":
    from airflow_ai_slo.plugin import api

    print(text(api.build()), end="")

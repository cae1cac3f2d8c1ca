"""What a write has to bring: the right to it, the header that no other site's page can send, and a JSON body."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import Depends, Header, HTTPException, Request
from pydantic import BaseModel, ConfigDict, ValidationError

from airflow_ai_slo.core.names import LONGEST_NAME
from airflow_ai_slo.plugin.api.errors import WRONG, validation_line
from airflow_ai_slo.plugin.api.rights import can_write

HEADER = "X-AI-SLO"
"""A browser sends it across sites only where this server allows it, which it never does."""

_FORBIDDEN, _TOO_LARGE, _NO_JSON = 403, 413, 415
_SMALL = 65_536
_PATIENCE = 4
"""A body so many times too large is read to its end, so that who sends it hears why it is refused."""


class Body(BaseModel):
    """A JSON object of known fields, each of the type it says."""

    model_config = ConfigDict(extra="forbid", strict=True)


Given = TypeVar("Given", bound=Body)


def _writer(
    user: GetUserDep, sent: Annotated[str | None, Header(alias=HEADER, description="1, on every write.")] = None
) -> str:
    """The name of who writes.

    :raises HTTPException: 403 without the right or the header.
    """
    if not can_write(user):
        raise HTTPException(_FORBIDDEN, f"{user.get_name()} may not change anything here: it takes edit on variables")
    if sent != "1":
        raise HTTPException(_FORBIDDEN, f"a write needs the header {HEADER}: 1")
    return user.get_name().strip()[:LONGEST_NAME] or "unnamed"


WriterDep = Annotated[str, Depends(_writer)]


def body(kind: type[Given], most: int = _SMALL) -> Callable[..., Awaitable[Given]]:
    """A dependency that reads the body of a write, once it is known that its sender may write.

    :param most: bytes.
    """

    async def read(request: Request, _: WriterDep) -> Given:
        media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media != "application/json":
            raise HTTPException(_NO_JSON, "write the body as JSON, with the header Content-Type: application/json")
        try:
            return kind.model_validate_json(await _read(request, most))
        except ValidationError as error:
            problems = [problem | {"loc": ("body", *problem["loc"])} for problem in error.errors(include_url=False)]
            raise HTTPException(WRONG, validation_line(problems)) from None

    return read


def described(kind: type[Body]) -> dict[str, Any]:
    """What the published schema says of such a body."""
    schema = kind.model_json_schema(ref_template="#/components/schemas/{model}")
    inner = schema.pop("$defs", {})
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": _inlined(schema, inner)}}}}


def _inlined(schema: Any, inner: Any) -> Any:
    if isinstance(schema, list):
        return [_inlined(one, inner) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(inner[schema["$ref"].rpartition("/")[2]], inner)
    return {name: _inlined(value, inner) for name, value in schema.items()}


async def _read(request: Request, most: int) -> bytes:
    parts, size = [], 0
    too_large = HTTPException(_TOO_LARGE, f"body: more than {most:,} bytes; send it in parts")
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > most * _PATIENCE:
        raise too_large
    async for part in request.stream():
        size += len(part)
        if size > most * _PATIENCE:
            raise too_large
        if size <= most:
            parts.append(part)
    if size > most:
        raise too_large
    return b"".join(parts)

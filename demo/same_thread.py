"""Answers what tasks ask of Airflow's API in the thread that asks.

``dag.test()`` has the same application in the same process, but sends each request through three threads, and FastAPI
looks at the signature of every dependency anew for each, because Airflow overrides some. Without that, playing back
takes a third less time.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any
from unittest import mock

import httpx


class SameThread(httpx.BaseTransport):
    """A transport to an ASGI application whose blocking parts may block.

    :param app: a FastAPI application; its lifespan begins now and ends with the process.
    """

    def __init__(self, app: Any) -> None:
        self._asgi = httpx.ASGITransport(app=app)
        self._loop = asyncio.new_event_loop()
        self._lifespan = contextlib.AsyncExitStack()
        self._known: dict[Any, Any] = {}
        self._loop.run_until_complete(self._lifespan.enter_async_context(app.router.lifespan_context(app)))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        import anyio.to_thread
        from fastapi.dependencies import utils

        dependant = self._remembering(utils.get_dependant)
        with (
            mock.patch.object(anyio.to_thread, "run_sync", _here),
            mock.patch.object(utils, "get_dependant", dependant),
        ):
            return self._loop.run_until_complete(self._answer(request))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        response = await self._asgi.handle_async_request(request)
        assert isinstance(response.stream, httpx.AsyncByteStream)
        body = b"".join([part async for part in response.stream])
        return httpx.Response(response.status_code, headers=response.headers, content=body, request=request)

    def _remembering(self, build: Callable[..., Any]) -> Callable[..., Any]:
        def known(**options: Any) -> Any:
            key = tuple((name, tuple(value) if isinstance(value, list) else value) for name, value in options.items())
            if key not in self._known:
                self._known[key] = build(**options)
            return self._known[key]

        return known


async def _here(work: Callable[..., Any], *args: Any, **_: Any) -> Any:
    return work(*args)

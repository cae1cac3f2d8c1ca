"""Static files whose address holds their version."""

from __future__ import annotations

import os
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
_FOR_GOOD = "public, max-age=31536000, immutable"


class VersionedFiles(StaticFiles):
    """Files under ``/{version}/``, kept for good by browsers where the version is today's.

    Another version is a page that was opened before an update, or a server that has not been restarted yet: it gets
    what there is, to be asked for again next time.
    """

    def __init__(self, folder: Path, version: str) -> None:
        super().__init__(directory=folder)
        self._version = version

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """One file, with a type that no system setting changes."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        is_current = scope.get("path_params", {}).get("version") == self._version
        response.headers["Cache-Control"] = _FOR_GOOD if is_current else "no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        if kind := _TYPES.get(Path(full_path).suffix):
            response.headers["Content-Type"] = kind
        return response

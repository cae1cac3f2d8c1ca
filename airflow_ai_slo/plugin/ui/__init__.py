"""What Airflow's UI shows of SLOs: plain ES modules and style sheets, and where Airflow's pages take them in.

The files hold nothing secret and are served without a login, as Airflow's own are; figures come from the REST API.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from fastapi import FastAPI

PREFIX = "/ai-slo/ui"
"""Where Airflow mounts the files."""

PAGE = "slos"
"""The page's route: ``/plugin/slos``."""

_FOLDER = Path(__file__).parent / "static"
_ICONS = {"icon": "icon-light.svg", "icon_dark_mode": "icon-dark.svg"}


def build() -> FastAPI:
    """The application that serves the files under ``/{version}/``."""
    from fastapi import FastAPI

    from airflow_ai_slo.plugin.ui.files import VersionedFiles

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.mount("/{version}", VersionedFiles(_FOLDER, version()))
    return app


def apps() -> list[dict[str, Any]]:
    """Airflow's ``react_apps``. The bundle sets a global of each name; the name is also what a tab is called."""
    base = address()
    shown = {"bundle_url": f"{base}/main.js"} | {key: f"{base}/{file}" for key, file in _ICONS.items()}
    return [
        {"name": "SLOs", "url_route": PAGE, "destination": "nav", "nav_top_level": True, **shown},
        {"name": "SLOs", "url_route": "dag-slos", "destination": "dag", **shown},
        {"name": "SLOs", "url_route": "task-slos", "destination": "task", **shown},
        {"name": "SLO summary", "url_route": "slo-summary", "destination": "dashboard", **shown},
    ]


def address() -> str:
    """Where the files lie below the host, under the prefix of Airflow's ``[api] base_url``."""
    from airflow.configuration import conf

    prefix = urlsplit(conf.get("api", "base_url", fallback="") or "").path.rstrip("/")
    return f"{prefix}{PREFIX}/{version()}"


@lru_cache(maxsize=1)
def version() -> str:
    """A hash of every file: a new one is a new address, so that browsers may keep what they have for good."""
    found = sha256()
    for path in sorted(_FOLDER.iterdir()):
        found.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()[:12]

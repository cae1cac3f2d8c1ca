"""How the demo's processes tell what they do: JSON lines on the file descriptor ``DEMO_EVENTS``."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from typing import Any

RUN_AT, LOOK_AT, DEPLOY_AT = timedelta(hours=6), timedelta(hours=12), timedelta(hours=15)
"""When, after midnight UTC, the pipeline runs, somebody looks, and a deployment is tried."""


class Teller:
    """Writes events for whoever started this process."""

    def __init__(self) -> None:
        self._out = os.fdopen(int(os.environ["DEMO_EVENTS"]), "w")

    def __call__(self, event: str, **facts: Any) -> None:
        self._out.write(json.dumps({"event": event} | facts) + "\n")
        self._out.flush()


def newest_run(now: datetime) -> datetime:
    """When the pipeline was last due."""
    due = datetime.combine(now.date(), datetime.min.time(), UTC) + RUN_AT
    return due if due <= now else due - timedelta(days=1)

"""What Airflow's configuration says in its section ``[ai_slo]``. Whatever it holds, no process of Airflow breaks."""

from __future__ import annotations

import logging
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

SECTION = "ai_slo"
SHORTEST = timedelta(seconds=10)
"""Between two passes over Airflow's record."""

_TRUE, _FALSE = ("t", "true", "1", "yes", "on"), ("f", "false", "0", "no", "off", "none", "")
_SPOOL = "ai_slo_events.jsonl"


def is_on(option: str) -> bool:
    """Whether a switch is on; one that says neither yes nor no is off, with a warning."""
    said = _text(option).lower()
    if said not in (*_TRUE, *_FALSE):
        log.warning("[%s] %s = %.40s is neither True nor False; taken as False", SECTION, option, said)
    return said in _TRUE


def reconcile_every() -> timedelta | None:
    """How often API servers measure from Airflow's record of runs; None where they do not."""
    said = _text("reconcile_every")
    if said.lower() in _FALSE:
        return None
    try:
        every = timedelta(seconds=float(said))
    except (ValueError, OverflowError):
        every = timedelta(0)
    if every <= timedelta(0):
        log.warning("[%s] reconcile_every = %.40s is no number of seconds; taken as 0, which is never", SECTION, said)
        return None
    return max(every, SHORTEST)


def events_spool() -> Path:
    """The file of this machine in which the listener writes down what it heard."""
    home = Path(os.environ.get("AIRFLOW_HOME") or "~/airflow")
    return Path(_text("listener_spool") or home / _SPOOL).expanduser()


def _text(option: str) -> str:
    return str(_configured(option) or "").strip()


def _configured(option: str) -> Any:
    from airflow.sdk.configuration import conf

    try:
        return conf.get(SECTION, option, fallback="")
    except Exception as error:  # a _CMD or _SECRET that fails, a broken interpolation
        log.warning("[%s] %s cannot be read: %s", SECTION, option, " ".join(str(error).split()))
        return ""

"""The cluster policy that Airflow loads through the entry point ``airflow.policy``.

Every process that imports airflow imports this module, and an error here would break them all: the standard library
and pluggy only, and all else when a tagged DAG is met.
"""

from __future__ import annotations

import logging
from typing import Any

from pluggy import HookimplMarker

# Airflow's own marker is the same; importing it from airflow could meet this module half loaded, and do nothing.
hookimpl = HookimplMarker("airflow.policy")

TAG = "deploys:"
"""A DAG tagged with this and a service's name deploys changes to that service."""

log = logging.getLogger(__name__)


# Last, so that tags and tasks that other policies add are seen.
@hookimpl(trylast=True)
def dag_policy(dag: Any) -> None:
    """Put the gates of a tagged DAG in place; leaves every other DAG alone."""
    tags = [tag for tag in dag.tags or () if isinstance(tag, str) and tag.startswith(TAG)]
    if not tags:
        return
    try:
        from airflow_ai_slo_gate.placing import place

        place(dag, sorted({tag.removeprefix(TAG).strip() for tag in tags}))
    except Exception as error:
        from airflow_ai_slo_gate.starts import one_line, shut

        reason = f"DAG {dag.dag_id}, tagged {', '.join(sorted(tags))}, has no working freeze gate: {one_line(error)}"
        log.error("%s; its tasks will not start", reason)
        shut(dag, reason)

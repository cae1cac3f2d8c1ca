"""What follows on measurements, where it is asked for: an evaluation, and messages about what it decided."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import TYPE_CHECKING

from airflow_ai_slo.hooks.delivery import deliver

if TYPE_CHECKING:
    from airflow_ai_slo.store import Store

log = logging.getLogger(__name__)


def evaluate(store: Store, now: datetime) -> str:
    """Evaluate every SLO, send what waits in the outbox, and say so in one line.

    :raises StoreError: the store cannot be used. A channel's failure is logged.
    """
    from airflow_ai_slo import engine

    seen = engine.evaluate(store, at=now)
    sent = deliver(store, now=now, log=log).sent
    frozen = sorted(engine.frozen_services(store))
    spent = [one.slo.name for one in seen if one.exhausted]
    return (
        f"evaluated {len(seen):,} SLO{'s' * (len(seen) != 1)}"
        + (f", budget spent: {', '.join(spent)}" if spent else "")
        + (f", frozen: {', '.join(frozen)}" if frozen else "")
        + (f", {sent:,} message{'s' * (sent != 1)} sent" if sent else "")
    )

"""Where every SLO and service stands at one instant, for monitoring systems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from airflow_ai_slo.core.definition import Severity
from airflow_ai_slo.core.evaluation import Evaluation
from airflow_ai_slo.core.freeze_policy import FreezeMode
from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.engine.freezing import freeze_modes_of
from airflow_ai_slo.engine.moments import settled_moment
from airflow_ai_slo.engine.reading import evaluate_named
from airflow_ai_slo.store import Store, incidents, outbox_care, spool
from airflow_ai_slo.store.newest import Newest, newest

if TYPE_CHECKING:
    pass


class Reading(NamedTuple):
    """One SLO.

    :param evaluation: what ``status`` says of it at the same instant.
    :param incident: severity of its open incident; None where none is open.
    """

    evaluation: Evaluation
    newest: Newest
    incident: Severity | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything at one instant.

    :param readings: every active SLO, by name.
    :param freezes: how each service is frozen; None where it is not.
    :param messages: how many messages of the outbox are ``pending``, and how many have ``failed`` for good.
    :param spooled: how many measurements wait on this machine; None where that is not known.
    """

    at: datetime
    readings: Sequence[Reading]
    freezes: Mapping[str, FreezeMode | None]
    messages: Mapping[str, int]
    spooled: int | None


def snapshot(store: Store, *, at: datetime, spool_path: Path | None = None, now: datetime | None = None) -> Snapshot:
    """Look at everything without deciding anything; the figures are those of ``status`` at the same instant.

    So many look-ups however many SLOs there are, and however long their history is.

    :param spool_path: where measurements wait on this machine while the store is away.
    :param now: runs that were due by then and did not come are missing; None is the clock's.
    :raises StoreError: the store cannot be used.
    """
    with settled_moment(store, at=at, now=now) as connection:
        seen = evaluate_named(connection, at, None)
        instants = newest(connection, utc(at))
        opened = incidents.all_open(connection)
        readings = [
            Reading(
                evaluation,
                instants[stored.slo_id],
                opened[stored.slo_id].severity if stored.slo_id in opened else None,
            )
            for stored, evaluation in seen
        ]
        modes = freeze_modes_of(connection)
        messages = outbox_care.counts(connection, states=("pending", "failed"))
    names = [*sorted({stored.slo.service for stored, _ in seen}), *sorted(modes)]
    frozen = {name: modes.get(name) for name in names}
    return Snapshot(utc(at), readings, frozen, messages, None if spool_path is None else spool.waiting(spool_path))

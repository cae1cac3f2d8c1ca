"""How far a DAG was read before, and which keys are to be empty by what is known now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from airflow_ai_slo.core.airflow_runs import AirflowRuns, is_pattern
from airflow_ai_slo.core.expected import Pauses, is_paused
from airflow_ai_slo.core.instants import from_micros, to_micros
from airflow_ai_slo.reconcile.events import Event
from airflow_ai_slo.reconcile.judging import key_of
from airflow_ai_slo.store import Store, reconciled
from airflow_ai_slo.store.definitions import Stored
from airflow_ai_slo.store.reconciled import Reach


def is_fresh(reach: Reach | None, start: datetime) -> bool:
    """Whether runs since an instant were not all looked at before."""
    return reach is None or reach.read_until is None or reach.since > to_micros(start)


def changed(reached: Sequence[Reach]) -> datetime | None:
    """The newest change that was seen of all of these DAGs."""
    known = [reach.read_until for reach in reached if reach.read_until is not None]
    return from_micros(min(known)) if known else None


def instead_of(event: Event, spec: AirflowRuns) -> Iterator[str]:
    """Keys under which nothing is to be stored now: of instances that are no more, and of a run that came after all."""
    if not event.task_id:
        return
    mine = key_of(event.run, event.task_id, event.map_index)
    if event.state == "removed":
        yield mine
    placeholder = "" if spec.task_id is None or is_pattern(spec.task_id) else spec.task_id
    missing = key_of(event.run, placeholder)
    if missing != mine:
        yield missing


def missing_in_pauses(
    store: Store, one: Stored, paused: Mapping[str, Pauses], since: datetime, now: datetime
) -> set[str]:
    """Keys of missing runs of DAGs that were paused then, which was not known when they were written."""
    starts = [start for some in paused.values() for start, end in some if end is None or end > since]
    if not starts:
        return set()
    begin = max(since, min(starts))
    with store.read() as connection:
        found = reconciled.missing(connection, one.slo_id, one.slo.name, one.scale, to_micros(begin), to_micros(now))
    return {each.key for each in found if is_paused(each.at, paused.get(each.attributes.get("dag", ""), ()))}

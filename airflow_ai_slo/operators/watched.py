"""The tasks that a measuring task watches: their states in its run, and when they ran."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from airflow_ai_slo.core.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance of a watched task; ``map_index`` is -1 where the task is not mapped."""

    task_id: str
    map_index: int
    state: str | None

    @property
    def label(self) -> str:
        return self.task_id if self.map_index < 0 else f"{self.task_id}[{self.map_index}]"


def watched_by(task: Any, watch: Sequence[str] | None) -> tuple[str, ...]:
    """Ids of the watched tasks: those named, a task group standing for its tasks; by default those directly upstream.

    :param task: the measuring task; it never watches itself.
    :raises ConfigurationError: a name is neither a task nor a task group of the DAG.
    """
    if watch is None:
        return tuple(sorted(task.upstream_task_ids))
    dag = task.get_dag()
    names = dict.fromkeys(name for entry in watch for name in _tasks_of(dag, entry))
    names.pop(task.task_id, None)
    return tuple(names)


def _tasks_of(dag: Any, name: str) -> Iterator[str]:
    if dag.has_task(name):
        yield name
        return
    group = dag.task_group.get_task_group_dict().get(name)
    if group is None:
        raise ConfigurationError(f"watch: DAG {dag.dag_id!r} has no task or task group {name!r}")
    yield from (task.task_id for task in group.iter_tasks())


def instances_of(ti: Any, tasks: Iterable[str]) -> list[Instance]:
    """Every instance of these tasks in the run of ``ti``, asked through the task SDK.

    One question for all, unless a name in the answer could mean two: instance 1 of a mapped ``a``, or a task ``a_1``.
    """
    names = list(tasks)
    unclear = any(name.rpartition("_")[0] in names and name.rpartition("_")[2].isdecimal() for name in names)
    found = [one for asked in ([[name] for name in names] if unclear else [names]) for one in _ask(ti, asked)]
    return sorted(found, key=lambda one: names.index(one.task_id))


def _ask(ti: Any, tasks: list[str]) -> Iterator[Instance]:
    if not tasks:
        return
    answer = ti.get_task_states(dag_id=ti.dag_id, task_ids=tasks, run_ids=[ti.run_id])
    for name, state in answer.get(ti.run_id, {}).items():
        task_id, map_index = (name, -1) if name in tasks else _mapped(name)
        yield Instance(task_id, map_index, None if state is None else str(state))


def _mapped(name: str) -> tuple[str, int]:
    task_id, _, map_index = name.rpartition("_")
    return task_id, int(map_index)


def times_of(ti: Any, instance: Instance, logical_date: datetime | None) -> tuple[datetime, datetime] | None:
    """When an instance started and ended in the run of ``ti``; None where Airflow does not tell.

    The task SDK answers for earlier runs only; the run just before a microsecond past this one's logical date is
    this one. Runs without a logical date cannot be asked about.
    """
    if logical_date is None:
        return None
    asking = ti.model_copy(update={"task_id": instance.task_id})
    seen = asking.get_previous_ti(logical_date=logical_date + timedelta(microseconds=1), map_index=instance.map_index)
    if seen is None or seen.run_id != ti.run_id or seen.start_date is None or seen.end_date is None:
        return None
    return seen.start_date, seen.end_date

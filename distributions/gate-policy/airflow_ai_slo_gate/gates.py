"""Reads the gates of a DAG: those of its author and those of the policy are the same kind of task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def gates_of(dag: Any) -> dict[str, list[str]]:
    """Ids of a DAG's gates (``FreezeGateOperator``, ``FreezeGateSensor``) by service; a gate before nothing is none."""
    from airflow_ai_slo.operators.gate import FreezeGateOperator
    from airflow_ai_slo.sensors.gate import FreezeGateSensor

    found: dict[str, list[str]] = {}
    for task in dag.tasks:
        if task.downstream_task_ids and issubclass(kind_of(task), (FreezeGateOperator, FreezeGateSensor)):
            for service in services_of(task):
                found.setdefault(service, []).append(task.task_id)
    return found


def services_of(gate: Any) -> list[str]:
    """The services a gate asks for; none where they are known at run time only, or differ in more than the service."""
    if not gate.is_mapped:
        return [gate.service]
    expanded = gate._get_specified_expand_input().value
    if not isinstance(expanded, Mapping) or expanded.keys() != {"service"}:
        return []
    named = expanded["service"]
    return [one for one in named if isinstance(one, str)] if isinstance(named, list | tuple) else []


def option(gate: Any, name: str, default: Any) -> Any:
    """An option of a gate, mapped or not."""
    return gate.partial_kwargs.get(name, default) if gate.is_mapped else getattr(gate, name, default)


def kind_of(task: Any) -> type:
    """The operator class of a task, mapped or not."""
    kind: type = task.operator_class if task.is_mapped else type(task)
    return kind

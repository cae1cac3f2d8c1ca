"""Puts a service's gate before the roots of a DAG, and has every task after it ask the same gate when it starts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from airflow_ai_slo_gate.asking import Ask, Uncounted
from airflow_ai_slo_gate.gates import gates_of, kind_of
from airflow_ai_slo_gate.starts import attach

LABELS = (
    "{% set given = (dag_run.conf or {}).get('labels') %}"
    "{{ given if given is string else given | join(',') if given is sequence and given is not mapping else '' }}"
)
"""A change's labels are those of its run: ``conf={"labels": ["security"]}``, or one string with commas."""

_INHERITED = ("owner", "queue", "pool", "executor", "executor_config", "run_as_user", "email", "on_failure_callback")
"""What a gate takes over from the DAG's ``default_args``: where it runs, and who hears of it."""


def place(dag: Any, services: Sequence[str]) -> None:
    """Gate a DAG for these services; a second time changes nothing.

    A service that the DAG's author gates (``FreezeGateOperator``, ``FreezeGateSensor``) keeps that gate where it is.

    :raises ConfigurationError: a tag names no service, or an option is wrong.
    """
    from airflow_ai_slo.core.errors import ConfigurationError

    if "" in services:
        raise ConfigurationError("the tag 'deploys:' names no service; write deploys:<service>")
    if not dag.tasks:
        return
    gates = gates_of(dag)
    missing = [service for service in services if service not in gates]
    if missing:
        roots = [task for task in dag.roots if not task.is_teardown]
        for service in missing:
            gate = _gate(dag, service)
            gate.set_downstream(roots)
            gates[service] = [gate.task_id]
    _attach(dag, sorted(gate_id for service in services for gate_id in gates[service]), gates)


def _attach(dag: Any, asked: Sequence[str], gates: Mapping[str, Iterable[str]]) -> None:
    from airflow_ai_slo.operators.base import MeasureOperator

    every_gate = {gate_id for ids in gates.values() for gate_id in ids}
    before: dict[str, list[str]] = {}
    for gate_id in asked:
        for task_id in dag.get_task(gate_id).get_flat_relative_ids(upstream=False):
            before.setdefault(task_id, []).append(gate_id)
    for task_id, gate_ids in sorted(before.items()):
        task = dag.get_task(task_id)
        if issubclass(kind_of(task), MeasureOperator):
            attach(task, Uncounted(tuple(gate_ids)))
        elif task_id not in every_gate and not task.is_teardown:
            attach(task, Ask(tuple(gate_ids)))


def _gate(dag: Any, service: str) -> Any:
    from airflow_ai_slo.operators.gate import FreezeGateOperator

    from airflow_ai_slo_gate.options import read

    options = read()
    # Made outside the DAG, whose default_args would reach into it: a gate with their trigger_rule or depends_on_past
    # would open, or stay shut for ever.
    gate = FreezeGateOperator(
        task_id=_free_id(dag, service),
        service=service,
        labels=LABELS,
        on_frozen=options.on_frozen,
        on_unknown=options.on_unknown,
        max_age=options.max_age,
        slo_conn_id=options.slo_conn_id,
        doc_md=f"Put here by the cluster policy of airflow-ai-slo-gate, since the DAG is tagged `deploys:{service}`.",
        **{name: dag.default_args[name] for name in _INHERITED if name in dag.default_args},
    )
    dag.add_task(gate)
    return gate


def _free_id(dag: Any, service: str) -> str:
    name = f"freeze_gate_{re.sub(r'[^a-zA-Z0-9_-]', '_', service)}"[:200]
    taken = dag.task_group.used_group_ids | set(dag.task_ids)
    numbered = (name if number == 1 else f"{name}_{number}" for number in range(1, len(taken) + 2))
    return next(candidate for candidate in numbered if candidate not in taken)

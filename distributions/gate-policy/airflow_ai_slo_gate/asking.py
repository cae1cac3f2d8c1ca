"""Asks a DAG's gates at the start of a task."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from airflow_ai_slo_gate.gates import option, services_of
from airflow_ai_slo_gate.starts import one_line

STOPPED = "ai_slo_gate"
"""XCom key under which a task that was stopped at its start keeps the gate's answer."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ask:
    """Stops a task while one of its gates is closed: a task that was cleared, or runs whatever came before it.

    :param gate_ids: the gates upstream of the task.
    """

    gate_ids: tuple[str, ...]

    def __call__(self, context: Any) -> None:
        if _goes_on(context):
            return
        for gate_id in self.gate_ids:
            _ask(context, gate_id)


@dataclass(frozen=True, slots=True)
class Uncounted:
    """Skips a measuring task where a gate stopped its run: a freeze is no failure of the deployment.

    :param gate_ids: the gates upstream of the task.
    """

    gate_ids: tuple[str, ...]

    def __call__(self, context: Any) -> None:
        from airflow.sdk.exceptions import AirflowSkipException

        stopped = ""
        try:
            stopped = _stopped(context, self.gate_ids)
        except Exception:
            log.warning("Whether a freeze gate stopped this run cannot be told; it counts", exc_info=True)
        if stopped:
            raise AirflowSkipException(
                f"Not measured: a freeze gate stopped this run at {stopped}, which is no failure of it"
            )


def _goes_on(context: Any) -> bool:
    """Whether the task goes on from a deferral or a reschedule: it asked when it began.

    A task that starts from its trigger was in no worker before it resumes.
    """
    server = getattr(context["ti"], "_ti_context_from_server", None)
    if getattr(server, "next_method", None):
        return not getattr(context["task"], "start_from_trigger", False)
    return bool(context.get("task_reschedule_count"))


def _ask(context: Any, gate_id: str) -> None:
    from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

    try:
        gate = context["task"].dag.get_task(gate_id)
        answers = [_answer(context, gate, service) for service in services_of(gate)]
        blocking = [one for one in answers if one.blocks(on_unknown=option(gate, "on_unknown", "block"))]
        skips = option(gate, "on_frozen", "fail") == "skip"
        lines = _lines(blocking)
    except Exception as error:
        raise AirflowFailException(f"Stopped: the freeze gate {gate_id} cannot be asked: {one_line(error)}") from error
    if not blocking:
        return
    context["task"].log.error("Stopped: %s", lines)
    context["ti"].xcom_push(key=STOPPED, value=blocking[0].to_dict())
    raise AirflowSkipException(lines) if skips else AirflowFailException(lines)


def _answer(context: Any, gate: Any, service: str) -> Any:
    from airflow_ai_slo.compat import run_of
    from airflow_ai_slo.core.freeze import MAX_AGE
    from airflow_ai_slo.hooks.gate import labels_of
    from airflow_ai_slo.hooks.store import SLOHook

    conn_id = gate.render_template(option(gate, "slo_conn_id", SLOHook.default_conn_name), context)
    labels = gate.render_template(option(gate, "labels", ()), context)
    run = run_of(context)
    return SLOHook(conn_id).gate(
        service, now=run.now, labels=labels_of(labels), max_age=option(gate, "max_age", MAX_AGE), actor=run.actor
    )


def _lines(answers: list[Any]) -> str:
    from airflow_ai_slo.hooks.gate import explain

    return "; ".join(explain(one) for one in answers)


def _stopped(context: Any, gate_ids: tuple[str, ...]) -> str:
    """The task at which a gate stopped the run; empty where none did."""
    ti = context["ti"]
    states: dict[str, Any] = ti.get_task_states(dag_id=ti.dag_id, run_ids=[ti.run_id]).get(ti.run_id, {})
    for name in sorted(name for name, state in states.items() if state in ("failed", "skipped")):
        task_id, map_index = _instance(context["task"].dag, name)
        if states[name] == "failed" and task_id in gate_ids:
            return name
        if ti.xcom_pull(task_ids=task_id, map_indexes=map_index, key=STOPPED):
            return name
    return ""


def _instance(dag: Any, name: str) -> tuple[str, int]:
    """Task id and map index; the task SDK names the third instance of ``load`` ``load_2``."""
    if dag.has_task(name):
        return name, -1
    task_id, _, number = name.rpartition("_")
    return task_id, int(number)

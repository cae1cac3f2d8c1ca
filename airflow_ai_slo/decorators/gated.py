"""The operator behind ``@task.freeze_gate``; imported when a DAG uses it, since it pulls in the standard provider."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.decorators.python import _PythonDecoratedOperator
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from airflow_ai_slo.compat import run_of
from airflow_ai_slo.core.freeze import MAX_AGE
from airflow_ai_slo.hooks.gate import OnFrozen, OnUnknown, check_options, explain, labels_of
from airflow_ai_slo.hooks.store import SLOHook

if TYPE_CHECKING:
    from airflow.sdk import Context


class GatedPythonOperator(_PythonDecoratedOperator):
    """A decorated function behind a freeze gate.

    :param service: service the change goes to.
    :param labels: labels of the change.
    :param on_frozen: ``fail`` or ``skip`` this task.
    :param on_unknown: what an unknown answer does: ``block`` or ``allow``.
    :param max_age: the oldest evaluation that still counts as an answer.
    :param slo_conn_id: Airflow connection of the store.
    """

    template_fields: Sequence[str] = (*_PythonDecoratedOperator.template_fields, "service", "labels", "slo_conn_id")
    custom_operator_name = "@task.freeze_gate"

    def __init__(
        self,
        *,
        service: str,
        labels: str | Iterable[str] = (),
        on_frozen: OnFrozen = "fail",
        on_unknown: OnUnknown = "block",
        max_age: timedelta = MAX_AGE,
        slo_conn_id: str = SLOHook.default_conn_name,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_options(on_unknown=on_unknown, max_age=max_age, on_frozen=on_frozen)
        self.service = service
        self.labels = labels
        self.on_frozen = on_frozen
        self.on_unknown = on_unknown
        self.max_age = max_age
        self.slo_conn_id = slo_conn_id

    def execute(self, context: Context) -> Any:
        """Ask the gate, then call the function."""
        run = run_of(context)
        answer = SLOHook(self.slo_conn_id).gate(
            self.service, now=run.now, labels=labels_of(self.labels), max_age=self.max_age, actor=run.actor
        )
        line = explain(answer)
        if answer.blocks(on_unknown=self.on_unknown):
            raise AirflowFailException(line) if self.on_frozen == "fail" else AirflowSkipException(line)
        self.log.info("%s", line)
        return super().execute(context)

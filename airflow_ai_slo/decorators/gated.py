"""The operator behind ``@task.freeze_gate``; imported when a DAG uses it, since it pulls in the standard provider."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk.bases.decorator import DecoratedOperator
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from airflow_ai_slo.compat import run_of
from airflow_ai_slo.core.instants import MAX_AGE
from airflow_ai_slo.hooks.gate import OnFrozen, OnUnknown, check_options, explain, labels_of, tell_passing
from airflow_ai_slo.hooks.store import SLOHook
from airflow_ai_slo.operators.links import SLOPageLink

if TYPE_CHECKING:
    from airflow.sdk import Context


class GatedPythonOperator(DecoratedOperator, PythonOperator):
    """A decorated function behind a freeze gate.

    :param service: service the change goes to.
    :param labels: labels of the change.
    :param on_frozen: ``fail`` or ``skip`` this task.
    :param on_unknown: what an unknown answer does: ``block`` or ``allow``.
    :param max_age: the oldest evaluation that still counts as an answer.
    :param slo_conn_id: Airflow connection of the store.
    """

    template_fields: Sequence[str] = ("templates_dict", "op_args", "op_kwargs", "service", "labels", "slo_conn_id")
    operator_extra_links = (SLOPageLink(),)
    template_fields_renderers = {"templates_dict": "json", "op_args": "py", "op_kwargs": "py"}  # noqa: RUF012
    custom_operator_name = "@task.freeze_gate"

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        op_args: Collection[Any],
        op_kwargs: Mapping[str, Any],
        service: str,
        labels: str | Iterable[str] = (),
        on_frozen: OnFrozen = "fail",
        on_unknown: OnUnknown = "block",
        max_age: timedelta = MAX_AGE,
        slo_conn_id: str = SLOHook.default_conn_name,
        **kwargs: Any,
    ) -> None:
        called: dict[str, Any] = {"python_callable": python_callable, "op_args": op_args, "op_kwargs": op_kwargs}
        super().__init__(kwargs_to_upstream=called, **called, **kwargs)
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
        if answer.blocks(on_unknown=self.on_unknown):
            line = explain(answer)
            self.log.error("Stopped: %s", line)
            raise AirflowFailException(line) if self.on_frozen == "fail" else AirflowSkipException(line)
        tell_passing(self.log, answer)
        return super().execute(context)

"""``@task.freeze_gate``: a Python task that runs only while its service may change."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.instants import MAX_AGE

if TYPE_CHECKING:
    from airflow.sdk.bases.decorator import TaskDecorator

    from airflow_ai_slo.hooks.gate import OnFrozen, OnUnknown


def freeze_gate(
    python_callable: Callable[..., Any] | None = None,
    *,
    service: str,
    labels: str | Iterable[str] = (),
    on_frozen: OnFrozen = "fail",
    on_unknown: OnUnknown = "block",
    max_age: timedelta = MAX_AGE,
    multiple_outputs: bool | None = None,
    **kwargs: Any,
) -> TaskDecorator:
    """Ask the service's freeze gate first, and run the function only when it answers that changes are allowed.

    Otherwise the task fails without retries, or is skipped with ``on_frozen="skip"``; the function is not called.

    :param service: service the change goes to (templated).
    :param labels: labels of the change (templated), a list or one string separated by commas.
    :param on_frozen: ``fail`` fails the task, ``skip`` skips it.
    :param on_unknown: what an unknown answer does: ``block`` or ``allow``.
    :param max_age: the oldest evaluation that still counts as an answer.
    :param multiple_outputs: as for ``@task``.
    :param kwargs: ``slo_conn_id`` and the parameters every task takes.
    """
    from airflow.sdk.bases.decorator import task_decorator_factory

    from airflow_ai_slo.decorators.gated import GatedPythonOperator

    return task_decorator_factory(
        python_callable=python_callable,
        multiple_outputs=multiple_outputs,
        decorated_operator_class=GatedPythonOperator,
        service=service,
        labels=labels,
        on_frozen=on_frozen,
        on_unknown=on_unknown,
        max_age=max_age,
        **kwargs,
    )

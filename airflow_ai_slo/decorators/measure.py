"""``@task.measure_slo``: a Python task that returns what it saw, and whose SLO is recorded for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.sdk.bases.decorator import TaskDecorator

    from airflow_ai_slo.core.measurement import Cause


def measure_slo(
    python_callable: Callable[..., Any] | None = None,
    *,
    slo: str,
    at_least: float | str | None = None,
    at_most: float | str | None = None,
    cause: Cause | str = "other",
    fail_on_bad: bool = False,
    count_manual: bool | None = None,
    attributes: Mapping[str, Any] | None = None,
    multiple_outputs: bool | None = None,
    **kwargs: Any,
) -> TaskDecorator:
    """Record what the function returns as one measurement of an SLO.

    It returns ``(good, total)``, a dict with them (and ``value``, ``cause``, ``attributes``, ``at`` as wanted), True or
    False, or one number that ``at_least`` and ``at_most`` judge; see ``airflow_ai_slo.measure.returned``.

    :param slo: name of the SLO the measurement belongs to (templated).
    :param at_least: the lowest value that is good (templated), where the function returns a value.
    :param at_most: the highest value that is good (templated).
    :param cause: why what is not good is not, unless the function says; one of the causes of a measurement.
    :param fail_on_bad: whether a bad measurement fails the task, after it was recorded and without retries.
    :param count_manual: whether runs started by hand count; see ``MeasureOperator``.
    :param attributes: what else its measurements remember (templated).
    :param multiple_outputs: as for ``@task``.
    :param kwargs: ``slo_conn_id`` and the parameters every task takes.
    """
    from airflow.sdk.bases.decorator import task_decorator_factory

    from airflow_ai_slo.decorators.measured import MeasuredPythonOperator

    return task_decorator_factory(
        python_callable=python_callable,
        multiple_outputs=multiple_outputs,
        decorated_operator_class=MeasuredPythonOperator,
        slo=slo,
        at_least=at_least,
        at_most=at_most,
        cause=cause,
        fail_on_bad=fail_on_bad,
        count_manual=count_manual,
        attributes=attributes,
        **kwargs,
    )

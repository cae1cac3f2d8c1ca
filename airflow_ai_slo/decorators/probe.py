"""``@task.slo_probe``: a function that is called a few times, each call an event of an SLO."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.sdk.bases.decorator import TaskDecorator


def slo_probe(
    python_callable: Callable[..., Any] | None = None,
    *,
    slo: str,
    at_most: timedelta,
    **kwargs: Any,
) -> TaskDecorator:
    """Call the function ``calls`` times and record how many calls answered, in time and rightly.

    An exception is no answer. The task returns what was recorded, not what the function returned.

    :param slo: name of the SLO the measurement belongs to (templated).
    :param at_most: how long a call may take.
    :param kwargs: ``calls``, ``interval``, ``concurrency``, ``timeout``, ``warm_up``, ``right``, ``golden``, ``k``,
        ``recall_at_least`` and ``ids`` of :class:`~airflow_ai_slo.operators.probe.ProbeOperator`, and the parameters
        every task takes. With ``golden`` the function has a parameter ``query``.
    """
    from airflow.sdk.bases.decorator import task_decorator_factory

    from airflow_ai_slo.decorators.probed import ProbedOperator

    return task_decorator_factory(
        python_callable=python_callable,
        multiple_outputs=False,
        decorated_operator_class=ProbedOperator,
        slo=slo,
        at_most=at_most,
        **kwargs,
    )

"""The operator behind ``@task.measure_slo``; imported when a DAG uses it, since it pulls in the standard provider."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk.bases.decorator import DecoratedOperator

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.measurement import Cause, Measurement
from airflow_ai_slo.operators.base import MeasureOperator

if TYPE_CHECKING:
    from airflow.sdk import Context


class MeasuredPythonOperator(DecoratedOperator, MeasureOperator, PythonOperator):
    """A decorated function that measures.

    :param slo: name of the SLO the measurement belongs to.
    :param at_least: the lowest value that is good.
    :param at_most: the highest value that is good.
    :param cause: why what is not good is not, unless the function says.
    """

    template_fields: Sequence[str] = (
        *("templates_dict", "op_args", "op_kwargs"),
        *MeasureOperator.template_fields,
        *("at_least", "at_most"),
    )
    template_fields_renderers = {"templates_dict": "json", "op_args": "py", "op_kwargs": "py"}  # noqa: RUF012
    custom_operator_name = "@task.measure_slo"

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        op_args: Collection[Any],
        op_kwargs: Mapping[str, Any],
        at_least: float | str | None = None,
        at_most: float | str | None = None,
        cause: Cause | str = Cause.OTHER,
        **kwargs: Any,
    ) -> None:
        called: dict[str, Any] = {"python_callable": python_callable, "op_args": op_args, "op_kwargs": op_kwargs}
        super().__init__(kwargs_to_upstream=called, **called, **kwargs)
        if cause not in list(Cause):
            raise ConfigurationError(f"cause={cause!r} is not one of {', '.join(Cause)}")
        self.at_least = at_least
        self.at_most = at_most
        self.cause = Cause(cause)

    def measure(self, context: Context) -> Measurement:
        """Call the function; what it returns becomes the measurement, and that one's small dict the task's XCom."""
        from airflow_ai_slo.measure.returned import Limits, returned

        limits = Limits(at_least=self.at_least, at_most=self.at_most)
        seen = returned(PythonOperator.execute(self, context), limits)
        return self.measurement(
            context,
            good=seen.good,
            total=seen.total,
            value=seen.value,
            cause=seen.cause or self.cause,
            attributes=seen.attributes,
            at=seen.at,
        )

"""The operator behind ``@task.slo_probe``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk.bases.decorator import DecoratedOperator

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.operators.probe import ProbeOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

_ELSEWHERE = ("http_conn_id", "endpoint", "method", "headers", "json", "conn_id", "sql", "parameters", "query_field")


class ProbedOperator(DecoratedOperator, ProbeOperator):
    """A decorated function that is probed; see :class:`~airflow_ai_slo.operators.probe.ProbeOperator`."""

    template_fields: Sequence[str] = ("op_args", "op_kwargs", "slo", "slo_conn_id", "attributes")
    template_fields_renderers = {"op_args": "py", "op_kwargs": "py"}  # noqa: RUF012
    custom_operator_name = "@task.slo_probe"

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        op_args: Collection[Any],
        op_kwargs: Mapping[str, Any],
        golden: Any = None,
        **kwargs: Any,
    ) -> None:
        unfit = [name for name in _ELSEWHERE if name in kwargs]
        if unfit:
            raise ConfigurationError(f"{unfit[0]} is for ProbeOperator; @task.slo_probe calls the function")
        if golden is not None:
            op_kwargs = {**op_kwargs, "query": None}  # each call brings its own
        called: dict[str, Any] = {"python_callable": python_callable, "op_args": op_args, "op_kwargs": op_kwargs}
        super().__init__(kwargs_to_upstream=called, **called, golden=golden, **kwargs)

    def called(self, context: Context) -> Callable[[Any], Any]:
        """The function with its arguments, and the query of a golden set where there is one."""
        given = {**dict(context), **self.op_kwargs}
        found = dict(self.determine_kwargs(given))
        asked = self.golden is not None
        return lambda query: self.python_callable(*self.op_args, **(found | ({"query": query} if asked else {})))

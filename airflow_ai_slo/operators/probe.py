"""Calls something a few times and judges each call."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.operators.base import MeasureOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_ai_slo.core.measurement import Measurement
    from airflow_ai_slo.measure.golden import Golden
    from airflow_ai_slo.measure.probe import Plan


class ProbeOperator(MeasureOperator):
    """One event for each call: good when it answered, in time, and rightly. Value: P95 of the call times, in ms.

    No answer (an error, a timeout, a status of 400 or above) is laid to ``dependency``, a late one to ``latency``, a
    wrong one to ``model_quality``; a measurement names what most of its bad calls are laid to.

    :param slo: name of the SLO the measurement belongs to.
    :param at_most: how long a call may take.
    :param python_callable: what is called, with
    :param op_args: and
    :param op_kwargs: its arguments, after the query where there is a golden set. Or instead:
    :param http_conn_id: Airflow connection of an HTTP service, with
    :param endpoint: path after the connection's address,
    :param method: GET, POST…,
    :param headers: and
    :param json: what is sent. Or:
    :param conn_id: Airflow connection of a database, with
    :param sql: a statement; a template or a file, and
    :param parameters: bound to its placeholders, in order.
    :param right: says of an answer (the callable's, an ``httpx.Response``, or all rows) whether it is right.
    :param golden: questions with their right answers: a list of ``{"query": …, "expected": [ids]}``, or a JSON or CSV
        file. Each call asks the next one: a callable gets it as ``query``, HTTP as the field ``query_field`` of what is
        sent, SQL as its parameters.
    :param k: how many of the ids that come back count.
    :param recall_at_least: share of the expected ids that must be among them.
    :param ids: takes ids, best first, from an answer; by default the answer itself, its JSON, or the first column.
    :param query_field: see ``golden``.
    :param calls: how many calls count.
    :param interval: between the starts of two calls.
    :param concurrency: how many calls may run at once.
    :param timeout: when a call is given up on.
    :param warm_up: calls before those that count.
    :param fail_on_bad: whether too many bad calls fail this task, after they were recorded.
    :param count_manual: whether runs started by hand count; see the base class.
    :param slo_conn_id: Airflow connection of the store.
    """

    template_fields: Sequence[str] = (
        *MeasureOperator.template_fields,
        *(
            "op_args",
            "op_kwargs",
            "http_conn_id",
            "endpoint",
            "method",
            "headers",
            "json",
            "conn_id",
            "sql",
            "parameters",
        ),
    )
    template_ext: Sequence[str] = (".sql",)
    template_fields_renderers = {"sql": "sql", "json": "json", "headers": "json"}  # noqa: RUF012

    def __init__(
        self,
        *,
        slo: str,
        at_most: timedelta,
        python_callable: Callable[..., Any] | None = None,
        op_args: Collection[Any] = (),
        op_kwargs: Mapping[str, Any] | None = None,
        http_conn_id: str | None = None,
        endpoint: str = "",
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        json: Mapping[str, Any] | None = None,
        conn_id: str | None = None,
        sql: str | None = None,
        parameters: Sequence[Any] = (),
        right: Callable[[Any], bool] | None = None,
        golden: str | Sequence[Mapping[str, Any]] | None = None,
        k: int = 5,
        recall_at_least: float = 1.0,
        ids: Callable[[Any], Sequence[Any]] | None = None,
        query_field: str = "query",
        calls: int = 10,
        interval: timedelta = timedelta(0),
        concurrency: int = 1,
        timeout: timedelta | None = None,
        warm_up: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(slo=slo, **kwargs)
        if sum(one is not None for one in (python_callable, http_conn_id, sql)) != 1 or (conn_id is None) != (
            sql is None
        ):
            raise ConfigurationError("give one of python_callable, http_conn_id, or conn_id and sql")
        if isinstance(k, bool) or not isinstance(k, int) or k < 1:
            raise ConfigurationError(f"k={k!r} is not a whole number above 0")
        if isinstance(recall_at_least, bool) or not 0 < recall_at_least <= 1:
            raise ConfigurationError(f"recall_at_least={recall_at_least!r} must be above 0 and at most 1")
        if golden is None and ids is not None:
            raise ConfigurationError("ids are compared with those of a golden set; give golden, or right instead")
        _check_used(
            ("http_conn_id", http_conn_id, {"endpoint": endpoint, "headers": headers, "json": json}),
            ("http_conn_id", http_conn_id, {"method": method != "GET"}),
            ("sql", sql, {"parameters": parameters}),
            (
                "golden",
                golden,
                {"k": k != 5, "recall_at_least": recall_at_least != 1, "query_field": query_field != "query"},
            ),
            ("python_callable", python_callable, {"op_args": op_args, "op_kwargs": op_kwargs}),
        )
        self.at_most = at_most
        self.python_callable: Any = python_callable
        self.op_args = op_args
        self.op_kwargs = op_kwargs or {}
        self.http_conn_id = http_conn_id
        self.endpoint = endpoint
        self.method = method
        self.headers = headers
        self.json = json
        self.conn_id = conn_id
        self.sql = sql
        self.parameters = parameters
        self.right = right
        self.golden = golden
        self.k = k
        self.recall_at_least = recall_at_least
        self.ids = ids
        self.query_field = query_field
        self.calls = calls
        self.interval = interval
        self.concurrency = concurrency
        self.timeout = timeout
        self.warm_up = warm_up
        self.plan()

    def plan(self) -> Plan:
        """How it is called.

        :raises ConfigurationError: an option is out of range.
        """
        from airflow_ai_slo.measure.probe import Plan

        usual = max(timedelta(seconds=10), self.at_most) if isinstance(self.at_most, timedelta) else self.at_most
        return Plan(
            calls=self.calls,
            at_most=self.at_most,
            timeout=usual if self.timeout is None else self.timeout,
            interval=self.interval,
            concurrency=self.concurrency,
            warm_up=self.warm_up,
        )

    def measure(self, context: Context) -> Measurement:
        """As many events as calls; value: P95 in milliseconds."""
        from airflow_ai_slo.measure.probe import probe
        from airflow_ai_slo.operators.probing import Question

        question = Question(self.asked(), self.k, self.recall_at_least, self.ids, self.right)
        called = self.called(context)
        seen = probe(lambda number: called(question.query(number)), self.plan(), judge=question.judge)
        log = self.log.info if seen.good == seen.total else self.log.warning
        log("Probe: %s", seen.detail)
        timed = seen.timed
        measured = self.measurement(
            context,
            good=seen.good,
            total=seen.total,
            value=None if timed is None else timed.values["p95"],
            cause=seen.cause,
            attributes={"detail": seen.detail} | question.attributes(),
        )
        return replace(measured, sketch=seen.sketch)

    def record(self, context: Context, measured: Measurement, **options: Any) -> dict[str, Any]:
        """See the base class; percentiles in milliseconds beside."""
        from airflow_ai_slo.core.sketch import percentiles

        timed = None if measured.sketch is None else percentiles(measured.sketch)
        more = dict(options.pop("more", None) or {})
        return super().record(
            context, measured, more=more | {"percentiles": dict(timed.values) if timed else None}, **options
        )

    def asked(self) -> Sequence[Golden]:
        """The golden set; an empty one where there is none.

        :raises ConfigurationError: what is there is none.
        """
        from airflow_ai_slo.core.errors import DataError
        from airflow_ai_slo.measure.golden import golden_set

        if self.golden is None:
            return ()
        try:
            return golden_set(self._located(self.golden) if isinstance(self.golden, str) else self.golden)
        except DataError as error:
            raise ConfigurationError(str(error)) from None

    def called(self, context: Context) -> Callable[[Any], Any]:
        """What makes one call, with the query of a golden set; where there is none, with None."""
        from airflow_ai_slo.operators import probing

        if self.http_conn_id is not None:
            sent = {"headers": self.headers, "json": self.json}
            return probing.http_call(
                self.http_conn_id, self.plan(), self.method, self.endpoint, sent, self._field, self.log
            )
        if self.conn_id is not None:
            asks = self.golden is not None
            return probing.sql_call(
                self.conn_id, self.sql or "", self.parameters, asks=asks, concurrency=self.concurrency
            )
        asked = self.golden is not None
        return lambda query: self.python_callable(*((query,) if asked else ()), *self.op_args, **self.op_kwargs)

    @property
    def _field(self) -> str | None:
        return None if self.golden is None else self.query_field

    def _located(self, name: str) -> str:
        """A relative path is one from the working directory, or else from the folder of the DAG's file."""
        dag = self.get_dag()
        beside = name if dag is None or Path(name).exists() else str(Path(dag.folder) / name)
        return beside if Path(beside).exists() else name


def _check_used(*options: tuple[str, object, Mapping[str, object]]) -> None:
    """:raises ConfigurationError: an option is given beside another kind of call, where it would do nothing."""
    for needed, given, those in options:
        unused = [name for name, value in those.items() if value] if given is None else []
        if unused:
            raise ConfigurationError(f"{unused[0]} does nothing without {needed}")

"""What our operators share: the store's connection, and how a measurement is recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException

from airflow_ai_slo.core.errors import ConfigurationError, DefinitionError, MeasurementError, UnknownSLOError
from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.hooks.store import SLOHook
from airflow_ai_slo.operators import keeping
from airflow_ai_slo.operators.links import SLOPageLink

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage
    from airflow.sdk import Context

    from airflow_ai_slo.compat import Run
    from airflow_ai_slo.core.measurement import Cause, Measurement

WRONG_SETTINGS = (ConfigurationError, DefinitionError, MeasurementError, UnknownSLOError)
"""Errors that trying again cannot mend: they fail a task without retries."""

MOST_SHOWN = 20
"""Measurements of one run that its log and its XCom show one by one."""


class SLOOperator(BaseOperator):
    """Base of every operator that talks to the SLO store.

    :param slo_conn_id: Airflow connection of the store. The default one may be missing: then ``AI_SLO_STORE_URL``,
        else the SQLite file ``$AIRFLOW_HOME/ai_slo.db``.
    """

    template_fields: Sequence[str] = ("slo_conn_id",)
    ui_color = "#e8f1ff"

    def __init__(self, *, slo_conn_id: str = SLOHook.default_conn_name, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.slo_conn_id = slo_conn_id

    @cached_property
    def hook(self) -> SLOHook:
        """The store's hook."""
        return SLOHook(self.slo_conn_id)


class MeasureOperator(SLOOperator):
    """Base of the operators that measure: they record what they saw first, and fail for it only then, if asked to.

    A store that is down never fails the task: the measurement waits in a local spool, the log says where.

    Subclasses implement :meth:`measure`, usually by returning :meth:`measurement`.

    :param slo: name of the SLO the measurement belongs to.
    :param slo_conn_id: Airflow connection of the store.
    :param fail_on_bad: whether a bad measurement fails the task, after it was recorded and without retries.
    :param count_manual: whether runs started by hand count. By default they do only where the DAG has no schedule: a
        scheduled DAG's runs are expected by the clock, and a run by hand on top repeats one of them or tries something
        out. A single run counts with ``conf={"ai_slo": {"count": true}}``.
    :param attributes: what else its measurements remember (templated), such as ``{"model_version": "4"}``: spent budget
        can be laid to any of them. DAG, task and run are there anyway.
    """

    template_fields: Sequence[str] = ("slo", "slo_conn_id", "attributes")
    operator_extra_links = (SLOPageLink(),)

    def __init__(
        self,
        *,
        slo: str,
        fail_on_bad: bool = False,
        count_manual: bool | None = None,
        attributes: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if attributes is not None and not isinstance(attributes, Mapping):
            raise ConfigurationError(f"attributes={attributes!r}: give a dict, such as {{'model_version': '4'}}")
        self.slo = slo
        self.fail_on_bad = fail_on_bad
        self.count_manual = count_manual
        self.attributes = None if attributes is None else dict(attributes)
        self.kept: dict[tuple[str, str], Measurement] = {}

    def measure(self, context: Context) -> Measurement:
        """Look at the data or the run, and say what was seen.

        :raises DataError: there is nothing that could be measured (the task fails and may be retried).
        :raises ConfigurationError: an option is wrong (the task fails without retries).
        """
        raise NotImplementedError

    def measures(self, context: Context) -> Sequence[Measurement] | None:
        """Several measurements of one run (of intervals, of segments), each with a natural key of its own; None where
        there is one, from :meth:`measure`."""
        return None

    def execute(self, context: Context) -> dict[str, Any]:
        """Measure, record, and fail where asked to. Returns :meth:`record`'s small dict, or that of
        :meth:`record_all`, as XCom."""
        try:
            several = self.measures(context)
            if several is not None:
                return self.record_all(context, several)
            return self.record(context, self.measure(context))
        except WRONG_SETTINGS as error:
            raise AirflowFailException(str(error)) from None

    def measurement(
        self,
        context: Context,
        *,
        good: float,
        total: float,
        value: float | None = None,
        cause: Cause | None = None,
        attributes: Mapping[str, str] | None = None,
        at: datetime | None = None,
        slo: str | None = None,
        key: str | None = None,
    ) -> Measurement:
        """A measurement of this task's run, with its natural key, instant and attributes (DAG, task, run, URL).

        :param good: good events, ``0 <= good <= total``.
        :param cause: why some were not good; kept only where some were not.
        :param attributes: more to remember, over the run's own; the operator's ``attributes`` stand over both.
        :param at: the instant the measured interval ends; by default the run's (see :meth:`at_of`).
        :param slo: another SLO than the operator's own.
        :param key: another natural key than the run's, such as :meth:`interval_key`.
        :raises MeasurementError: counts or value break the rules.
        """
        from airflow_ai_slo.core.measurement import Measurement

        run = self.run_of(context)
        return Measurement(
            slo=slo or self.slo,
            key=key or run.key,
            at=at or run.at,
            good=good,  # type: ignore[arg-type]
            total=total,  # type: ignore[arg-type]
            value=value,
            cause=cause if good < total else None,
            attributes=run.attributes | dict(attributes or {}) | (self.attributes or {}),
        )

    def record(
        self,
        context: Context,
        measured: Measurement,
        *,
        bad: bool | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Record one measurement, then fail where ``fail_on_bad`` asks for it.

        :param bad: whether it is bad; by default, whether it falls short of the SLO's objective (where the store does
            not tell the objective: whether anything in it was not good).
        :param more: further entries of the returned dict; small, plain JSON.
        :returns: ``{slo, at, good, total, value, cause, recorded}``; ``recorded`` is false where the measurement waits
            in the spool or the run does not count.
        :raises AirflowFailException: it is bad and ``fail_on_bad`` is set.
        """
        run = self.run_of(context)
        seen = keeping.seen(measured)
        recorded = False
        if run.ignored:
            self.log.info("%s. Not recorded: this run does not count, %s", seen, run.ignored)
        else:
            recorded = bool(keeping.keep(self, [measured], run))
            self.log.info("%s", seen)
        result = keeping.summary(measured) | {"recorded": recorded, **(more or {})}
        if self.fail_on_bad and (self._is_bad(measured) if bad is None else bad):
            context["ti"].xcom_push(key="return_value", value=result)
            raise AirflowFailException(f"{seen}: bad, and fail_on_bad is set")
        return result

    def record_all(self, context: Context, measured: Sequence[Measurement]) -> dict[str, Any]:
        """Record several measurements, then fail where ``fail_on_bad`` asks for it: where one of the newest is bad.

        Those of an SLO that is not applied are left out, and one line says so; not one applied is an error.

        :returns: ``{measured, recorded, unknown, newest}``: how many there were and how many are recorded, SLOs that
            are not applied, and the newest ones as :meth:`record` gives them, at most :data:`MOST_SHOWN`.
        :raises UnknownSLOError: none of the SLOs is applied.
        :raises AirflowFailException: one is bad and ``fail_on_bad`` is set.
        """
        run = self.run_of(context)
        latest = max((one.at for one in measured), default=None)
        newest = [one for one in measured if one.at == latest]
        for one in newest[:MOST_SHOWN]:
            self.log.info("%s", keeping.seen(one))
        if len(measured) > len(newest):
            self.log.info("%d earlier measurement(s) were counted again", len(measured) - len(newest))
        recorded, unknown = 0, list[str]()
        if run.ignored:
            self.log.info("Not recorded: this run does not count, %s", run.ignored)
        elif measured:
            recorded, unknown = keeping.keep_known(self, measured, run)
        shown = [keeping.summary(one) for one in newest if one.slo not in unknown][:MOST_SHOWN]
        result = {"measured": len(measured), "recorded": recorded, "unknown": unknown, "newest": shown}
        bad = [one for one in newest if self.fail_on_bad and one.slo not in unknown and self._is_bad(one)]
        if bad:
            context["ti"].xcom_push(key="return_value", value=result)
            raise AirflowFailException("; ".join(map(keeping.seen, bad[:3])) + ": bad, and fail_on_bad is set")
        return result

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> OperatorLineage[Any, Any] | None:
        """What the task measured, for OpenLineage; Airflow's provider calls this, also for a task that failed."""
        from airflow_ai_slo.hooks import lineage

        return lineage.measured(self.kept.values(), self.hook.open)

    def interval_key(self, context: Context, end: datetime) -> str:
        """Natural key of an interval that several runs measure: what a later run finds of it replaces this."""
        run = self.run_of(context)
        task = run.task_id if run.map_index < 0 else f"{run.task_id}[{run.map_index}]"
        return f"{run.dag_id}/{task}/interval:{utc(end):%Y-%m-%dT%H:%M:%SZ}"

    def at_of(self, context: Context) -> datetime:
        """The instant the run's measured interval ends: data interval end, else logical date, else run_after; UTC."""
        from airflow_ai_slo.compat import at_of

        return at_of(context)

    def run_of(self, context: Context) -> Run:
        """The run as this package sees it: key, instant, clock, whether it counts."""
        from airflow_ai_slo.compat import run_of

        return run_of(context, count_manual=self.count_manual)

    def _is_bad(self, measured: Measurement) -> bool:
        """By which ``fail_on_bad`` goes."""
        return keeping.is_bad_now(self.hook, measured)

"""The release gate: a change goes on only while the service's error budget lasts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk.bases.skipmixin import SkipMixin
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from airflow_ai_slo.core.instants import MAX_AGE
from airflow_ai_slo.hooks.gate import OnFrozen, OnUnknown, check_options, explain, labels_of, tell_passing
from airflow_ai_slo.operators.base import SLOOperator
from airflow_ai_slo.operators.links import SLOPageLink

if TYPE_CHECKING:
    from airflow.sdk import Context


class FreezeGateOperator(SLOOperator, SkipMixin):
    """Stops a deployment while its service is frozen, and lets it go on otherwise.

    A gate that cannot know (the store is down or not migrated, nothing was evaluated yet or not lately) blocks, unless
    ``on_unknown="allow"`` says otherwise. Every answer is audited with the DAG, task and run that asked.

    :param service: service the change goes to.
    :param labels: labels of the change, a list or one string separated by commas; an exempt one passes a freeze,
        audited: by default ``security``, ``p0`` and ``reliability``, unless the service's policy names others.
    :param on_frozen: what a block does. ``fail`` fails the task without retries; ``skip`` skips what is downstream.
    :param on_unknown: what an unknown answer does: ``block`` or ``allow``.
    :param max_age: the oldest evaluation that still counts as an answer.
    :param ignore_downstream_trigger_rules: with ``skip``, whether everything downstream is skipped, whatever its
        trigger rule, or only the direct downstream tasks, the rest following their own rules. A gate expanded over
        several services is skipped itself, and what is downstream follows its trigger rules.
    :param slo_conn_id: Airflow connection of the store.
    """

    template_fields: Sequence[str] = ("service", "labels", "slo_conn_id")
    operator_extra_links = (SLOPageLink(),)
    ui_color = "#ffe3e0"

    inherits_from_skipmixin = True

    def __init__(
        self,
        *,
        service: str,
        labels: str | Iterable[str] = (),
        on_frozen: OnFrozen = "fail",
        on_unknown: OnUnknown = "block",
        max_age: timedelta = MAX_AGE,
        ignore_downstream_trigger_rules: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_options(on_unknown=on_unknown, max_age=max_age, on_frozen=on_frozen)
        self.service = service
        self.labels = labels
        self.on_frozen = on_frozen
        self.on_unknown = on_unknown
        self.max_age = max_age
        self.ignore_downstream_trigger_rules = ignore_downstream_trigger_rules

    def execute(self, context: Context) -> dict[str, Any]:
        """Ask the gate; returns its answer, in the shape of ``ai-slo freeze check --format json``."""
        from airflow_ai_slo.compat import run_of

        run = run_of(context)
        answer = self.hook.gate(
            self.service, now=run.now, labels=labels_of(self.labels), max_age=self.max_age, actor=run.actor
        )
        result, line = answer.to_dict(), explain(answer)
        if not answer.blocks(on_unknown=self.on_unknown):
            tell_passing(self.log, answer)
            return result
        context["ti"].xcom_push(key="return_value", value=result)
        self.log.error("Stopped: %s", line)
        if self.on_frozen == "fail":
            raise AirflowFailException(line)
        if run.map_index >= 0:
            raise AirflowSkipException(line)
        self._skip_downstream(context)
        return result

    def _skip_downstream(self, context: Context) -> None:
        task: Any = context["task"]
        flat = self.ignore_downstream_trigger_rules
        tasks = task.get_flat_relatives(upstream=False) if flat else task.get_direct_relatives(upstream=False)
        self.skip(ti=context["ti"], tasks=[one for one in tasks if not one.is_teardown])

"""Measures whether a run of the DAG completed, and in time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import TriggerRule

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.operators.base import MeasureOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_ai_slo.compat import Run
    from airflow_ai_slo.core.measurement import Measurement
    from airflow_ai_slo.operators.watched import Instance

_MOST_NAMED = 5


class BatchCompletionOperator(MeasureOperator):
    """One event for each run: good when every watched task went through, and in time.

    Put it last. It runs however the tasks before it ended, and yet hides no failure of theirs: without a
    ``trigger_rule`` of your own it is a teardown task, which Airflow leaves out when it works out the state of a run.
    (With ``trigger_rule="all_done"`` it is an ordinary last task, and its success makes a failed run green.)

    Failed and upstream-failed tasks make a run bad, cause ``pipeline_failure``; finishing after the deadline makes it
    bad, cause ``late``. Skipped tasks are no failure; a run that skipped all of them had nothing to do (total 0).

    :param slo: name of the SLO the measurement belongs to.
    :param watch: ids of the tasks or task groups to watch; by default the tasks directly upstream.
    :param deadline: how long after the run's data interval ends it may finish. Runs by hand and by assets, which no
        clock expects, count from their own start; backfills are never late.
    :param fail_on_bad: whether a bad run fails this task, after it was recorded. The state of the DAG run stays what
        the pipeline made of it.
    :param count_manual: whether runs started by hand count; see the base class.
    :param slo_conn_id: Airflow connection of the store.
    """

    template_fields: Sequence[str] = ("slo", "slo_conn_id", "attributes", "watch")

    def __init__(
        self,
        *,
        slo: str,
        watch: Sequence[str] | None = None,
        deadline: timedelta | None = None,
        trigger_rule: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(slo=slo, trigger_rule=trigger_rule or TriggerRule.ALL_DONE_SETUP_SUCCESS, **kwargs)
        if deadline is not None and (not isinstance(deadline, timedelta) or deadline <= timedelta(0)):
            raise ConfigurationError(f"deadline={deadline!r}: give a timedelta above zero, such as timedelta(hours=2)")
        if isinstance(watch, str) or (watch is not None and not watch):
            raise ConfigurationError(
                f"watch={watch!r}: give a list of task ids, or leave it out for the tasks upstream"
            )
        self.watch = watch
        self.deadline = deadline
        if trigger_rule is None:
            self.as_teardown()

    def measure(self, context: Context) -> Measurement:
        """One event; value: seconds from the instant the deadline counts from until the run was finished."""
        from airflow_ai_slo.measure.completion import completion
        from airflow_ai_slo.operators.watched import instances_of, watched_by

        ti, run = context["ti"], self.run_of(context)
        seen = instances_of(ti, watched_by(self, self.watch))
        judged = completion(
            {one.label: one.state for one in seen},
            at=(start := _start(context, run)),
            finished_at=self._finished(context, seen, run, start),
            deadline=None if run.run_type == "backfill" else self.deadline,
        )
        self.log.info("Completion: %s", judged.detail)
        return self.measurement(
            context,
            good=judged.good,
            total=judged.total,
            value=judged.value,
            cause=judged.cause,
            attributes={"detail": judged.detail} | _failed(seen),
        )

    def _finished(self, context: Context, seen: Sequence[Instance], run: Run, start: datetime) -> datetime:
        """Now, or when the tasks really ended where now would be too late: this task may have waited, or be cleared."""
        from airflow_ai_slo.compat import is_test_run
        from airflow_ai_slo.operators.watched import times_of

        late = self.deadline is not None and run.now - start > self.deadline
        if not late or is_test_run(context["dag_run"]):
            return run.now
        ends = []
        for one in seen:
            if one.state != "success":
                continue
            times = times_of(context["ti"], one, context["dag_run"].logical_date)
            if times is None:
                return run.now
            ends.append(times[1])
        return max(ends, default=run.now)


def _failed(seen: Sequence[Instance]) -> dict[str, str]:
    """The watched tasks that failed of themselves, else those that tasks before them took down."""
    for state in ("failed", "upstream_failed"):
        names = sorted({one.task_id for one in seen if one.state == state})
        if names:
            return {"failed_task": ", ".join(names[:_MOST_NAMED])}
    return {}


def _start(context: Context, run: Run) -> datetime:
    """What a deadline counts from: the run's ``at``; of runs that no clock expects (they go by run id), their start."""
    by_clock = not run.key.endswith(f"/run:{run.run_id}")
    run_after = context["dag_run"].run_after
    return run.at if by_clock or run_after is None else max(run.at, run_after)

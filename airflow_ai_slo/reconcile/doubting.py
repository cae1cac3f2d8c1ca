"""What makes the figures of an SLO wrong though each run is measured right: another source, another schedule."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Any

from airflow_ai_slo import compat
from airflow_ai_slo.core.airflow_runs import AirflowRuns
from airflow_ai_slo.core.cadence import Cadence
from airflow_ai_slo.reconcile.clocks import ticks
from airflow_ai_slo.reconcile.selecting import newest_dag
from airflow_ai_slo.store import Store, reconciled
from airflow_ai_slo.store.definitions import Stored

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_SOME = 8
_OURS = ("missing", "asset")


def doubts(store: Store, session: Session, one: Stored, spec: AirflowRuns, now: datetime) -> tuple[str, ...]:
    """What somebody should look at, one line each."""
    return (*_other_source(store, one, spec), *_other_schedule(session, one, spec, now))


def _other_source(store: Store, one: Stored, spec: AirflowRuns) -> Iterator[str]:
    with store.read() as connection:
        keys = reconciled.newest_keys(connection, one.slo_id)
    for key in keys:
        if not _is_of_record(key, spec):
            yield (
                f"counts runs twice: {key!r} was measured elsewhere (an operator, `ai-slo record`), the others here; "
                "measure it in one way: take it out of the DAG, or leave out the source airflow"
            )
            return


def _is_of_record(key: str, spec: AirflowRuns) -> bool:
    """Whether a key is one that the record gives, or a missing run's; ids of DAGs and tasks hold no slashes."""
    dag_id, slash, rest = key.partition("/")
    if not slash or (dag_id in _OURS and not rest.startswith("/")):
        return dag_id in _OURS
    task_id = rest.partition("/")[0].partition("[")[0]
    return not task_id or spec.watches(task_id)


def _other_schedule(session: Session, one: Stored, spec: AirflowRuns, now: datetime) -> Iterator[str]:
    """Whether the DAG's next runs are those that the SLO's cadence expects."""
    schedule, dag_id = one.slo.schedule, spec.only_dag
    dag = None if schedule is None or dag_id is None else newest_dag(session, dag_id)
    if schedule is None or dag is None or not compat.has_clock(dag):
        return
    cadence = Cadence.of(schedule)
    made = [tick.at for tick in islice(ticks(dag, now, now, now), 10 * _SOME) if tick.at > now][:_SOME]
    if len(made) < _SOME or (cadence.end is not None and cadence.end < made[-1]):
        return
    if isinstance(cadence.rhythm, timedelta):
        steps = sorted(later - sooner for sooner, later in pairwise(made))
        if steps[len(steps) // 2] != cadence.rhythm:
            yield _differs(schedule.cadence, dag_id, dag, f"every {steps[len(steps) // 2] / timedelta(hours=1):g} h")
        return
    begin = max(now, cadence.start or now)
    awaited = list(islice(cadence.slots(begin, made[-1], begin - timedelta(days=9 * 366)), 10 * _SOME))
    odd = min({at for at in made if at > begin}.symmetric_difference(awaited), default=None)
    if odd is not None:
        what = "awaits none" if odd in made else "awaits one that the DAG does not make"
        yield _differs(schedule.cadence, dag_id, dag, f"for {odd:%Y-%m-%d %H:%M} UTC the SLO {what}")


def _differs(cadence: str, dag_id: str | None, dag: Any, how: str) -> str:
    made = getattr(dag.timetable, "summary", "") or type(dag.timetable).__name__
    return f"its cadence {cadence!r} does not fit DAG {dag_id}, which runs by {made!r} ({how}); change the cadence"

"""The past, measured from Airflow's own record, and what it leaves of every budget."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.airflow_runs import AirflowRuns
from airflow_ai_slo.core.errors import AiSloError, ConfigurationError
from airflow_ai_slo.core.evaluation import Evaluation
from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.reconcile.result import Progress, Reconciled

if TYPE_CHECKING:
    from airflow_ai_slo.store import Store
    from airflow_ai_slo.store.jobs import Job

log = logging.getLogger(__name__)

JOB = "import-history"
_NOTHING = (
    "no applied SLO is measured from Airflow's own record; "
    "`ai-slo suggest --output slos/` proposes some, `ai-slo apply slos/` stores them"
)
_EVERY = 1.0
"""Seconds between two words on how far it has come."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of it.

    :param since: where the past begins.
    :param evaluations: of the SLOs that were measured; none where nothing was written down.
    """

    since: datetime
    reconciled: Reconciled
    evaluations: Sequence[Evaluation] = ()

    @property
    def problems(self) -> dict[str, str]:
        """Why SLOs could not be measured, by name."""
        return {one.slo: one.problem for one in self.reconciled.slos if one.problem}

    @property
    def line(self) -> str:
        """What was done, in one line."""
        from airflow_ai_slo.reports.figures import plural

        slos = self.reconciled.slos
        runs, missing, late = (sum(each) for each in zip(*((o.runs, o.missing, o.late) for o in slos), strict=True))
        kinds = ", ".join(f"{number:,} {name}" for number, name in ((missing, "missing"), (late, "late")) if number)
        news = f"{self.reconciled.written:,} new or changed" + (f" ({kinds})" if kinds else "")
        return f"{plural(runs, 'run')} since {self.since:%Y-%m-%d} for {plural(len(slos), 'SLO')}: {news}"


def import_history(
    store: Store,
    *,
    now: datetime,
    back: timedelta,
    dags: Collection[str] = (),
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Imported:
    """Measure the past of every applied SLO whose source is Airflow's own record, then evaluate them.

    What the store has already is not written again, so an import that was killed goes on where it was.

    :param back: how far the past reaches.
    :param dags: only runs of these DAGs: ids or patterns; all without any.
    :param dry_run: say what would be written, and write nothing.
    :raises ConfigurationError: no such SLO is applied, no such DAG, or Airflow's database cannot be read.
    :raises StoreError: the store cannot be used.
    """
    from airflow_ai_slo import engine
    from airflow_ai_slo.reconcile.reconciling import reconcile

    now = utc(now)
    since = now - back
    specs = _measured(store)
    if not specs:
        raise ConfigurationError(_NOTHING)
    ids = _ids(dags) if dags else None
    told = None if progress is None else _whole(progress, specs, since, ids)
    found = reconcile(store, now=now, since=since, dag_ids=ids, progress=told, dry_run=dry_run)
    names = [one.slo for one in found.slos if not one.problem]
    evaluations = [] if dry_run or not names else engine.evaluate(store, at=now, slos=names)
    return Imported(since, found, evaluations)


def _measured(store: Store) -> list[Mapping[str, Any]]:
    """What the applied SLOs that are measured from Airflow's record ask of it."""
    from airflow_ai_slo.store import definitions

    with store.read() as connection:
        indicators = [one.slo.indicator for one in definitions.active(connection)]
    return [one.spec for one in indicators if one.source == "airflow" and one.spec]


def _whole(
    progress: Progress, specs: Sequence[Mapping[str, Any]], since: datetime, ids: Collection[str] | None
) -> Progress:
    """Tells progress against all there is to look at: each SLO looks at the runs that it counts."""
    from airflow_ai_slo.reconcile.history import how_many_by_dag
    from airflow_ai_slo.reconcile.selecting import airflow_session, known_dags, selected

    readable = [spec for spec in map(_read, specs) if spec is not None]
    with airflow_session() as session:
        dags, held = known_dags(session), dict[bool, dict[str, int]]()
        for of_tasks in {spec.task_id is not None for spec in readable}:
            held[of_tasks] = how_many_by_dag(session, since, of_tasks=of_tasks)
        whole = sum(
            held[spec.task_id is not None].get(row.dag_id, 0) for spec in readable for row in selected(spec, dags, ids)
        )
    return lambda done, total: progress(done, max(total, whole))


def _read(spec: Mapping[str, Any]) -> AirflowRuns | None:
    """None where it cannot be measured: that SLO tells why when its turn comes."""
    from airflow_ai_slo.core.airflow_spec import read

    try:
        return read(spec)
    except AiSloError:
        return None


def _ids(patterns: Collection[str]) -> list[str]:
    from airflow_ai_slo.core.names import picked
    from airflow_ai_slo.reconcile.selecting import airflow_session, known_dags

    with airflow_session() as session:
        return picked(patterns, list(known_dags(session)), what="DAG")


def last_import(store: Store) -> Job | None:
    """The import that goes on, or the last one; None where there was none."""
    from airflow_ai_slo.store import jobs

    with store.read() as connection:
        return jobs.last(connection, JOB)


def start_import(store: Store, *, back: timedelta, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Job:
    """Import in a thread of this process, unless an import goes on somewhere; returns the one that does now.

    :raises ConfigurationError: no applied SLO is measured from Airflow's own record.
    """
    from airflow_ai_slo.store import jobs

    if not _measured(store):
        raise ConfigurationError(_NOTHING)
    token = uuid.uuid4().hex
    with store.write() as connection:
        found = jobs.claim(connection, JOB, token, clock())
    if found.token == token:
        Thread(target=_run, args=(store, found, back, clock), name="ai-slo-import", daemon=True).start()
    return found


def _run(store: Store, job: Job, back: timedelta, clock: Callable[[], datetime]) -> None:
    """The work of the thread: whatever happens is told."""
    try:
        imported = import_history(store, now=clock(), back=back, progress=_Teller(store, job, clock))
        problems = [f"{slo}: {problem}" for slo, problem in imported.problems.items()]
        _end(store, job, "; ".join([imported.line, *problems]), failed=bool(problems), clock=clock)
    except AiSloError as error:
        _end(store, job, str(error), failed=True, clock=clock)
    except Exception as error:
        log.exception("the import of history failed")
        _end(store, job, f"{type(error).__name__}: {error}; the API server's log tells more", failed=True, clock=clock)


def _end(store: Store, job: Job, detail: str, *, failed: bool, clock: Callable[[], datetime]) -> None:
    from airflow_ai_slo.store import jobs

    try:
        with store.write() as connection:
            jobs.end(connection, job, "failed" if failed else "done", " ".join(detail.split()), now=clock())
    except AiSloError:
        log.exception("what came of the import of history cannot be stored: %s", detail)


class _Teller:
    """Tells the store now and then how far an import has come."""

    def __init__(self, store: Store, job: Job, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._job = job
        self._clock = clock
        self._next = 0.0

    def __call__(self, done: int, total: int) -> None:
        from airflow_ai_slo.store import jobs

        if time.monotonic() < self._next and done < total:
            return
        self._next = time.monotonic() + _EVERY
        with self._store.write() as connection:
            mine = jobs.tell(connection, self._job, done=done, total=total, now=self._clock())
        if not mine:
            raise ConfigurationError("another import was started in the place of this one")

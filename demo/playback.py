"""Plays DAG runs back in this process, each at the simulated instant it stands for."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock


@dataclass(slots=True)
class Clock:
    """Simulated time within one run: it starts at ``start`` and goes on as fast as the real one.

    :param delays: how much longer than here some tasks take, by task id.
    """

    start: datetime
    delays: Mapping[str, timedelta] = field(default_factory=dict)
    real_start: datetime = field(default_factory=lambda: datetime.now(UTC))
    passed: timedelta = timedelta(0)

    def at(self, real: datetime) -> datetime:
        return self.start + (real - self.real_start) + self.passed


class Playback:
    """Runs DAGs of a folder by ``dag.test()``: real DAG runs, stored in Airflow's database, with logs.

    The environment variable ``AI_SLO_COUNT_TEST_RUNS`` has to be set, else their measurements do not count.

    :param folder: where the DAG files are.
    """

    def __init__(self, folder: Path) -> None:
        from airflow.dag_processing.bundles.manager import DagBundlesManager
        from airflow.dag_processing.dagbag import BundleDagBag, sync_bag_to_db
        from airflow.utils.session import create_session

        manager = DagBundlesManager()
        with create_session() as session:
            manager.sync_bundles_to_db(session=session)
        bundle = next(iter(manager.get_all_dag_bundles()))
        bundle.initialize()
        bag = BundleDagBag(dag_folder=folder, bundle_path=folder, bundle_name=bundle.name)
        if bag.import_errors:
            raise RuntimeError("\n".join(f"{path}: {error}" for path, error in bag.import_errors.items()))
        sync_bag_to_db(bag, bundle.name, bundle.version)
        self.dags = bag.dags
        for dag in self.dags.values():
            for task in dag.tasks:
                task.retry_delay = timedelta(0)

    def run(
        self,
        dag_id: str,
        *,
        logical_date: datetime,
        now: datetime | None = None,
        delays: Mapping[str, timedelta] | None = None,
        wanted: str | None = None,
    ) -> str:
        """Run one DAG for a logical date; returns the state of the run.

        :param now: the simulated instant at which its tasks look; by default the logical date.
        :param delays: how much longer some tasks take, by task id.
        :param wanted: the state that the run has to end in.
        :raises RuntimeError: it ended in another one.
        """
        clock = Clock(logical_date, delays or {})
        with _stored_already(), _on_the_clock(clock):
            run = self.dags[dag_id].test(logical_date=logical_date, run_after=now or logical_date)
        _end_run(run, clock)
        if wanted is not None and run.state != wanted:
            logs = Path(os.environ["AIRFLOW__LOGGING__BASE_LOG_FOLDER"]) / f"dag_id={dag_id}" / f"run_id={run.run_id}"
            raise RuntimeError(f"{dag_id} of {logical_date:%Y-%m-%d}: {run.state}, expected {wanted}; see {logs}")
        return str(run.state)


@contextlib.contextmanager
def _stored_already() -> Iterator[None]:
    """dag.test() parses and stores every DAG file again at each call; here they are stored once."""
    nothing = mock.Mock(return_value=None)
    with (
        mock.patch("airflow.dag_processing.dagbag.BundleDagBag", nothing),
        mock.patch("airflow.dag_processing.dagbag.sync_bag_to_db", nothing),
    ):
        yield


@contextlib.contextmanager
def _on_the_clock(clock: Clock) -> Iterator[None]:
    """Give each task instance simulated times and, as a worker would, a log file."""
    from airflow.sdk.definitions import dag as module

    run_task = module._run_task

    def timed(*, ti: Any, **options: Any) -> Any:
        with _logging_to(_log_file(ti)):
            result = run_task(ti=ti, **options)
        _set_times(ti, clock)
        return result

    with mock.patch.object(module, "_run_task", timed):
        yield


def _set_times(ti: Any, clock: Clock) -> None:
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import select, update

    with create_session() as session:
        mine = TaskInstance.id == ti.id
        start, end = session.execute(select(TaskInstance.start_date, TaskInstance.end_date).where(mine)).one()
        if start is None:
            return
        begun = clock.at(start)
        clock.passed += clock.delays.get(ti.task_id, timedelta(0))
        ended = clock.at(end or datetime.now(UTC))
        values = {"start_date": begun, "end_date": ended, "duration": (ended - begun).total_seconds()}
        values |= {"queued_dttm": begun, "scheduled_dttm": begun}
        session.execute(update(TaskInstance).where(mine).values(**values))


def _end_run(run: Any, clock: Clock) -> None:
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import update

    times = {"start_date": clock.start, "queued_at": clock.start, "end_date": clock.at(datetime.now(UTC))}
    with create_session() as session:
        session.execute(update(DagRun).where(DagRun.id == run.id).values(**times))


def _log_file(ti: Any) -> Path:
    folder = Path(os.environ["AIRFLOW__LOGGING__BASE_LOG_FOLDER"])
    parts = (f"dag_id={ti.dag_id}", f"run_id={ti.run_id}", f"task_id={ti.task_id}", f"attempt={ti.try_number}.log")
    return folder.joinpath(*parts)


@contextlib.contextmanager
def _logging_to(file: Path) -> Iterator[None]:
    """Send what this process prints to a file: Airflow logs there in dag.test()."""
    file.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    kept = os.dup(1)
    with file.open("ab") as log:
        os.dup2(log.fileno(), 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)

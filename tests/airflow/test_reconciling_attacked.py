"""What Airflow's record tells late, not at all, or no more: pauses, catching up, and runs that were deleted."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.cli.cli_parser import get_parser
from airflow.models.dag_version import DagVersion
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, CronTriggerTimetable
from airflow.utils.session import create_session
from measuring_runs import keep
from record_kit import DAY, HOUR, NOW, a_dag, a_run, an_slo, counts, logged, seen, seen_since, set_dag, unique
from sqlalchemy import select, text, update

from airflow_ai_slo.core.definition import Schedule
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.reconcile import reconcile
from airflow_ai_slo.reconcile.pausing import pauses_of
from airflow_ai_slo.reconcile.selecting import airflow_session, known_dags
from airflow_ai_slo.store import Store
from airflow_ai_slo.store.tables import measurement as table

pytestmark = pytest.mark.usefixtures("airflow_home")
TODAY = datetime(2026, 3, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def nobody_speaks_of_all_dags(airflow_home: Path) -> Iterator[None]:
    """What a test says of many DAGs at once is not said of those of the next one."""
    yield
    from airflow.models.log import Log
    from airflow.utils.session import create_session
    from sqlalchemy import delete

    with create_session() as session:
        session.execute(delete(Log).where((Log.event == "patch_dags") | Log.extra.contains("--treat")))


def missing(store: Store, slo: str = "done") -> list[str]:
    return [f"{one.at:%m-%d}" for one in seen(store, slo) if one.cause == "missing_run"]


@pytest.mark.parametrize(
    ("event", "of", "said"),
    [
        ("patch_dags", None, {"dag_id_pattern": "~", "is_paused": True, "method": "PATCH"}),
        ("patch_dags", None, {"dag_id_pattern": "nobody | NIGHTLY%{}", "is_paused": True}),
        ("patch_dags", None, {"dag_id_prefix_pattern": "nightly", "is_paused": "true", "update_mask": "is_paused"}),
        (
            "cli_dag_pause",
            "^nightly_",
            {"full_command": "['airflow', 'dags', 'pause', '--treat-dag-id-as-regex', '^n']"},
        ),
    ],
)
def test_pauses_of_many_dags_at_once_are_read(store: Store, event: str, of: str | None, said: dict[str, Any]) -> None:
    name = unique("nightly_dag")
    dag = a_dag(name, start_date=TODAY - 9 * DAY)
    number = dag.dag_id.rsplit("_", 1)[-1]
    said = {key: value.format(number) if key == "dag_id_pattern" else value for key, value in said.items()}
    a_run(dag, TODAY - 6 * DAY)
    logged(of or "", event, TODAY - 5 * DAY + HOUR, json.dumps(said)) if of else logged_for_nobody(event, said)
    logged(dag.dag_id, "cli_dag_unpause", TODAY - 2 * DAY + HOUR)
    an_slo(store, spec={"dag_id": dag.dag_id})
    reconcile(store, now=NOW)
    assert missing(store) == ["03-02", "03-03", "03-05", "03-09"]


@pytest.mark.parametrize(
    ("event", "of", "said"),
    [
        ("patch_dags", None, {"dag_id_pattern": "others", "is_paused": True}),
        ("patch_dags", None, {"is_paused": True}),
        ("patch_dags", None, {"dag_id_pattern": "~", "tags": "others", "is_paused": True}),
        ("patch_dags", None, ["~"]),
        ("cli_dag_pause", "^others", {"full_command": "['airflow', 'dags', 'pause', '--treat-dag-id-as-regex', '^o']"}),
        ("cli_dag_pause", "(", {"full_command": "['airflow', 'dags', 'pause', '--treat-dag-id-as-regex', '(']"}),
        ("cli_dag_pause", "night.*", {"full_command": "['airflow', 'dags', 'pause', 'night.*']"}),
    ],
)
def test_what_was_said_of_other_dags_is_no_pause(store: Store, event: str, of: str | None, said: Any) -> None:
    dag = a_dag("nightly", start_date=TODAY - 4 * DAY)
    logged(of, event, TODAY - 3 * DAY + HOUR, json.dumps(said)) if of else logged_for_nobody(event, said)
    an_slo(store, spec={"dag_id": dag.dag_id})
    reconcile(store, now=NOW)
    assert missing(store) == ["03-07", "03-08", "03-09"]


@pytest.mark.parametrize("by_regex", [False, True])
def test_pauses_by_airflows_own_command_are_read(by_regex: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its log has them under names of its own, which are in no page of its documentation."""
    dag = a_dag("nightly")
    begun = datetime.now(UTC)
    for command in ("pause", "unpause"):
        options = ["--treat-dag-id-as-regex", "-y", f"^{dag.dag_id}$"] if by_regex else [dag.dag_id]
        arguments = ["dags", command, *options]
        monkeypatch.setattr(sys, "argv", ["airflow", *arguments])
        parsed = get_parser().parse_args(arguments)
        parsed.func(parsed)
    with airflow_session() as session:
        rows = [known_dags(session)[dag.dag_id]]
        ((start, end),) = pauses_of(session, rows, datetime.now(UTC))[dag.dag_id]
    assert end is not None
    assert begun < start < end < datetime.now(UTC)


def logged_for_nobody(event: str, said: Any, moment: datetime = TODAY - 5 * DAY + HOUR) -> None:
    logged(None, event, moment, json.dumps(said))  # type: ignore[arg-type]


def test_a_pause_whose_end_nobody_wrote_down_ends_with_the_next_run(store: Store) -> None:
    dag = a_dag(start_date=TODAY - 9 * DAY)
    for ago in (8, 5):
        a_run(dag, TODAY - ago * DAY)
    logged(dag.dag_id, "cli_dag_pause", TODAY - 8 * DAY + HOUR)
    an_slo(store, spec={"dag_id": dag.dag_id})
    reconcile(store, now=NOW)
    assert missing(store) == ["03-06", "03-07", "03-08", "03-09"]


def test_a_log_that_was_cleaned_of_a_pause_s_begin_hides_no_missing_runs_from_before(store: Store) -> None:
    dag = a_dag(start_date=TODAY - 9 * DAY)
    for ago in (8, 6):
        a_run(dag, TODAY - ago * DAY)
    logged(dag.dag_id, "cli_dag_unpause", TODAY - 3 * DAY + HOUR)
    an_slo(store, spec={"dag_id": dag.dag_id})
    reconcile(store, now=NOW)
    assert missing(store) == ["03-03", "03-08", "03-09"]


def test_missing_runs_of_a_pause_that_is_heard_of_late_are_taken_back(store: Store) -> None:
    dag, other = (a_dag(start_date=TODAY - 7 * DAY) for _ in range(2))
    an_slo(store, spec={"dag_ids": [dag.dag_id, other.dag_id]})
    reconcile(store, now=NOW)
    everything = ["03-04", "03-05", "03-06", "03-07", "03-08", "03-09"]
    assert missing(store) == sorted(2 * everything)
    logged(dag.dag_id, "cli_dag_pause", TODAY - 5 * DAY + HOUR)
    logged(dag.dag_id, "cli_dag_unpause", TODAY - 2 * DAY + HOUR)
    (done,) = reconcile(store, now=NOW).slos
    assert done.removed == 3
    assert missing(store) == sorted([*everything, "03-04", "03-05", "03-09"])
    assert {one.attributes["dag"] for one in seen(store) if one.at == TODAY - 3 * DAY} == {other.dag_id}
    assert [(one.written, one.removed) for one in reconcile(store, now=NOW).slos] == [(0, 0)]


def test_what_a_new_dag_catches_up_on_is_never_late(store: Store) -> None:
    """Nobody could have made these runs in time: Airflow did not know the DAG. Its runs from then on can be late."""
    dag = a_dag(start_date=TODAY - 4 * DAY, catchup=True)
    deployed = TODAY - 2 * DAY + HOUR
    seen_since(dag.dag_id, deployed)
    for ago in (3, 2):
        a_run(dag, TODAY - ago * DAY, made=deployed + HOUR, ended=deployed + 9 * HOUR)
    a_run(dag, TODAY - DAY, ended=TODAY - DAY + 9 * HOUR)
    an_slo(store, spec={"dag_id": dag.dag_id, "finished_within": "2h"})
    schedule = Schedule(cadence="1d", start=TODAY - 4 * DAY, deadline=Duration(2, "h"))
    an_slo(store, "expecting", spec={"dag_id": dag.dag_id}, schedule=schedule)
    reconcile(store, now=TODAY - HOUR)
    assert counts(store) == [(1, 1, ""), (1, 1, ""), (0, 1, "late")]
    assert [one.attributes["run_type"] for one in seen(store)] == ["backfill", "backfill", "scheduled"]
    with store.read() as connection:
        query = select(table.c.good).where(table.c.attributes.contains('"backfill"')).distinct()
        assert list(connection.scalars(query)) == [1]


def test_what_a_new_schedule_catches_up_on_is_never_late(store: Store) -> None:
    dag = a_dag(start_date=TODAY - 2 * DAY, catchup=True)
    a_run(dag, TODAY - DAY, ended=TODAY)
    hourly = CronTriggerTimetable("0 * * * *", timezone="UTC")
    with DAG(dag.dag_id, schedule=hourly, start_date=TODAY - 2 * DAY, catchup=True) as new:
        EmptyOperator(task_id="load")
    kept = keep(new)
    changed = TODAY + 3 * HOUR - timedelta(minutes=30)
    with create_session() as session:
        of_new = DagVersion.dag_id == dag.dag_id, DagVersion.version_number == 2
        session.execute(update(DagVersion).where(*of_new).values(created_at=changed))
    set_dag(dag.dag_id, is_paused=False)
    for hour in (1, 2, 3):
        at = TODAY + hour * HOUR
        a_run(kept, at, logical_date=at, made=max(at, changed), ended=TODAY + 6 * HOUR)
    an_slo(store, spec={"dag_id": dag.dag_id, "finished_within": "1h"})
    reconcile(store, now=TODAY + 3 * HOUR + timedelta(minutes=45))
    reconcile(store, now=TODAY + 4 * HOUR)
    assert counts(store) == [(0, 1, "late"), (1, 1, ""), (1, 1, ""), (0, 1, "late")]


def test_runs_from_before_an_upgrade_that_brought_versions_can_be_late(store: Store) -> None:
    dag = a_dag(start_date=TODAY - 4 * DAY)
    seen_since(dag.dag_id, TODAY - DAY)
    a_run(dag, TODAY - 3 * DAY, ended=TODAY - 2 * DAY)
    an_slo(store, spec={"dag_id": dag.dag_id, "finished_within": "2h"})
    reconcile(store, now=TODAY - 2 * DAY)
    assert counts(store) == [(0, 1, "late")]


def test_a_run_that_was_deleted_since_is_not_missing(store: Store) -> None:
    dag = a_dag(start_date=TODAY - 4 * DAY)
    for ago in (3, 2, 1, 0):
        a_run(dag, TODAY - ago * DAY)
    an_slo(store, spec={"dag_id": dag.dag_id})
    reconcile(store, now=NOW)
    deleted(dag.dag_id, TODAY - 2 * DAY)
    for since in (None, TODAY - 5 * DAY):
        assert reconcile(store, now=NOW, since=since).written == 0
    assert counts(store) == [(1, 1, "")] * 4


@pytest.fixture
def record_put_back(airflow_home: Path) -> Iterator[None]:
    """Airflow's database as it was, afterwards: in the same file, which API servers may have open."""
    from airflow import settings

    there = Path(settings.engine.url.database or "")
    kept = there.with_suffix(".kept")
    with create_session() as session:
        session.execute(text(f"VACUUM INTO '{kept}'"))
    yield
    settings.engine.dispose()
    with closing(sqlite3.connect(kept)) as before, closing(sqlite3.connect(there)) as now:
        before.backup(now)
    kept.unlink()


@pytest.mark.usefixtures("record_put_back")
def test_a_record_that_was_cleaned_has_no_missing_runs_from_before(store: Store) -> None:
    """``airflow db clean`` deletes old runs, but for the newest of each DAG."""
    dag, rare = a_dag(start_date=TODAY - 30 * DAY), a_dag(schedule="@yearly")
    a_run(rare, datetime(2026, 1, 1, tzinfo=UTC))
    for ago in range(29, -1, -1):
        if ago != 3:
            a_run(dag, TODAY - ago * DAY)
    cleaned(TODAY - 10 * DAY, keep=(dag.dag_id, rare.dag_id))
    an_slo(store, spec={"dag_id": dag.dag_id})
    reconcile(store, now=NOW)
    assert missing(store) == ["03-07"]
    assert len(counts(store)) == 11


def deleted(dag_id: str, run_after: datetime) -> None:
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import delete

    with create_session() as session:
        session.execute(delete(DagRun).where(DagRun.dag_id == dag_id, DagRun.run_after == run_after))


def cleaned(before: datetime, *, keep: tuple[str, str]) -> None:
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import delete

    with create_session() as session:
        session.execute(delete(DagRun).where(DagRun.dag_id.not_in(keep)))
        session.execute(delete(DagRun).where(DagRun.run_after < before, DagRun.dag_id != keep[1]))

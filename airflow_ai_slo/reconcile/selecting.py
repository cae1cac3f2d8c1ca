"""Which DAGs there are, and which of them a definition selects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow_ai_slo import compat
from airflow_ai_slo.core.airflow_runs import AirflowRuns
from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.instants import utc

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


MANY = 5_000
"""More DAGs than this are not named to the database, which takes some tens of thousands of parameters at most."""


class DagRow(NamedTuple):
    """A DAG as Airflow keeps it.

    :param has_schedule: whether anything but people starts its runs.
    :param gone_since: its file has vanished, or no longer holds it: since when. A file that cannot be imported has not.
    """

    dag_id: str
    tags: frozenset[str]
    is_paused: bool
    has_schedule: bool
    gone_since: datetime | None


@contextmanager
def airflow_session() -> Iterator[Session]:
    """A session of Airflow's database, that only reads.

    :raises ConfigurationError: it cannot be read here.
    """
    from airflow.utils.session import create_session
    from sqlalchemy.exc import SQLAlchemyError

    try:
        with create_session(scoped=False) as session:
            yield session
    except (SQLAlchemyError, RuntimeError) as error:
        said = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise ConfigurationError(
            f"Airflow's database cannot be read: {said}; run this where the scheduler or the API server runs"
        ) from error


def known_dags(session: Session) -> dict[str, DagRow]:
    """Every DAG, by id."""
    from airflow.models.dag import DagModel, DagTag
    from sqlalchemy import select

    tags = defaultdict[str, set[str]](set)
    for dag_id, name in session.execute(select(DagTag.dag_id, DagTag.name)):
        tags[dag_id].add(name)
    columns = (
        DagModel.dag_id,
        DagModel.is_paused,
        DagModel.is_stale,
        DagModel.has_import_errors,
        DagModel.last_parsed_time,
        DagModel.timetable_summary,
    )
    found = {}
    for dag_id, paused, stale, broken, parsed, summary in session.execute(select(*columns).order_by(DagModel.dag_id)):
        gone = parsed if stale and not broken else None
        found[dag_id] = DagRow(dag_id, frozenset(tags[dag_id]), bool(paused), compat.has_schedule(summary), gone)
    return found


def known_since(session: Session, dag_ids: Collection[str]) -> dict[str, datetime]:
    """By DAG: when Airflow first read it."""
    from airflow.models.dag_version import DagVersion
    from sqlalchemy import func, select

    first = select(DagVersion.dag_id, func.min(DagVersion.created_at)).group_by(DagVersion.dag_id)
    first = first if len(dag_ids) > MANY else first.where(DagVersion.dag_id.in_(dag_ids))
    return {dag_id: utc(moment) for dag_id, moment in session.execute(first) if moment}


def newest_dag(session: Session, dag_id: str) -> Any:
    """A DAG as Airflow has kept it last; None where it has not. Found by its version: kept DAGs have no index by id."""
    from airflow.models.dag_version import DagVersion
    from airflow.models.serialized_dag import SerializedDagModel
    from sqlalchemy import select

    query = select(SerializedDagModel).join(DagVersion, SerializedDagModel.dag_version_id == DagVersion.id)
    newest = query.where(DagVersion.dag_id == dag_id).order_by(DagVersion.version_number.desc()).limit(1)
    kept = session.scalar(newest)
    return None if kept is None else kept.dag


def selected(spec: AirflowRuns, dags: dict[str, DagRow], only: Collection[str] | None = None) -> list[DagRow]:
    """DAGs that a definition selects, by id.

    :param only: none but these.
    """
    chosen = None if only is None else set(only)
    return [
        row for row in dags.values() if spec.selects(row.dag_id, row.tags) and (chosen is None or row.dag_id in chosen)
    ]


def tags_of(dag_id: str) -> frozenset[str]:
    """The tags of one DAG; none where there is no such DAG.

    :raises ConfigurationError: Airflow's database cannot be read here.
    """
    from airflow.models.dag import DagTag
    from sqlalchemy import select

    with airflow_session() as session:
        return frozenset(session.execute(select(DagTag.name).where(DagTag.dag_id == dag_id)).scalars())

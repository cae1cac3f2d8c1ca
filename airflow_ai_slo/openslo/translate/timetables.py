"""``airflow-ai-slo/cadence: dag:ID``: when runs are expected is what the schedule of an Airflow DAG says."""

from __future__ import annotations

from collections.abc import Callable

from airflow_ai_slo.core.definition import Schedule
from airflow_ai_slo.core.errors import AiSloError
from airflow_ai_slo.openslo.documents import scalars
from airflow_ai_slo.openslo.documents.values import Table
from airflow_ai_slo.openslo.problems import Notes, Path
from airflow_ai_slo.openslo.translate import read
from airflow_ai_slo.openslo.translate.annotations import PREFIX

Schedules = Callable[[str], Schedule]
"""Tells the schedule of a DAG by its id; raises an error of ours where it cannot."""

_CADENCE = f"{PREFIX}cadence"
_AT: Path = ("metadata", "annotations", _CADENCE)
_DAG = "dag:"


def fill_in(document: Table, notes: Notes, schedules: Schedules | None, *, judging: bool = False) -> None:
    """Put what a DAG's schedule says in the place of ``dag:ID``: cadence, and zone, start and end where not written.

    :param schedules: who knows DAGs; None where nobody does, which is an error only where one is named.
    :param judging: definitions are only judged, maybe far from Airflow: the rest is judged as if the DAG ran daily.
    """
    annotations = read.table(document, "metadata", "annotations")
    written = (scalars.text(annotations.get(_CADENCE)) or "").strip()
    if not written.startswith(_DAG):
        return
    try:
        found = _of(written.removeprefix(_DAG).strip(), schedules)
    except AiSloError as error:
        if judging:
            notes.warn(_AT, f"{written[:80]!r}: {error}; judged as if it were 1d")
            annotations[_CADENCE] = "1d"
        else:
            notes.error(_AT, f"{written[:80]!r}: {error}")
            del annotations[_CADENCE]
        return
    told = {
        "cadence": found.cadence,
        "timezone": found.zone,
        "start": found.start and found.start.isoformat(),
        "end": found.end and found.end.isoformat(),
    }
    line = annotations.lines.get(_CADENCE, annotations.line)
    for name, value in told.items():
        if value and (name == "cadence" or f"{PREFIX}{name}" not in annotations):
            annotations[f"{PREFIX}{name}"] = value
            annotations.lines.setdefault(f"{PREFIX}{name}", line)


def _of(dag_id: str, schedules: Schedules | None) -> Schedule:
    if not dag_id:
        raise AiSloError("names no DAG; write dag:ID")
    if schedules is None:
        raise AiSloError("only commands beside Airflow's database can read a DAG's schedule; write the cadence itself")
    return schedules(dag_id)

"""Who spent the budget."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from airflow_ai_slo.core.attribution import Attribution, attribute, parse_by
from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.core.tally import Tally
from airflow_ai_slo.engine.moments import one_moment
from airflow_ai_slo.engine.reading import Seen, evaluate_named
from airflow_ai_slo.store import Store

if TYPE_CHECKING:
    from sqlalchemy import Connection


def attribution(store: Store, slo: str, *, at: datetime, by: str = "cause") -> Attribution:
    """What was spent of an SLO's budget in its window at an instant, by group: exact, in the unit of the SLO.

    Where slices are counted, what a slice has spent is shared out by the bad counts of the measurements within it.

    :param by: ``cause``; ``version`` (attributes ``model_version``, ``prompt_version``, ``version``, together);
        ``dag``; ``task`` (of a DAG); or ``attribute:NAME``.
    :raises UnknownSLOError: no such SLO.
    :raises ConfigurationError: no such grouping.
    """
    parse_by(by)
    with one_moment(store) as connection:
        return attribution_of(connection, evaluate_named(connection, utc(at), [slo])[0], by)


def attribution_of(connection: Connection, seen: Seen, by: str) -> Attribution:
    """The same for an SLO that has been evaluated in this transaction."""
    from airflow_ai_slo.store import attribution as counted

    stored, evaluation = seen
    asked = parse_by(by)
    start = stored.slo.window.bounds(evaluation.at).start
    tally = Tally.of(stored.slo)
    rows = counted.groups(connection, stored.slo_id, start, evaluation.at, stored.scale, asked.sources, tally=tally)
    return attribute(asked, rows, evaluation, start)

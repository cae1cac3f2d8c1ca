"""When budgets will be spent, read from the store: one look at about thirty instants for all SLOs of a kind."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from airflow_ai_slo.core.forecast import Forecast, asked, forecast
from airflow_ai_slo.core.freeze_policy import FreezePolicy
from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.engine.moments import one_moment
from airflow_ai_slo.engine.reading import Seen, evaluate_named
from airflow_ai_slo.store import Store, counting, curve, definitions

if TYPE_CHECKING:
    from sqlalchemy import Connection


def forecasts(store: Store, *, at: datetime, slos: Collection[str] | None = None) -> dict[str, Forecast]:
    """When the budget of each SLO runs out at its recent pace, and when a spent one comes back; by name.

    :param slos: only these; None means all.
    :raises UnknownSLOError: a name that nothing carries.
    """
    with one_moment(store) as connection:
        seen = evaluate_named(connection, utc(at), slos)
        found = forecasts_of(connection, seen)
        return {one.slo.name: found[one.slo_id] for one, _ in seen}


def forecasts_of(connection: Connection, seen: Iterable[Seen]) -> dict[int, Forecast]:
    """The same for SLOs that have been evaluated in this transaction, by row."""
    groups: dict[tuple[datetime, ...], list[Seen]] = {}
    for one in seen:
        groups.setdefault(asked(one[1]), []).append(one)
    usual = FreezePolicy()
    policies = {name: service.freeze for name, service in definitions.documented(connection).items()}
    found = {}
    for instants, members in groups.items():
        ids = [stored.slo_id for stored, _ in members]
        firsts = counting.first_instants(connection, ids)
        sums = curve.prefixes(connection, instants, ids)
        for stored, evaluation in members:
            upto = {
                at: counting.difference(rows.get(stored.slo_id), curve.NOTHING, stored.unit)
                for at, rows in sums.items()
            }
            terms = policies.get(stored.slo.service, usual).terms(stored.slo)
            found[stored.slo_id] = forecast(evaluation, upto, firsts.get(stored.slo_id), thaw_above=terms.above)
    return found

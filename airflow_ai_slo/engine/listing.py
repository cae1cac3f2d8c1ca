"""Where SLOs stand, as lists show them: figures, state, open incident, freeze, last evaluation."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from airflow_ai_slo.core.definition import Service
from airflow_ai_slo.core.evaluation import Evaluation
from airflow_ai_slo.core.freeze_policy import FreezeMode, FreezePolicy
from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.engine.moments import settled_moment
from airflow_ai_slo.engine.reading import evaluate_all
from airflow_ai_slo.store import Store, definitions, evaluations, freezes, incidents
from airflow_ai_slo.store.definitions import Stored
from airflow_ai_slo.store.freezes import Freeze

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Health(StrEnum):
    """The one state a list shows of an SLO, the most urgent first.

    Spent: its budget is, as far as a freeze would take it for that. Burning: an incident is open, or a rule fires.
    Unknown: nothing was measured in its window, or too little to tell.
    """

    SPENT = "spent"
    BURNING = "burning"
    UNKNOWN = "unknown"
    HEALTHY = "healthy"


@dataclass(frozen=True, slots=True)
class OpenIncident:
    """An incident that is open, with the reason of what happened to it last."""

    opened_at: datetime
    severity: str
    reason: str


@dataclass(frozen=True, slots=True)
class Listed:
    """One SLO at one instant.

    :param freeze: how its service is frozen; None where it is not.
    :param evaluated_at: when it was last evaluated, incidents and freezes decided; None if it never was.
    """

    stored: Stored
    seen: Evaluation
    health: Health
    incident: OpenIncident | None
    freeze: FreezeMode | None
    evaluated_at: datetime | None

    @property
    def name(self) -> str:
        return self.stored.slo.name

    @property
    def service(self) -> str:
        return self.stored.slo.service


@dataclass(frozen=True, slots=True)
class Frozen:
    """A freeze that holds, and whether it stops changes or only warns."""

    freeze: Freeze
    policy: FreezePolicy


@dataclass(frozen=True, slots=True)
class Listing:
    """SLOs at one instant, by name.

    :param services: by name, those that only an SLO mentions included.
    :param frozen: freezes that hold now, by service.
    """

    at: datetime
    slos: tuple[Listed, ...]
    services: Mapping[str, Service]
    frozen: Mapping[str, Frozen]


def listing(store: Store, *, at: datetime, slos: Collection[str] | None = None, now: datetime | None = None) -> Listing:
    """Evaluate SLOs without deciding anything, and say how each stands: the figures of :func:`status`.

    :param slos: only these; None means all.
    :param now: runs that were due by then and did not come are missing; None is the clock's.
    :raises UnknownSLOError: a name that nothing carries.
    """
    with settled_moment(store, at=at, now=now) as connection:
        stored = definitions.active(connection, slos)
        return listed(connection, utc(at), stored, everything=slos is None)


def listed(connection: Connection, at: datetime, stored: Sequence[Stored], *, everything: bool = False) -> Listing:
    """The same within a transaction, in a fixed number of queries.

    :param everything: whether these are all active SLOs.
    """
    services = definitions.services(connection)
    frozen = {
        name: Frozen(found, services[name].freeze if name in services else FreezePolicy())
        for name, found in freezes.open_freezes(connection).items()
    }
    opened = incidents.open_with_reasons(connection)
    evaluated = evaluations.evaluated(connection, None if everything else [one.slo_id for one in stored])
    rows = []
    for one, seen in evaluate_all(connection, at, stored, everything=everything):
        held = opened.get(one.slo_id)
        incident = None if held is None else OpenIncident(held[0].opened_at, held[0].severity.label, held[1])
        freeze = frozen.get(one.slo.service)
        mode = None if freeze is None else freeze.policy.mode
        rows.append(Listed(one, seen, _health(seen, incident), incident, mode, evaluated.get(one.slo_id)))
    return Listing(at, tuple(rows), services, frozen)


def _health(seen: Evaluation, incident: OpenIncident | None) -> Health:
    exhausted = seen.exhausted
    if exhausted:
        return Health.SPENT
    if incident is not None or seen.firing is not None:
        return Health.BURNING
    return Health.UNKNOWN if exhausted is None else Health.HEALTHY

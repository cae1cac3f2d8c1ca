"""Services: the SLOs of each, whether it is frozen, and who decided what about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from airflow_ai_slo.core.definition import Service
from airflow_ai_slo.core.errors import UnknownSLOError
from airflow_ai_slo.core.freeze import Override, Reason
from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.engine.listing import Frozen, Health, Listed, Listing
from airflow_ai_slo.engine.moments import one_moment
from airflow_ai_slo.engine.reasons import judged_last, reasons
from airflow_ai_slo.store import Store, audit, definitions, freezes
from airflow_ai_slo.store.audit import Entry
from airflow_ai_slo.store.freezes import Freeze

AUDIT_LINES = 50
_HISTORY = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class ServiceListed:
    """One service at one instant.

    :param frozen: its freeze, where it is frozen.
    :param override: what lets changes through now, if anything does.
    """

    service: Service
    slos: tuple[Listed, ...]
    frozen: Frozen | None
    override: Override | None

    @property
    def health(self) -> Health:
        """The most urgent state of its SLOs; unknown where it has none."""
        order = list(Health)
        return min((one.health for one in self.slos), key=order.index, default=Health.UNKNOWN)

    @property
    def remaining(self) -> Fraction | None:
        """The least that remains of any of its budgets."""
        known = (one.seen.budget.remaining for one in self.slos)
        return min((left for left in known if left is not None), default=None)

    @property
    def ends_at(self) -> datetime | None:
        """When its freeze ends by itself, where its policy says so."""
        if self.frozen is None:
            return None
        freeze = self.frozen.freeze
        return self.frozen.policy.ends(freeze.renewed_at or freeze.since)


@dataclass(frozen=True, slots=True)
class ServiceDetail:
    """One service with its newest decisions, and its freezes of a year, both newest first."""

    listed: ServiceListed
    audit: tuple[Entry, ...]
    freezes: tuple[Freeze, ...]


@dataclass(frozen=True, slots=True)
class FrozenService:
    """A service that is frozen, and why."""

    listed: ServiceListed
    reasons: tuple[Reason, ...]


def services(store: Store, seen: Listing, *, now: datetime) -> list[ServiceListed]:
    """Every service by name.

    :param seen: all SLOs, as they were listed.
    """
    with store.read() as connection:
        overrides = freezes.overrides(connection, utc(now))
    return _services(seen, overrides)


def service(store: Store, seen: Listing, name: str, *, now: datetime) -> ServiceDetail:
    """One service.

    :raises UnknownSLOError: nothing names it.
    """
    if name not in seen.services:
        known = ", ".join(sorted(seen.services)[:5])
        raise UnknownSLOError(f"no service {name}; known: {known or 'none: apply definitions first'}")
    now = utc(now)
    with one_moment(store) as connection:
        overrides = freezes.overrides(connection, now)
        decisions = tuple(audit.read(connection, name, limit=AUDIT_LINES))
        held = freezes.history(connection, name, now - _HISTORY, now)
    (found,) = (one for one in _services(seen, overrides) if one.service.name == name)
    return ServiceDetail(found, decisions, tuple(reversed(held)))


def frozen(store: Store, seen: Listing, *, now: datetime) -> list[FrozenService]:
    """The services that are frozen now, by name."""
    with one_moment(store) as connection:
        overrides = freezes.overrides(connection, utc(now))
        found = []
        for one in _services(seen, overrides):
            if one.frozen is not None:
                policy = one.frozen.policy
                members = definitions.of_service(connection, one.service.name)
                judged = judged_last(connection, [stored for stored in members if policy.counts(stored.slo)])
                found.append(FrozenService(one, reasons(connection, one.frozen.freeze, judged, policy)))
    return found


def _services(seen: Listing, overrides: Mapping[str, Override]) -> list[ServiceListed]:
    members: dict[str, list[Listed]] = {}
    for one in seen.slos:
        members.setdefault(one.service, []).append(one)
    names: Iterable[str] = sorted(seen.services.keys() | seen.frozen.keys())
    return [
        ServiceListed(
            seen.services.get(name, Service(name=name)),
            tuple(members.get(name, ())),
            seen.frozen.get(name),
            overrides.get(name),
        )
        for name in names
    ]

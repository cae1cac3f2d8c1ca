"""SLO definitions and their generations."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, String, bindparam, select, update

from airflow_ai_slo.core.definition import SLO, Budgeting, Service
from airflow_ai_slo.core.errors import UnknownSLOError
from airflow_ai_slo.core.freeze_policy import FreezePolicy
from airflow_ai_slo.core.instants import from_micros, to_micros
from airflow_ai_slo.core.serialize import service_from_dict, service_to_dict, slo_from_dict, slo_to_dict
from airflow_ai_slo.core.tally import Tally
from airflow_ai_slo.store import dropping, rollup
from airflow_ai_slo.store.asking import Ask
from airflow_ai_slo.store.prepared import Executor, Prepared, upsert
from airflow_ai_slo.store.tables import service, slo

LOOK_AGAIN = -(2**62)
"""``next_due`` of an SLO whose next expected run is yet to be found."""

_put_service = upsert(service)
_names = Prepared((), lambda _: select(slo.c.name).where(slo.c.active).order_by(slo.c.name))


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying one definition did.

    :param change: ``created``, ``updated``, ``new generation`` or ``unchanged``.
    :param replaced_id: row of the generation that ended, if any.
    :param before: the definition that was updated.
    """

    slo: str
    change: str
    generation: int
    slo_id: int
    replaced_id: int | None = None
    before: SLO | None = None


class Origin(NamedTuple):
    """Since when something goes by an SLO's name, and until when.

    :param first_applied: when its first generation was.
    :param applied: when its newest was; later than the first where it is measured anew.
    :param ended: when its newest generation ended; None while it is active.
    """

    service: str
    generation: int
    first_applied: datetime
    applied: datetime
    ended: datetime | None


class Stored(NamedTuple):
    """An active definition and its row's figures.

    :param scale: what is recorded is kept as whole numbers of 1/scale.
    :param anchor: ``at`` of the measurement that came in first, in microseconds; None until it was needed.
    """

    slo_id: int
    slo: SLO
    generation: int
    scale: int
    bad_seq: int
    anchor: int | None = None

    @property
    def unit(self) -> int:
        """How many units of the sums make 1."""
        return self.scale if self.slo.budgeting is Budgeting.OCCURRENCES else Tally.of(self.slo).unit()


_COLUMNS = (slo.c.id, slo.c.definition, slo.c.generation, slo.c.scale, slo.c.bad_seq, slo.c.anchor)
_active = Prepared((), lambda _: select(*_COLUMNS).where(slo.c.active))
_of_service = Prepared(
    ("name",), lambda _: select(*_COLUMNS).where(slo.c.active, slo.c.service == bindparam("name", type_=String))
)
_documented = Prepared((), lambda _: select(service.c.definition))
_service = Prepared(
    ("name",), lambda _: select(service.c.definition).where(service.c.name == bindparam("name", type_=String))
)


def apply_slo(connection: Connection, definition: SLO, now: int) -> Applied:
    """Store one definition. Another objective or window re-reads history; measuring something else starts anew."""
    text = json.dumps(slo_to_dict(definition), sort_keys=True)
    found = connection.execute(
        select(slo).where(slo.c.name == definition.name, slo.c.active).with_for_update()
    ).one_or_none()
    if found is None:
        return _create(connection, definition, text, 1 + _last_generation(connection, definition.name), now, "created")
    if found.fingerprint != definition.fingerprint:
        connection.execute(update(slo).where(slo.c.id == found.id).values(active=False, ended_at=now))
        created = _create(connection, definition, text, found.generation + 1, now, "new generation")
        dropping.carry(connection, found.id, created.slo_id)
        return Applied(created.slo, created.change, created.generation, created.slo_id, found.id)
    if found.definition == text:
        return Applied(definition.name, "unchanged", found.generation, found.id)
    connection.execute(update(slo).where(slo.c.id == found.id).values(**_columns(definition, text)))
    if Tally.of(definition) != Tally.of(parse(found.definition)):
        rollup.rejudge(connection, found.id, Tally.of(definition))
    return Applied(definition.name, "updated", found.generation, found.id, before=parse(found.definition))


def apply_service(connection: Connection, definition: Service) -> Service | None:
    """Store a service, new or changed, and return what was stored of it before."""
    before = documented(connection, definition.name).get(definition.name)
    _put_service.run(connection, definition.name, json.dumps(service_to_dict(definition), sort_keys=True))
    return before


def services(connection: Connection) -> dict[str, Service]:
    """Every service by name, those that only an SLO mentions included."""
    named = connection.execute(select(slo.c.service).where(slo.c.active).distinct()).scalars()
    return {name: Service(name=name) for name in named} | documented(connection)


def documented(connection: Connection, name: str | None = None) -> dict[str, Service]:
    """Services that were applied themselves, by name.

    :param name: only this one.
    """
    rows = _documented.all(connection) if name is None else _service.all(connection, name)
    return {one.name: one for one in (_parse_service(text) for (text,) in rows)}


def asks_policy(name: str) -> Ask[FreezePolicy]:
    """How a service freezes; the default where it was never applied itself."""
    return Ask(_service, (name,), lambda rows: _parse_service(rows[0][0]).freeze if rows else FreezePolicy())


def policy_of(connection: Connection, name: str) -> FreezePolicy:
    """The same of one service, at once."""
    return asks_policy(name).of(connection)


def active(connection: Connection, names: Collection[str] | None = None) -> list[Stored]:
    """Active definitions, by name.

    :param names: only these; each must exist.
    :raises UnknownSLOError: a name that no active definition carries.
    """
    if names is None:
        rows: Sequence[Any] = _active.all(connection)
    else:
        rows = connection.execute(select(*_COLUMNS).where(slo.c.active, slo.c.name.in_(names))).all()
    # Sorted here, because databases sort names by rules of their own.
    found = sorted([_stored(*row) for row in rows], key=lambda stored: stored.slo.name)
    if names is not None and len(found) < len(set(names)):
        raise unknown(set(names) - {stored.slo.name for stored in found}, connection)
    return found


def replaced_after(connection: Connection, at: datetime) -> dict[str, Stored]:
    """Generations that were active at an instant and are not any more, by name."""
    then = to_micros(at)
    query = select(*_COLUMNS).where(~slo.c.active, slo.c.applied_at <= then, slo.c.ended_at > then)
    return {one.slo.name: one for one in (_stored(*row) for row in connection.execute(query))}


def asks_members(service_name: str) -> Ask[list[Stored]]:
    """Active definitions of one service, by name."""
    return Ask(
        _of_service,
        (service_name,),
        lambda rows: sorted((_stored(*row) for row in rows), key=lambda stored: stored.slo.name),
    )


def of_service(connection: Connection, service_name: str) -> list[Stored]:
    """The same, at once."""
    return asks_members(service_name).of(connection)


def origins(connection: Connection) -> dict[str, Origin]:
    """Where every SLO there is, or ever was, comes from; by name."""
    found: dict[str, Origin] = {}
    columns = (slo.c.name, slo.c.service, slo.c.generation, slo.c.applied_at, slo.c.ended_at, slo.c.active)
    for row in connection.execute(select(*columns).order_by(slo.c.name, slo.c.generation)):
        applied = from_micros(row.applied_at)
        first = found[row.name].first_applied if row.name in found else applied
        ended = None if row.active or row.ended_at is None else from_micros(row.ended_at)
        found[row.name] = Origin(row.service, row.generation, first, applied, ended)
    return found


def by_id(connection: Connection, slo_id: int) -> Stored:
    """One generation by its row, active or not."""
    return _stored(*connection.execute(select(*_COLUMNS).where(slo.c.id == slo_id)).one())


def unknown(names: Iterable[str], connection: Executor) -> UnknownSLOError:
    """The error for names that nothing carries, with what there is."""
    known = [row[0] for row in _names.all(connection)]
    there = ", ".join(known[:5]) + (", …" if len(known) > 5 else "") if known else "none: apply definitions first"
    return UnknownSLOError(f"no SLO named {', '.join(sorted(names))}; known: {there}")


def _stored(slo_id: int, text: str, generation: int, scale: int, bad_seq: int, anchor: int | None) -> Stored:
    return Stored(slo_id, parse(text), generation, scale, bad_seq, anchor)


@lru_cache(maxsize=8192)
def parse(text: str) -> SLO:
    """A stored definition; the same text gives the same object."""
    return slo_from_dict(json.loads(text))


@lru_cache(maxsize=1024)
def _parse_service(text: str) -> Service:
    return service_from_dict(json.loads(text))


def _last_generation(connection: Connection, name: str) -> int:
    query = select(slo.c.generation).where(slo.c.name == name).order_by(slo.c.generation.desc()).limit(1)
    return connection.execute(query).scalar() or 0


def _create(connection: Connection, definition: SLO, text: str, generation: int, now: int, change: str) -> Applied:
    row = slo.insert().values(
        name=definition.name, generation=generation, active=True, applied_at=now, **_columns(definition, text)
    )
    slo_id = connection.execute(row).inserted_primary_key[0]  # type: ignore[index]
    return Applied(definition.name, change, generation, slo_id)


def _columns(definition: SLO, text: str) -> dict[str, object]:
    return {
        "service": definition.service,
        "definition": text,
        "fingerprint": definition.fingerprint,
        "objective": str(definition.objective),
        "rerun": definition.rerun,
        # Under another schedule the next expected run is found anew.
        "next_due": None if definition.schedule is None else LOOK_AGAIN,
    }

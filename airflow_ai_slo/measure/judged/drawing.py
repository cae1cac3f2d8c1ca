"""Random samples of rows: the same seed draws the same rows, in whatever order they lie.

Those with the smallest chances are drawn (:meth:`Plan.chance`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.measure.data import Source
from airflow_ai_slo.measure.judged.drawing_sql import drawn
from airflow_ai_slo.measure.judged.plan import EVERYTHING, Plan, check_key, digits

_PUSHED = ("postgresql", "sqlite")
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Item:
    """One row drawn: its key, its stratum, and all of its columns."""

    key: str
    stratum: str
    row: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows drawn, in random order, and the size of each stratum they were drawn from."""

    items: tuple[Item, ...]
    population: Mapping[str, int]

    def id(self, what_for: str) -> str:
        """A short name: the same for the same rows drawn for the same, another as soon as one of them differs."""
        return "s" + digits("\0".join([what_for, *(item.key for item in self.items)]))[:10]


def draw(source: Source, plan: Plan) -> Sample:
    """Draw rows where they lie: PostgreSQL and SQLite choose them, from other databases keys and strata travel.

    :raises ConfigurationError: rows of a database without a key, or options that do not fit the data.
    :raises DataError: a key is missing or not unique, a column is not there.
    """
    if source.engine is None:
        return _from_frame(source, plan)
    if plan.key is None:
        raise ConfigurationError(
            "key is missing: name the column that tells rows apart, so that a retry draws the same"
        )
    if source.engine.dialect.name not in _PUSHED:
        return _from_keys(source, plan, plan.key)
    found, population = drawn(source, plan, plan.key)
    return Sample(tuple(Item(key, stratum, row) for key, stratum, row in found), population)


def _from_frame(source: Source, plan: Plan) -> Sample:
    frame = source.read()
    if plan.key is not None:
        source.read([plan.key])
    if plan.stratify_by is not None:
        source.read([plan.stratify_by])
    keys = range(len(frame)) if plan.key is None else frame[plan.key].tolist()
    strata = [EVERYTHING] * len(frame) if plan.stratify_by is None else frame[plan.stratify_by].tolist()
    chosen, population = _choose(plan, keys, strata)
    picked = frame.iloc[chosen]
    columns = {str(name): picked.iloc[:, place].tolist() for place, name in enumerate(picked.columns)}
    return Sample(
        tuple(
            Item(str(keys[place]), _name(strata[place]), {name: column[at] for name, column in columns.items()})
            for at, place in enumerate(chosen)
        ),
        population,
    )


def _from_keys(source: Source, plan: Plan, key: str) -> Sample:
    import sqlalchemy as sa

    wanted = [key] if plan.stratify_by is None else [key, plan.stratify_by]
    frame = source.read(wanted)
    keys = frame.iloc[:, 0].tolist()
    strata = frame.iloc[:, -1].tolist() if plan.stratify_by is not None else [EVERYTHING] * len(keys)
    chosen, population = _choose(plan, keys, strata)
    rows: dict[Any, Mapping[str, Any]] = {}
    with source.connected() as connection:
        for start in range(0, len(chosen), _CHUNK):
            some = [keys[place] for place in chosen[start : start + _CHUNK]]
            query: sa.Select[Any] = (
                sa.select(sa.literal_column("*")).select_from(source.rows).where(sa.column(key).in_(some))
            )
            rows |= {row[key]: dict(row) for row in connection.execute(query).mappings()}
    return Sample(
        tuple(Item(str(keys[place]), _name(strata[place]), rows[keys[place]]) for place in chosen), population
    )


def _choose(plan: Plan, keys: Sequence[Any], strata: Sequence[Any]) -> tuple[list[int], dict[str, int]]:
    if plan.key is not None:
        check_key(plan.key, len(keys), sum(not _is_null(one) for one in keys), len({str(one) for one in keys}))
    places: dict[str, list[int]] = {}
    for place, stratum in enumerate(strata):
        places.setdefault(_name(stratum), []).append(place)
    chances = [plan.chance(one) for one in keys]
    population = {name: len(found) for name, found in sorted(places.items())}
    chosen = [
        place
        for name, many in plan.shares(population).items()
        for place in sorted(places[name], key=chances.__getitem__)[:many]
    ]
    return sorted(chosen, key=chances.__getitem__), population


def _name(stratum: object) -> str:
    return EVERYTHING if _is_null(stratum) else str(stratum)


def _is_null(value: object) -> bool:
    try:
        return value is None or bool(value != value)  # NaN and NaT alone differ from themselves
    except (TypeError, ValueError):
        return type(value).__name__ == "NAType"

"""A sample drawn inside PostgreSQL or SQLite: only the rows drawn leave the database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.measure.data import Source
from airflow_ai_slo.measure.judged.columns import types_of
from airflow_ai_slo.measure.judged.plan import EVERYTHING, Plan, check_key, digits

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Select

_KEY, _RANK, _CHANCE, _STRATUM = "ai_slo_key", "ai_slo_rank", "ai_slo_chance", "ai_slo_stratum"
_MD5 = {"postgresql": "md5", "sqlite": "ai_slo_md5"}


def drawn(source: Source, plan: Plan, key: str) -> tuple[list[tuple[str, str, Mapping[str, Any]]], dict[str, int]]:
    """(key, stratum, row) of each row drawn, and the sizes of the strata."""
    import sqlalchemy as sa

    columns = [key] if plan.stratify_by is None else [key, plan.stratify_by]
    with _hashing(source) as connection:
        types_of(connection, source, columns)
        one: ColumnElement[Any] = sa.column(key)
        stratum = _stratum(plan)
        counts = sa.select(sa.func.count(), sa.func.count(one), sa.func.count(sa.distinct(one)))
        check_key(key, *connection.execute(counts.select_from(source.rows)).one())
        sizes = sa.select(stratum.label(_STRATUM), sa.func.count()).select_from(source.rows).group_by(_STRATUM)
        population = {str(name): int(size) for name, size in sorted(tuple(row) for row in connection.execute(sizes))}
        if not population:
            return [], {}
        rows = connection.execute(_chosen(source, plan, key, plan.shares(population))).mappings().all()
    ours = {_KEY, _RANK, _CHANCE, _STRATUM}
    return [
        (str(row[key]), str(row[_STRATUM]), {name: value for name, value in row.items() if name not in ours})
        for row in rows
    ], population


def _chosen(source: Source, plan: Plan, key: str, shares: Mapping[str, int]) -> Select[Any]:
    """Keys are ranked alone, and once; whole rows are looked up for those drawn."""
    import sqlalchemy as sa

    dialect = source.engine.dialect.name if source.engine is not None else ""
    text = sa.literal(f"{plan.seed}:") + sa.cast(sa.column(key), sa.Text)
    chance: ColumnElement[Any] = getattr(sa.func, _MD5[dialect])(text)
    keyed: tuple[ColumnElement[Any], ...] = (
        sa.column(key).label(_KEY),
        _stratum(plan).label(_STRATUM),
        chance.label(_CHANCE),
    )
    dealt = sa.select(*keyed).select_from(source.rows).cte("ai_slo_dealt").prefix_with("MATERIALIZED", dialect="sqlite")
    rank = sa.func.row_number().over(partition_by=dealt.c[_STRATUM], order_by=dealt.c[_CHANCE]).label(_RANK)
    ranked = sa.select(dealt, rank).subquery("ai_slo_ranked")
    wanted = [sa.and_(ranked.c[_STRATUM] == name, ranked.c[_RANK] <= many) for name, many in shares.items()]
    drawn = sa.select(ranked).where(sa.or_(*wanted)).subquery("ai_slo_drawn")
    joined = source.rows.join(drawn, sa.column(key) == drawn.c[_KEY])
    return sa.select(sa.literal_column("*")).select_from(joined).order_by(drawn.c[_CHANCE])


def _stratum(plan: Plan) -> ColumnElement[Any]:
    import sqlalchemy as sa

    if plan.stratify_by is None:
        return sa.literal_column(f"'{EVERYTHING}'")
    return sa.func.coalesce(sa.cast(sa.column(plan.stratify_by), sa.Text), EVERYTHING)


@contextmanager
def _hashing(source: Source) -> Iterator[Connection]:
    """A connection whose database knows MD5: SQLite is told."""
    with source.connected() as connection:
        if connection.dialect.name == "sqlite":
            raw: Any = connection.connection.driver_connection
            raw.create_function(_MD5["sqlite"], 1, digits, deterministic=True)
        yield connection

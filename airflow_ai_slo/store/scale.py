"""Counts are kept as whole numbers of 1/scale, so that databases add them up exactly."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import BigInteger, ColumnElement, Table, bindparam, update

from airflow_ai_slo.core.definition import SLO, Budgeting
from airflow_ai_slo.core.errors import MeasurementError
from airflow_ai_slo.core.measurement import Measurement
from airflow_ai_slo.core.numbers import Exact
from airflow_ai_slo.store import rollup
from airflow_ai_slo.store.prepared import Executor, Prepared
from airflow_ai_slo.store.tables import day, measurement, run, slo


def rescaled(
    connection: Executor, slo_id: int, definition: SLO, scale: int, measurements: Sequence[Measurement]
) -> bool:
    """Whether what is stored of an SLO had to be brought to a scale at which every count is whole.

    :param scale: what it is kept at now.
    :raises MeasurementError: counts too large to be kept at such a scale; nothing is written.
    """
    fractions = [n for one in measurements for n in (one.good, one.total) if type(n) is not int]
    before = scale
    while any(scale % _denominator(number) for number in fractions):
        scale *= 10
    if scale == before:
        return False
    factor = scale // before
    if rollup.largest(connection, slo_id) * factor > rollup.LARGEST:
        raise MeasurementError(
            f"{measurements[0].slo}: its counts are too large to be kept beside fractions; record in a larger unit"
        )
    for rescale in _RESCALE if definition.budgeting is Budgeting.OCCURRENCES else _RESCALE_SLICES:
        rescale.run(connection, factor, slo_id)
    return True


def _denominator(number: Exact) -> int:
    return number.denominator


def _rescaling(table: Table, columns: Collection[str], slo_id: ColumnElement[int]) -> Prepared:
    changed = {column: table.c[column] * bindparam("factor", type_=BigInteger) for column in columns}
    return Prepared(("factor", "row"), lambda _: update(table).where(slo_id == bindparam("row")).values(changed))


_RESCALE = (
    _rescaling(measurement, ("good", "total"), measurement.c.slo_id),
    _rescaling(run, ("good", "total", "sum_good", "sum_total"), run.c.slo_id),
    _rescaling(day, ("sum_good", "sum_total"), day.c.slo_id),
    _rescaling(slo, ("scale",), slo.c.id),
)
_RESCALE_SLICES = (_RESCALE[0], _rescaling(run, ("good", "total"), run.c.slo_id), _RESCALE[-1])
"""Sums of slices are in units of their own."""

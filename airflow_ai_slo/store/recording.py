"""Measurements in: natural keys, upserts, and the sums kept in step."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import BigInteger, ColumnElement, Table, bindparam, update

from airflow_ai_slo.core.corrections import Stretches, as_pauses
from airflow_ai_slo.core.definition import Budgeting
from airflow_ai_slo.core.errors import MeasurementError
from airflow_ai_slo.core.instants import to_micros
from airflow_ai_slo.core.measurement import Measurement
from airflow_ai_slo.core.numbers import Exact
from airflow_ai_slo.store import absent, arrivals, definitions, dropping, rollup
from airflow_ai_slo.store.ahead import look
from airflow_ai_slo.store.batch import Batch, Target
from airflow_ai_slo.store.prepared import Executor, Prepared
from airflow_ai_slo.store.tables import day, measurement, run, slo

_LARGEST = 2**62


def record(connection: Executor, measurements: Sequence[Measurement], now: int, *, backfill: bool = False) -> int:
    """Write measurements; a key written again replaces, or is kept or compared, as its SLO's ``rerun`` says.

    :param now: when they came in, for those that do not say themselves.
    :param backfill: those that do not say when they came in are never late.
    :returns: how many changed counts, instant or cause; what else a rerun brings (value, attributes) is kept too.
    :raises UnknownSLOError: a measurement of an SLO that is not applied; nothing is written.
    """
    by_slo: dict[str, list[Measurement]] = {}
    for one in measurements:
        by_slo.setdefault(one.slo, []).append(one)
    # Locks are taken in one order by everybody, so that two writers never wait for each other.
    return sum(_record_one_slo(connection, name, by_slo[name], now, backfill) for name in sorted(by_slo))


def _record_one_slo(connection: Executor, name: str, given: Sequence[Measurement], now: int, backfill: bool) -> int:
    """How many changed counts, instant or cause."""
    keys = {one.key for one in given}
    since = to_micros(min([one.at for one in given]))
    found = look(connection, name, keys, since)
    if found is None:
        raise definitions.unknown([name], connection)
    target = Target.of(found.slo)
    dropped = dropping.stretches(connection, target.slo_id) if target.is_corrected else ()
    judged, anew, missed = _judged(connection, target, given, now, backfill, dropped)
    if missed:
        _record_one_slo(connection, name, missed, now, backfill=False)
    missing = {} if target.arrivals is None else target.arrivals.missing_keys(judged)
    if _rescaled(connection, target, [*judged, *anew]) or missed or anew or missing:
        keys = {one.key for one in (*anew, *judged)}.union(*missing.values())
        found = look(connection, name, keys, since)
        if found is None:
            raise definitions.unknown([name], connection)
    return Batch(Target.of(found.slo), found, now, dropped).write(connection, judged, anew, missing)


def _judged(
    connection: Executor,
    target: Target,
    given: Sequence[Measurement],
    now: int,
    backfill: bool,
    dropped: Stretches,
) -> tuple[Sequence[Measurement], Sequence[Measurement], list[Measurement]]:
    """The measurements as they count, stored ones judged anew, and runs that were missing before these came in."""
    known = target.arrivals
    if known is None:
        return given, (), []
    missed: list[Measurement] = []
    if not known.has_begun:
        known.begin(connection, target.slo_id, given, now)
    overdue = known.overdue(given, now)
    if overdue and target.next_due is not None and target.next_due < now:
        # What is missing weighs what was known before: it does not depend on when somebody evaluates.
        paused = [*arrivals.pauses_of(connection, target.slo_id), *as_pauses(dropped)]
        missed = absent.find(connection, target.expectation, now, paused, overdue)
    return *known.judge(connection, target.slo_id, target.scale, given, now, overdue, backfill=backfill), missed


def _rescaled(connection: Executor, target: Target, measurements: Sequence[Measurement]) -> bool:
    """Whether what is stored had to be brought to a scale at which every count is whole."""
    fractions = [n for one in measurements for n in (one.good, one.total) if type(n) is not int]
    scale = target.scale
    while any(scale % _denominator(number) for number in fractions):
        scale *= 10
    if scale == target.scale:
        return False
    factor = scale // target.scale
    if rollup.largest(connection, target.slo_id) * factor > rollup.LARGEST:
        raise MeasurementError(
            f"{measurements[0].slo}: its counts are too large to be kept beside fractions; record in a larger unit"
        )
    for rescale in _RESCALE if target.slo.budgeting is Budgeting.OCCURRENCES else _RESCALE_SLICES:
        rescale.run(connection, factor, target.slo_id)
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

"""What measurements of one SLO change: rows to be written, sums, and what the next evaluation is to know."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, update

from airflow_ai_slo.core.corrections import Stretches, holds
from airflow_ai_slo.core.definition import SLO
from airflow_ai_slo.core.errors import MeasurementError
from airflow_ai_slo.core.instants import to_micros
from airflow_ai_slo.core.measurement import Cause, Measurement
from airflow_ai_slo.core.tally import Tally
from airflow_ai_slo.store import arrivals, definitions, rollup
from airflow_ai_slo.store.absent import Expectation
from airflow_ai_slo.store.ahead import Found, Old
from airflow_ai_slo.store.arrivals import Arrivals
from airflow_ai_slo.store.prepared import Executor, Params, Prepared, Rows, upsert_each
from airflow_ai_slo.store.tables import day, measurement, run, settled, slo

_LARGEST = 2**62

_rows, _settled_rows = Rows(measurement), Rows(settled)
_put_each = upsert_each(measurement, run, day)
_move_settled = Prepared(
    ("at", "slo_id", "from"),
    lambda _: (
        update(settled)
        .where(settled.c.slo_id == bindparam("slo_id"), settled.c.at == bindparam("from"))
        .values(at=bindparam("at"))
    ),
)
_add_bad = Prepared(
    ("turned", "slo_id"),
    lambda _: update(slo).where(slo.c.id == bindparam("slo_id")).values(bad_seq=slo.c.bad_seq + bindparam("turned")),
)


class Target(NamedTuple):
    """Where measurements of one SLO go.

    :param arrivals: what its schedule says of them; None where it has none.
    :param next_due: when its next expected run is to be looked at.
    :param is_corrected: whether corrections drop any of its measurements.
    :param is_sketched: whether any of its measurements has had a sketch.
    """

    slo_id: int
    slo: SLO
    scale: int
    arrivals: Arrivals | None
    expectation: Expectation
    next_due: int | None
    is_corrected: bool
    is_sketched: bool

    @classmethod
    def of(cls, row: Any) -> Target:
        slo_id, text, scale, anchor, settled_slot, next_due, corrected, sketched = row
        definition = definitions.parse(text)
        known = None if definition.schedule is None else Arrivals(definition.schedule, anchor, settled_slot)
        expectation = Expectation(slo_id, definition, scale, anchor, settled_slot)
        return cls(slo_id, definition, scale, known, expectation, next_due, bool(corrected), bool(sketched))


class Batch:
    """Measurements of one SLO on their way into the store.

    :param found: what is stored where they go.
    :param dropped: stretches whose measurements are kept, and enter no sums.
    """

    def __init__(self, target: Target, found: Found, now: int, dropped: Stretches = ()) -> None:
        self._target = target
        self._found = found
        self._dropped = dropped
        self._now = now
        self._tally = Tally.of(target.slo)
        self._written: dict[str, Params] = {}
        self._touched: dict[int, rollup.Change] = {}
        self._gone: dict[str, Params] = {}
        self._moved: list[Params] = []
        self._settled_at: dict[int, int] = {}
        self._changed = 0

    def write(
        self,
        connection: Executor,
        measurements: Sequence[Measurement],
        anew: Collection[Measurement] = (),
        missing_keys: Mapping[str, Sequence[str]] | None = None,
    ) -> int:
        """How many changed counts, instant or cause.

        :param anew: stored ones that are judged anew, whatever reruns may do.
        :param missing_keys: by a measurement's key, those under which its run may be recorded as missing.
        """
        for one in anew:
            self._put(_row(one, self._target, self._now), self._old(one.key))
        for one in measurements:
            row, old = _row(one, self._target, self._now), self._old(one.key)
            if old is not None and not _replaces(row, old, self._target.slo.rerun):
                continue
            self._put(row, old)
            if missing_keys:
                for key in missing_keys.get(one.key, ()):
                    self._replace_missing(row, key)
        if self._written:
            self._write(connection)
        return self._changed

    def withdraw(self, connection: Executor, keys: Collection[str]) -> int:
        """Take back what is stored under these keys; returns how many there were."""
        for key in keys:
            old = self._found.existing.get(key)
            if old is not None:
                self._gone[key] = (self._target.slo_id, key)
                self._touch(old.at, -old.good, -old.total, -1)
        if self._gone:
            self._write(connection)
        return len(self._gone)

    def _old(self, key: str) -> Old | None:
        written = self._written.get(key)
        return self._found.existing.get(key) if written is None else Old.of(written)

    def _put(self, row: Params, old: Old | None) -> None:
        """One measurement, and what was under its key."""
        self._written[row[1]] = row
        if old is not None and old[:4] == (row[2], row[3], row[4], row[6]):
            return
        if old is not None:
            self._touch(old.at, -old.good, -old.total, -1)
        self._touch(row[2], row[3], row[4], 1)
        self._changed += 1
        if self._target.slo.watches_runs:
            at = self._tally.run_at(row[2])
            self._settled_at[at] = min(row[8], self._settled_at.get(at, row[8]))

    def _replace_missing(self, row: Params, key: str) -> None:
        """The run of this measurement was missing until now."""
        missing = self._found.existing.get(key)
        if missing is None or missing.cause != Cause.MISSING_RUN.value or key in self._gone or key in self._written:
            return
        self._gone[key] = (self._target.slo_id, key)
        is_elsewhere = missing.at != row[2] and not self._tally.slice_micros
        if is_elsewhere and not holds(self._dropped, missing.at):
            self._moved.append((row[2], self._target.slo_id, missing.at))
        self._touch(missing.at, -missing.good, -missing.total, -1)

    def _touch(self, at: int, good: int, total: int, measurements: int) -> None:
        if self._dropped and holds(self._dropped, at):
            return
        at = self._tally.run_at(at)
        if at in self._touched:
            before = self._touched[at]
            good, total, measurements = before[0] + good, before[1] + total, before[2] + measurements
        self._touched[at] = (good, total, measurements)

    def _write(self, connection: Executor) -> None:
        existing = self._found.existing
        changes = rollup.changes(connection, self._target.slo_id, self._touched, self._tally, self._found.ahead)
        arrivals.drop.many(connection, list(self._gone.values()))
        new = [row for key, row in self._written.items() if key not in existing]
        replaced = [row for key, row in self._written.items() if key in existing] if existing else []
        _write_rows(connection, new, replaced, changes)
        self._tell(connection, changes)

    def _tell(self, connection: Executor, changes: rollup.Changes) -> None:
        """Let the next evaluation know what it would not find by itself."""
        slo_id = self._target.slo_id
        if changes.turned_bad:
            _add_bad.run(connection, changes.turned_bad, slo_id)
        if self._settled_at:
            # What came after its deadline had settled when that passed, whether or not somebody had looked.
            # A run that was missing until now, at another instant, has settled before.
            new = self._settled_at.keys() - {row[0] for row in self._moved}
            waiting = [(slo_id, at, self._settled(at)) for at in changes.behind if at in new]
            waiting += [(slo_id, at, self._settled_at[at]) for at in changes.again if at in new]
            _settled_rows.put(connection, waiting)
        _move_settled.many(connection, self._moved)

    def _settled(self, at: int) -> int:
        """When a run settled: when it came in, or when its deadline had passed."""
        known = self._target.arrivals
        due = None if known is None or self._tally.slice_micros else known.due(at)
        return self._settled_at[at] if due is None else min(self._settled_at[at], due + 1)


def _write_rows(connection: Executor, new: list[Params], replaced: list[Params], changes: rollup.Changes) -> None:
    runs = [*changes.new_runs, *changes.runs] if len(new) + len(replaced) == 1 else ()
    if len(runs) == len(changes.days) == 1 and not changes.gone and connection.dialect.name == "postgresql":
        _put_each.run(connection, *(new or replaced)[0], *runs[0], *changes.days[0])
        return
    _rows.add(connection, new)
    _rows.put(connection, replaced)
    rollup.write(connection, changes)


def _row(one: Measurement, target: Target, now: int) -> Params:
    """A row in the table's column order."""
    good, total, cause, came = one.good, one.total, one.cause, one.recorded_at
    if target.scale != 1 or type(good) is not int or type(total) is not int:
        good, total = int(good * target.scale), int(total * target.scale)
    if total > _LARGEST:
        raise MeasurementError(f"{one.slo}: total={one.total} is too large to be counted; record in a larger unit")
    return (
        target.slo_id,
        one.key,
        to_micros(one.at),
        good,
        total,
        one.value,
        None if cause is None else cause.value,
        json.dumps(dict(one.attributes)) if one.attributes else None,
        now if came is None else to_micros(came),
    )


def _replaces(row: Params, old: Old, rerun: str) -> bool:
    """Whether a rerun's counts take the place of those already there.

    What came in earlier never replaces what came in later, so a spool that is replayed late undoes nothing.
    """
    if old.cause == Cause.MISSING_RUN.value:
        return True
    if rerun == "replace":
        return bool(row[8] >= old.recorded_at)
    if rerun == "first":
        return bool(row[8] < old.recorded_at)
    new, kept = row[3] * old.total, old.good * row[4]
    return bool(new < kept or (new == kept and row[4] > old.total))

"""Evaluations from the store's counts, without writing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from airflow_ai_slo.core.counts import Counts
from airflow_ai_slo.core.definition import Shape
from airflow_ai_slo.core.evaluation import Evaluation, Plan, Watched, evaluate, plan
from airflow_ai_slo.core.expected import Pauses
from airflow_ai_slo.core.instants import EPOCH, from_micros, utc
from airflow_ai_slo.store import counting, curve, definitions, dropping, expecting, last_runs
from airflow_ai_slo.store.curve import Prefix
from airflow_ai_slo.store.definitions import Stored

if TYPE_CHECKING:
    from sqlalchemy import Connection

Seen = tuple[Stored, Evaluation]
Windows = tuple[tuple[datetime, ...], tuple[int, ...]]
"""Starts by the clock, and how many runs others hold."""

_LONG_AGO = Watched(EPOCH)


def evaluate_all(
    connection: Connection, at: datetime, stored: Sequence[Stored], *, everything: bool = False
) -> list[Seen]:
    """Evaluate SLOs at an instant: a fixed number of look-ups each, however long their history is.

    :param everything: whether these are all active SLOs; spares naming them to the database.
    """
    if not stored:
        return []
    at = utc(at)
    groups: dict[Shape, list[Stored]] = {}
    for one in stored:
        groups.setdefault(one.slo.shape, []).append(one)
    plans = {shape: plan(members[0].slo, at) for shape, members in groups.items()}
    reader = _Reader(connection, at, None if everything else [one.slo_id for one in stored])
    reader.read(groups, plans)
    seen = {}
    for shape, members in groups.items():
        for one, held in zip(members, reader.held(plans[shape], members), strict=True):
            seen[one.slo_id] = evaluate(one.slo, plans[shape], held, reader.watched(one, plans[shape]))
    return [(one, seen[one.slo_id]) for one in stored]


_FEW = 50
"""So many SLOs of the same windows are asked for by themselves; fewer share a statement, with the edges of all."""


def _windows(needs: Plan) -> Windows:
    return needs.starts, needs.run_spans


class _Reader:
    """What the windows of many SLOs hold, each edge asked for once.

    :param ids: of all of them; None means every active one.
    """

    def __init__(self, connection: Connection, at: datetime, ids: Sequence[int] | None) -> None:
        self._connection = connection
        self._at = at
        self._ids = ids
        self._firsts: dict[int, datetime] | None = None
        self._edges: dict[Windows, tuple[dict[datetime, Prefix], dict[int, Prefix]]] = {}
        self._anchors: dict[int, datetime] = {}
        self._pauses: dict[int, Pauses] = {}
        self._dropped: dict[int, Pauses] = {}

    def read(self, groups: dict[Shape, list[Stored]], plans: dict[Shape, Plan]) -> None:
        """Ask for all edges of those that have the same windows at once, and for what takes runs from the expected."""
        wanted: dict[Windows, list[int]] = {}
        for shape, members in groups.items():
            wanted.setdefault(_windows(plans[shape]), []).extend(one.slo_id for one in members)
        self._read_edges(wanted)
        self._read_expected({shape: members for shape, members in groups.items() if plans[shape].cadence}, plans)

    def _read_expected(self, groups: dict[Shape, list[Stored]], plans: dict[Shape, Plan]) -> None:
        """What tells how many runs are expected of those that have a cadence."""
        if not groups:
            return
        bounds = [plans[shape].bounds for shape in groups]
        self._dropped = dropping.pauses_within(self._connection, [(one.start, one.end) for one in bounds])
        self._pauses = expecting.pauses(self._connection)
        unanchored = [one.slo_id for members in groups.values() for one in members if one.anchor is None]
        self._anchors = counting.first_instants(self._connection, unanchored) if unanchored else {}

    def _read_edges(self, wanted: dict[Windows, list[int]]) -> None:
        few = {windows: ids for windows, ids in wanted.items() if len(ids) < _FEW}
        for windows, ids in wanted.items():
            if windows not in few:
                starts, counts = windows
                edges = list(dict.fromkeys((self._at, *starts)))
                if counts:
                    self._edges[windows] = last_runs.beside_edges(self._connection, edges, counts, self._at, ids)
                else:
                    named = self._ids if len(wanted) == 1 else ids
                    self._edges[windows] = curve.prefixes(self._connection, edges, named), {}
        if few:
            self._read_few(few, self._ids if len(few) == len(wanted) else [one for ids in few.values() for one in ids])

    def _read_few(self, wanted: dict[Windows, list[int]], named: Sequence[int] | None) -> None:
        edges = [self._at, *(start for starts, _ in wanted for start in starts)]
        upto = curve.prefixes(self._connection, edges, named)
        by_counts: dict[tuple[int, ...], list[int]] = {}
        for (_, counts), members in wanted.items():
            by_counts.setdefault(counts, []).extend(members)
        for counts, members in by_counts.items():
            back = last_runs.before_last_runs(self._connection, counts, self._at, members)
            self._edges |= {windows: (upto, back) for windows in wanted if windows[1] == counts}

    def held(self, needs: Plan, members: Sequence[Stored]) -> list[list[Counts]]:
        """Counts of every window of a plan, for each SLO."""
        upto, back = self._edges[_windows(needs)]
        edges = [upto[start] for start in needs.starts] + [back[count] for count in needs.run_spans]
        end, differences = upto[self._at], counting.differences
        return [differences(one.slo_id, end, edges, one.unit) for one in members]

    def watched(self, one: Stored, needs: Plan) -> Watched:
        """Since when an SLO is watched."""
        if needs.cadence is None:
            before = self._edges[_windows(needs)][0][needs.starts[0]].get(one.slo_id)
            # Runs before the window say enough: it is watched since before it began.
            return _LONG_AGO if before[4] else Watched(self._first(one.slo_id))
        anchor = self._anchors.get(one.slo_id) if one.anchor is None else from_micros(one.anchor)
        pauses, dropped = self._pauses.get(one.slo_id, ()), self._dropped.get(one.slo_id)
        return Watched(None, anchor, [*pauses, *dropped] if dropped else pauses)

    def _first(self, slo_id: int) -> datetime | None:
        if self._firsts is None:
            self._firsts = counting.first_instants(self._connection, self._ids)
        return self._firsts.get(slo_id)


def watched_since(
    connection: Connection, stored: Sequence[Stored], within: tuple[datetime, datetime] | None = None
) -> dict[int, Watched]:
    """Since when SLOs are watched, by their rows.

    :param within: where windows will be looked at, for what corrections drop there.
    """
    firsts = counting.first_instants(connection, [one.slo_id for one in stored])
    paused = expecting.pauses(connection)
    dropped = dropping.pauses_within(connection, [] if within is None else [within])
    found = {}
    for one in stored:
        first = firsts.get(one.slo_id)
        anchor = first if one.anchor is None else from_micros(one.anchor)
        pauses = (*paused.get(one.slo_id, ()), *dropped.get(one.slo_id, ()))
        found[one.slo_id] = Watched(first, anchor, pauses)
    return found


def evaluate_named(connection: Connection, at: datetime, names: Collection[str] | None) -> list[Seen]:
    """Evaluate active SLOs by name, or all of them.

    :raises UnknownSLOError: a name that nothing carries.
    """
    return evaluate_all(connection, at, definitions.active(connection, names), everything=names is None)


def evaluate_ended(connection: Connection, slo_id: int, at: datetime) -> Seen:
    """Evaluate one generation by its row, active or not."""
    return evaluate_all(connection, at, [definitions.by_id(connection, slo_id)])[0]

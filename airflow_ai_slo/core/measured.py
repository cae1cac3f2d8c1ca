"""What was measured at each ``at`` of one SLO: reruns, tasks of one run, and whether the run was late."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from airflow_ai_slo.core.numbers import Exact


class Row(NamedTuple):
    """One measurement, instants in microseconds since 1970.

    :param key: None where every row stands for itself.
    :param is_missing: whether it only says that a run is missing: what comes in later replaces it.
    :param is_backfill: it is never late.
    """

    at: int
    good: Exact
    total: Exact
    recorded_at: int
    key: str | None = None
    is_missing: bool = False
    is_backfill: bool = False


class _Run:
    """More than one row on time.

    :param first: when its first measurement came in, which fixes whether it is late; None before.
    :param came_in: when each of its measurements did.
    """

    __slots__ = ("came_in", "first", "good", "is_late", "total")

    def __init__(self) -> None:
        self.good: Exact = 0
        self.total: Exact = 0
        self.is_late = False
        self.first: int | None = None
        self.came_in: list[int] = []

    @classmethod
    def of(cls, row: Row) -> _Run:
        run = cls()
        run.good, run.total, run.first, run.came_in = row.good, row.total, row.recorded_at, [row.recorded_at]
        return run


class Measured:
    """Runs by ``at``. Most are one row on time and stay that row; only others get a state of their own."""

    def __init__(self) -> None:
        self._runs: dict[int, Row | _Run] = {}

    def __contains__(self, at: int) -> bool:
        return at in self._runs

    def add_first(self, row: Row) -> None:
        """A row on time, the first of its run."""
        self._runs[row.at] = row

    def is_late(self, row: Row, *, overdue: bool) -> bool:
        """Whether a row is late, as its run is.

        :param overdue: whether the row would be, were it the first of its run.
        """
        found = self._runs.get(row.at)
        if found is None or row.is_missing:
            return overdue
        if isinstance(found, Row):
            return overdue and row.recorded_at < found.recorded_at
        return found.is_late if found.first is not None and found.first <= row.recorded_at else overdue

    def was_late(self, at: int) -> bool:
        """Whether the run at an instant is late."""
        found = self._runs.get(at)
        return isinstance(found, _Run) and found.is_late

    def judge(self, row: Row, *, is_late: bool) -> Exact:
        """Fix the lateness of a row's run where it is the first that came in; returns how its good counts change."""
        run = self._run(row.at)
        if row.is_missing or (run.first is not None and run.first <= row.recorded_at):
            return 0
        changes, run.first = is_late != run.is_late, row.recorded_at
        run.is_late = is_late
        return (-run.good if is_late else run.good) if changes else 0

    def change(self, row: Row, sign: int) -> Exact:
        """Add a row, or take it back; returns by how much good changes as it counts: late runs hold none."""
        run, good = self._run(row.at), sign * row.good
        run.good, run.total = run.good + good, run.total + sign * row.total
        (run.came_in.append if sign > 0 else run.came_in.remove)(row.recorded_at)
        if not run.came_in:
            del self._runs[row.at]
        return 0 if run.is_late else good

    def came_in(self, at: int) -> int | None:
        """When the first of the measurements of a run that are there now came in; None where there is none."""
        found = self._runs.get(at)
        if found is None:
            return None
        return found.recorded_at if isinstance(found, Row) else min(found.came_in)

    def held(self, at: int) -> tuple[Exact, Exact, int]:
        """Good as it counts and total as measured of a run, and of how many measurements."""
        found = self._runs.get(at)
        if found is None:
            return 0, 0, 0
        if isinstance(found, Row):
            return found.good, found.total, 1
        return 0 if found.is_late else found.good, found.total, len(found.came_in)

    def late(self) -> Iterator[int]:
        """Each ``at`` whose run is late."""
        return (at for at, run in self._runs.items() if isinstance(run, _Run) and run.is_late)

    def _run(self, at: int) -> _Run:
        found = self._runs.get(at)
        if found is None:
            found = self._runs[at] = _Run()
        elif isinstance(found, Row):
            found = self._runs[at] = _Run.of(found)
        return found

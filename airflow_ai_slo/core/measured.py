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

    :param is_late: None until a measurement came in: lateness is fixed by the first one.
    :param came_in: when each of its measurements did.
    """

    __slots__ = ("came_in", "good", "is_late")

    def __init__(self, good: Exact = 0, is_late: bool | None = None, came_in: list[int] | None = None) -> None:
        self.good = good
        self.is_late = is_late
        self.came_in = came_in or []


class Measured:
    """Runs by ``at``. Most are one row on time and stay that row; only others get a state of their own."""

    def __init__(self, *, late_is_bad: bool) -> None:
        self._late_is_bad = late_is_bad
        self._runs: dict[int, Row | _Run] = {}

    def __contains__(self, at: int) -> bool:
        return at in self._runs

    def add_first(self, row: Row) -> None:
        """A row on time, the first of its run."""
        self._runs[row.at] = row

    def is_late(self, row: Row, due: int | None) -> bool:
        """Whether a row is judged late, as its run is.

        :param due: the last instant at which its run comes in time.
        """
        if not self._late_is_bad or row.is_missing:
            return False
        found = self._runs.get(row.at)
        if isinstance(found, Row):
            return False
        if found is not None and found.is_late is not None:
            return found.is_late
        return due is not None and row.recorded_at > due and not row.is_backfill

    def was_late(self, at: int) -> bool:
        """Whether the run at an instant is judged late."""
        found = self._runs.get(at)
        return isinstance(found, _Run) and bool(found.is_late)

    def judge(self, row: Row, *, is_late: bool) -> Exact:
        """Fix the lateness of a row's run, unless it is; returns by how much its good counts change."""
        run = self._run(row.at)
        if run.is_late is not None or row.is_missing:
            return 0
        run.is_late = is_late
        return -run.good if is_late else 0

    def change(self, row: Row, sign: int) -> Exact:
        """Add a row, or take it back; returns by how much good changes as it counts: late runs hold none."""
        run, good = self._run(row.at), sign * row.good
        run.good += good
        (run.came_in.append if sign > 0 else run.came_in.remove)(row.recorded_at)
        if not run.came_in:
            del self._runs[row.at]
        return 0 if run.is_late else good

    def came_in(self, at: int) -> int | None:
        """When the first of the measurements of a run came in; None where there is none."""
        found = self._runs.get(at)
        if found is None:
            return None
        return found.recorded_at if isinstance(found, Row) else min(found.came_in)

    def late(self) -> Iterator[int]:
        """Each ``at`` whose run is late."""
        return (at for at, run in self._runs.items() if isinstance(run, _Run) and run.is_late)

    def _run(self, at: int) -> _Run:
        found = self._runs.get(at)
        if found is None:
            found = self._runs[at] = _Run()
        elif isinstance(found, Row):
            found = self._runs[at] = _Run(found.good, False, [found.recorded_at])
        return found

"""Runs that rows which came in together have touched, and what is news about them."""

from __future__ import annotations

from collections.abc import Callable

from airflow_ai_slo.core.numbers import Exact
from airflow_ai_slo.core.run_sums import RunSums


class Touched:
    """What rows that came in together have touched.

    :param runs: what they change.
    :param settled_at: when runs settled that rows belong to.
    :param moved: runs that were missing at another instant, by theirs.
    """

    __slots__ = ("_before", "_newest", "moved", "runs", "settled_at")

    def __init__(self, runs: RunSums) -> None:
        self.runs = runs
        self.settled_at: dict[int, int] = {}
        self.moved: dict[int, int] = {}
        self._newest = runs.newest
        self._before: dict[int, tuple[bool, bool]] = {}

    def change(self, at: int, good: Exact, total: Exact, rows: int) -> None:
        """Change what the run at an instant holds, and of how many rows."""
        if at not in self._before:
            self._before[at] = self.runs.state(at)
        self.runs.change(at, good, total, rows)

    def settle(self, at: int, moment: int) -> None:
        """A row of a run came in."""
        self.settled_at[at] = min(moment, self.settled_at.get(at, moment))

    def turned_bad(self) -> int:
        """How many runs have turned bad."""
        return sum(self.runs.state(at)[1] > was_bad for at, (_, was_bad) in self._before.items())

    def tell(self, waiting: dict[int, int], due: Callable[[int], int | None]) -> None:
        """Let who looks at runs in order know of those that came in behind the newest one, or turned bad later.

        :param waiting: gets when each of them settled.
        :param due: the last instant at which a run is in time.
        """
        for at, (was_there, was_bad) in self._before.items():
            if at not in self.settled_at or at in self.moved:
                continue
            there, bad = self.runs.state(at)
            if not was_there and there and self._newest is not None and at < self._newest:
                limit, moment = due(at), self.settled_at[at]
                waiting[at] = moment if limit is None else min(moment, limit + 1)
            elif was_there and bad > was_bad:
                waiting[at] = self.settled_at[at]
        for at, was_at in self.moved.items():
            if was_at in waiting:
                waiting[at] = waiting.pop(was_at)

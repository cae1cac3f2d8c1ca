"""What is known under each key of one SLO, and whether a rerun takes its place."""

from __future__ import annotations

from typing import Literal

from airflow_ai_slo.core.measured import Measured, Row


class Reruns:
    """Rows by key. Those without one stand for themselves and are not kept.

    :param measured: says which runs are late: these count as good = 0.
    """

    def __init__(self, rerun: Literal["replace", "first", "worst"], measured: Measured) -> None:
        self._rerun = rerun
        self._measured = measured
        self._known: dict[str, Row] = {}

    def __contains__(self, key: str | None) -> bool:
        return key in self._known

    def get(self, key: str | None) -> Row | None:
        """What is there under a key."""
        return None if key is None else self._known.get(key)

    def put(self, row: Row) -> None:
        """Keep a row in place of what was there."""
        if row.key is not None:
            self._known[row.key] = row

    def replaces(self, row: Row, old: Row, *, is_late: bool) -> bool:
        """Whether a row's counts take the place of those already there."""
        if old.is_missing:
            return True
        if self._rerun == "worst":
            was_late = self._measured.was_late(old.at)
            new, kept = (0 if is_late else row.good) * old.total, (0 if was_late else old.good) * row.total
            return new < kept or (new == kept and row.total > old.total)
        if self._rerun == "replace":
            return row.recorded_at >= old.recorded_at
        return row.recorded_at < old.recorded_at

"""What goes wrong in the 60 days, apart from the summer's weather: one run fails, one never runs, one is late."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path

from flights.feed import file_of

from demo.settings import DAYS

LATE_BY = timedelta(hours=5, minutes=10)
"""The late run's feed trickles in until long past the deadline of four hours, yet before anybody looks at noon."""


class Fault(StrEnum):
    FAILS = "the feed is cut short: the run fails, after its retries"
    MISSING = "the scheduler is down in the morning: no run at all"
    LATE = "the feed trickles in: the run ends five hours late"


_PLAN = {45: Fault.FAILS, 24: Fault.MISSING, 8: Fault.LATE}

PLAN: Mapping[int, Fault] = {days_ago: fault for days_ago, fault in _PLAN.items() if days_ago <= DAYS}
"""Faults by days before the newest run."""


@dataclass(frozen=True, slots=True)
class Faults:
    """Faults by the day of the run.

    :param today: day of the newest run, which is not played back.
    """

    today: date
    plan: Mapping[int, Fault] = field(default_factory=lambda: PLAN)

    def of(self, day: date) -> Fault | None:
        return self.plan.get((self.today - day).days)

    def spoil(self, feed: Path) -> None:
        """Cut short the file that the failing run will read: its last line ends in the middle."""
        for days_ago, fault in self.plan.items():
            path = file_of(feed, self.today - timedelta(days=days_ago + 1))
            if fault is Fault.FAILS and path.exists():
                text = path.read_text()
                path.write_text(text[: len(text) * 2 // 3].rstrip("\n").rpartition(",")[0])

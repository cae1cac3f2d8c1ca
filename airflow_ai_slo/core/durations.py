"""Durations as OpenSLO writes them (``5m``, ``1h``, ``28d``, ``4w``, ``1M``, ``1Q``, ``1Y``), and windows in runs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

_SECONDS = {"m": 60, "h": 3600, "d": 86400, "w": 604800}
_MONTHS = {"M": 1, "Q": 3, "Y": 12}
_PATTERN = re.compile(r"([1-9][0-9]*)([mhdwMQY])")
_LONGEST_DAYS = 36525


@dataclass(frozen=True, slots=True)
class Duration:
    """A positive length of time that remembers how it was written.

    Month, quarter and year (``M``, ``Q``, ``Y``) have no fixed length; ``length`` of them is nominal
    (30, 90 and 365 days) and used only where a rolling window is asked for in those units.
    """

    count: int
    unit: str

    @classmethod
    def parse(cls, text: str) -> Duration:
        """Read ``28d``.

        :raises ValueError: anything but a whole number above zero followed by m, h, d, w, M, Q or Y.
        """
        match = _PATTERN.fullmatch(text.strip()) if isinstance(text, str) else None
        if match is None:
            raise ValueError(f"{text!r} is not a duration; write a whole number and m, h, d, w, M, Q or Y, such as 28d")
        parsed = cls(int(match[1]), match[2])
        if parsed.count > _LONGEST_DAYS * 1440 or parsed.length > timedelta(days=_LONGEST_DAYS):
            raise ValueError(f"{text!r} is longer than a hundred years")
        return parsed

    @classmethod
    def of(cls, length: timedelta) -> Duration:
        """The shortest way to write a length: 3,600 s is ``1h``. Whole minutes only."""
        seconds = length.total_seconds()
        for unit in ("d", "h", "m"):
            if seconds > 0 and seconds % _SECONDS[unit] == 0:
                return cls(int(seconds // _SECONDS[unit]), unit)
        raise ValueError(f"{length} is not a whole number of minutes above zero")

    @property
    def is_calendar(self) -> bool:
        return self.unit in _MONTHS

    @property
    def months(self) -> int:
        """Calendar months, 0 where the unit has a fixed length."""
        return self.count * _MONTHS.get(self.unit, 0)

    @property
    def length(self) -> timedelta:
        if self.unit == "Y":
            return timedelta(days=365 * self.count)
        if self.is_calendar:
            return timedelta(days=30 * self.months)
        return timedelta(seconds=self.count * _SECONDS[self.unit])

    def __str__(self) -> str:
        return f"{self.count}{self.unit}"


@dataclass(frozen=True, slots=True, order=True)
class Runs:
    """A window that holds the last ``count`` settled runs, whatever the clock says."""

    count: int

    def __str__(self) -> str:
        return f"{self.count} runs"


Span = Duration | Runs


def spelled(length: timedelta) -> str:
    """Exactly how long, with units: ``28 h 1 min``, ``0.42556 s``; days from two of them on."""
    micros = length // timedelta(microseconds=1)
    sign, micros = ("-", -micros) if micros < 0 else ("", micros)
    seconds, below = divmod(micros, 1_000_000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24) if hours >= 48 else (0, hours)
    rest = f"{seconds}.{below:06}".rstrip("0") if below else str(seconds)
    parts = [f"{number} {unit}" for number, unit in ((days, "d"), (hours, "h"), (minutes, "min")) if number]
    return sign + " ".join([*parts, f"{rest} s"] if rest != "0" or not parts else parts)

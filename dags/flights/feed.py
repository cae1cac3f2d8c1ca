"""The airports' daily feed: one CSV file per New York day."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from pathlib import Path

COLUMNS = (
    "carrier",
    "flight",
    "tailnum",
    "origin",
    "dest",
    "scheduled_at",
    "hour",
    "distance",
    "dep_delay",
    "arr_delay",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flight:
    """One flight.

    :param scheduled_at: scheduled departure, ISO 8601 in UTC; ``hour`` is the airport's local one.
    :param distance: miles.
    :param dep_delay: minutes, negative when early; None where it never left. ``arr_delay`` likewise.
    """

    carrier: str
    flight: int
    tailnum: str
    origin: str
    dest: str
    scheduled_at: str
    hour: int
    distance: int
    dep_delay: float | None
    arr_delay: float | None


values_of = attrgetter(*COLUMNS)


def file_of(folder: Path, day: date) -> Path:
    """Where the feed puts a day."""
    return folder / f"{day.isoformat()}.csv"


def read(path: Path) -> Iterator[Flight]:
    """The flights of one day.

    :raises ValueError: the file is cut short or holds something else; the message names file and line.
    """
    with path.open(newline="") as lines:
        reader = csv.reader(lines)
        if tuple(next(reader, ())) != COLUMNS:
            raise ValueError(f"{path}:1: expected the columns {', '.join(COLUMNS)}")
        for row in reader:
            try:
                yield _flight(row)
            except (TypeError, ValueError) as error:
                raise ValueError(f"{path}:{reader.line_num}: {error}; the file may be cut short") from error


def write(path: Path, flights: Iterator[Flight]) -> None:
    """Write one day as the feed does."""
    with path.open("w", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(COLUMNS)
        writer.writerows(map(values_of, flights))


def _flight(row: list[str]) -> Flight:
    carrier, flight, tailnum, origin, dest, scheduled_at, hour, distance, dep_delay, arr_delay = row
    return Flight(
        carrier=carrier,
        flight=int(flight),
        tailnum=tailnum,
        origin=origin,
        dest=dest,
        scheduled_at=scheduled_at,
        hour=int(hour),
        distance=int(distance),
        dep_delay=float(dep_delay) if dep_delay else None,
        arr_delay=float(arr_delay) if arr_delay else None,
    )

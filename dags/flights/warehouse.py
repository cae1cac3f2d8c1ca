"""The warehouse: flights, features built from them, and scores. Each step replaces its day: a rerun is safe."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import date

from flights.feed import COLUMNS, Flight, values_of
from flights.model import Model

TABLES = """
CREATE TABLE IF NOT EXISTS flights (
    day TEXT NOT NULL, carrier TEXT NOT NULL, flight INTEGER NOT NULL, tailnum TEXT, origin TEXT NOT NULL,
    dest TEXT NOT NULL, scheduled_at TEXT NOT NULL, hour INTEGER NOT NULL, distance INTEGER NOT NULL,
    dep_delay REAL, arr_delay REAL
);
CREATE INDEX IF NOT EXISTS flights_by_day ON flights (day);
CREATE TABLE IF NOT EXISTS flight_features (
    day TEXT NOT NULL, flight_id INTEGER NOT NULL PRIMARY KEY, scheduled_at TEXT NOT NULL,
    dep_delay REAL NOT NULL, hour INTEGER NOT NULL, distance INTEGER NOT NULL,
    carrier TEXT NOT NULL, origin TEXT NOT NULL, dest TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS flight_features_by_day ON flight_features (day);
CREATE TABLE IF NOT EXISTS flight_scores (
    day TEXT NOT NULL, flight_id INTEGER NOT NULL PRIMARY KEY, late_probability REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS flight_scores_by_day ON flight_scores (day);
"""

FEATURES = ("dep_delay", "hour", "distance", "carrier", "origin", "dest")


@contextmanager
def connect(path: str) -> Iterator[sqlite3.Connection]:
    """One transaction on the warehouse; committed when the block ends well."""
    with closing(sqlite3.connect(path, timeout=60)) as connection:
        connection.executescript(TABLES)
        with connection:
            yield connection


def load(warehouse: sqlite3.Connection, day: date, flights: Iterable[Flight]) -> int:
    """Replace a day's flights; returns how many there are."""
    rows = [(day.isoformat(), *values_of(flight)) for flight in flights]
    warehouse.execute("DELETE FROM flights WHERE day = ?", (day.isoformat(),))
    places = ", ".join("?" * (1 + len(COLUMNS)))
    warehouse.executemany(f"INSERT INTO flights (day, {', '.join(COLUMNS)}) VALUES ({places})", rows)
    return len(rows)


def build_features(warehouse: sqlite3.Connection, day: date) -> int:
    """Replace a day's features: one row for each flight that left; returns how many there are."""
    warehouse.execute("DELETE FROM flight_features WHERE day = ?", (day.isoformat(),))
    columns = f"day, scheduled_at, {', '.join(FEATURES)}"
    built = warehouse.execute(
        f"INSERT INTO flight_features (flight_id, {columns}) SELECT rowid, {columns} FROM flights"
        " WHERE day = ? AND dep_delay IS NOT NULL",
        (day.isoformat(),),
    )
    return built.rowcount


def score(warehouse: sqlite3.Connection, day: date, model: Model) -> int:
    """Replace a day's scores; returns how many there are."""
    features = warehouse.execute(
        f"SELECT flight_id, {', '.join(FEATURES)} FROM flight_features WHERE day = ?", (day.isoformat(),)
    ).fetchall()
    scores = [
        (day.isoformat(), flight_id, model.probability(dict(zip(FEATURES, values, strict=True))))
        for flight_id, *values in features
    ]
    warehouse.execute("DELETE FROM flight_scores WHERE day = ?", (day.isoformat(),))
    warehouse.executemany("INSERT INTO flight_scores VALUES (?, ?, ?)", scores)
    return len(scores)

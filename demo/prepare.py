"""What the first run needs, made in a process of its own: a feed, a model trained on January, the week before."""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from flights import warehouse
from flights.feed import Flight, file_of, read
from flights.model import Model

from demo.events import Teller, newest_run
from demo.faults import Faults
from demo.lay import DAYS_BEFORE, JANUARY, lay
from demo.settings import DAYS, PLACES, Places
from demo.train import train


def lay_feed(places: Places, *, faults: Faults) -> timedelta:
    """Lay the feed, faults and all; returns how far 2013 moved."""
    shift = lay(places.feed, today=faults.today)
    faults.spoil(places.feed)
    return shift


def train_model(places: Places, *, shift: timedelta) -> Model:
    """Train on January and save the model as JSON."""
    january: Sequence[Flight] = [flight for day in JANUARY for flight in read(file_of(places.feed, day + shift))]
    first, last = JANUARY[0] + shift, JANUARY[-1] + shift
    model = train(january, called=f"January 2013, laid onto {first} to {last}")
    model.save(places.model)
    return model


def fill_warehouse(places: Places, *, today: date) -> None:
    """The week before the first run, so that its trailing features are whole."""
    with warehouse.connect(str(places.warehouse)) as database:
        for days_ago in range(DAYS + DAYS_BEFORE, DAYS + 1, -1):
            day = today - timedelta(days=days_ago)
            warehouse.load(database, day, read(file_of(places.feed, day)))
            warehouse.build_features(database, day)


def compile_ahead() -> None:
    """In a new environment, have Great Expectations compiled here while playback still imports Airflow."""
    spec = importlib.util.find_spec("great_expectations")
    if spec is not None and spec.cached is not None and not Path(spec.cached).exists():
        importlib.import_module("great_expectations")


def main() -> None:
    tell = Teller()
    compile_ahead()
    today = newest_run(datetime.fromisoformat(os.environ["DEMO_NOW"])).date()
    shift = lay_feed(PLACES, faults=Faults(today))
    fill_warehouse(PLACES, today=today)
    model = train_model(PLACES, shift=shift)
    tell("prepared", flights=model.trained_on["flights"], weeks=shift.days // 7)


if __name__ == "__main__":
    main()

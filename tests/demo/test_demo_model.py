"""Features, model and scores on the real January, and on a summer's week that looks different."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pytest
from flights import warehouse
from flights.feed import Flight
from flights.model import Model, load_model

from airflow_ai_slo.measure.drift import load_profile, measure_frame
from demo.lay import JANUARY, laid
from demo.reference import PATH, january, profile_of
from demo.train import train

Rows = Mapping[date, Sequence[Mapping[str, str]]]
MONDAY = date(2013, 7, 8)


@pytest.fixture(scope="module")
def model(rows: Rows) -> Model:
    return train([one for day in JANUARY for one in laid(rows[day], day)], called="January 2013")


@pytest.fixture
def monday(rows: Rows) -> list[Flight]:
    return list(laid(rows[MONDAY], MONDAY))


def test_the_model_knows_what_it_learned_from(model: Model) -> None:
    assert model.trained_on == {"data": "January 2013", "flights": 26_398, "late_share": 0.2273}
    assert set(model.numbers) | set(model.categories) == set(warehouse.FEATURES)


def test_the_saved_model_scores_as_the_one_that_was_trained(model: Model, monday: list[Flight], tmp_path: Path) -> None:
    model.save(tmp_path / "model.json")
    read_back = load_model(tmp_path / "model.json")
    flights = [{name: getattr(one, name) for name in warehouse.FEATURES} for one in monday if one.dep_delay is not None]

    assert [read_back.probability(one) for one in flights] == [model.probability(one) for one in flights]


def test_late_departures_arrive_late_also_in_july(model: Model, rows: Rows) -> None:
    from sklearn.metrics import roc_auc_score

    july = [one for day, flights in rows.items() if day.month == 7 for one in laid(flights, day)]
    known = [one for one in july if one.dep_delay is not None and one.arr_delay is not None]
    scores = [model.probability({name: getattr(one, name) for name in warehouse.FEATURES}) for one in known]

    assert roc_auc_score([one.arr_delay > 15 for one in known], scores) > 0.88


def test_a_value_that_training_never_saw_weighs_nothing(model: Model) -> None:
    known = {"dep_delay": 0.0, "hour": 12, "distance": 500, "carrier": "UA", "origin": "EWR", "dest": "IAH"}

    never_seen, as_strange = (model.probability(known | {"dest": dest}) for dest in ("Atlantis", "El Dorado"))

    assert never_seen == as_strange != model.probability(known)


def test_a_day_loads_builds_and_scores_and_doing_it_again_changes_nothing(
    model: Model, monday: list[Flight], tmp_path: Path
) -> None:
    def run() -> tuple[int, int, int]:
        with warehouse.connect(str(tmp_path / "warehouse.db")) as database:
            return (
                warehouse.load(database, MONDAY, monday),
                warehouse.build_features(database, MONDAY),
                warehouse.score(database, MONDAY, model),
            )

    def counts() -> list[int]:
        with warehouse.connect(str(tmp_path / "warehouse.db")) as database:
            tables = ("flights", "flight_features", "flight_scores")
            return [database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables]

    departed = sum(one.dep_delay is not None for one in monday)
    assert run() == run() == (len(monday), departed, departed)
    assert counts() == [len(monday), departed, departed]
    assert departed < len(monday)


def test_a_step_that_fails_leaves_the_warehouse_as_it_was(monday: list[Flight], tmp_path: Path) -> None:
    path = str(tmp_path / "warehouse.db")
    with warehouse.connect(path) as database:
        warehouse.load(database, MONDAY, monday)

    with pytest.raises(ValueError, match="cut short"), warehouse.connect(path) as database:
        warehouse.load(database, MONDAY, (one if number < 10 else _cut_short() for number, one in enumerate(monday)))

    with warehouse.connect(path) as database:
        assert database.execute("SELECT count(*) FROM flights").fetchone()[0] == len(monday)


def test_the_reference_in_the_repository_is_januarys(rows: Rows) -> None:
    kept = load_profile(PATH)

    assert profile_of(january(), now=kept.created_at) == kept


def test_the_week_of_storms_drifts_in_its_delays_and_in_nothing_else(rows: Rows) -> None:
    import pandas as pd

    week = [one for day, flights in rows.items() if day.month == 7 for one in laid(flights, day)]
    frame = pd.DataFrame(
        [{name: getattr(one, name) for name in warehouse.FEATURES} for one in week if one.dep_delay is not None]
    )

    found = measure_frame(load_profile(PATH), frame)

    assert [column.column for column in found.columns if column.verdict == "drift"] == ["dep_delay"]
    assert (found.good, found.total) == (5, 6)


def _cut_short() -> Flight:
    raise ValueError("cut short")

"""A replay in memory comes to what an engine with a store comes to."""

from __future__ import annotations

import random

import pytest
from replay_histories import a_history, by_engine, ticks, told

from airflow_ai_slo.engine.replaying import replay


@pytest.mark.parametrize("seed", range(40))
def test_a_replay_tells_what_an_engine_with_a_store_would_have_told(seed: int) -> None:
    history = a_history(random.Random(seed))
    happened = replay(history.slos, ticks(history.lines), history.services)
    assert told(happened) == by_engine(history)


@pytest.mark.parametrize("seed", range(1000, 1040))
def test_it_drops_what_corrections_drop_from_when_they_were_saved(seed: int) -> None:
    history = a_history(random.Random(seed), corrections=4)
    happened = replay(history.slos, ticks(history.lines), history.services)
    assert told(happened) == by_engine(history)


@pytest.mark.parametrize("seed", range(2000, 2010))
def test_long_freezes_that_nobody_looks_at_in_between_end_when_they_would_have(seed: int) -> None:
    history = a_history(random.Random(seed), runs=200)
    happened = replay(history.slos, ticks(history.lines), history.services)
    assert told(happened) == by_engine(history)

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

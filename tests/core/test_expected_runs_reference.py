"""Expected runs, in memory, against the slow reference."""

from __future__ import annotations

from datetime import datetime

from expected_kit import assert_same, definitions, instants, journals, row_of, slo_of
from expected_reference import Arrival, Definition, Reference
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_ai_slo.core.history import backtest
from airflow_ai_slo.core.instants import to_micros
from airflow_ai_slo.core.stream import Stream


@settings(max_examples=300)
@given(st.data(), definitions(pauses=False))
def test_a_backtest_finds_the_runs_that_were_expected(data: st.DataObject, what: tuple[datetime, Definition]) -> None:
    beginning, definition = what
    arrivals = data.draw(journals(beginning, definition))
    moments = data.draw(instants(beginning, definition, arrivals))
    expected = Reference(definition, arrivals)
    for seen, at in zip(backtest(slo_of(definition), map(row_of, arrivals), moments), moments, strict=True):
        assert_same(seen, expected, at)


@settings(max_examples=200)
@given(st.data(), definitions())
def test_pauses_and_spools_change_a_stream_as_they_change_the_reference(
    data: st.DataObject, what: tuple[datetime, Definition]
) -> None:
    beginning, definition = what
    arrivals = data.draw(journals(beginning, definition, waits=True))
    assert_stream(definition, arrivals, data.draw(instants(beginning, definition, arrivals)))


@settings(max_examples=100)
@given(st.data(), definitions(slices=True))
def test_slices_hold_missing_runs(data: st.DataObject, what: tuple[datetime, Definition]) -> None:
    beginning, definition = what
    arrivals = data.draw(journals(beginning, definition))
    assert_stream(definition, arrivals, data.draw(instants(beginning, definition, arrivals)))


def assert_stream(definition: Definition, arrivals: list[Arrival], moments: list[datetime]) -> None:
    expected, stream = Reference(definition, arrivals), Stream(slo_of(definition))
    stream.pauses = definition.pauses
    waiting = list(arrivals)
    for at in sorted(moments):
        while waiting and waiting[0].taken <= at:
            together = [one for one in waiting if one.taken == waiting[0].taken]
            stream.arrive(map(row_of, together), to_micros(together[0].taken))
            waiting = waiting[len(together) :]
        assert_same(stream.evaluate(at), expected, at)

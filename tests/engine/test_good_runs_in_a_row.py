"""Good runs in a row that clear a page are those there are, once each, whatever happened to them meanwhile."""

from __future__ import annotations

import pytest
from daily_runs import DAY, HOUR, START, Inbox, daily_slo, evaluate, play, record

from airflow_ai_slo import engine
from airflow_ai_slo.core.corrections import Interval


@pytest.mark.parametrize("again", [False, True])
def test_a_good_run_that_is_tried_again_counts_once(again: bool) -> None:
    """A page needs three good runs; two, of which one was cleared, failed and then succeeded again, are two."""
    store, inbox = daily_slo(), Inbox()
    day = play(store, inbox, "." * 10 + "xx" + "..")
    assert inbox.got == [(12, "Page: done")]
    if again:
        record(store, day, 0, after=2 * HOUR)
        record(store, day, 1, after=3 * HOUR)
        evaluate(store, inbox, day, after=4 * HOUR)
    play(store, inbox, ".", first=day + 1)
    assert inbox.got[1:] == [(15, "Down to a ticket: done")]


@pytest.mark.parametrize("dropped", [0, 1, 2, 4])
def test_good_runs_that_a_correction_drops_put_off_the_end_by_as_many_runs(dropped: int) -> None:
    """The third page within 26 runs needs twelve good ones, and the ticket's window of eight is calm by then."""
    store, inbox = daily_slo(), Inbox()
    paged = play(store, inbox, "." * 8 + "xx..." + "xx......" + "xx")
    assert [title for _, title in inbox.got][-1] == "Now a page: done"
    day = play(store, inbox, "." * 11, first=paged + 1)
    if dropped:
        last = START + (day - 1) * DAY
        period = Interval(last - dropped * DAY, last)
        engine.add_correction(store, ["done"], period=period, author="a", reason="r", now=START + day * DAY + 2 * HOUR)
    play(store, inbox, "." * 20, first=day + 1)
    assert inbox.got[-1] == (paged + 12 + dropped, "Resolved: done")

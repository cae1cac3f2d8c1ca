"""An evaluator that was away for longer than it tells of still counts the runs that settled meanwhile."""

from __future__ import annotations

from daily_runs import Inbox, daily_slo, play, record

from airflow_ai_slo.store import Store


def pass_by(store: Store, verdicts: str, *, first: int) -> int:
    """Record day by day while nobody evaluates; returns the last day."""
    for day, verdict in enumerate(verdicts, first):
        record(store, day, int(verdict == "."))
    return first + len(verdicts) - 1


def test_bad_runs_that_nobody_looked_at_end_a_row_of_good_ones() -> None:
    """The evaluator is back after two weeks: two good runs, six bad ones and a good one are not three in a row."""
    store, inbox = daily_slo(), Inbox()
    day = play(store, inbox, "." * 10 + "xx" + "..")
    assert inbox.got == [(12, "Page: done")]
    day = pass_by(store, "xxxxxx" + "." + "xxxxxx", first=day + 1)
    play(store, inbox, "x" + "...", first=day + 1)
    assert inbox.got[1:] == [(day + 4, "Down to a ticket: done")]


def test_good_runs_that_nobody_looked_at_count_in_a_row() -> None:
    """The third page within 26 runs needs twelve good runs: 23 lie in a row when the evaluator is back."""
    store, inbox = daily_slo(), Inbox()
    day = play(store, inbox, "." * 10 + "xx..." + "xx......" + "xx..")
    assert inbox.got[-1] == (25, "Now a page: done")
    day = pass_by(store, "." * 20, first=day + 1)
    play(store, inbox, "....", first=day + 1)
    assert inbox.got[-1] == (day + 1, "Resolved: done")


def test_runs_that_nobody_looked_at_make_an_incident_older() -> None:
    """A page three months after the one before clears after three good runs, as the first did."""
    store, inbox = daily_slo(), Inbox()
    day = play(store, inbox, "." * 10 + "xx" + "." * 12)
    assert inbox.got == [(12, "Page: done"), (15, "Down to a ticket: done"), (20, "Resolved: done")]
    day = pass_by(store, "." * 80, first=day + 1)
    day = play(store, inbox, ".xx", first=day + 1)
    play(store, inbox, "." * 12, first=day + 1)
    assert inbox.got[3:] == [
        (day, "Page: done"),
        (day + 3, "Down to a ticket: done"),
        (day + 8, "Resolved: done"),
    ]


def test_an_incident_that_opens_when_the_evaluator_is_back_forgets_old_ones() -> None:
    """As above, but the page's runs came in while nobody looked."""
    store, inbox = daily_slo(), Inbox()
    day = play(store, inbox, "." * 10 + "xx" + "." * 12)
    day = pass_by(store, "." * 80 + "xx", first=day + 1)
    play(store, inbox, "." * 12, first=day + 1)
    assert inbox.got[3:] == [
        (day + 1, "Page: done"),
        (day + 3, "Down to a ticket: done"),
        (day + 8, "Resolved: done"),
    ]

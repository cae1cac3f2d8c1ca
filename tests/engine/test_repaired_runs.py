"""An incident ends by today's figures, whichever run was repaired."""

from __future__ import annotations

from datetime import timedelta

from daily_runs import HOUR, Inbox, daily_slo, evaluate, play, record


def test_a_ticket_resolves_when_repaired_runs_calm_its_window() -> None:
    """Three of four failures are repaired: one of the last 36 runs is bad, and enough good ones lie in a row."""
    store, inbox = daily_slo(window="360d"), Inbox()
    day = play(store, inbox, "." * 40 + "x..x..x..x" + "...")
    assert inbox.got == [(50, "Ticket: done")]
    for repaired in (41, 44, 47):
        record(store, repaired, 1, after=timedelta(days=day - repaired, hours=2))
    evaluate(store, inbox, day, after=3 * HOUR)
    assert inbox.got[1:] == [(day, "Resolved: done")]

"""One moment of the store: runs that were due and did not come are missing, and all reads see the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.store import Store, evaluations, expecting

if TYPE_CHECKING:
    from sqlalchemy import Connection


def settle(store: Store, *, at: datetime) -> int:
    """Let every expected run whose deadline has passed with nothing recorded be a missing run.

    In transactions of their own, so that whoever evaluates next sees what this one has settled.

    :returns: how many are missing that were not before.
    """
    missing = 0
    while True:
        with store.read() as connection:
            if not expecting.is_due(connection, utc(at)):
                return missing
        with store.write() as connection:
            settled = expecting.settle(connection, utc(at))
        missing += settled.missing
        if settled.is_all:
            return missing


@contextmanager
def one_moment(store: Store) -> Iterator[Connection]:
    """A transaction that only reads, and whose reads all see one moment."""
    with store.read() as connection:
        evaluations.one_snapshot(connection)
        yield connection


@contextmanager
def settled_moment(store: Store, *, at: datetime, now: datetime | None) -> Iterator[Connection]:
    """The same, once everything that is due at an instant is settled.

    :param now: runs that were due by then and did not come are missing; None is the clock's.
    """
    settle(store, at=min(utc(at), now or datetime.now(UTC)))
    with one_moment(store) as connection:
        yield connection

"""What was found a moment ago, taken again while the store has not changed and some seconds have not passed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from airflow_ai_slo.core.errors import StoreError
from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.engine.listing import Listing, listing
from airflow_ai_slo.store import Store

FRESH = timedelta(seconds=15)
"""Windows move with time, so figures are made anew after this long even where nothing came in."""

_MOST = 64
Found = TypeVar("Found")


@dataclass(slots=True, eq=False)
class _Kept:
    """One answer, and the state of the store it was made from; whoever makes it anew holds the lock."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    version: str | None = None
    at: datetime | None = None
    found: Any = None
    failed: StoreError | None = None
    failures: int = 0


_stores: WeakKeyDictionary[object, OrderedDict[Hashable, _Kept]] = WeakKeyDictionary()
_lock = threading.Lock()


def latest(store: Store, *, now: datetime) -> Listing:
    """All SLOs: as they were within the last 15 seconds if nothing was written since, else as they are now.

    :raises StoreError: the store cannot be used.
    """
    now = utc(now)
    return remembered(store, "listing", now=now, make=lambda at: listing(store, at=at, now=at))


def remembered(store: Store, key: Hashable, *, now: datetime, make: Callable[[datetime], Found]) -> Found:
    """What ``make`` found for a key before, or finds now.

    Many may ask at once: one makes it, and the others take what it found. Where a store does not answer one of them, it
    does not keep the others waiting one after the other: they hear the same.

    :raises StoreError: the store cannot be used.
    """
    from airflow_ai_slo.store.version import version

    kept = _kept(store, key)
    before = kept.failures
    with kept.lock:
        if kept.failed is not None and kept.failures != before:
            raise type(kept.failed)(str(kept.failed)) from kept.failed
        try:
            held = version(store)
            now = _by_now(now)
            if held is None or held != kept.version or kept.at is None or not timedelta(0) <= now - kept.at < FRESH:
                kept.found = make(now)
                kept.version, kept.at = held, now
        except StoreError as error:
            kept.failed, kept.failures = error, kept.failures + 1
            raise
        kept.failed = None
        found: Found = kept.found
        return found


def _by_now(asked: datetime) -> datetime:
    """The present, where that is what was asked for.

    Who asks may have waited for a turn while others recorded: figures as of the asking would lack what the store's
    version holds, and be taken for those of that version.
    """
    present = datetime.now(UTC)
    return max(asked, present) if abs(present - asked) < FRESH else asked


def _kept(store: Store, key: Hashable) -> _Kept:
    with _lock:
        of_store = _stores.setdefault(store.engine, OrderedDict())
        kept = of_store.setdefault(key, _Kept())
        of_store.move_to_end(key)
        if len(of_store) > _MOST:
            of_store.popitem(last=False)
        return kept

"""When a message that a channel did not take is tried again."""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow_ai_slo.core.errors import DeliveryError

FIRST = timedelta(seconds=15)
"""Wait after the first failure; doubled by each further one."""

LONGEST = timedelta(minutes=15)
"""Waits stop growing here, so a channel that comes back is used within this long."""

MOST_ASKED = timedelta(days=1)
"""A channel that asks for more is not believed."""

_BELIEVED = 5
"""After so many attempts a wait that the channel asks for is lengthened: it was too short before."""


def next_attempt(attempts: int, error: DeliveryError, *, now: datetime, jitter: float) -> datetime | None:
    """When to try again, None for never: only a permanent error gives up, however many attempts have failed.

    The wait is ``FIRST * 2 ** (attempts - 1)``, at most ``LONGEST``; ``jitter`` takes off up to half of it. Where the
    channel asked for a wait (``error.retry_after``), it is that one for the first few attempts, and never shorter.

    :param attempts: failed attempts so far, this one included.
    :param jitter: a random number in [0, 1), so that many senders do not come back at once.
    """
    if error.permanent:
        return None
    backoff = min(FIRST * (1 << min(max(attempts, 1) - 1, 16)), LONGEST)
    wait = backoff * (1 - jitter / 2)
    if error.retry_after is not None and error.retry_after > 0:
        asked = timedelta(seconds=min(error.retry_after, MOST_ASKED.total_seconds()))
        asked += min(asked, FIRST) * (jitter / 10)
        wait = asked if attempts <= _BELIEVED else max(wait, asked)
    return now + wait

"""Messages from the outbox to their channels."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

from airflow_ai_slo.alerts import Channel, Message, next_attempt
from airflow_ai_slo.core.errors import DeliveryError
from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.store import Store, outbox
from airflow_ai_slo.store.outbox import DEFAULT_TARGET, Pending


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one delivery did.

    :param pending: messages that still wait: for a later try, or for a channel.
    :param problems: why messages failed, one line each.
    """

    sent: int
    failed: int
    pending: int
    problems: tuple[str, ...] = ()


def deliver(store: Store, channels: Mapping[str, Channel], *, now: datetime) -> Delivered:
    """Send every message that is due; what fails is tried again later, and nothing is lost.

    Each message is handed to one deliverer at a time, and a thread's messages go out in order. A process that dies
    between sending and noting it makes the next one ask the channel first whether the message is already there.

    :param channels: by target name; ``default`` takes every target that has none of its own.
    """
    sent, problems, now = 0, list[str](), utc(now)
    began = monotonic()
    targets = None if DEFAULT_TARGET in channels else list(channels)
    while True:
        with store.write() as connection:
            # Sending takes time: leases run from when a message is taken, while what is due is settled at the start.
            moment = now + timedelta(seconds=monotonic() - began)
            claimed = outbox.claim(connection, targets, now, moment)
        if claimed is None:
            break
        channel = channels.get(claimed.target) or channels[DEFAULT_TARGET]
        problem = _send(store, channel, claimed, moment)
        if problem:
            problems.append(f"{claimed.target}: {problem}")
        else:
            sent += 1
    with store.read() as connection:
        waiting = outbox.pending(connection)
    return Delivered(sent, len(problems), waiting, tuple(problems))


def _send(store: Store, channel: Channel, claimed: Pending, now: datetime) -> str:
    """Send one message and note what became of it; returns the problem, if there was one."""
    try:
        message = Message.from_dict(claimed.message)
        receipt = channel.send(message, thread=claimed.thread, again=claimed.attempts > 0)
    except Exception as raised:
        # A channel of somebody else's may raise anything; it must not keep other messages from going out.
        error = raised if isinstance(raised, DeliveryError) else DeliveryError(_one_line(raised))
        # The jitter keeps senders apart; nothing secret hangs on it.
        retry_at = next_attempt(claimed.attempts + 1, error, now=now, jitter=random.random())  # noqa: S311
        with store.write() as connection:
            outbox.failed(connection, claimed, str(error), retry_at)
        return str(error)
    with store.write() as connection:
        outbox.sent(connection, claimed, receipt.thread, now)
    return ""


def _one_line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"

"""Messages from the outbox to their channels."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from time import monotonic

from airflow_ai_slo.alerts import Channel, Link, Message, Receipt, next_attempt
from airflow_ai_slo.core.errors import DeliveryError
from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.core.target import DEFAULT_TARGET
from airflow_ai_slo.store import Store, outbox, outbox_care
from airflow_ai_slo.store.outbox import Pending, Targets

KEPT = timedelta(days=90)
"""How long sent messages stay in the outbox."""

_PATIENCE = 3
"""After so many failures in a row a channel is left for the next delivery: each may have cost a time-out."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one delivery did.

    :param pending: messages that still wait: for a later try, or for a channel.
    :param problems: why messages failed, one line each.
    :param resume_at: when the first channel that asked to wait may be sent to again, where messages wait for one.
    """

    sent: int
    failed: int
    pending: int
    problems: tuple[str, ...] = ()
    resume_at: datetime | None = None


def deliver(store: Store, channels: Mapping[str, Channel], *, now: datetime, links: Sequence[Link] = ()) -> Delivered:
    """Send every message that is due; what fails is tried again later, and nothing is lost.

    Each message is handed to one deliverer at a time, and a thread's messages go out in order. A process that dies
    between sending and noting it makes the next one ask the channel first whether the message is already there. A
    channel that asks to wait gets nothing more from anybody until then.

    :param channels: by target name; ``default`` takes every target that has none of its own.
    :param links: added to every message: what the deliverer knows the address of.
    """
    delivery = _Delivery(store, channels, utc(now), tuple(links), monotonic())
    while delivery.next():
        pass
    delivery.say_again()
    if delivery.sent:
        with store.write() as connection:
            outbox_care.prune(connection, delivery.moment - KEPT)
    with store.read() as connection:
        waiting = outbox.pending(connection)
        held = outbox.left_alone(connection, delivery.moment)
    resume_at = min((until for name, until in held.items() if name in channels), default=None) if waiting else None
    return Delivered(delivery.sent, len(delivery.problems), waiting, tuple(delivery.problems), resume_at)


@dataclass
class _Delivery:
    """One delivery under way.

    :param failures: by channel name, failures in a row.
    """

    store: Store
    channels: Mapping[str, Channel]
    now: datetime
    links: tuple[Link, ...]
    began: float
    sent: int = 0
    problems: list[str] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)

    @property
    def moment(self) -> datetime:
        """Sending takes time: leases and holds go by this, while what is due is settled at the start."""
        return self.now + timedelta(seconds=monotonic() - self.began)

    def next(self) -> bool:
        """Send one message; whether there was one."""
        moment = self.moment
        with self.store.write() as connection:
            targets = self._open(outbox.left_alone(connection, moment))
            claimed = outbox.claim(connection, targets, self.now, moment) if targets else None
        if claimed is None:
            return False
        route = self._route(claimed.target)
        try:
            receipt = self._send(route, claimed, again=claimed.attempts > 0)
        except DeliveryError as error:
            self._failed(route, claimed, error, moment)
        else:
            self._succeeded(route, claimed, receipt, moment)
        return True

    def say_again(self) -> None:
        """Repeat what stands open where a channel forgets it otherwise."""
        for route, channel in self.channels.items():
            repeat: timedelta | None = getattr(channel, "repeat", None)
            if repeat is None:
                continue
            with self.store.read() as connection:
                held = outbox.left_alone(connection, self.moment)
                targets = self._open(held, only=route)
                found = outbox_care.standing(connection, targets, self.moment - repeat) if targets else []
            for standing in found:
                try:
                    self._send(route, standing, again=True)
                except DeliveryError as error:
                    self._problem(route, standing.target, error)
                    self._hold(route, error, self.moment)
                    break
                with self.store.write() as connection:
                    outbox_care.said_again(connection, standing.id, self.moment)

    def _send(self, route: str, claimed: Pending, *, again: bool) -> Receipt:
        """Send one message.

        :raises DeliveryError: whatever went wrong: a channel of somebody else's may raise anything, and must not keep
            other messages from going out.
        """
        try:
            message = Message.from_dict(claimed.message)
            message = replace(message, links=(*message.links, *self.links))
            return self.channels[route].send(message, thread=claimed.thread, again=again)
        except DeliveryError:
            raise
        except Exception as error:
            raise DeliveryError(f"{type(error).__name__}: {' '.join(str(error).split())}") from error

    def _succeeded(self, route: str, claimed: Pending, receipt: Receipt, moment: datetime) -> None:
        self.failures[route] = 0
        self.sent += 1
        with self.store.write() as connection:
            outbox.sent(connection, claimed, receipt.thread, moment)

    def _failed(self, route: str, claimed: Pending, error: DeliveryError, moment: datetime) -> None:
        # The jitter keeps senders apart; nothing secret hangs on it.
        jitter = random.random()  # noqa: S311
        retry_at = next_attempt(claimed.attempts + 1, error, now=moment, jitter=jitter)
        self._problem(route, claimed.target, error)
        with self.store.write() as connection:
            outbox.failed(connection, claimed, str(error), retry_at)
        self._hold(route, error, moment, jitter)

    def _problem(self, route: str, target: str, error: DeliveryError) -> None:
        self.failures[route] = 0 if error.permanent else self.failures[route] + 1
        self.problems.append(f"{target}: {error}")

    def _hold(self, route: str, error: DeliveryError, moment: datetime, jitter: float = 0) -> None:
        """Leave a channel alone that asks for it, under every name it has."""
        until = next_attempt(1, error, now=moment, jitter=jitter) if error.retry_after else None
        if until is not None:
            names = [name for name, channel in self.channels.items() if channel == self.channels[route]]
            with self.store.write() as connection:
                outbox.leave_alone(connection, names, until)

    def _open(self, held: Collection[str], only: str | None = None) -> Targets:
        """Targets that may be sent to now."""
        named = [name for name in self.channels if only in (None, name)]
        going = {name for name in named if name not in held and self.failures[name] < _PATIENCE}
        return Targets(going, self.channels.keys() if DEFAULT_TARGET in going else None)

    def _route(self, target: str) -> str:
        return target if target in self.channels else DEFAULT_TARGET

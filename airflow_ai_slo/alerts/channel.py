"""What carries messages to people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from airflow_ai_slo.alerts.message import Message


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that a channel took a message.

    :param thread: the channel's own name for the thread, to be handed to the next message of the same
        ``thread_key``; None where the channel has no threads.
    """

    thread: str | None = None


class Channel(Protocol):
    """Sends one message at a time and does not retry by itself: the outbox does."""

    @property
    def name(self) -> str:
        """What the outbox calls this channel."""

    def send(self, message: Message, *, thread: str | None, again: bool = False) -> Receipt:
        """Deliver one message.

        :param thread: ``Receipt.thread`` of an earlier message with this ``thread_key``; None for the first.
        :param again: an earlier attempt at this very message may have got through (a lost answer, an expired
            claim): look for it first, where the channel can.
        :raises DeliveryError: not delivered, or unknown whether; says whether trying again can help.
        """

"""The outbox: every message once, in the order of its thread, whatever its channel does."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from slo_kit import DAY, HOUR, MINUTE, NOW
from sqlalchemy import select

from airflow_ai_slo import engine
from airflow_ai_slo.alerts import Kind, Message, Receipt
from airflow_ai_slo.core.errors import DeliveryError
from airflow_ai_slo.store import Store, outbox, tables

SECOND = timedelta(seconds=1)


class Channel:
    """Takes messages, or does what it is told to do first."""

    name = "test"

    def __init__(self, act: Callable[[Message], None] = lambda message: None) -> None:
        self.act = act
        self.got: list[str] = []
        self.threads: dict[str, str | None] = {}
        self.again: dict[str, bool] = {}

    def send(self, message: Message, *, thread: str | None, again: bool = False) -> Receipt:
        self.again[message.title] = again
        self.act(message)
        self.got.append(message.title)
        self.threads[message.title] = thread
        return Receipt(thread or f"thread of {message.title}")


def post(store: Store, *titles: str, thread: str = "t", target: str = "default", at: datetime = NOW) -> None:
    with store.write() as connection:
        for title in titles:
            message = Message(kind=Kind.NOTICE, title=title, at=at, thread_key=thread, dedup_key=f"{thread}:{title}")
            outbox.add(
                connection,
                dedup_key=message.dedup_key,
                thread_key=thread,
                target=target,
                message=message.to_dict(),
                at=at,
            )


def states(store: Store) -> list[tuple[str, int]]:
    with store.read() as connection:
        rows = connection.execute(select(tables.outbox).order_by(tables.outbox.c.id)).all()
    return [(row.state, row.attempts) for row in rows]


def raising(error: BaseException, *titles: str) -> Callable[[Message], None]:
    def act(message: Message) -> None:
        if message.title in titles:
            raise error

    return act


def test_a_thread_goes_out_in_order_and_hangs_together(store: Store) -> None:
    post(store, "a", "b", "c")
    channel = Channel()
    assert engine.deliver(store, {"default": channel}, now=NOW) == engine.Delivered(3, 0, 0)
    assert channel.got == ["a", "b", "c"]
    assert channel.threads == {"a": None, "b": "thread of a", "c": "thread of a"}
    assert engine.deliver(store, {"default": channel}, now=NOW + DAY).sent == 0


def test_the_same_thing_said_twice_goes_out_once_to_each_target(store: Store) -> None:
    post(store, "a", "a")
    post(store, "a", target="other")
    default, other = Channel(), Channel()
    engine.deliver(store, {"default": default, "other": other}, now=NOW)
    post(store, "a")
    engine.deliver(store, {"default": default, "other": other}, now=NOW)
    assert (default.got, other.got) == (["a"], ["a"])


def test_a_message_that_waits_holds_up_its_own_thread_and_no_other(store: Store) -> None:
    post(store, "a1", "a2", thread="a")
    post(store, "b1", thread="b")
    post(store, "a1", thread="a", target="other")
    channel, other = Channel(raising(DeliveryError("busy"), "a1")), Channel()
    result = engine.deliver(store, {"default": channel, "other": other}, now=NOW)
    assert (channel.got, other.got, result.pending) == (["b1"], ["a1"], 2)
    channel.act = lambda message: None
    engine.deliver(store, {"default": channel, "other": other}, now=NOW + HOUR)
    assert channel.got == ["b1", "a1", "a2"]
    assert other.got == ["a1"]


def test_a_message_that_was_given_up_lets_its_thread_go_on(store: Store) -> None:
    post(store, "a", "b")
    channel = Channel(raising(DeliveryError("gone", permanent=True), "a"))
    result = engine.deliver(store, {"default": channel}, now=NOW)
    assert (result.sent, result.failed, result.pending, result.problems) == (1, 1, 0, ("default: gone",))
    assert states(store) == [("failed", 1), ("sent", 1)]
    with store.read() as connection:
        assert outbox.problems(connection) == [(NOW, "default", "gone")]


def test_a_channel_that_breaks_is_a_problem_in_one_line_and_is_tried_again(store: Store) -> None:
    post(store, "a", thread="a")
    post(store, "b", thread="b")
    channel = Channel(raising(ValueError("no\n  such thing"), "a"))
    result = engine.deliver(store, {"default": channel}, now=NOW)
    assert result == engine.Delivered(1, 1, 1, ("default: ValueError: no such thing",))
    channel.act = lambda message: None
    assert engine.deliver(store, {"default": channel}, now=NOW + HOUR).sent == 1
    assert channel.again == {"a": True, "b": False}


def test_a_message_that_cannot_be_read_is_given_up(store: Store) -> None:
    with store.write() as connection:
        outbox.add(connection, dedup_key="d", thread_key="t", target="default", message={"version": 1}, at=NOW)
    result = engine.deliver(store, {"default": Channel()}, now=NOW)
    assert (result.failed, result.pending) == (1, 0)
    assert "not a stored message" in result.problems[0]


def test_messages_wait_for_a_channel_of_their_target(store: Store) -> None:
    post(store, "a", thread="a", target="mail")
    post(store, "b", thread="b", target="chat")
    chat = Channel()
    assert engine.deliver(store, {"chat": chat}, now=NOW).pending == 1
    default = Channel()
    assert engine.deliver(store, {"chat": chat, "default": default}, now=NOW).pending == 0
    assert (chat.got, default.got) == (["b"], ["a"])


def test_a_message_is_due_at_once_although_the_clock_was_set_back(store: Store) -> None:
    post(store, "a", at=NOW)
    channel = Channel()
    engine.deliver(store, {"default": channel}, now=NOW - HOUR)
    assert channel.got == ["a"]


def test_a_failure_waits_longer_each_time_and_never_less_than_asked(store: Store) -> None:
    post(store, "a")
    channel = Channel(raising(DeliveryError("slow down", retry_after=300), "a"))
    engine.deliver(store, {"default": channel}, now=NOW)
    assert engine.deliver(store, {"default": channel}, now=NOW + 299 * SECOND).failed == 0
    assert engine.deliver(store, {"default": channel}, now=NOW + 305 * SECOND).failed == 1
    assert states(store) == [("pending", 2)]


def test_nobody_else_takes_a_message_while_it_is_being_sent(store: Store) -> None:
    post(store, "a", "b")
    others = Channel()

    def meanwhile(message: Message) -> None:
        assert engine.deliver(store, {"default": others}, now=NOW + MINUTE).sent == 0

    channel = Channel(meanwhile)
    engine.deliver(store, {"default": channel}, now=NOW)
    assert (channel.got, others.got) == (["a", "b"], [])


def test_a_lease_runs_from_when_a_message_is_taken_however_long_others_took(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr("airflow_ai_slo.engine.delivering.monotonic", lambda: clock[0])
    post(store, "a", thread="a")
    post(store, "b", thread="b")
    others = Channel()

    def slow(message: Message) -> None:
        clock[0] += 100
        if message.title == "b":
            engine.deliver(store, {"default": others}, now=NOW + 200 * SECOND)

    engine.deliver(store, {"default": Channel(slow)}, now=NOW)
    assert others.got == []


def test_a_message_that_somebody_else_has_sent_meanwhile_stays_sent(store: Store) -> None:
    post(store, "a", "b")
    faster = Channel()

    def slow(message: Message) -> None:
        if message.title == "a":
            engine.deliver(store, {"default": faster}, now=NOW + HOUR)
            raise DeliveryError("timeout", permanent=True)

    result = engine.deliver(store, {"default": Channel(slow)}, now=NOW)
    assert (faster.got, faster.again["a"], result.pending) == (["a", "b"], True, 0)
    assert [state for state, _ in states(store)] == ["sent", "sent"]


def test_many_deliverers_at_once_send_each_message_once_and_in_order(store: Store) -> None:
    for thread in "abcdef":
        post(store, *(f"{thread}{number}" for number in range(5)), thread=thread)
    channel = Channel()
    with ThreadPoolExecutor(5) as pool:
        results = list(pool.map(lambda _: engine.deliver(store, {"default": channel}, now=NOW), range(5)))
    # Whoever finds only threads that others are at stops early, so somebody may have to come again.
    assert sum(result.sent for result in results) + engine.deliver(store, {"default": channel}, now=NOW).sent == 30
    for thread in "abcdef":
        assert [title for title in channel.got if title[0] == thread] == [f"{thread}{n}" for n in range(5)]

"""Channels that ask to wait or are down, what stands and is said again, and an outbox that is looked after."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from slo_kit import DAY, HOUR, MINUTE, NOW
from sqlalchemy import select

from airflow_ai_slo import engine
from airflow_ai_slo.alerts import Kind, Message, Receipt, SlackBotChannel
from airflow_ai_slo.core.errors import DeliveryError
from airflow_ai_slo.store import Store, outbox, outbox_care, tables
from demo.slack_server import SlackServer

SECOND = timedelta(seconds=1)


class Inbox:
    """Takes messages, unless it has errors to raise first."""

    name = "inbox"

    def __init__(self, *errors: DeliveryError, repeat: timedelta | None = None) -> None:
        self.errors = list(errors)
        self.got: list[str] = []
        self.tries = 0
        if repeat:
            self.repeat = repeat

    def send(self, message: Message, *, thread: str | None, again: bool = False) -> Receipt:
        self.tries += 1
        if self.errors:
            raise self.errors.pop(0)
        self.got.append(message.title)
        return Receipt(thread or f"thread of {message.title}")


def post(
    store: Store, title: str, *, thread: str = "", target: str = "default", kind: Kind = Kind.NOTICE, at: datetime = NOW
) -> None:
    message = Message(kind=kind, title=title, at=at, thread_key=thread or title, dedup_key=f"{thread}:{title}")
    with store.write() as connection:
        outbox.add(
            connection,
            dedup_key=message.dedup_key,
            thread_key=message.thread_key,
            target=target,
            message=message.to_dict(),
            at=at,
            ends=kind.ends,
            remark=kind.remark,
        )


def titles(store: Store) -> list[str]:
    with store.read() as connection:
        return [entry.title for entry in reversed(outbox_care.entries(connection))]


def test_after_a_429_nothing_more_goes_to_that_channel_until_then(store: Store) -> None:
    for number in range(5):
        post(store, f"a{number}")
        post(store, f"b{number}", target="other")
    busy, other = Inbox(DeliveryError("slow down", retry_after=300)), Inbox()
    channels = {"default": busy, "other": other}
    assert engine.deliver(store, channels, now=NOW).pending == 5
    assert (busy.tries, len(other.got)) == (1, 5)
    post(store, "a5")
    engine.deliver(store, channels, now=NOW + 299 * SECOND)
    assert busy.tries == 1
    assert engine.deliver(store, channels, now=NOW + 330 * SECOND).pending == 0
    assert sorted(busy.got) == [f"a{number}" for number in range(6)]


def test_another_deliverer_keeps_to_a_wait_too(store: Store) -> None:
    post(store, "a")
    post(store, "b")
    engine.deliver(store, {"default": Inbox(DeliveryError("slow down", retry_after=300))}, now=NOW)
    another = Inbox()
    engine.deliver(store, {"default": another}, now=NOW + MINUTE)
    assert another.tries == 0


def test_targets_of_one_channel_wait_together(store: Store) -> None:
    post(store, "a", target="one")
    post(store, "b", target="two")
    post(store, "c", target="unknown")
    busy = Inbox(DeliveryError("slow down", retry_after=300))
    channels = dict.fromkeys(("one", "two", "default"), busy)
    engine.deliver(store, channels, now=NOW)
    engine.deliver(store, channels, now=NOW + MINUTE)
    assert busy.tries == 1


def test_a_wait_beyond_a_day_is_not_believed(store: Store) -> None:
    post(store, "a")
    inbox = Inbox(DeliveryError("slow down", retry_after=1e12))
    engine.deliver(store, {"default": inbox}, now=NOW)
    engine.deliver(store, {"default": inbox}, now=NOW + DAY + MINUTE)
    assert inbox.got == ["a"]


def test_a_channel_that_is_down_is_left_after_three_tries_and_the_others_go_on(store: Store) -> None:
    for number in range(10):
        post(store, f"a{number}")
        post(store, f"b{number}", target="other")
    down, other = Inbox(*[DeliveryError("timed out")] * 99), Inbox()
    result = engine.deliver(store, {"default": down, "other": other}, now=NOW)
    assert (down.tries, len(other.got), result.failed, result.pending) == (3, 10, 3, 10)
    down.errors.clear()
    engine.deliver(store, {"default": down}, now=NOW + HOUR)
    assert sorted(down.got) == [f"a{number}" for number in range(10)]


def test_messages_that_are_refused_for_good_do_not_make_it_look_down(store: Store) -> None:
    for number in range(9):
        post(store, f"a{number}")
    inbox = Inbox(*[DeliveryError("no such thread", permanent=True)] * 8)
    assert engine.deliver(store, {"default": inbox}, now=NOW).failed == 8
    assert inbox.got == ["a8"]


@pytest.mark.parametrize("kind", [Kind.INCIDENT_OPENED, Kind.INCIDENT_ESCALATED, Kind.FREEZE_STARTED])
def test_what_stands_is_said_again_where_the_channel_forgets(store: Store, kind: Kind) -> None:
    post(store, "stands", kind=kind)
    post(store, "said", kind=Kind.NOTICE)
    inbox = Inbox(repeat=HOUR)
    engine.deliver(store, {"default": inbox}, now=NOW)
    engine.deliver(store, {"default": inbox}, now=NOW + 30 * MINUTE)
    assert sorted(inbox.got) == ["said", "stands"]
    engine.deliver(store, {"default": inbox}, now=NOW + 61 * MINUTE)
    engine.deliver(store, {"default": inbox}, now=NOW + 62 * MINUTE)
    assert inbox.got.count("stands") == 2


def test_only_the_last_of_a_thread_is_said_again_and_nothing_after_its_end(store: Store) -> None:
    inbox = Inbox(repeat=HOUR)
    post(store, "opened", thread="t", kind=Kind.INCIDENT_OPENED)
    post(store, "escalated", thread="t", kind=Kind.INCIDENT_ESCALATED)
    engine.deliver(store, {"default": inbox}, now=NOW)
    engine.deliver(store, {"default": inbox}, now=NOW + 2 * HOUR)
    assert inbox.got == ["opened", "escalated", "escalated"]
    post(store, "resolved", thread="t", kind=Kind.INCIDENT_RESOLVED)
    engine.deliver(store, {"default": inbox}, now=NOW + 3 * HOUR)
    engine.deliver(store, {"default": inbox}, now=NOW + 9 * HOUR)
    assert inbox.got[3:] == ["resolved"]


def test_an_acknowledged_incident_is_said_again_and_its_acknowledgement_is_not_kept_for_ever(store: Store) -> None:
    inbox = Inbox(repeat=HOUR)
    post(store, "opened", thread="t", kind=Kind.INCIDENT_OPENED)
    post(store, "acknowledged", thread="t", kind=Kind.INCIDENT_ACKNOWLEDGED)
    engine.deliver(store, {"default": inbox}, now=NOW)
    engine.deliver(store, {"default": inbox}, now=NOW + 2 * HOUR)
    assert inbox.got == ["opened", "acknowledged", "opened"]
    with store.write() as connection:
        outbox_care.prune(connection, NOW + 3 * HOUR)
    assert titles(store) == ["opened"]


def test_an_end_that_waits_keeps_what_stood_from_being_said_again(store: Store) -> None:
    inbox = Inbox(repeat=HOUR)
    post(store, "opened", thread="t", kind=Kind.INCIDENT_OPENED)
    engine.deliver(store, {"default": inbox}, now=NOW)
    post(store, "resolved", thread="t", kind=Kind.INCIDENT_RESOLVED)
    inbox.errors = [DeliveryError("busy")]
    engine.deliver(store, {"default": inbox}, now=NOW + 2 * HOUR)
    assert inbox.got == ["opened"]


def test_other_channels_say_nothing_twice(store: Store) -> None:
    post(store, "opened", kind=Kind.INCIDENT_OPENED)
    inbox = Inbox()
    engine.deliver(store, {"default": inbox}, now=NOW)
    engine.deliver(store, {"default": inbox}, now=NOW + 30 * DAY)
    assert inbox.got == ["opened"]


def test_a_failure_to_say_again_is_told_and_tried_next_time(store: Store) -> None:
    post(store, "opened", kind=Kind.INCIDENT_OPENED)
    inbox = Inbox(repeat=HOUR)
    engine.deliver(store, {"default": inbox}, now=NOW)
    inbox.errors = [DeliveryError("busy", retry_after=600)]
    assert engine.deliver(store, {"default": inbox}, now=NOW + 2 * HOUR).problems == ("default: busy",)
    engine.deliver(store, {"default": inbox}, now=NOW + 2 * HOUR + MINUTE)
    assert inbox.got == ["opened"]
    engine.deliver(store, {"default": inbox}, now=NOW + 3 * HOUR)
    assert inbox.got == ["opened", "opened"]


def test_sent_messages_go_after_90_days_but_not_what_stands(store: Store) -> None:
    inbox = Inbox()
    post(store, "opened", thread="open", kind=Kind.INCIDENT_OPENED)
    post(store, "escalated", thread="open", kind=Kind.INCIDENT_ESCALATED)
    post(store, "over", thread="closed", kind=Kind.INCIDENT_OPENED)
    post(store, "closed", thread="closed", kind=Kind.INCIDENT_RESOLVED)
    engine.deliver(store, {"default": inbox}, now=NOW)
    engine.deliver(store, {"default": inbox}, now=NOW + 89 * DAY)
    assert len(titles(store)) == 4
    post(store, "new")
    engine.deliver(store, {"default": inbox}, now=NOW + 91 * DAY)
    assert titles(store) == ["escalated", "new"]
    with store.read() as connection:
        assert set(connection.execute(select(tables.thread.c.thread_key)).scalars()) == {"open", "new"}


def test_messages_that_wait_or_were_given_up_are_never_pruned(store: Store) -> None:
    post(store, "waits", target="nobody")
    post(store, "given up")
    channels = {"default": Inbox(DeliveryError("gone", permanent=True)), "nobody": Inbox(DeliveryError("busy"))}
    engine.deliver(store, channels, now=NOW)
    with store.write() as connection:
        assert outbox_care.prune(connection, NOW + 1000 * DAY) == 0
    assert titles(store) == ["waits", "given up"]


def test_given_up_messages_are_tried_again_when_told_to(store: Store) -> None:
    for title in ("a", "b", "c"):
        post(store, title)
    inbox = Inbox(*[DeliveryError("revoked", permanent=True)] * 3)
    engine.deliver(store, {"default": inbox}, now=NOW)
    with store.write() as connection:
        first = min(entry.id for entry in outbox_care.entries(connection, states=["failed"]))
        assert outbox_care.retry(connection, ids=[first]) == 1
        assert outbox_care.retry(connection, target="other") == 0
    engine.deliver(store, {"default": inbox}, now=NOW)
    assert inbox.got == ["a"]
    with store.write() as connection:
        assert outbox_care.retry(connection) == 2
        assert outbox_care.counts(connection) == {"pending": 2, "sent": 1, "failed": 0}
    engine.deliver(store, {"default": inbox}, now=NOW)
    assert inbox.got == ["a", "b", "c"]


def test_messages_can_be_dropped_and_sent_ones_stay(store: Store) -> None:
    post(store, "sent")
    engine.deliver(store, {"default": Inbox()}, now=NOW)
    post(store, "waits", target="never")
    with store.write() as connection:
        assert outbox_care.drop(connection, target="never") == 1
        assert outbox_care.drop(connection) == 0
    assert titles(store) == ["sent"]


def test_a_real_429_keeps_every_other_message_back_until_then(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    for number in range(4):
        post(store, f"a{number}")
    with SlackServer() as slack:
        channel = SlackBotChannel(slack.token, slack.channel_id, base_url=slack.base_url)
        slack.fail_next("429", retry_after="30")
        done = engine.deliver(store, {"default": channel}, now=NOW)
        assert len(slack.calls) == 1
        assert done.resume_at is not None
        assert NOW + 30 * SECOND <= done.resume_at < NOW + 33 * SECOND
        engine.deliver(store, {"default": channel}, now=NOW + 20 * SECOND)
        assert len(slack.calls) == 1
        assert engine.deliver(store, {"default": channel}, now=NOW + MINUTE).pending == 0
        assert len(slack.messages) == 4

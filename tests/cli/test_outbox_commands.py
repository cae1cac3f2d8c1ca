"""Looking at the outbox, trying again, dropping and pruning; acknowledging an incident."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cli_runner import Result

from airflow_ai_slo import engine
from airflow_ai_slo.alerts import Message, Receipt
from airflow_ai_slo.core.errors import DeliveryError
from airflow_ai_slo.store import Store, open_store

Run = Callable[..., Result]


class Channel:
    """Takes messages, or refuses them for good."""

    name = "test"

    def __init__(self, *, refuses: bool = False) -> None:
        self.refuses = refuses
        self.got: list[str] = []

    def send(self, message: Message, *, thread: str | None, again: bool = False) -> Receipt:
        if self.refuses:
            raise DeliveryError("the token is revoked", permanent=True)
        self.got.append(message.title)
        return Receipt()


@pytest.fixture
def burning(ai_slo: Run, daily: Path) -> Run:
    """A store with an open incident and a freeze, nothing told yet."""
    ai_slo("apply", daily)
    now = datetime.now(UTC)
    for day in range(11):
        at = (now - timedelta(days=day)).isoformat()
        ai_slo("record", "daily", "--good", "0" if day < 3 else "1", "--total", "1", "--at", at)
    ai_slo("evaluate")
    return ai_slo


@pytest.fixture
def store(tmp_path: Path, burning: Run) -> Store:
    return open_store(f"sqlite:///{tmp_path / 'slo.db'}")


def test_messages_that_wait_are_listed_for_people_and_programs(burning: Run) -> None:
    listed = burning("outbox", "list")
    assert [line.split("  ")[2:4] for line in listed.out.splitlines()] == [["pending", "default"]] * 2
    assert "(0 tries)" in listed.out
    assert listed.err == "2 pending, 0 sent, 0 failed\n"
    found = burning("outbox", "list", "--format", "json").json
    assert found["counts"] == {"pending": 2, "sent": 0, "failed": 0}
    assert {message["title"] for message in found["messages"]} == {"Page: daily", "Frozen: flights"}
    assert {message["sent_at"] for message in found["messages"]} == {None}


def test_what_was_given_up_shows_why_and_is_tried_again_when_told_to(burning: Run, store: Store) -> None:
    engine.deliver(store, {"default": Channel(refuses=True)}, now=datetime.now(UTC))
    listed = burning("outbox", "list", "--state", "failed")
    assert listed.out.count("(1 try: the token is revoked)") == 2
    one = burning("outbox", "list", "--format", "json").json["messages"][0]["id"]
    assert burning("outbox", "retry", one).out == "1 message(s) will be tried again\n"
    assert burning("outbox", "retry", "--all").out == "1 message(s) will be tried again\n"
    channel = Channel()
    engine.deliver(store, {"default": channel}, now=datetime.now(UTC))
    assert sorted(channel.got) == ["Frozen: flights", "Page: daily"]
    assert burning("outbox", "list").out == ""


def test_nothing_is_retried_or_dropped_without_being_named(burning: Run) -> None:
    for verb in ("retry", "drop"):
        wrong = burning("outbox", verb)
        assert wrong.code == 2
        assert wrong.err.count("\n") == 1
        assert "give --target or --all" in wrong.err
    assert burning("outbox", "retry", "1", "--all").code == 2


def test_messages_to_a_target_can_be_dropped(burning: Run) -> None:
    assert burning("outbox", "drop", "--target", "other").out == "0 message(s) dropped\n"
    assert burning("outbox", "drop", "--target", "default").out == "2 message(s) dropped\n"
    assert burning("outbox", "list", "--format", "json").json["messages"] == []


def test_sent_messages_are_pruned_by_age_but_for_what_stands(burning: Run, store: Store) -> None:
    engine.deliver(store, {"default": Channel()}, now=datetime.now(UTC) - timedelta(days=40))
    assert burning("outbox", "prune", "--days", "30").out == "0 message(s) pruned\n"
    assert len(burning("outbox", "list", "--state", "sent", "--format", "json").json["messages"]) == 2


def test_an_open_incident_is_acknowledged_once(burning: Run) -> None:
    for _ in range(2):
        done = burning("incident", "ack", "daily", "--author", "Ann", "--note", "reloading")
        assert done.out == "daily: the next delivery tells default\n"
    titles = [message["title"] for message in burning("outbox", "list", "--format", "json").json["messages"]]
    assert titles.count("Ann is looking at it: daily") == 1


def test_without_an_incident_there_is_nothing_to_acknowledge(ai_slo: Run, daily: Path) -> None:
    ai_slo("apply", daily)
    wrong = ai_slo("incident", "ack", "daily", "--author", "Ann")
    assert (wrong.code, wrong.err) == (2, "error: SLO daily has no open incident\n")

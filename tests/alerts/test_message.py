from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_ai_slo.alerts import Fact, Kind, Link, Message
from airflow_ai_slo.core.definition import Severity
from airflow_ai_slo.core.errors import ConfigurationError, DeliveryError

TEXT = st.text(max_size=40)
MESSAGES = st.builds(
    Message,
    kind=st.sampled_from(Kind),
    title=TEXT,
    at=st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))])),
    thread_key=st.text(min_size=1, max_size=20),
    dedup_key=st.text(min_size=1, max_size=20),
    severity=st.sampled_from([None, *Severity]),
    service=TEXT,
    slo=TEXT,
    facts=st.lists(st.builds(Fact, TEXT, TEXT), max_size=3).map(tuple),
    body=st.lists(TEXT, max_size=3).map(tuple),
    links=st.lists(st.builds(Link, TEXT, TEXT), max_size=3).map(tuple),
    since=st.none() | st.datetimes(timezones=st.just(timezone(timedelta(hours=-3)))),
    figures=st.dictionaries(TEXT, st.none() | TEXT | st.floats(allow_nan=False, allow_infinity=False), max_size=3),
)


@given(MESSAGES)
def test_a_message_survives_the_outbox_unchanged(message: Message) -> None:
    assert Message.from_dict(json.loads(json.dumps(message.to_dict()))) == message


def test_a_message_keeps_its_instant_in_utc(message: Callable[..., Message]) -> None:
    local = datetime(2026, 2, 3, 8, 10, tzinfo=timezone(timedelta(hours=2)))
    assert message(at=local).to_dict()["at"] == "2026-02-03T06:10:00+00:00"


@pytest.mark.parametrize("wrong", [{"at": datetime(2026, 2, 3)}, {"dedup_key": ""}, {"thread_key": ""}])
def test_a_naive_instant_or_an_empty_key_is_refused(message: Callable[..., Message], wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError):
        message(**wrong)


def test_a_newer_message_waits_for_a_newer_process(message: Callable[..., Message]) -> None:
    with pytest.raises(DeliveryError, match="upgrade") as caught:
        Message.from_dict(message().to_dict() | {"version": 2})
    assert not caught.value.permanent


@pytest.mark.parametrize("wrong", [{"kind": "party"}, {"at": "yesterday"}, {"severity": "loud"}, {"facts": [["one"]]}])
def test_a_broken_stored_message_is_given_up(message: Callable[..., Message], wrong: dict[str, object]) -> None:
    with pytest.raises(DeliveryError, match="not a stored message") as caught:
        Message.from_dict(message().to_dict() | wrong)
    assert caught.value.permanent


def test_a_stored_message_with_a_field_missing_is_given_up(message: Callable[..., Message]) -> None:
    stored = message().to_dict()
    del stored["title"]
    with pytest.raises(DeliveryError, match="title"):
        Message.from_dict(stored)

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from airflow_ai_slo.alerts import next_attempt
from airflow_ai_slo.alerts.retry import FIRST, LONGEST, MOST_ASKED
from airflow_ai_slo.core.errors import DeliveryError

NOW = datetime(2026, 2, 3, 6, 10, tzinfo=UTC)
ATTEMPTS = st.integers(min_value=0, max_value=10**9)
JITTER = st.floats(min_value=0, max_value=1, exclude_max=True)


def _wait(attempts: int, error: DeliveryError, jitter: float = 0.0) -> timedelta:
    at = next_attempt(attempts, error, now=NOW, jitter=jitter)
    assert at is not None
    return at - NOW


def test_waits_double_up_to_a_cap() -> None:
    waits = [_wait(attempts, DeliveryError("down")) for attempts in range(1, 9)]
    assert [wait // FIRST for wait in waits] == [1, 2, 4, 8, 16, 32, 60, 60]


@given(ATTEMPTS, JITTER)
def test_a_temporary_error_is_retried_for_ever_and_within_the_cap(attempts: int, jitter: float) -> None:
    assert FIRST / 2 <= _wait(attempts, DeliveryError("down"), jitter) <= LONGEST


@given(ATTEMPTS, JITTER)
def test_a_permanent_error_gives_up_at_once(attempts: int, jitter: float) -> None:
    error = DeliveryError("revoked", permanent=True, retry_after=3)
    assert next_attempt(attempts, error, now=NOW, jitter=jitter) is None


@given(ATTEMPTS, JITTER, st.floats(min_value=0.001, max_value=MOST_ASKED.total_seconds()))
def test_nothing_is_sent_before_the_channel_allows_it(attempts: int, jitter: float, asked: float) -> None:
    wait = _wait(attempts, DeliveryError("slow down", retry_after=asked), jitter)
    assert wait >= timedelta(seconds=asked)


@given(JITTER, st.floats(min_value=0.1, max_value=MOST_ASKED.total_seconds()))
def test_a_wait_that_is_asked_for_is_kept_to_and_only_lengthened_when_it_was_too_short(
    jitter: float, asked: float
) -> None:
    error = DeliveryError("slow down", retry_after=asked)
    for attempts in range(1, 6):
        assert timedelta(seconds=asked) <= _wait(attempts, error, jitter) <= timedelta(seconds=asked * 1.1 + 0.001)
    assert _wait(9, error, jitter) >= LONGEST / 2


def test_an_absurd_wait_is_not_believed() -> None:
    assert _wait(1, DeliveryError("slow down", retry_after=1e12)) == MOST_ASKED


def test_jitter_spreads_senders_that_failed_together() -> None:
    waits = {_wait(3, DeliveryError("slow down", retry_after=600), jitter) for jitter in (0.0, 0.3, 0.9)}
    assert len(waits) == 3

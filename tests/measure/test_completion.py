"""Whether a run completed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_ai_slo.core.errors import ConfigurationError, DataError, MeasurementError
from airflow_ai_slo.core.measurement import Cause
from airflow_ai_slo.measure.completion import Completion, completion

AT = datetime(2024, 5, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
DONE = ("success", "skipped", "removed")
UNFINISHED = (None, "running", "queued", "scheduled", "deferred", "up_for_retry", "up_for_reschedule", "restarting")


def judge(states: dict[str, str | None], *, after: timedelta = HOUR, deadline: timedelta | None = None) -> Completion:
    return completion(states, at=AT, finished_at=AT + after, deadline=deadline)


def test_a_run_whose_tasks_all_succeeded_is_good_and_tells_how_long_it_took() -> None:
    judged = judge({"load": "success", "score": "success"})
    assert (judged.good, judged.total, judged.value, judged.cause) == (1, 1, 3600.0, None)


@pytest.mark.parametrize("state", ["failed", "upstream_failed"])
@pytest.mark.parametrize("other", [*DONE, *UNFINISHED])
def test_one_failed_task_makes_the_run_bad_whatever_the_others_do(state: str, other: str | None) -> None:
    judged = judge({"load": state, "score": other}, after=5 * HOUR, deadline=HOUR)
    assert (judged.good, judged.total, judged.cause) == (0, 1, Cause.PIPELINE_FAILURE)
    assert "load failed" in judged.detail
    assert judged.value is None


def test_fifty_failed_instances_are_one_bad_run_and_only_some_are_named() -> None:
    judged = judge({f"score[{index}]": "failed" for index in range(50)})
    assert (judged.good, judged.total) == (0, 1)
    assert "and 45 more failed" in judged.detail


def test_a_skipped_task_beside_a_successful_one_is_no_failure() -> None:
    assert judge({"load": "success", "only_on_sundays": "skipped"}).good == 1


@pytest.mark.parametrize("states", [{"a": "skipped"}, {"a": "skipped", "b": "removed"}, {"a[0]": "removed"}])
def test_a_run_that_skipped_everything_had_nothing_to_do(states: dict[str, str | None]) -> None:
    judged = judge(states, after=10 * HOUR)
    assert (judged.good, judged.total, judged.cause) == (0, 0, None)


def test_the_deadline_itself_is_in_time_and_a_microsecond_later_is_late() -> None:
    assert judge({"a": "success"}, after=HOUR, deadline=HOUR).good == 1
    late = judge({"a": "success"}, after=HOUR + timedelta(microseconds=1), deadline=HOUR)
    assert (late.good, late.total, late.cause) == (0, 1, Cause.LATE)
    assert "1:00:00" in late.detail


@pytest.mark.parametrize("state", UNFINISHED)
def test_a_task_still_running_is_late_after_the_deadline_and_not_judged_before(state: str | None) -> None:
    late = judge({"a": "success", "b": state}, after=2 * HOUR, deadline=HOUR)
    assert (late.good, late.cause, late.value) == (0, Cause.LATE, None)
    for deadline in (None, 3 * HOUR):
        with pytest.raises(DataError, match=r"b not finished: measure completion downstream"):
            judge({"a": "success", "b": state}, after=2 * HOUR, deadline=deadline)


def test_watching_nothing_is_a_wrong_setting_not_a_good_run() -> None:
    with pytest.raises(ConfigurationError, match="no task is watched"):
        judge({})


@pytest.mark.parametrize("deadline", [timedelta(0), -HOUR])
def test_a_deadline_that_is_not_above_zero_is_refused(deadline: timedelta) -> None:
    with pytest.raises(ConfigurationError, match="must be above zero"):
        judge({"a": "success"}, deadline=deadline)


def test_naive_instants_are_refused() -> None:
    with pytest.raises(MeasurementError, match=r"finished_at=.*no time zone"):
        completion({"a": "success"}, at=AT, finished_at=AT.replace(tzinfo=None))


@given(
    states=st.dictionaries(
        st.text("abc", min_size=1, max_size=3), st.sampled_from([*DONE, "failed", "upstream_failed"]), min_size=1
    ),
    minutes=st.integers(0, 200),
    deadline=st.none() | st.integers(1, 200),
)
def test_good_means_no_failure_something_done_and_in_time(
    states: dict[str, str | None], minutes: int, deadline: int | None
) -> None:
    judged = judge(
        states,
        after=timedelta(minutes=minutes),
        deadline=None if deadline is None else timedelta(minutes=deadline),
    )
    failed = {"failed", "upstream_failed"} & set(states.values())
    in_time = deadline is None or minutes <= deadline
    assert judged.total == (1 if failed or "success" in states.values() else 0)
    assert judged.good == (1 if not failed and "success" in states.values() and in_time else 0)
    assert (judged.cause is None) == (judged.good == judged.total)

"""Probes: what each call is laid to, and that nothing that is called can hold them up."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.measurement import Cause
from airflow_ai_slo.measure.probe import Call, Plan, Probe, Verdict, probe

MS = timedelta(milliseconds=1)


def plan(**options: Any) -> Plan:
    return Plan(**({"calls": 4, "at_most": 500 * MS, "timeout": 1000 * MS} | options))


def test_every_call_that_answers_in_time_is_good_and_timed() -> None:
    seen = probe(lambda number: number, plan())
    assert (seen.good, seen.total, seen.cause) == (4, 4, None)
    assert seen.sketch.count == 4
    assert seen.timed is not None
    assert seen.detail.startswith("4 of 4 calls good; P50 ")


def test_a_call_is_laid_to_what_went_wrong_with_it() -> None:
    def call(number: int) -> str:
        if number == 0:
            raise OSError("connection refused")
        if number == 1:
            time.sleep(0.3)
        return "42" if number != 2 else "41"

    seen = probe(call, plan(at_most=200 * MS), judge=lambda number, answer: "" if answer == "42" else f"{answer}?")
    assert [one.verdict for one in seen.calls] == [Verdict.UNANSWERED, Verdict.LATE, Verdict.WRONG, Verdict.GOOD]
    assert (seen.good, seen.total, seen.cause) == (1, 4, Cause.DEPENDENCY)
    assert seen.sketch.count == 3, "a call that failed took no time that tells anything"
    assert seen.detail.startswith("1 of 4 calls good (1 without an answer, 1 late, 1 wrong); P50 ")
    assert seen.detail.endswith("; first: OSError: connection refused")


def test_a_call_that_never_ends_is_given_up_on_and_counts_as_long_as_was_waited() -> None:
    never = threading.Event()
    started = time.monotonic()
    seen = probe(lambda _: never.wait(), plan(calls=3, at_most=50 * MS, timeout=100 * MS))
    assert time.monotonic() - started < 3
    assert [(one.verdict, one.seconds) for one in seen.calls] == [(Verdict.UNANSWERED, 0.1)] * 3
    assert seen.calls[0].problem == "no answer within 0.1 s"
    assert seen.timed is not None
    assert seen.timed.values["p50"] == pytest.approx(100, rel=0.01)
    never.set()


def test_a_judge_that_hangs_or_fails_makes_a_wrong_answer() -> None:
    never = threading.Event()
    seen = probe(lambda _: 1, plan(calls=1, timeout=500 * MS), judge=lambda *_: str(never.wait()))
    assert [(one.verdict, one.problem) for one in seen.calls] == [(Verdict.WRONG, "its judge did not come to an end")]
    never.set()
    failed = probe(lambda _: {}, plan(calls=1), judge=lambda _, answer: answer["results"])
    assert [(one.verdict, one.problem) for one in failed.calls] == [
        (Verdict.WRONG, "its judge failed: KeyError: 'results'")
    ]
    assert failed.cause is Cause.MODEL_QUALITY


def test_calls_run_side_by_side_as_many_as_allowed_and_never_more() -> None:
    lock, running, most = threading.Lock(), 0, 0

    def call(_: int) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.05)
        with lock:
            running -= 1

    assert probe(call, plan(calls=9, concurrency=3, timeout=5000 * MS)).good == 9
    assert most == 3


def test_calls_begin_an_interval_apart() -> None:
    begun: list[float] = []
    probe(lambda _: begun.append(time.monotonic()), plan(calls=3, interval=60 * MS))
    assert all(later - earlier > 0.045 for earlier, later in itertools.pairwise(begun))


def test_warm_up_calls_count_for_nothing() -> None:
    numbers: list[int] = []

    def call(number: int) -> None:
        numbers.append(number)
        if len(numbers) <= 2:
            raise OSError("cold")

    assert probe(call, plan(calls=2, warm_up=2)).good == 2
    assert numbers == [0, 1, 0, 1]


def test_an_equal_number_of_causes_is_laid_to_the_one_outside() -> None:
    both = Probe([Call(Verdict.WRONG, 0.1), Call(Verdict.LATE, 0.1), Call(Verdict.UNANSWERED, None)])
    assert both.cause is Cause.DEPENDENCY
    assert Probe([Call(Verdict.WRONG, 0.1), Call(Verdict.LATE, 0.1)]).cause is Cause.LATENCY
    assert Probe([Call(Verdict.WRONG, 0.1)] * 2 + [Call(Verdict.LATE, 0.1)]).cause is Cause.MODEL_QUALITY


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"calls": 0}, "calls=0"),
        ({"calls": 2.5}, "calls=2.5"),
        ({"concurrency": True}, "concurrency=True"),
        ({"at_most": 200}, "at_most=200: give a timedelta"),
        ({"timeout": timedelta(0), "at_most": timedelta(0)}, "timeout must be above zero"),
        ({"timeout": 100 * MS}, "timeout=0:00:00.100000 is below at_most"),
        ({"interval": -MS}, "interval="),
    ],
)
def test_a_plan_out_of_range_is_refused(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        plan(**options)


def test_an_async_function_is_waited_for() -> None:
    async def call(number: int) -> int:
        await asyncio.sleep(0.05)
        return number

    seen = probe(call, plan(calls=2, at_most=20 * MS), judge=lambda number, answer: "" if answer == number else "else")
    assert (seen.good, seen.cause) == (0, Cause.LATENCY)
    assert probe(call, plan(calls=2), judge=lambda number, answer: "" if answer == number else "else").good == 2


def test_answers_of_warm_up_calls_are_not_judged() -> None:
    judged: list[int] = []
    probe(lambda number: number, plan(calls=1, warm_up=3), judge=lambda number, _: judged.append(number) or "")
    assert judged == [0]


def test_what_was_bound_to_a_statement_is_told_to_nobody() -> None:
    engine = sa.create_engine("sqlite://")

    def call(_: int) -> None:
        with engine.connect() as connection:
            connection.exec_driver_sql("SELECT * FROM nowhere WHERE token = ?", ("hunter2",))

    assert "OperationalError: no such table: nowhere" in probe(call, plan(calls=1)).detail
    assert "hunter2" not in probe(call, plan(calls=1)).detail


def test_an_error_that_cannot_be_told_is_no_answer_all_the_same() -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise ValueError

    def call(_: int) -> None:
        raise Mute

    assert probe(call, plan(calls=1)).detail == "0 of 1 calls good (1 without an answer); first: Mute"

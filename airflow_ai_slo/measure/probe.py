"""Probes: something is called a few times, and each call is judged: did it answer, in time, and rightly.

A call that hangs is given up on: it runs in a thread of its own, which nobody waits for any longer than its timeout.
"""

from __future__ import annotations

import contextvars
import inspect
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.measurement import Cause
from airflow_ai_slo.core.sketch import Percentiles, Sketch, percentiles, sketch_of

MOST_CALLS = 10_000

Judge = Callable[[int, Any], str]
"""Says of a call by its number and its answer what is wrong with it; nothing where it is right."""


class Verdict(StrEnum):
    """What became of a call, and what it is laid to."""

    GOOD = "good"
    UNANSWERED = "dependency"
    LATE = "latency"
    WRONG = "model_quality"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How something is called.

    :param calls: how many calls count.
    :param at_most: how long a call may take, equality included.
    :param timeout: when a call is given up on, at least ``at_most``.
    :param interval: from the start of one call to that of the next; calls that last longer delay it, unless
    :param concurrency: so many may run at once.
    :param warm_up: calls before those that count; whatever comes of them.
    :raises ConfigurationError: out of range.
    """

    calls: int = 10
    at_most: timedelta = timedelta(seconds=1)
    timeout: timedelta = timedelta(seconds=10)
    interval: timedelta = timedelta(0)
    concurrency: int = 1
    warm_up: int = 0

    def __post_init__(self) -> None:
        for name, low, high in (("calls", 1, MOST_CALLS), ("concurrency", 1, 1000), ("warm_up", 0, MOST_CALLS)):
            number = getattr(self, name)
            if isinstance(number, bool) or not isinstance(number, int) or not low <= number <= high:
                raise ConfigurationError(f"{name}={number!r} is not a whole number from {low} to {high}")
        for name in ("at_most", "timeout", "interval"):
            length = getattr(self, name)
            if not isinstance(length, timedelta) or length < timedelta(0):
                raise ConfigurationError(f"{name}={length!r}: give a timedelta, such as timedelta(milliseconds=200)")
        if not self.timeout:
            raise ConfigurationError("timeout must be above zero: a call that hangs is given up on then")
        if self.timeout < self.at_most:
            raise ConfigurationError(f"timeout={self.timeout} is below at_most={self.at_most}; allow the longer")


@dataclass(frozen=True, slots=True)
class Call:
    """One call judged.

    :param seconds: how long it took; of one that was given up on, the timeout; None where it failed.
    """

    verdict: Verdict
    seconds: float | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Probe:
    """What was seen of some calls."""

    calls: Sequence[Call]

    @property
    def good(self) -> int:
        return self._counts[Verdict.GOOD]

    @property
    def total(self) -> int:
        return len(self.calls)

    @property
    def cause(self) -> Cause | None:
        """What most of the bad calls are laid to; of equals: dependency, latency, model_quality."""
        counts = self._counts
        bad = max((Verdict.UNANSWERED, Verdict.LATE, Verdict.WRONG), key=lambda verdict: counts[verdict])
        return Cause(bad.value) if counts[bad] else None

    @property
    def sketch(self) -> Sketch:
        """Of the calls that took a while: those given up on at their timeout, those that failed not at all."""
        return sketch_of(call.seconds * 1000 for call in self.calls if call.seconds is not None)

    @property
    def timed(self) -> Percentiles | None:
        """P50, P90, P95 and P99."""
        return percentiles(self.sketch)

    @property
    def detail(self) -> str:
        """In one line, with what the first bad call said."""
        words = {Verdict.UNANSWERED: "without an answer", Verdict.LATE: "late", Verdict.WRONG: "wrong"}
        counts = self._counts
        bad = [f"{counts[verdict]} {word}" for verdict, word in words.items() if counts[verdict]]
        parts = [f"{self.good} of {self.total} calls good" + (f" ({', '.join(bad)})" if bad else "")]
        parts += [str(self.timed)] if self.timed else []
        said = next((call.problem for call in self.calls if call.problem), "")
        return "; ".join([*parts, f"first: {said}"] if said else parts)

    @property
    def _counts(self) -> Counter[Verdict]:
        return Counter(call.verdict for call in self.calls)


def probe(call: Callable[[int], Any], plan: Plan, *, judge: Judge | None = None) -> Probe:
    """Call something as planned, with the number of the call from 0, and judge every answer.

    Never lasts longer than its calls' timeouts and intervals allow, whatever is called.

    :param judge: is not timed; what it raises is a wrong answer, since it could not make anything of it.
    """
    for number in range(plan.warm_up):
        _Attempt(call, number, None).wait(plan.timeout.total_seconds())
    results: list[Call | None] = [None] * plan.calls
    running: list[_Attempt] = []
    begun = time.monotonic()
    for number in range(plan.calls):
        due = begun + number * plan.interval.total_seconds()
        while True:
            running = _collect(running, results, plan)
            now = time.monotonic()
            if now >= due and len(running) < plan.concurrency:
                break
            _wait_for_any(running, plan, now, due)
        running.append(_Attempt(call, number, judge))
    while running:
        _wait_for_any(running, plan, time.monotonic(), None)
        running = _collect(running, results, plan)
    return Probe([one for one in results if one is not None])


class _Attempt:
    """One call in a thread of its own, which the process does not wait for."""

    def __init__(self, call: Callable[[int], Any], number: int, judge: Judge | None) -> None:
        self.number = number
        self.seconds: float | None = None
        self.failed = ""
        self.wrong = ""
        self.done = threading.Event()
        self._call, self._judge = call, judge
        run = contextvars.copy_context().run
        self.started = time.monotonic()
        threading.Thread(target=run, args=(self._run,), name=f"slo-probe-{number}", daemon=True).start()

    def wait(self, seconds: float) -> bool:
        """Whether it is done, within so many seconds."""
        return self.done.wait(max(0.0, seconds))

    def _run(self) -> None:
        try:
            start = time.perf_counter()
            try:
                answer = _come(self._call(self.number))
            except BaseException as error:
                self.failed = _said(error)
                return
            self.seconds = time.perf_counter() - start
            if self._judge is not None:
                try:
                    self.wrong = self._judge(self.number, answer)
                except BaseException as error:
                    self.wrong = f"its judge failed: {_said(error)}"
        finally:
            self.done.set()


def _wait_for_any(running: Sequence[_Attempt], plan: Plan, now: float, due: float | None) -> None:
    """Until something may have changed: the oldest call is done or over its time, or the next one is due."""
    limit = plan.timeout.total_seconds()
    until = [one.started + limit for one in running] + ([due] if due is not None and due > now else [])
    pause = max(0.0, min(until, default=now) - now)
    if len(running) == 1:
        running[0].wait(pause)
    else:
        time.sleep(min(pause, 0.005))


def _collect(running: Sequence[_Attempt], results: list[Call | None], plan: Plan) -> list[_Attempt]:
    """Judge the calls that are done or over their time; returns the others."""
    limit, left = plan.timeout.total_seconds(), []
    for one in running:
        over = time.monotonic() - one.started >= limit
        if one.done.is_set() or over:
            results[one.number] = _judged(one, plan, given_up=over and not one.done.is_set())
        else:
            left.append(one)
    return left


def _judged(one: _Attempt, plan: Plan, *, given_up: bool) -> Call:
    limit, seconds = plan.timeout.total_seconds(), one.seconds
    if seconds is None and not given_up:
        return Call(Verdict.UNANSWERED, None, one.failed)
    if seconds is None or seconds > limit:
        return Call(Verdict.UNANSWERED, limit, f"no answer within {limit:g} s")
    if seconds > plan.at_most.total_seconds():
        allowed = plan.at_most.total_seconds() * 1000
        return Call(Verdict.LATE, seconds, f"{seconds * 1000:.4g} ms, at most {allowed:g} ms asked")
    wrong = "its judge did not come to an end" if given_up else one.wrong
    return Call(Verdict.WRONG, seconds, wrong) if wrong else Call(Verdict.GOOD, seconds)


def _come(answer: Any) -> Any:
    """What an async function answers once it has come to its end, which belongs to the call."""
    if not inspect.iscoroutine(answer):
        return answer
    import asyncio

    return asyncio.run(answer)


def _said(error: BaseException) -> str:
    """In one line. Of a driver's error only what the driver said: SQLAlchemy adds the statement and what was bound."""
    try:
        text = " ".join(str(getattr(error, "orig", None) or error).split())
    except Exception:  # a library's error may fail to speak
        text = ""
    return f"{type(error).__name__}: {text}"[:300] if text else type(error).__name__

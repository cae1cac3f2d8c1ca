"""The process that keeps measuring: what it does when, and that nothing ends it. Airflow's record is played."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from airflow_ai_slo.core.errors import ConfigurationError, StoreUnavailableError
from airflow_ai_slo.reconcile import follower, spooled
from airflow_ai_slo.reconcile.follower import Follower
from airflow_ai_slo.reconcile.result import Reconciled, SLOReconciled
from airflow_ai_slo.reconcile.spooled import Heard
from airflow_ai_slo.store import Store

NOW = datetime(2026, 6, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Record:
    """Plays Airflow's record, and notes what was asked of it."""

    def __init__(self) -> None:
        self.now = NOW
        self.open: set[str] = set()
        self.passes: list[datetime] = []
        self.looked_up: list[list[str]] = []
        self.fails: Exception | None = None
        self.during: Callable[[], None] = lambda: None
        self.problem = ""

    def ended(self, runs: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
        return {run for run in runs if run[1] not in self.open}

    def reconcile(self, store: Store, *, now: datetime, progress: Callable[[int, int], None]) -> Reconciled:
        self._fail()
        self.passes.append(now)
        self.during()
        progress(1, 1)
        return Reconciled(slos=(SLOReconciled(slo="a", runs=3, written=1, problem=self.problem),))

    def reconcile_runs(self, store: Store, runs: Collection[tuple[str, str]], *, now: datetime) -> Reconciled:
        self._fail()
        self.looked_up.append([run_id for _, run_id in runs])
        return Reconciled(slos=(SLOReconciled(slo="a", written=len(runs)),))

    def _fail(self) -> None:
        if self.fails:
            raise self.fails


@pytest.fixture
def record(monkeypatch: pytest.MonkeyPatch) -> Record:
    played = Record()
    for name in ("ended", "reconcile", "reconcile_runs"):
        monkeypatch.setattr(follower, name, getattr(played, name))
    return played


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def a_follower(store: Store, record: Record, spool: Path, **options: Any) -> tuple[Follower, list[str]]:
    said: list[str] = []
    given: dict[str, Any] = {"open_store": lambda: store, "spool": spool, "say": said.append, "now": lambda: record.now}
    return Follower(**(given | options)), said


def hear(record: Record, spool: Path, run: str, what: str = "run success") -> None:
    spooled.append(spool, Heard("etl", run, what, record.now.timestamp()))


def test_what_was_heard_is_looked_up_at_once_and_the_rest_in_a_pass_now_and_then(
    store: Store, record: Record, spool: Path
) -> None:
    one, said = a_follower(store, record, spool)
    one.step()
    assert record.passes == [NOW]
    hear(record, spool, "r1")
    hear(record, spool, "r2")
    hear(record, spool, "r1", "task success")
    for _ in range(3):
        record.now += timedelta(seconds=1)
        one.step()
    assert (record.looked_up, record.passes) == ([["r1", "r2"]], [NOW])
    record.now = NOW + 5 * MINUTE
    one.step()
    assert record.passes == [NOW, NOW + 5 * MINUTE]
    assert said[:2] == [
        "pass: 1 SLO, 3 runs looked at, 1 measurement written",
        "heard of 2 runs: 2 measurements written",
    ]


def test_an_end_that_is_not_committed_yet_is_looked_up_once_it_is(store: Store, record: Record, spool: Path) -> None:
    one, _ = a_follower(store, record, spool)
    record.open = {"r1"}
    hear(record, spool, "r1")
    hear(record, spool, "r2")
    one.step()
    one.step()
    assert record.looked_up == [["r2"]]
    record.open = set()
    record.now += timedelta(seconds=2)
    one.step()
    one.step()
    assert record.looked_up == [["r2"], ["r1"]]
    assert not spooled.waiting(spool)


def test_an_end_that_was_rolled_back_is_forgotten_after_a_minute(store: Store, record: Record, spool: Path) -> None:
    one, _ = a_follower(store, record, spool)
    record.open = {"r1"}
    hear(record, spool, "r1")
    record.now += timedelta(seconds=59)
    one.step()
    assert record.looked_up == []
    record.now += timedelta(seconds=1)
    one.step()
    assert record.looked_up == [["r1"]]
    assert not spooled.waiting(spool)


def test_many_runs_are_looked_up_some_at_a_time(store: Store, record: Record, spool: Path) -> None:
    one, _ = a_follower(store, record, spool)
    for number in range(1100):
        hear(record, spool, f"r{number}")
    one.step()
    assert [len(some) for some in record.looked_up] == [500, 500, 100]


def test_of_two_followers_one_does_the_passes_and_each_what_it_heard(
    store: Store, record: Record, tmp_path: Path
) -> None:
    first, _ = a_follower(store, record, tmp_path / "one.jsonl")
    second, _ = a_follower(store, record, tmp_path / "two.jsonl")
    hear(record, tmp_path / "two.jsonl", "r2")
    for _ in range(31):
        first.step()
        second.step()
        record.now += MINUTE
    assert record.passes == [NOW + number * 5 * MINUTE for number in range(7)]
    assert record.looked_up == [["r2"]]


def test_when_one_dies_the_other_does_the_passes_within_the_lease(store: Store, record: Record, tmp_path: Path) -> None:
    first, _ = a_follower(store, record, tmp_path / "one.jsonl")
    second, _ = a_follower(store, record, tmp_path / "two.jsonl")
    first.step()
    for _ in range(12):
        second.step()
        record.now += MINUTE
    assert record.passes == [NOW, NOW + 6 * MINUTE, NOW + 11 * MINUTE]


def test_when_one_ends_the_other_does_the_next_pass(store: Store, record: Record, tmp_path: Path) -> None:
    first, _ = a_follower(store, record, tmp_path / "one.jsonl")
    second, _ = a_follower(store, record, tmp_path / "two.jsonl", every=MINUTE)
    first.step()
    second.step()
    first.end()
    record.now += MINUTE
    second.step()
    assert record.passes == [NOW, NOW + MINUTE]


def test_a_pass_that_takes_long_keeps_its_lease(store: Store, record: Record, tmp_path: Path) -> None:
    first, _ = a_follower(store, record, tmp_path / "one.jsonl")
    second, _ = a_follower(store, record, tmp_path / "two.jsonl")

    def hours() -> None:
        record.now += 5 * MINUTE

    record.during = hours
    first.step()
    record.during = lambda: None
    record.now += 2 * MINUTE
    second.step()
    assert record.passes == [NOW]


def test_a_clock_put_back_stops_nothing(store: Store, record: Record, spool: Path) -> None:
    one, _ = a_follower(store, record, spool)
    one.step()
    record.now -= timedelta(days=1)
    one.step()
    record.now += 5 * MINUTE
    one.step()
    assert record.passes == [NOW, NOW - timedelta(days=1), NOW - timedelta(days=1) + 5 * MINUTE]


@pytest.mark.parametrize(
    "error", [StoreUnavailableError("down"), ConfigurationError("no Airflow"), ZeroDivisionError()]
)
def test_what_fails_is_said_once_kept_and_tried_again(
    store: Store, record: Record, spool: Path, error: Exception
) -> None:
    one, said = a_follower(store, record, spool)
    hear(record, spool, "r1")
    record.fails = error
    for _ in range(100):
        one.step()
        record.now += timedelta(seconds=1)
    why = str(error) or "ZeroDivisionError"
    assert said == [
        f"What was heard failed and is tried again: {why}",
        f"The pass failed and is tried again: {why}",
    ]
    record.fails = None
    record.now += MINUTE
    one.step()
    assert (record.looked_up, record.passes) == ([["r1"]], [record.now])
    assert said[2:] == [
        "heard of 1 run: 1 measurement written",
        "What was heard succeeds again",
        "pass: 1 SLO, 3 runs looked at, 1 measurement written",
        "The pass succeeds again",
    ]


def test_an_evaluation_follows_on_what_was_written_and_its_failure_ends_nothing(
    store: Store, record: Record, spool: Path
) -> None:
    evaluated: list[datetime] = []

    def then(_: Store, now: datetime) -> str:
        evaluated.append(now)
        if len(evaluated) == 2:
            raise StoreUnavailableError("down")
        return "evaluated 1 SLO"

    one, said = a_follower(store, record, spool, then=then)
    one.step()
    record.now += timedelta(seconds=1)
    one.step()
    assert evaluated == [NOW]
    hear(record, spool, "r1")
    for _ in range(12):
        one.step()
        record.now += timedelta(seconds=1)
    assert evaluated == [NOW, NOW + timedelta(seconds=1), NOW + timedelta(seconds=11)]
    assert said[-4:] == [
        "heard of 1 run: 1 measurement written",
        "What follows failed and is tried again: down",
        "evaluated 1 SLO",
        "What follows succeeds again",
    ]


def test_the_problem_of_one_slo_is_said_once_and_when_it_is_over(store: Store, record: Record, spool: Path) -> None:
    one, said = a_follower(store, record, spool)
    for problem in ("no DAG etl", "no DAG etl", ""):
        record.problem = problem
        one.step()
        record.now += 5 * MINUTE
    assert [line for line in said if "SLO a" in line] == ["SLO a: no DAG etl", "SLO a: is measured again"]


def test_it_follows_until_it_is_told_to_end_and_leaves_the_lease(store: Store, record: Record, spool: Path) -> None:
    one, _ = a_follower(store, record, spool)
    stop, began = threading.Event(), threading.Event()
    record.during = began.set
    thread = threading.Thread(target=one.follow, args=(stop,), kwargs={"poll": timedelta(milliseconds=10)})
    thread.start()
    assert began.wait(10)
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    other, _ = a_follower(store, record, spool)
    other.step()
    assert len(record.passes) == 2


def test_a_spool_that_cannot_be_read_stops_no_pass(store: Store, record: Record, tmp_path: Path) -> None:
    folder = tmp_path / "events.jsonl"
    (folder / "x").mkdir(parents=True)
    one, said = a_follower(store, record, folder)
    one.step()
    assert record.passes == [NOW]
    assert said[0].endswith("events.jsonl is no file")

"""One script played by many short lives of a process, each ended by SIGKILL at a point of its own.

A life forks from a warm parent, goes on at the first unit of work that nobody has acknowledged, and dies: before or
after its n-th exchange with database, channel or disk; at its n-th call or return of any function; or when the clock
says. What is left in the end is compared with what one undisturbed life leaves.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from killed_channels import Servers
from psycopg import Connection as PostgresConnection
from slo_kit import DAY, HOUR, MINUTE, NOW, an_slo, seen

from airflow_ai_slo import engine
from airflow_ai_slo.core.definition import SLO, Schedule
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.errors import StoreUnavailableError
from airflow_ai_slo.core.measurement import Measurement
from airflow_ai_slo.core.target import Target
from airflow_ai_slo.store import Store

STEP = 10 * MINUTE
KINDS = ("exchange", "call", "clock")
HUNG_SECONDS = 120

_EXCHANGES = {
    *("execute", "executemany", "commit", "rollback", "close"),
    *("connect", "send", "sendall", "recv", "recv_into", "write", "flush", "fsync", "flock", "truncate"),
}
_WAIT = PostgresConnection.wait.__code__
"""psycopg speaks to its server in here alone; its compiled functions are not seen by a profiler."""


class Step(NamedTuple):
    """What one tick brings.

    :param is_away: whether the store cannot be reached when it is recorded.
    """

    measurements: list[Measurement]
    is_away: bool


def definitions() -> list[SLO]:
    """Counts, expected runs, and slices: each kind keeps books of its own."""
    schedule = Schedule(cadence="30m", start=NOW, deadline=Duration(20, "m"))
    sliced: dict[str, Any] = {"budgeting": "Timeslices", "slice_target": "0.9", "slice_window": "20m"}
    return [
        an_slo("done", alerting="seed", window="1d", notify=["hook"]),
        an_slo("rows", schedule=schedule, alerting="pipeline", window="2d"),
        an_slo("slices", **sliced, alerting="seed", window="1d", rerun="worst", freeze=False),
    ]


def script(seed: int, steps: int) -> list[Step]:
    """Bad and good spells, reruns, tenths, late ones, missing runs, several at once, and a store that is away."""
    dice = random.Random(seed)
    found = []
    for number in range(steps):
        now, bad = NOW + number * STEP, number // 7 % 2 == 1
        given = []
        for _ in range(dice.choice([1, 1, 3])):
            total = dice.randint(1, 30) if number < steps // 2 else f"{dice.randint(1, 30) / 10}"
            at = now - dice.choice([0, 0, 0, 7, 400]) * MINUTE
            given.append(seen(at, 0 if bad else total, total, slo="done", key=f"{dice.randrange(number + 2)}"))
        given.append(seen(now - dice.choice([0, 0, 25]) * MINUTE, int(not bad), slo="slices", key=f"{number}"))
        for late in {0: (0,), 3: (0,), 6: (), 9: (0, 1), 12: (0,), 15: ()}.get(number % 18, ()):
            slot = now - late * 30 * MINUTE
            given.append(seen(slot, int(dice.random() < 0.5), slo="rows", key=f"{slot:%H%M}"))
        found.append(Step(given, dice.random() < 0.15))
    return found


@dataclass
class Scene:
    """Where a script is played: a store, channels, a spool, and a file that holds a mark for each unit done."""

    store: Store
    servers: Servers
    folder: Path
    steps: list[Step]
    marks: Path = field(init=False)
    spool: Path = field(init=False)

    def __post_init__(self) -> None:
        self.marks, self.spool = self.folder / "marks", self.folder / "spool.jsonl"

    def begin(self) -> None:
        """An empty store gets its definitions."""
        for path in (self.marks, self.spool):
            path.unlink(missing_ok=True)
        self.marks.touch()
        self.servers.clear()
        engine.apply(self.store, definitions(), now=NOW - HOUR, targets=[Target(name="hook", kind="webhook")])

    @property
    def units(self) -> int:
        return 3 * len(self.steps)

    def work(self) -> None:
        """Go on where the last mark is; one is set as soon as a unit has returned."""
        channels = self.servers.channels()
        with self.marks.open("ab", buffering=0) as marks:
            for unit in range(self.marks.stat().st_size, self.units):
                number, what = divmod(unit, 3)
                now = NOW + number * STEP
                if what == 0:
                    self._record(self.steps[number], now)
                elif what == 1:
                    engine.evaluate(self.store, at=now)
                else:
                    engine.deliver(self.store, channels, now=now)
                marks.write(b".")

    def end(self) -> None:
        """Leases and deadlines pass, and everything goes out."""
        end = NOW + len(self.steps) * STEP + DAY
        engine.record_or_spool(lambda: self.store, [], now=end, spool=self.spool)
        engine.evaluate(self.store, at=end)
        engine.deliver(self.store, self.servers.channels(), now=end + timedelta(minutes=5))

    def _record(self, step: Step, now: Any) -> None:
        def opened() -> Store:
            if step.is_away:
                raise StoreUnavailableError("away")
            return self.store

        done = engine.record_or_spool(opened, step.measurements, now=now, spool=self.spool)
        assert done.recorded or step.is_away, done.problem


class Events:
    """Counts what a life does, and ends it at one of them.

    :param kind: of event at which it ends.
    :param last: at which of them; 0 never ends it.
    """

    def __init__(self, kind: str = "", last: int = 0) -> None:
        self.kind, self.last = kind, last
        self.counts = Counter[str]()

    def begin(self) -> None:
        sys.setprofile(self._seen)

    def end(self) -> None:
        sys.setprofile(None)

    def _seen(self, frame: Any, event: str, arg: Any) -> None:
        self._count("call")
        if arg.__name__ in _EXCHANGES if event[0] == "c" and event != "call" else frame.f_code is _WAIT:
            self._count("exchange")

    def _count(self, kind: str) -> None:
        self.counts[kind] += 1
        if kind == self.kind and self.counts[kind] == self.last:
            os.kill(os.getpid(), signal.SIGKILL)


def undisturbed(scene: Scene) -> dict[str, float]:
    """Play a scene in one life; how much a unit took, by kind of event, of the clock in microseconds."""
    events, began = Events(), time.perf_counter()
    events.begin()
    scene.work()
    events.end()
    # Without the counting it is about twice as fast.
    events.counts["clock"] = int((time.perf_counter() - began) * 1e6 / 2)
    scene.end()
    return {kind: events.counts[kind] / scene.units for kind in KINDS}


def live_and_die(scene: Scene, pace: Mapping[str, float], dice: random.Random) -> Counter[str]:
    """Play a scene to its end, however many lives it takes; how many died of what.

    :param pace: as :func:`undisturbed` found it. A life lasts one unit on average, and some last long enough for any.
    """
    deaths = Counter[str]()
    while True:
        kind = dice.choices(KINDS, [5, 3, 2])[0]
        after = 1 + int(dice.expovariate(1 / pace[kind]))
        scene.store.close()
        pid = os.fork()
        if pid == 0:
            _live(scene, kind, after)
        if kind == "clock":
            # A life begins with a connection, and its machine is shared.
            time.sleep(0.005 + after / 1e6)
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0, (scene.folder / "problem").read_text()
            return deaths
        assert os.WTERMSIG(status) == signal.SIGKILL, f"it hung: {kind} {after}"
        deaths[kind] += 1
        scene.servers.come_to_rest()


def _live(scene: Scene, kind: str, after: int) -> NoReturn:
    try:
        signal.alarm(HUNG_SECONDS)
        if kind != "clock":
            Events(kind, after).begin()
        scene.work()
        sys.setprofile(None)
        os._exit(0)
    except BaseException:
        sys.setprofile(None)
        (scene.folder / "problem").write_text(traceback.format_exc())
    finally:
        os._exit(1)

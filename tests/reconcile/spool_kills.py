"""Processes that write to a spool, read it, and are killed; run as a script, which forks and has no threads."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from airflow_ai_slo.reconcile import spooled
from airflow_ai_slo.reconcile.spooled import Heard

WRITERS, EACH = 4, 1500


def child(work: Callable[[], object]) -> int:
    """Start a process that does this and ends."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    return pid


def look_up(spool: Path, ledger: Path) -> None:
    """Take what waits and write down, durably enough for a kill, which runs were looked up."""
    with spooled.taken(spool) as found, ledger.open("ab", buffering=0) as file:
        for one in found.events:
            file.write(f"{one.run_id}\n".encode())


def calls(folder: Path) -> None:
    """One life for each call of a reader: it is killed there, and the next one finds everything."""
    deaths = lost = 0
    for number in range(1, 10_000):
        life = folder / str(number)  # a folder of its own: how many calls a life takes must not grow with it
        life.mkdir()
        spool, ledger = life / "events.jsonl", life / "ledger"
        for run in ("a", "b"):
            spooled.append(spool, Heard("d", run, "run success", 1.0))
        pid = child(lambda n=number, s=spool, to=ledger: dying_at(n, lambda: look_up(s, to)))  # type: ignore[misc]
        killed = os.WIFSIGNALED(os.waitpid(pid, 0)[1])
        spooled.append(spool, Heard("d", "c", "run success", 1.0))
        while spooled.waiting(spool):
            look_up(spool, ledger)
        lost += set(ledger.read_text().split()) != {"a", "b", "c"}
        if not killed:
            break
        deaths += 1
    print(deaths, lost)


def dying_at(number: int, work: Callable[[], object]) -> None:
    """Do it, and be killed at the n-th call of anything."""
    left = number

    def count(frame: Any, event: str, argument: Any) -> None:
        nonlocal left
        if event in ("call", "c_call", "c_return"):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)


def at_once(folder: Path) -> None:
    """Writers, and readers that come and are killed at any moment."""
    spool, ledger = folder / "events.jsonl", folder / "ledger"
    rng = random.Random(7)

    def write(writer: int) -> None:
        for number in range(EACH):
            if not spooled.append(spool, Heard("d", f"{writer}-{number}", "run success", 1.0)):
                raise RuntimeError("full")

    writers = [child(lambda n=number: write(n)) for number in range(WRITERS)]  # type: ignore[misc]
    killed = 0
    while writers or spooled.waiting(spool):
        readers = [child(lambda: look_up(spool, ledger)) for _ in range(2)]
        time.sleep(rng.uniform(0, 0.004))
        if writers:
            os.kill(readers[0], signal.SIGKILL)
        killed += sum(os.WIFSIGNALED(os.waitpid(pid, 0)[1]) for pid in readers)
        writers = [pid for pid in writers if os.waitpid(pid, os.WNOHANG)[0] == 0]
    read = set(ledger.read_text().split())
    every = {f"{writer}-{number}" for writer in range(WRITERS) for number in range(EACH)}
    print(len(every), killed, len(every - read))


if __name__ == "__main__":
    {"calls": calls, "at-once": at_once}[sys.argv[1]](Path(sys.argv[2]))

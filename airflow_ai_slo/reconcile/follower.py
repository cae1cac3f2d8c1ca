"""Keeps on measuring: runs that a listener heard of at once, everything else in a pass now and then."""

from __future__ import annotations

import os
import socket
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_ai_slo.reconcile import spooled
from airflow_ai_slo.reconcile.ended import ended
from airflow_ai_slo.reconcile.reconciling import reconcile, reconcile_runs
from airflow_ai_slo.reconcile.spooled import Heard

if TYPE_CHECKING:
    from airflow_ai_slo.reconcile.result import Reconciled
    from airflow_ai_slo.store import Store

EVERY = timedelta(minutes=5)
"""Between two passes over all of Airflow's record."""

POLL = timedelta(seconds=1)
"""Between two looks at what was heard."""

LEASE = "reconcile"
_SPARE = timedelta(minutes=1)
"""How much longer a lease lasts than the time to the next pass."""

_AGAIN = timedelta(seconds=30)
"""After a failure, the longest time until the next try."""

_UNCOMMITTED = 60.0
"""Seconds in which the transaction that an event came from is through; then it was rolled back."""

_TOGETHER = 500
_ENDS = ("run success", "run failed")

Then = Callable[["Store", datetime], str]
"""Done after something was written, and after each pass; says in one line what it did."""


def holder() -> str:
    """A name that no other process has, on no machine."""
    return f"{socket.gethostname()[:200]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def clock() -> datetime:
    """Now."""
    return datetime.now(UTC)


@dataclass(kw_only=True)
class Follower:
    """One process that keeps measurements in step with Airflow's record.

    Of several on one store, one does the passes over the whole record. Each looks up what was heard on its own machine.

    :param open_store: opens the SLO store; asked for each time, so that a store may come back under another address.
    :param spool: what listeners of this machine write to.
    :param every: between two passes.
    :param then: such as an evaluation.
    :param say: takes progress, one line each.
    :param name: of this process, as the lease has it.
    :param now: the clock.
    """

    open_store: Callable[[], Store]
    spool: Path
    say: Callable[[str], None]
    every: timedelta = EVERY
    then: Then | None = None
    name: str = field(default_factory=holder)
    now: Callable[[], datetime] = clock
    _pass_at: datetime | None = None
    _look_at: datetime | None = None
    _then_at: datetime | None = None
    _owed: bool = False
    _renewed: datetime | None = None
    _problems: dict[str, str] = field(default_factory=dict)
    _warned: set[str] = field(default_factory=set)

    def follow(self, stop: threading.Event, *, poll: timedelta = POLL) -> None:
        """Go on until told to stop; what is under way is brought to its end, and the passes are left to others."""
        try:
            while not stop.is_set():
                self.step()
                stop.wait(poll.total_seconds())
        finally:
            self.end()

    def step(self) -> None:
        """Look up what was heard, and do a pass where one is due. Nothing that goes wrong is raised: it is said."""
        if self._is_due(self._look_at, _AGAIN):
            self._look_at = None
            if not self._tried("What was heard", self._look_up):
                self._look_at = self.now() + _AGAIN / 3
        if self._is_due(self._pass_at, self.every + 2 * _SPARE):
            self._pass_at = self.now() + self.every
            if not self._tried("The pass", self._pass):
                self._pass_at = self.now() + min(self.every, _AGAIN)
        if self._owed and self._is_due(self._then_at, _AGAIN):
            self._then_at = None if self._tried("What follows", self._then) else self.now() + _AGAIN / 3

    def end(self) -> None:
        """Leave the passes to others."""
        from airflow_ai_slo.store import leases

        def give_up() -> None:
            with self.open_store().write(patience=timedelta(seconds=2)) as connection:
                leases.give_up(connection, LEASE, self.name)

        if self._renewed is not None:
            self._tried("Leaving", give_up)

    def _is_due(self, at: datetime | None, longest: timedelta) -> bool:
        """Whether an instant has come. One further off than any is set: the clock was put back."""
        return at is None or not timedelta(0) < at - self.now() <= longest

    def _look_up(self) -> None:
        if not spooled.waiting(self.spool):
            return
        with spooled.taken(self.spool) as found:
            if found.unreadable:
                self.say(f"{_counted(found.unreadable, 'line')} of {self.spool} left out: none of a listener's")
            if not found.events:
                return
            early = self._uncommitted(found.events)
            late = list(dict.fromkeys(one.run for one in found.events if one not in early))
            written = self._measure(late) if late else 0
            spooled.keep(self.spool, early)
        self._owed |= written > 0

    def _uncommitted(self, events: tuple[Heard, ...]) -> set[Heard]:
        """Ends of runs that came before what they tell of was committed."""
        moment = self.now().timestamp()
        recent = {one for one in events if one.what in _ENDS and abs(moment - one.at) < _UNCOMMITTED}
        known = ended({one.run for one in recent})
        return {one for one in recent if one.run not in known}

    def _measure(self, runs: list[tuple[str, str]]) -> int:
        store, written = self.open_store(), 0
        for start in range(0, len(runs), _TOGETHER):
            done = reconcile_runs(store, runs[start : start + _TOGETHER], now=self.now())
            self._say_problems(done)
            written += done.written
        if written:
            self.say(f"heard of {_counted(len(runs), 'run')}: {_counted(written, 'measurement')} written")
        return written

    def _pass(self) -> None:
        store = self.open_store()
        until = self._leased(store)
        if until is not None:
            self._pass_at = min(until, self.now() + self.every)
            return
        done = reconcile(store, now=self.now(), progress=lambda *_: self._renew(store))
        self._say_problems(done)
        self.say(_line(done))
        self._owed = True

    def _leased(self, store: Store) -> datetime | None:
        """None when the passes are this process's, else until when they are another's."""
        from airflow_ai_slo.store import leases

        with store.write() as connection:
            moment = self.now()
            until = leases.take(connection, LEASE, self.name, now=moment, length=self.every + _SPARE)
        self._renewed = moment if until is None else None
        return until

    def _renew(self, store: Store) -> None:
        """Hold on to the lease while a pass takes long."""
        if self._renewed is not None and self.now() - self._renewed > self.every / 2:
            self._leased(store)

    def _then(self) -> None:
        then = self.then
        if then is not None and (line := then(self.open_store(), self.now())):
            self.say(line)
        self._owed = False

    def _say_problems(self, done: Reconciled) -> None:
        for one in done.slos:
            if one.problem != self._problems.get(one.slo, ""):
                self._problems[one.slo] = one.problem
                self.say(f"SLO {one.slo}: {one.problem or 'is measured again'}")
            for text in one.warnings:
                if text not in self._warned:
                    self._warned.add(text)
                    self.say(f"SLO {one.slo}: {text}")

    def _tried(self, what: str, call: Callable[[], None]) -> bool:
        """Do it; what goes wrong is said once, until it goes well again."""
        try:
            call()
        except Exception as error:
            problem = " ".join(str(error).split()) or type(error).__name__
            if self._problems.get(what) != problem:
                self._problems[what] = problem
                self.say(f"{what} failed and is tried again: {problem}")
            return False
        if self._problems.pop(what, ""):
            self.say(f"{what} succeeds again")
        return True


def _line(done: Reconciled) -> str:
    runs, missing = sum(one.runs for one in done.slos), sum(one.missing for one in done.slos)
    line = f"pass: {_counted(len(done.slos), 'SLO')}, {_counted(runs, 'run')} looked at"
    return f"{line}, {_counted(done.written, 'measurement')} written" + (f", {missing:,} missing" if missing else "")


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"

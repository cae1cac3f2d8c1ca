"""How far a long command has come, for people: on a terminal one line, in logs a line now and then; never on stdout."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from types import TracebackType
from typing import Self, TextIO

from airflow_ai_slo.engine.ticks import Tick

_LOOK_EVERY = 256
_QUIET, _AGAIN, _AGAIN_IN_LOGS = 2.0, 0.2, 10.0
"""Seconds: before anything is said, and between two lines."""
_WIDTH = 24


class _Teller:
    """Says a line once work has taken two seconds, then now and then; at its end a terminal has it taken away.

    :param out: stderr unless given.
    """

    def __init__(self, out: TextIO | None, clock: Callable[[], float]) -> None:
        self._out = sys.stderr if out is None else out
        self._clock = clock
        self.is_terminal = self._out.isatty()
        self.began = self._next = 0.0
        self._has_begun = self._said = False

    def due(self) -> float | None:
        """The moment, where a line is due; the first call begins the work."""
        now = self._clock()
        if not self._has_begun:
            self.began, self._next, self._has_begun = now, now + _QUIET, True
        return now if now >= self._next else None

    def say(self, line: str, now: float) -> None:
        self._out.write(f"\r{line}\x1b[K" if self.is_terminal else f"{line}\n")
        self._out.flush()
        self._said, self._next = True, now + (_AGAIN if self.is_terminal else _AGAIN_IN_LOGS)

    def end(self) -> None:
        if self._said and self.is_terminal:
            self._out.write("\r\x1b[K")
            self._out.flush()


class Bar:
    """Called with how much is done, and of how much; of work that knows how much there is to do.

    :param doing, things: ``importing``, ``runs``.
    :param out: stderr unless given.
    """

    def __init__(
        self, doing: str, things: str, *, out: TextIO | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._doing = doing
        self._things = things
        self._teller = _Teller(out, clock)
        self._began: tuple[float, int] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._teller.end()

    def __call__(self, done: int, total: int) -> None:
        now = self._teller.due()
        if self._began is None:  # what went before, such as loading Airflow, tells nothing about what is to come
            self._began = (self._teller.began, done)
        if now is None:
            return
        seconds, since = now - self._began[0], done - self._began[1]
        self._teller.say(self._line(done, total, seconds * (total - done) / since if since else None), now)

    def _line(self, done: int, total: int, left_seconds: float | None) -> str:
        share = done / total if total else 0.0
        left = "" if left_seconds is None else f", {left_seconds:.0f} s left"
        bar = f"[{'█' * int(share * _WIDTH):{_WIDTH}}] " if self._teller.is_terminal else ""
        return f"{self._doing} {bar}{share:4.0%} ({done:,} of {total:,} {self._things}{left})"


def told(
    ticks: Iterable[Tick],
    start: datetime | None,
    end: datetime | None,
    *,
    out: TextIO | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Tick]:
    """The same ticks, with a word on how far they have come.

    :param start: where the ticks begin.
    :param end: where they end.
    :param out: stderr unless given.
    """
    teller = _Teller(out, clock)
    for number, tick in enumerate(ticks):
        if number % _LOOK_EVERY == 0 and (now := teller.due()) is not None:
            teller.say(_line(tick.at, start, end), now)
        yield tick
    teller.end()


def _line(at: datetime, start: datetime | None, end: datetime | None) -> str:
    if start is None or end is None or end <= start:
        return f"replaying {at:%Y-%m-%d}"
    share = min(max((at - start) / (end - start), 0.0), 1.0)
    return f"replaying {at:%Y-%m-%d}, {share:.0%}"

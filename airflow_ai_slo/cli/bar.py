"""How far a command has come that knows how much there is to do; on a terminal a bar, in logs a line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

_QUIET, _AGAIN, _AGAIN_IN_LOGS = 1.0, 0.2, 10.0
"""Seconds: before anything is said, and between two lines."""
_WIDTH = 24


class Bar:
    """Called with how much is done, and of how much.

    :param doing, things: ``importing``, ``runs``.
    :param out: stderr unless given.
    """

    def __init__(
        self, doing: str, things: str, *, out: TextIO | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._doing = doing
        self._things = things
        self._out = sys.stderr if out is None else out
        self._clock = clock
        self._is_terminal = self._out.isatty()
        self._began: tuple[float, int] | None = None
        self._next = 0.0
        self._said = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._said and self._is_terminal:
            self._out.write("\r\x1b[K")
            self._out.flush()

    def __call__(self, done: int, total: int) -> None:
        now = self._clock()
        if self._began is None:  # what went before, such as loading Airflow, tells nothing about what is to come
            self._began, self._next = (now, done), now + _QUIET
        if now < self._next:
            return
        seconds, since = now - self._began[0], done - self._began[1]
        line = self._line(done, total, seconds * (total - done) / since if since else None)
        self._out.write(f"\r{line}\x1b[K" if self._is_terminal else f"{line}\n")
        self._out.flush()
        self._said, self._next = True, now + (_AGAIN if self._is_terminal else _AGAIN_IN_LOGS)

    def _line(self, done: int, total: int, left_seconds: float | None) -> str:
        share = done / total if total else 0.0
        left = "" if left_seconds is None else f", {left_seconds:.0f} s left"
        bar = f"[{'█' * int(share * _WIDTH):{_WIDTH}}] " if self._is_terminal else ""
        return f"{self._doing} {bar}{share:4.0%} ({done:,} of {total:,} {self._things}{left})"

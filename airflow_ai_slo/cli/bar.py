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
        self._began = clock()
        self._next = self._began + _QUIET
        self._said = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._said and self._is_terminal:
            self._out.write("\r\x1b[K")
            self._out.flush()

    def __call__(self, done: int, total: int) -> None:
        now = self._clock()
        if now < self._next:
            return
        line = self._line(done, total, now - self._began)
        self._out.write(f"\r{line}\x1b[K" if self._is_terminal else f"{line}\n")
        self._out.flush()
        self._said, self._next = True, now + (_AGAIN if self._is_terminal else _AGAIN_IN_LOGS)

    def _line(self, done: int, total: int, seconds: float) -> str:
        share = done / total if total else 0.0
        left = f", {seconds * (1 - share) / share:.0f} s left" if share else ""
        bar = f"[{'█' * int(share * _WIDTH):{_WIDTH}}] " if self._is_terminal else ""
        return f"{self._doing} {bar}{share:4.0%} ({done:,} of {total:,} {self._things}{left})"

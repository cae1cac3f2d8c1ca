"""How far a long command has come, for people at a terminal; never on stdout."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TextIO

from airflow_ai_slo.engine.ticks import Tick

_LOOK_EVERY = 256
_QUIET, _AGAIN, _AGAIN_IN_LOGS = 2.0, 0.2, 10.0
"""Seconds: before anything is said, and between two lines."""


def told(
    ticks: Iterable[Tick],
    start: datetime | None,
    end: datetime | None,
    *,
    out: TextIO | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Tick]:
    """The same ticks. Work of more than two seconds is told: on a terminal in one line, elsewhere now and then.

    :param start: where the ticks begin.
    :param end: where they end.
    :param out: stderr unless given.
    """
    out = sys.stderr if out is None else out
    is_terminal, said = out.isatty(), False
    following = clock() + _QUIET
    for number, tick in enumerate(ticks):
        if number % _LOOK_EVERY == 0 and clock() >= following:
            line = _line(tick.at, start, end)
            out.write(f"\r{line}\x1b[K" if is_terminal else f"{line}\n")
            out.flush()
            said, following = True, clock() + (_AGAIN if is_terminal else _AGAIN_IN_LOGS)
        yield tick
    if said and is_terminal:
        out.write("\r\x1b[K")
        out.flush()


def _line(at: datetime, start: datetime | None, end: datetime | None) -> str:
    if start is None or end is None or end <= start:
        return f"replaying {at:%Y-%m-%d}"
    share = min(max((at - start) / (end - start), 0.0), 1.0)
    return f"replaying {at:%Y-%m-%d}, {share:.0%}"


@contextmanager
def counting(
    what: str, *, out: TextIO | None = None, clock: Callable[[], float] = time.monotonic
) -> Iterator[Callable[[int, int], None]]:
    """Takes how many of how many are done. Work of more than two seconds is told, as by :func:`told`.

    :param what: they are, such as "runs looked at".
    """
    out = sys.stderr if out is None else out
    is_terminal, said = out.isatty(), False
    following = clock() + _QUIET

    def count(done: int, total: int) -> None:
        nonlocal said, following
        if clock() >= following:
            line = f"{done:,} of {total:,} {what}"
            out.write(f"\r{line}\x1b[K" if is_terminal else f"{line}\n")
            out.flush()
            said, following = True, clock() + (_AGAIN if is_terminal else _AGAIN_IN_LOGS)

    yield count
    if said and is_terminal:
        out.write("\r\x1b[K")
        out.flush()

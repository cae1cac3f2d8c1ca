"""What the demo says while it works: one line per step, a live line in between."""

from __future__ import annotations

import shutil
import sys
import textwrap
import time


class Terminal:
    """Prints steps with the seconds since the start; a live line is redrawn in place where the output is a terminal.

    :param started: when ``make demo`` began, seconds since 1970.
    """

    def __init__(self, started: float) -> None:
        self._started = started
        self._tty = sys.stdout.isatty()
        self._live = ""

    @property
    def elapsed(self) -> float:
        return time.time() - self._started

    def step(self, text: str) -> None:
        """A finished step."""
        self._print(f"{self._colour('32', '✓')} {text}", stamped=True)

    def note(self, text: str) -> None:
        """Something that happened on the way."""
        self._print(f"    {text}")

    def wrapped(self, text: str) -> None:
        """A long remark, in as many lines as it needs."""
        width = max(40, shutil.get_terminal_size((100, 24)).columns - 14)
        for line in textwrap.wrap(text, width):
            self.note(line)

    def live(self, text: str) -> None:
        """What is going on now; the next line takes its place."""
        self._live = text
        self._draw()

    def plain(self, text: str = "") -> None:
        self._clear()
        print(text, flush=True)

    def error(self, text: str) -> None:
        self._live = ""
        self._print(self._colour("31", f"✗ {text}"))

    def bold(self, text: str) -> str:
        return self._colour("1", text)

    def _print(self, text: str, *, stamped: bool = False) -> None:
        self._clear()
        print(f"{self._colour('2', f'{self.elapsed:4.0f} s')}  {text}" if stamped else f"        {text}", flush=True)
        self._draw()

    def _draw(self) -> None:
        if self._tty and self._live:
            width = shutil.get_terminal_size().columns - 1
            print(f"\r\033[K{f'{self.elapsed:4.0f} s  … {self._live}'[:width]}", end="", flush=True)

    def _clear(self) -> None:
        if self._tty and self._live:
            print("\r\033[K", end="", flush=True)

    def _colour(self, code: str, text: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self._tty else text

"""A bar at a terminal, a line now and then in logs."""

from __future__ import annotations

import io
from collections.abc import Callable

from airflow_ai_slo.cli.progress import Bar


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _played(out: io.StringIO, steps: list[tuple[float, int]], total: int) -> str:
    moments = iter([moment for moment, _ in steps])
    clock: Callable[[], float] = lambda: next(moments)  # noqa: E731
    with Bar("importing", "runs", out=out, clock=clock) as bar:
        for _, done in steps:
            bar(done, total)
    return out.getvalue()


def test_short_work_is_not_told() -> None:
    assert _played(_Terminal(), [(100.0, 0), (100.5, 500), (100.9, 1000)], 1000) == ""


def test_a_terminal_sees_one_line_that_is_taken_away() -> None:
    text = _played(_Terminal(), [(100.0, 0), (102.0, 1000), (102.1, 1500), (104.0, 4000)], 4000)
    first, second, end = text.split("\r")[1:]
    assert first == f"importing [{'█' * 6:24}]  25% (1,000 of 4,000 runs, 6 s left)\x1b[K"
    assert second == f"importing [{'█' * 24}] 100% (4,000 of 4,000 runs, 0 s left)\x1b[K"
    assert end == "\x1b[K"


def test_logs_get_a_line_every_ten_seconds() -> None:
    text = _played(io.StringIO(), [(0.0, 0), (2.0, 100), (5.0, 200), (13.0, 300)], 400)
    assert text == "importing  25% (100 of 400 runs, 6 s left)\nimporting  75% (300 of 400 runs, 4 s left)\n"

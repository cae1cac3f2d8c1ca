"""``make bench [ONLY=name,…]``: one JSON document on stdout, progress on stderr."""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import (
    backtesting,
    drift,
    evaluating,
    gating,
    importing,
    importing_history,
    judged,
    latency,
    listening,
    listing,
    metrics,
    painting,
    quality,
    recording,
    replaying,
    reporting,
)
from benchmarks.measure import say

SECTIONS = {
    "recording": recording.run,
    "evaluating": evaluating.run,
    "backtesting": backtesting.run,
    "replaying": replaying.run,
    "gating": gating.run,
    "drift": drift.run,
    "importing": importing.run,
    "importing_history": importing_history.run,
    "latency": latency.run,
    "metrics": metrics.run,
    "judged": judged.run,
    "quality": quality.run,
    "listing": listing.run,
    "reporting": reporting.run,
    "listening": listening.run,
    "painting": painting.run,
}


def main() -> None:
    """Run every section, or those named in ``ONLY``."""
    only = [name for name in os.environ.get("ONLY", "").split(",") if name] or list(SECTIONS)
    unknown = sorted(set(only) - SECTIONS.keys())
    if unknown:
        sys.exit(f"error: ONLY={','.join(unknown)}: known are {', '.join(SECTIONS)}")
    result: dict[str, Any] = {"machine": {"python": platform.python_version(), "cpus": os.cpu_count()}}
    for name in only:
        say(name)
        with tempfile.TemporaryDirectory(prefix="ai-slo-bench-", dir=os.environ.get("BENCH_DIR")) as folder:
            result[name] = SECTIONS[name](Path(folder))
        say(json.dumps(result[name]))
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()

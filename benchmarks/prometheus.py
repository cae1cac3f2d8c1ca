"""Prometheus as a peer: the same counts in its own store, and every window and alert of every SLO asked of it.

Asked in the form that takes it least: an instant query for the bad ratio of each window, and one for each alert, which
compares ratios that a recording rule would have kept, and finds them kept already. By one connection that stays, from
compacted blocks, and answers are read, not decoded. ``increase`` needs two samples in a window: of hourly data, windows
of an hour and less are asked for and come out empty, which is quick.
"""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import takewhile
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.measurement import Measurement
from airflow_ai_slo.core.presets import workbook

WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d", "28d")
"""What the ``workbook`` preset looks at, and the SLOs' own window."""

OBJECTIVE = Fraction(99, 100)

ALERTS = tuple(
    f"slo_bad_ratio_{rule.long} > {limit} and slo_bad_ratio_{rule.short} > {limit}"
    for rule in workbook(OBJECTIVE, timedelta(days=28))
    for limit in [float(rule.factor * (1 - OBJECTIVE))]
)
"""The preset's rules in its order, as PromQL over recorded ratios."""

_STARTING = 60


def installed() -> bool:
    """Whether both programs are on the PATH; Debian's package ``prometheus`` brings them."""
    return all(map(shutil.which, ("prometheus", "promtool")))


def ratio(window: str) -> str:
    """The bad ratio of every SLO in a window that ends now, as PromQL."""
    good, total = (f"sum by (slo) (increase(slo_{name}_total[{window}]))" for name in ("good", "total"))
    return f"1 - {good} / {total}"


def openmetrics(histories: Iterable[Sequence[Measurement]]) -> Iterator[str]:
    """Two counters of every SLO as OpenMetrics text, and the last run's ratios as a recording rule would keep them.

    :param histories: measurements of one SLO each, oldest first.
    """
    families: dict[str, list[str]] = defaultdict(list)
    for history in histories:
        for name in ("good", "total"):
            families[f"slo_{name} counter"].append("".join(_counter(name, history)))
        for window in WINDOWS:
            families[f"slo_bad_ratio_{window} gauge"].append(_recorded(window, history))
    for family, texts in families.items():
        yield f"# TYPE {family}\n"
        yield from texts
    yield "# EOF\n"


def _counter(name: str, history: Sequence[Measurement]) -> Iterator[str]:
    counted = 0
    for one in history:
        counted += getattr(one, name)
        yield f'slo_{name}_total{{slo="{one.slo}"}} {counted} {one.at.timestamp():.3f}\n'


def _recorded(window: str, history: Sequence[Measurement]) -> str:
    last = history[-1]
    start = last.at - Duration.parse(window).length
    held = list(takewhile(lambda one: one.at > start, reversed(history)))
    bad = 1 - sum(one.good for one in held) / sum(one.total for one in held)
    return f'slo_bad_ratio_{window}{{slo="{last.slo}"}} {bad} {last.at.timestamp():.3f}\n'


class Prometheus:
    """A running server, asked by one connection that is kept."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def evaluate(self, at: datetime) -> None:
        """Ask for every window and alert, one after the other; answers are read, not decoded."""
        for query in (*map(ratio, WINDOWS), *ALERTS):
            self._ask(query, at)

    def values(self, query: str, at: datetime) -> dict[str, float]:
        """A query's answer at an instant, by SLO."""
        answer: dict[str, Any] = json.loads(self._ask(query, at))
        return {one["metric"]["slo"]: float(one["value"][1]) for one in answer["data"]["result"]}

    def is_ready(self) -> bool:
        """Whether it answers queries by now."""
        with suppress(OSError, http.client.HTTPException):
            return self._get("/-/ready")[0] == http.HTTPStatus.OK
        self.close()
        return False

    def close(self) -> None:
        """Let the connection go; the next question opens another."""
        self._connection.close()

    def _ask(self, query: str, at: datetime) -> bytes:
        status, body = self._get(f"/api/v1/query?{urlencode({'query': query, 'time': at.timestamp()})}")
        if status != http.HTTPStatus.OK:
            raise RuntimeError(f"Prometheus answers {status} to {query}: {body.decode(errors='replace')}")
        return body

    def _get(self, path: str) -> tuple[int, bytes]:
        self._connection.request("GET", path)
        response = self._connection.getresponse()
        return response.status, response.read()


@contextmanager
def serving(folder: Path, histories: Iterable[Sequence[Measurement]]) -> Iterator[Prometheus]:
    """A server over these measurements, in a folder of its own, ended on the way out.

    Instants between two measurements of hourly data are answered by the one before: it looks back for two hours.
    """
    folder.mkdir()
    text, data, nothing_to_scrape = folder / "counters.om", folder / "data", folder / "prometheus.yml"
    with text.open("w", encoding="utf-8") as file:
        file.writelines(openmetrics(histories))
    blocks = ["promtool", "tsdb", "create-blocks-from", "--quiet", "--max-block-duration=1500h", "openmetrics"]
    subprocess.run([*blocks, str(text), str(data)], check=True, stdout=subprocess.DEVNULL)
    nothing_to_scrape.write_text("{}\n", encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        "prometheus",
        f"--config.file={nothing_to_scrape}",
        f"--storage.tsdb.path={data}",
        "--storage.tsdb.retention.time=100y",
        f"--web.listen-address=127.0.0.1:{port}",
        "--query.lookback-delta=2h",
        "--query.max-samples=500000000",
        "--log.level=error",
    ]
    server, asked = subprocess.Popen(command), Prometheus(port)
    try:
        until = time.monotonic() + _STARTING
        while not asked.is_ready():
            if server.poll() is not None or time.monotonic() > until:
                raise RuntimeError("Prometheus does not start; what it said is above")
            time.sleep(0.1)
        yield asked
    finally:
        asked.close()
        server.terminate()
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()

"""``make demo``: 60 days of runs played back, then a running Airflow. Imports nothing heavy."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from demo.live import Live
from demo.processes import Processes, stop, tail
from demo.settings import PLACES, airflow_environment, free_port
from demo.story import Story
from demo.summary import shown, summary
from demo.terminal import Terminal

PYTHON = [sys.executable]
AIRFLOW = [sys.executable, "-m", "airflow"]
BESIDE = ["nice", "-n", "10"]
"""For what has time while something longer runs."""
COMPONENTS = {
    "dag-processor": ["dag-processor"],
    "triggerer": ["triggerer", "--skip-serve-logs"],
    "scheduler": ["scheduler", "--skip-serve-logs"],
}
PATIENCE_SECONDS = 300


class DemoError(Exception):
    """Something did not work; the message says where to look."""


class Demo:
    """One run of the demo, step by step."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.processes = Processes(PLACES.processes, PLACES.logs)
        self.now = datetime.now(UTC)
        self.port = free_port(8080)
        self.origin = f"http://127.0.0.1:{self.port}"
        self.local_slack = "AIRFLOW_CONN_SLACK_DEFAULT" not in os.environ
        slack_port = free_port(8099) if self.local_slack else 0
        slack = f"http://127.0.0.1:{slack_port}/api/" if self.local_slack else None
        self.env = airflow_environment(PLACES, port=self.port, slack=slack) | {"DEMO_NOW": self.now.isoformat()}
        self.story = Story(terminal, PLACES.slack)
        if self.local_slack:
            server = ["-m", "demo.slack_server", "--port", str(slack_port), "--log", str(PLACES.slack)]
            self.processes.start("slack", [*PYTHON, *server], self.env)
        else:
            terminal.note("Messages go to your own Slack: AIRFLOW_CONN_SLACK_DEFAULT is set")

    def play_back(self) -> None:
        """Database, data and model at once; then the 60 days, while the API server boots beside them."""
        self.terminal.live("Airflow's database, January's model and the imports, side by side")
        simulate, events = self._telling("simulate")
        prepare, prepared = self._telling("prepare", BESIDE)
        facts = self._until(prepared, "prepared", "prepare", prepare)
        self.terminal.step(
            f"The flights of 2013 moved on by {facts['weeks']} weeks; a model learned delays from January's "
            f"{facts['flights']:,}"
        )
        self._ended("prepare", prepare)
        self._until(events, "ready", "simulate", simulate)
        self.terminal.step("Airflow's database migrated")
        assert simulate.stdin is not None
        simulate.stdin.write(b"go\n")
        simulate.stdin.close()
        self._until(events, "stored", "simulate", simulate)
        self.processes.start("api-server", [*AIRFLOW, "api-server"], self.env)
        for event in events:
            self.story.tell(event)
            if event["event"] == "played":
                for name, command in COMPONENTS.items():
                    self.processes.start(name, [*AIRFLOW, *command], self.env)
        self._ended("simulate", simulate)
        self.story.catch_up()

    def go_live(self) -> None:
        """Today's runs on the real Airflow."""
        self.terminal.live("Airflow boots")
        live = Live(self.origin, now=self.now)
        self._wait_until_healthy(live)
        self.terminal.step(f"Airflow runs at {self.origin}")
        for text in live.run(self.terminal.live):
            first, *more = text.splitlines()
            self.terminal.step(first)
            for line in more:
                self.terminal.wrapped(line)
            self.story.catch_up()

    def _telling(
        self, name: str, before: Sequence[str] = ()
    ) -> tuple[subprocess.Popen[bytes], Iterator[dict[str, Any]]]:
        """Start one of the demo's own processes, and read the events it tells."""
        reader, writer = os.pipe()
        env = self.env | {"DEMO_EVENTS": str(writer), "AI_SLO_COUNT_TEST_RUNS": "1"}
        process = self.processes.start(
            name, [*before, *PYTHON, "-m", f"demo.{name}"], env, pass_fds=[writer], stdin=subprocess.PIPE
        )
        os.close(writer)
        return process, (json.loads(line) for line in os.fdopen(reader))

    def _until(
        self, events: Iterator[dict[str, Any]], wanted: str, name: str, process: subprocess.Popen[bytes]
    ) -> dict[str, Any]:
        for event in events:
            if event["event"] == wanted:
                return event
        self._ended(name, process)
        raise DemoError(f"{name} ended without being {wanted}")

    def _ended(self, name: str, process: subprocess.Popen[bytes]) -> None:
        if process.wait() != 0:
            raise DemoError(_failed(name, self.processes.log_of(name)))

    def _wait_until_healthy(self, live: Live) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while ill := live.api.ill():
            dead = self.processes.dead()
            if dead is not None:
                raise DemoError(_failed(dead.name, Path(dead.log)))
            if time.monotonic() > deadline:
                name = ill[0]
                raise DemoError(_failed(f"{name}, after {PATIENCE_SECONDS} s,", self.processes.log_of(name)))
            time.sleep(0.3)


def _failed(name: str, log: Path) -> str:
    return f"{name} failed. The end of {log}:\n\n{tail(log)}\n"


def clear() -> None:
    """Forget an earlier run; its environment stays."""
    for path in PLACES.written:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    PLACES.home.mkdir(parents=True, exist_ok=True)


def main() -> int:
    terminal = Terminal(float(os.environ.get("DEMO_STARTED") or time.time()))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.default_int_handler)
    try:
        terminal.step(f"Environment: {shown(Path(sys.prefix))}")
        terminal.live("stopping an earlier demo")
        if stop(PLACES.processes):
            terminal.step("An earlier demo was stopped")
        clear()
        demo = Demo(terminal)
        demo.play_back()
        demo.go_live()
        terminal.live("")
        if told := demo.story.last_freeze():
            terminal.plain(f"\n{told}")
        terminal.plain(summary(demo.env, terminal=terminal, origin=demo.origin))
        return 0
    except KeyboardInterrupt:
        terminal.error("interrupted; stopping what was started")
        stop(PLACES.processes)
        return 130
    except Exception as error:
        terminal.error(str(error) if isinstance(error, DemoError) else f"{type(error).__name__}: {error}")
        stop(PLACES.processes)
        return 1


if __name__ == "__main__":
    raise SystemExit(main())

"""Tells what happens in the 60 days, day by day: faults, and every message that goes to Slack."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from demo.slack_terminal import show
from demo.summary import shown
from demo.terminal import Terminal


class Story:
    """Turns events of the simulation, and the local Slack's log, into lines.

    :param slack: JSON lines of what was posted; may not exist (yet, or at all).
    """

    def __init__(self, terminal: Terminal, slack: Path) -> None:
        self._terminal, self._slack = terminal, slack
        self._read = 0
        self._day: date | None = None
        self._freeze: dict[str, Any] | None = None

    def tell(self, event: dict[str, Any]) -> None:
        if event["event"] == "day":
            self.catch_up()
            self._day = date.fromisoformat(event["date"])
            self._terminal.live(f"day {event['number']} of {event['of']}: {self._day:%a %d %b %Y}")
            if event["fault"]:
                self._terminal.note(f"{self._day:%d %b}  fault: {event['fault']}")
        elif event["event"] == "played":
            self.catch_up()
            self._terminal.step(f"{event['days']} days of real DAG runs played back")
            self._terminal.live("report")
        elif event["event"] == "reported":
            self._terminal.step(f"Report: {shown(Path(event['path']))}")

    def last_freeze(self) -> str:
        """The newest message about a freeze, as people see it in Slack; empty where there is none."""
        return show(self._freeze, channel=self._freeze["channel_name"]) if self._freeze else ""

    def catch_up(self) -> None:
        """Show what came to Slack since the last time."""
        if not self._slack.exists():
            return
        with self._slack.open("rb") as log:
            log.seek(self._read)
            for line in log:
                if not line.endswith(b"\n"):
                    break
                self._read += len(line)
                message = json.loads(line)
                if message["event"] == "posted":
                    when = f"{self._day:%d %b}" if self._day else "      "
                    headline = str(message["text"]).splitlines()[0]
                    self._terminal.note(f"{when}  Slack #{message['channel_name']}: {headline}")
                    if "Frozen" in headline:
                        self._freeze = message

"""Starts the demo's background processes, remembers them, and ends them and all they started."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

PATIENCE_SECONDS = 6


@dataclass(frozen=True, slots=True)
class Started:
    """A background process; it leads a session of its own, so all it starts can be told by that session.

    :param born: when the kernel started it, so that a number used again is not taken for it.
    """

    name: str
    pid: int
    born: str
    log: str


class Processes:
    """The demo's background processes, kept in a file that :func:`stop` reads.

    :param file: JSON list of what runs.
    :param logs: folder for one log file per process.
    """

    def __init__(self, file: Path, logs: Path) -> None:
        self._file, self._logs = file, logs
        self._running: list[tuple[Started, subprocess.Popen[bytes]]] = []

    def start(
        self,
        name: str,
        command: Sequence[str],
        env: Mapping[str, str],
        *,
        pass_fds: Sequence[int] = (),
        stdin: int = subprocess.DEVNULL,
    ) -> subprocess.Popen[bytes]:
        """Start one, its output going to ``<name>.log``."""
        self._logs.mkdir(parents=True, exist_ok=True)
        log = self._logs / f"{name}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                command,
                env=dict(env),
                stdin=stdin,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=tuple(pass_fds),
            )
        self._running.append((Started(name, process.pid, _born(process.pid), str(log)), process))
        self._save()
        return process

    def log_of(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    def dead(self) -> Started | None:
        """A process that ended by itself with an error."""
        return next((one for one, process in self._running if process.poll() not in (None, 0)), None)

    def forget(self, name: str) -> None:
        """Expect nothing more of a process that somebody ended on purpose; one of its name may be started again."""
        for started, process in self._running:
            if started.name == name:
                process.wait()
        self._running = [pair for pair in self._running if pair[0].name != name]
        self._save()

    def _save(self) -> None:
        self._file.write_text(json.dumps([asdict(one) for one, _ in self._running], indent=1))


def stop(file: Path) -> int:
    """End what a file of :class:`Processes` names, and everything those started; returns how many were ended."""
    if not file.exists():
        return 0
    known = [Started(**one) for one in json.loads(file.read_text())]
    sessions = {one.pid for one in known if _is_theirs(one)}
    members = members_of(sessions)
    for number, patience in ((signal.SIGTERM, PATIENCE_SECONDS), (signal.SIGKILL, PATIENCE_SECONDS)):
        _signal(members_of(sessions), number)
        deadline = time.monotonic() + patience
        while members_of(sessions) and time.monotonic() < deadline:
            _reap()
            time.sleep(0.1)
    file.unlink(missing_ok=True)
    return len(members)


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log."""
    with contextlib.suppress(OSError):
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    return ""


def _is_theirs(one: Started) -> bool:
    """Whether the number still means that process. A session outlives its leader and keeps the number from new use."""
    born = _born(one.pid)
    return born == one.born or (born == "" and bool(members_of({one.pid})))


def members_of(sessions: set[int]) -> set[int]:
    """Every process of these sessions."""
    return {pid for pid in _all_processes() if _session(pid) in sessions}


def _all_processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _session(pid: int) -> int | None:
    fields = _stat(pid)
    return None if not fields or fields[0] == "Z" else int(fields[3])


def _born(pid: int) -> str:
    fields = _stat(pid)
    return fields[19] if fields else ""


def _stat(pid: int) -> list[str]:
    """The fields of ``/proc/PID/stat`` after the name, which may hold spaces: state, parent, group, session, …"""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _signal(pids: set[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(OSError):
            os.kill(pid, number)


def _reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass

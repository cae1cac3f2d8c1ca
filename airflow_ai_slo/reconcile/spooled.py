"""What listeners of this machine heard, on its disk: one JSON line each, until somebody looks the runs up.

Writers wait for nobody and never for the disk. Readers put the file aside by its name before they read it, so that a
process killed at any point loses no line; some lines may be read twice, which changes nothing for those who look the
runs up.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import stat
import uuid
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

CAP = 16 * 2**20
"""Bytes that a spool may hold, some 100,000 lines; what comes then is dropped, and found by the next pass."""

LONGEST = 4096
"""Bytes of a line, its ends included: what one write puts down as a whole (PIPE_BUF)."""

_TRIES = 3
_ASIDE = ".taken-"


@dataclass(frozen=True, slots=True)
class Heard:
    """One event.

    :param what: such as ``run success``.
    :param at: when, in seconds since 1970 by this machine's clock.
    """

    dag_id: str
    run_id: str
    what: str
    at: float

    @property
    def run(self) -> tuple[str, str]:
        """DAG id and run id."""
        return self.dag_id, self.run_id


@dataclass(frozen=True, slots=True)
class Taken:
    """Everything that waited.

    :param unreadable: lines that are none of ours, or halves that a full disk left.
    """

    events: tuple[Heard, ...] = ()
    unreadable: int = 0


def append(path: Path, heard: Heard, *, cap: int = CAP) -> bool:
    """Add a line at the end, by one write, without waiting.

    :returns: whether it is there; False where the spool is full.
    :raises OSError: the file cannot be written, or not as a whole: a full disk, a line that is too long.
    """
    # Whoever was cut off before us may have left half a line, which must not swallow this one.
    line = b"\n" + json.dumps(asdict(heard), ensure_ascii=False).encode("utf-8", "replace") + b"\n"
    if len(line) > LONGEST:
        raise OSError(f"a line of {len(line)} bytes is longer than {LONGEST}")
    for _ in range(_TRIES):
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK, 0o666)
        try:
            if not _still_there(descriptor, path):
                continue
            if os.fstat(descriptor).st_size + len(line) > cap:
                return False
            _write(descriptor, line, path)
            return True
        finally:
            os.close(descriptor)
    raise OSError(f"{path} is taken again and again while it is written to")


def _write(descriptor: int, line: bytes, path: Path) -> None:
    try:
        written = os.write(descriptor, line)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    if written < len(line):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def _still_there(descriptor: int, path: Path) -> bool:
    """Whether this file is still the spool, and will not be read before it is closed."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        now = path.stat()
    except (BlockingIOError, FileNotFoundError):
        return False
    ours = os.fstat(descriptor)
    return (ours.st_dev, ours.st_ino) == (now.st_dev, now.st_ino)


@contextmanager
def taken(path: Path) -> Iterator[Taken]:
    """Hold what waits while it is looked up; gone when the block ends well, kept when it does not.

    One process at a time holds what waits on a machine; the others find nothing until it is through.

    :raises OSError: the folder cannot be read or changed.
    """
    with ExitStack() as held:
        files = [(aside, held.enter_context(file)) for aside, file in _held(path)]
        events, unreadable = [], 0
        for _, file in files:
            for line in _lines(file):
                one = _parsed(line)
                events.extend([] if one is None else [one])
                unreadable += one is None
        yield Taken(tuple(events), unreadable)
        for aside, _ in files:
            aside.unlink(missing_ok=True)


def keep(path: Path, events: Iterable[Heard]) -> None:
    """Put events back that are to be looked at again."""
    for one in events:
        append(path, one)


def waiting(path: Path) -> bool:
    """Whether anything waits, without opening it."""
    try:
        return path.stat().st_size > 0 or bool(_left(path))
    except FileNotFoundError:
        return bool(_left(path))


def _held(path: Path) -> list[tuple[Path, IO[bytes]]]:
    """Files put aside, locked: those that somebody left who died or failed, else what waits now."""
    left = _left(path)
    if not left:
        aside = path.with_name(f"{path.name}{_ASIDE}{uuid.uuid4().hex}")
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                raise OSError(f"{path} is no file")
            path.rename(aside)
        except FileNotFoundError:
            return []
        left = [aside]
    return [(aside, file) for aside in left if (file := _locked(aside)) is not None]


def _left(path: Path) -> list[Path]:
    try:
        with os.scandir(path.parent) as entries:
            names = sorted(one.name for one in entries if one.name.startswith(path.name + _ASIDE))
    except FileNotFoundError:
        return []
    return [path.with_name(name) for name in names]


def _locked(aside: Path) -> IO[bytes] | None:
    """The file, once nobody writes to it; None where somebody does, or holds it, or is through with it."""
    try:
        file = aside.open("rb")
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    except OSError:
        file.close()
        raise
    if os.fstat(file.fileno()).st_nlink == 0:
        file.close()
        return None
    return file


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """Lines that hold something; pieces of one where it is longer than any of ours."""
    while line := file.readline(LONGEST):
        if line.strip():
            yield line


def _parsed(line: bytes) -> Heard | None:
    try:
        values: dict[str, Any] = json.loads(line)
        one = Heard(values["dag_id"], values["run_id"], str(values.get("what", "")), float(values.get("at", 0)))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, OverflowError):
        return None
    return one if isinstance(one.dag_id, str) and isinstance(one.run_id, str) else None

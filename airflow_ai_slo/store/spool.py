"""Measurements that wait on disk while the store is away: one JSON line each, in the order they came."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import IO, Any

from airflow_ai_slo.core.errors import AiSloError
from airflow_ai_slo.core.measurement import Cause, Measurement
from airflow_ai_slo.core.numbers import Exact
from airflow_ai_slo.core.sketch import sketch_from_text

SPOOL = "AI_SLO_SPOOL"
"""Environment variable: the file in which measurements wait while the store is away."""

_BATCH = 5000


def default_path(environ: Mapping[str, str] = os.environ) -> Path:
    """Where they wait on this machine: ``AI_SLO_SPOOL``, else in ``$AIRFLOW_HOME``."""
    home = Path(environ.get("AIRFLOW_HOME") or "~/airflow").expanduser()
    return Path(environ.get(SPOOL) or home / "ai_slo_spool.jsonl")


def rejected_path(path: Path) -> Path:
    """Where lines go that can never be recorded."""
    return path.with_name(path.name + ".rejected")


def append(path: Path, measurements: Sequence[Measurement]) -> int:
    """Add measurements at the end, durably, and return how many lines wait.

    :raises OSError: the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(_to_dict(one)) + "\n" for one in measurements)
    with _locked(path) as file:
        # A writer that was killed may have left half a line; what is written now must not become part of it.
        file.write(b"\n" * _is_open_ended(file) + text.encode())
        file.flush()
        os.fsync(file.fileno())
        file.seek(0)
        return sum(1 for line in file if line.strip())


def _is_open_ended(file: IO[bytes]) -> bool:
    """Whether the last line has no end."""
    if not file.seek(0, os.SEEK_END):
        return False
    file.seek(-1, os.SEEK_END)
    return file.read(1) != b"\n"


def waiting(path: Path) -> int | None:
    """How many measurements wait; none where there is no file, None where it cannot be read."""
    try:
        with path.open("rb") as file:
            return sum(1 for line in file if line.strip())
    except FileNotFoundError:
        return 0
    except OSError:
        return None


@dataclass
class Waiting:
    """The spool while it is being replayed.

    :param rejected: lines to be set aside once the rest is recorded.
    """

    lines: list[bytes]
    unreadable: int = 0
    rejected: list[dict[str, Any]] = field(default_factory=list)

    def batches(self) -> Iterator[list[Measurement]]:
        """Measurements in the order they came."""
        for start in range(0, len(self.lines), _BATCH):
            read = [self._read(line) for line in self.lines[start : start + _BATCH]]
            yield [one for one in read if one is not None]

    def reject(self, one: Measurement, problem: str) -> None:
        """Set a measurement aside."""
        self.rejected.append({"problem": problem} | _to_dict(one))

    def _read(self, line: bytes) -> Measurement | None:
        try:
            return _from_dict(json.loads(line))
        except (
            LookupError,
            ValueError,
            TypeError,
            AttributeError,
            ArithmeticError,
            RecursionError,
            AiSloError,
        ) as error:
            self.unreadable += 1
            self.rejected.append({"problem": f"unreadable: {error}", "line": line.decode(errors="replace")})
            return None


@contextmanager
def taken(path: Path) -> Iterator[Waiting]:
    """Hold what waits while it is recorded; emptied when the block ends well, kept whole when it does not."""
    if not path.exists() or path.stat().st_size == 0:
        yield Waiting([])
        return
    with _locked(path) as file:
        file.seek(0)
        waiting = Waiting([line for line in file.read().splitlines() if line.strip()])
        yield waiting
        if waiting.rejected:
            with rejected_path(path).open("a") as aside:
                aside.writelines(json.dumps(values) + "\n" for values in waiting.rejected)
        file.truncate(0)


@contextmanager
def _locked(path: Path) -> Iterator[IO[bytes]]:
    with path.open("ab+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def _to_dict(one: Measurement) -> dict[str, Any]:
    return {
        "slo": one.slo,
        "key": one.key,
        "at": one.at.isoformat(),
        "good": _text(one.good),
        "total": _text(one.total),
        "value": one.value,
        "cause": one.cause,
        "attributes": dict(one.attributes),
        "recorded_at": None if one.recorded_at is None else one.recorded_at.isoformat(),
    } | ({} if one.sketch is None else {"sketch": one.sketch.to_text()})


def _text(number: Exact) -> int | str:
    return number if isinstance(number, int) else str(number)


def _number(value: int | str) -> Exact:
    return value if isinstance(value, int) else Fraction(value)


def _from_dict(values: dict[str, Any]) -> Measurement:
    recorded_at = values.get("recorded_at")
    return Measurement(
        slo=values["slo"],
        key=values["key"],
        at=datetime.fromisoformat(values["at"]),
        good=_number(values["good"]),
        total=_number(values["total"]),
        value=values.get("value"),
        cause=None if values.get("cause") is None else Cause(values["cause"]),
        attributes=values.get("attributes") or {},
        recorded_at=None if recorded_at is None else datetime.fromisoformat(recorded_at),
        sketch=None if values.get("sketch") is None else sketch_from_text(values["sketch"]),
    )

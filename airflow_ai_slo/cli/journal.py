"""What a replay plays: a journal of JSON lines, or a file of measurements."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from airflow_ai_slo.cli.measurements import FileRow, read_rows
from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.core.measurement import Measurement
from airflow_ai_slo.engine.replaying import Tick

_DEEDS = ("record", "evaluate", "pause", "resume")


def read_journal(path: Path) -> Iterator[Tick]:
    """Ticks of a journal, one a line, in the order of its clock.

    :raises DataError: no such file, or a line that is not one of the journal's.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise DataError(f"{path}: is not UTF-8 JSON Lines") from None
    ticks = [_tick(f"{path}:{number}", line) for number, line in enumerate(lines, start=1) if line.strip()]
    yield from sorted(ticks, key=lambda tick: tick.at)


def _tick(where: str, line: str) -> Tick:
    try:
        values = json.loads(line)
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise DataError(f'{where}: is not a JSON object such as {{"t": "2026-01-31T06:00:00Z", "do": "evaluate"}}')
    at = FileRow(where, values).instant("t")
    deed = values.get("do")
    if deed not in _DEEDS:
        raise DataError(f"{where}: do: {deed!r} is not one of {', '.join(_DEEDS)}")
    if deed == "record":
        return Tick(at, (_measurement(where, values, at),))
    return Tick(at, evaluates=deed == "evaluate")


def _measurement(where: str, values: Mapping[str, Any], recorded_at: datetime) -> Measurement:
    missing = [name for name in ("slo", "at", "good", "total") if name not in values]
    if missing:
        raise DataError(f"{where}: {', '.join(missing)} is missing; a record has slo, key, at, good, total, cause")
    fields = {**values, "timestamp": values["at"], "recorded_at": recorded_at}
    return FileRow(where, fields).measurement()


def read_measurements(path: Path, every: timedelta) -> Iterator[Tick]:
    """Ticks of a file of measurements: each comes in when it says, and all SLOs are evaluated at every step."""
    arrivals = sorted(((_arrival(row), row.measurement()) for row in read_rows(path)), key=lambda pair: pair[0])
    if not arrivals:
        return
    step = _ceiling(arrivals[0][0], every)
    for at, group in groupby(arrivals, key=lambda pair: pair[0]):
        while step < at:
            yield Tick(step, evaluates=True)
            step += every
        yield Tick(at, tuple(one for _, one in group))
    yield Tick(step, evaluates=True)


def _arrival(row: FileRow) -> datetime:
    return row.instant("recorded_at" if row.has("recorded_at") else "timestamp")


def _ceiling(at: datetime, every: timedelta) -> datetime:
    """The first multiple of ``every`` since 1970 that is not before an instant."""
    from airflow_ai_slo.core.instants import EPOCH

    return EPOCH + every * -((EPOCH - at) // every)

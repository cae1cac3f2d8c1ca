"""What a replay plays: a journal of JSON lines, or a file of measurements."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

from airflow_ai_slo.cli.measurements import FileRow, read_rows
from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.core.instants import to_micros, utc
from airflow_ai_slo.core.measurement import Cause
from airflow_ai_slo.core.names import LONGEST_KEY, is_name
from airflow_ai_slo.core.numbers import count
from airflow_ai_slo.core.stream import Row
from airflow_ai_slo.engine.replaying import unknown
from airflow_ai_slo.engine.ticks import Steps, Tick

_DEEDS = ("record", "evaluate", "pause", "resume")
_NEEDED = ("slo", "at", "good", "total")
_KNOWN = {
    "record": {"t", "do", *_NEEDED, "key", "cause", "value", "attributes"},
    "evaluate": {"t", "do"},
    "pause": {"t", "do", "slo"},
    "resume": {"t", "do", "slo"},
}
_EXAMPLE = '{"t": "2026-01-31T06:00:00Z", "do": "evaluate"}'
_BACKFILL = ("run_type", "backfill")


class Ticks(NamedTuple):
    """Ticks in order, how many there are, and the instants of the first and the last."""

    ticks: Iterator[Tick]
    number: int
    start: datetime | None = None
    end: datetime | None = None

    @property
    def length(self) -> timedelta:
        return timedelta(0) if self.start is None or self.end is None else self.end - self.start


def read_journal(path: Path, slos: Collection[str]) -> Ticks:
    """Ticks of a journal, one a line, in the order of its clock.

    :param slos: names that lines may carry.
    :raises DataError: no such file, or a line that is not one of the journal's.
    """
    ticks = []
    try:
        with path.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.isspace():
                    ticks.append(_tick(f"{path}:{number}", line, slos))
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise DataError(f"{path}: is not UTF-8 JSON Lines") from None
    ticks.sort(key=attrgetter("at"))
    return Ticks(iter(ticks), len(ticks), ticks[0].at, ticks[-1].at) if ticks else Ticks(iter(()), 0)


def read_measurements(path: Path, step: timedelta, slos: Collection[str]) -> Ticks:
    """Ticks of a file of measurements: each comes in when it says, and all SLOs are evaluated at every step.

    :raises DataError: no such file, or a row that is not a measurement of one of these SLOs.
    """
    rows = []
    for source in read_rows(path):
        at = source.moment("timestamp")
        recorded_at = source.moment("recorded_at")[0] if source.has("recorded_at") else at[0]
        rows.append((_name(source, slos), _row(source, at, recorded_at)))
    rows.sort(key=lambda row: row[1].recorded_at)
    if not rows:
        return Ticks(iter(()), 0)
    steps = Steps(rows, step)
    return Ticks(iter(steps), len(steps), steps.start, steps.end)


def _tick(where: str, line: str, slos: Collection[str]) -> Tick:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise DataError(f"{where}: is not a JSON object such as {_EXAMPLE}")
    source = FileRow(where, values)
    if "t" not in values:
        raise DataError(f"{where}: t is missing: the instant at which this happens; write {_EXAMPLE}")
    at, deed = source.instant("t"), values.get("do")
    if deed not in _DEEDS:
        raise DataError(f"{where}: do: {deed!r:.60} is not one of {', '.join(_DEEDS)}")
    if not values.keys() <= _KNOWN[deed]:
        strange = ", ".join(sorted(values.keys() - _KNOWN[deed]))
        raise DataError(f"{where}: {strange}: a line that says {deed} has {', '.join(sorted(_KNOWN[deed]))}")
    if deed == "record":
        missing = [name for name in _NEEDED if name not in values]
        if missing:
            raise DataError(f"{where}: {', '.join(missing)} is missing; a record has slo, key, at, good, total, cause")
        return Tick(utc(at), ((_name(source, slos), _row(source, source.moment("at"), to_micros(at))),))
    if deed == "evaluate":
        return Tick(utc(at), do="evaluate")
    return Tick(utc(at), do=deed, slos=None if values.get("slo") is None else [_name(source, slos)])


def _name(source: FileRow, slos: Collection[str]) -> str:
    name = source.slo
    if name not in slos:
        raise DataError(f"{source.where}: slo: {unknown(name[:80], slos)}")
    return name


def _row(source: FileRow, at: tuple[int, str], recorded_at: int) -> Row:
    """
    :param at: in microseconds, and as text: the key of a row that gives none.
    """
    good, total = source.counts()
    if type(good) is not int or type(total) is not int:
        good, total = count(good), count(total)
    micros, key = at
    if len(source.fields) == len(_NEEDED):
        return Row(micros, good, total, recorded_at, key)
    source.value()
    is_backfill = "attributes" in source.fields and _is_backfill(source)
    if source.has("key"):
        key = _key(source)
    return Row(micros, good, total, recorded_at, key, source.cause() is Cause.MISSING_RUN, is_backfill)


def _key(source: FileRow) -> str:
    key = str(source.fields["key"])
    if not is_name(key, LONGEST_KEY):
        raise DataError(
            f"{source.where}: key: {key!r:.60} is not text of 1 to {LONGEST_KEY} characters, none of them NUL"
        )
    return key


def _is_backfill(source: FileRow) -> bool:
    attributes: Any = source.fields["attributes"] or {}
    if not isinstance(attributes, dict):
        raise DataError(
            f'{source.where}: attributes: {attributes!r:.60} is not an object such as {{"model_version": "4"}}'
        )
    name, backfill = _BACKFILL
    return bool(attributes.get(name) == backfill)

"""Corrections from a file, for commands without a store: a list of what ``ai-slo correct add`` takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from airflow_ai_slo.cli.measurements import FileRow
from airflow_ai_slo.core.corrections import Interval
from airflow_ai_slo.core.definition import SLO
from airflow_ai_slo.core.dropped import Drop
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.core.instants import to_micros

_KNOWN = {"id", "slo", "service", "from", "to", "rrule", "duration", "zone", "author", "reason"}
_KNOWN |= {"created_at", "revoked_at"}
_EXAMPLE = '{"slo": "daily", "from": "2026-03-01T00:00:00Z", "to": "2026-03-03T00:00:00Z"}'


def read_corrections(path: Path, slos: Sequence[SLO]) -> dict[str, list[Drop]]:
    """What a file of corrections drops, by SLO; also of ``ai-slo correct list --format json``.

    Those that were revoked are left out.

    :raises DataError: no such file, or an entry that is not a correction of these SLOs.
    """
    found: dict[str, list[Drop]] = {}
    for number, values in enumerate(_entries(path)):
        source = FileRow(f"{path}[{number}]", _checked(f"{path}[{number}]", values))
        if source.has("revoked_at"):
            continue
        known_at = to_micros(source.instant("created_at")) if source.has("created_at") else None
        try:
            period = _period(source)
            for slo in _chosen(source, slos):
                found.setdefault(slo.name, []).append(Drop(known_at, _stretches(slo, period)))
        except ConfigurationError as error:
            raise DataError(f"{source.where}: {error}") from None
    return found


def _entries(path: Path) -> list[Any]:
    import yaml

    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from None
    except (UnicodeDecodeError, yaml.YAMLError, ValueError, RecursionError) as error:
        where = getattr(error, "problem_mark", None)
        line = "" if where is None else f":{where.line + 1}"
        raise DataError(f"{path}{line}: is neither YAML nor JSON; write a list such as [{_EXAMPLE}]") from None
    if isinstance(given, dict) and set(given) == {"corrections"}:
        given = given["corrections"]
    if given is None:
        return []
    if not isinstance(given, list):
        raise DataError(f"{path}: is not a list of corrections such as [{_EXAMPLE}]")
    return given


def _checked(where: str, values: Any) -> Mapping[str, Any]:
    if not isinstance(values, dict) or not all(isinstance(name, str) for name in values):
        raise DataError(f"{where}: is not a correction such as {_EXAMPLE}")
    strange = sorted(values.keys() - _KNOWN)
    if strange:
        raise DataError(f"{where}: {', '.join(strange):.80}: a correction has {', '.join(sorted(_KNOWN))}")
    if "from" not in values:
        raise DataError(f"{where}: from is missing; write {_EXAMPLE}")
    # YAML makes dates of what it takes for one.
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


def _period(source: FileRow) -> Interval:
    texts = {name: _text(source, name) for name in ("rrule", "duration", "zone")}
    try:
        duration = None if texts["duration"] is None else Duration.parse(texts["duration"])
    except ValueError as error:
        raise DataError(f"{source.where}: duration: {error}") from None
    start, end = source.instant("from"), source.instant("to") if source.has("to") else None
    return Interval(start, end, texts["rrule"], duration, texts["zone"])


def _text(source: FileRow, name: str) -> str | None:
    value = source.fields.get(name)
    if value is not None and not isinstance(value, str):
        raise DataError(f"{source.where}: {name}: {value!r:.60} is not text")
    return value or None


def _chosen(source: FileRow, slos: Sequence[SLO]) -> list[SLO]:
    """The SLO, or those of the service. A list of a store's corrections says neither of its service."""
    slo, service = _text(source, "slo"), _text(source, "service")
    if (slo is None) == (service is None):
        raise DataError(f"{source.where}: a correction is of an slo, or of a service: name either")
    chosen = [one for one in slos if (one.service == service if slo is None else one.name == slo)]
    if not chosen:
        kind, name = ("SLO named", slo) if service is None else ("SLO of a service", service)
        known = ", ".join(sorted({one.name if service is None else one.service for one in slos})[:5])
        raise DataError(f"{source.where}: no {kind} {name!s:.80}; known: {known or 'none'}")
    return chosen


def _stretches(slo: SLO, period: Interval) -> Sequence[tuple[int, int]]:
    from airflow_ai_slo.store import recurring

    if period.rrule is None:
        return recurring.stretches(period)
    zone = period.zone or ("UTC" if slo.schedule is None else slo.schedule.zone)
    return recurring.stretches(replace(period, rrule=recurring.tidy(period.rrule), zone=recurring.zone_named(zone)))

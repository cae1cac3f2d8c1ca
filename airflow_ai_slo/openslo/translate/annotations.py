"""The annotations under ``airflow-ai-slo/``: what OpenSLO has no field for."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

from airflow_ai_slo.core.cadence import Cadence
from airflow_ai_slo.core.definition import Alerting, Rerun, Schedule
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.errors import DefinitionError
from airflow_ai_slo.core.freeze_policy import EXEMPT_LABELS, FreezePolicy
from airflow_ai_slo.core.names import LONGEST_UNIT
from airflow_ai_slo.core.target import check_mention, check_takes
from airflow_ai_slo.openslo.documents import scalars
from airflow_ai_slo.openslo.documents.values import Table
from airflow_ai_slo.openslo.problems import Notes, Path, listed, nearest
from airflow_ai_slo.openslo.rules.objectives import zone_of
from airflow_ai_slo.openslo.translate.agreements import READERS as ON_AGREEMENT

PREFIX = "airflow-ai-slo/"

Reader = Callable[[str], Any]
"""Reads one value; raises ValueError with a message."""


def _choice(*options: str) -> Reader:
    def read(text: str) -> str:
        if text not in options:
            raise ValueError(f"{text[:60]!r} is not one of {listed(options)}")
        return text

    return read


def _cadence(text: str) -> str:
    try:
        Cadence.of(Schedule(cadence=text))
    except DefinitionError as error:
        raise ValueError(error.message) from None
    return " ".join(text.split())


def _zone(text: str) -> str:
    zone = zone_of(text)
    if zone is None:
        raise ValueError(f"{text[:60]!r} is not an IANA time zone such as Europe/Berlin")
    return zone.key


def _instant(text: str) -> datetime:
    try:
        start = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text[:60]!r} is not an instant; write ISO 8601, such as 2026-01-01T06:00:00Z") from None
    if not 1970 <= start.year < 2200:
        raise ValueError(f"{text[:60]!r} lies outside the years 1970 to 2199")
    return start


def _patience(what: str) -> Reader:
    def read(text: str) -> Duration | None:
        if text == "none":
            return None
        duration = Duration.parse(text)
        if duration.is_calendar:
            raise ValueError(f"{text!r}: {what} is in m, h, d or w, or none")
        return duration

    return read


def _share(text: str, *, from_zero: bool) -> Fraction:
    share = scalars.number(text)
    if share is None or not (0 < share < 1 or (from_zero and share == 0)):
        lowest = "at least 0" if from_zero else "above 0"
        raise ValueError(f"{text[:60]!r} is not a number {lowest} and below 1, such as 0.95")
    return share


def _between_commas(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",")))
    if "" in names:
        raise ValueError(f"{text[:60]!r} holds an empty name; write names separated by commas, such as a, b")
    return names


def _labels(text: str) -> tuple[str, ...]:
    return () if text.strip() == "none" else _between_commas(text)


def _longest(text: str) -> Duration:
    duration = Duration.parse(text)
    if duration.is_calendar:
        raise ValueError(f"{text!r}: the longest duration of a freeze is in m, h, d or w, such as 14d")
    return duration


def _runs(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:9]) > 0 and len(text) < 6):
        raise ValueError(f"{text[:60]!r} is not a whole number of runs above 0, such as 5")
    return int(text)


def _names(text: str) -> tuple[str, ...]:
    """Names between commas or spaces, each once."""
    return tuple(dict.fromkeys(text.replace(",", " ").split()))


def _takes(text: str) -> tuple[str, ...]:
    names = _names(text)
    check_takes(names)
    return names


def _mention(text: str) -> tuple[str, ...]:
    names = tuple(name.lstrip("@") for name in _names(text))
    check_mention(names)
    return names


def _url(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s/]+\S*", text):
        raise ValueError(f"{text[:60]!r} is not an http or https url")
    return text


def _unit(text: str) -> str:
    if not (text.isprintable() and 0 < len(text.strip()) <= LONGEST_UNIT):
        raise ValueError(f"{text[:60]!r} is not a plural noun of 1 to {LONGEST_UNIT} characters, such as rows")
    return text.strip()


ON_SLO: Mapping[str, Reader] = {
    "alerting": _choice("workbook", "seed", "pipeline", "none"),
    "cadence": _cadence,
    "timezone": _zone,
    "start": _instant,
    "end": _instant,
    "deadline": _patience("a deadline"),
    "late": _choice("bad", "accept"),
    "rerun": _choice("replace", "first", "worst"),
    "confidence": lambda text: _share(text, from_zero=False),
    "freeze": lambda text: _choice("true", "false")(text) == "true",
    "thaw-above": lambda text: _share(text, from_zero=True),
    "thaw-after-good-runs": _runs,
    "notify": _names,
    "runbook": _url,
    "unit": _unit,
    "no-data-after": _patience("no-data-after"),
    **ON_AGREEMENT,
}
ON_SERVICE: Mapping[str, Reader] = {
    "freeze-slos": _between_commas,
    "thaw-above": lambda text: _share(text, from_zero=True),
    "thaw-after-good-runs": _runs,
    "freeze-for-at-most": _longest,
    "freeze-mode": _choice("hard", "soft"),
    "exempt-labels": _labels,
    "notify": _names,
}
ON_TARGET: Mapping[str, Reader] = {"channel": str, "connection": str, "takes": _takes, "mention": _mention}
_SCHEDULE_ONLY = ("timezone", "start", "end", "deadline", "late")
_KNOWN: Mapping[str, Mapping[str, Reader]] = {
    "SLO": ON_SLO,
    "Service": ON_SERVICE,
    "AlertNotificationTarget": ON_TARGET,
}


def read_annotations(document: Table, kind: str, notes: Notes, base: Path = ()) -> dict[str, Any]:
    """The annotations of one document that are ours, read; wrong ones are noted and left out.

    :param base: where the object stands in its document, for inline ones.
    """
    metadata = document.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, Table) else None
    known = _KNOWN.get(kind, {})
    values: dict[str, Any] = {}
    for key, written in annotations.items() if isinstance(annotations, Table) else ():
        at: Path = (*base, "metadata", "annotations", key)
        name = key.removeprefix(PREFIX)
        if name == key:
            continue
        if name not in known:
            notes.warn(at, _unknown(name, kind, known))
            continue
        try:
            values[name] = known[name](scalars.text(written) or "")
        except ValueError as error:
            notes.error(at, str(error))
    return values


def slo_options(values: Mapping[str, Any], notes: Notes, *, freezes: bool = False) -> dict[str, Any]:
    """Keyword arguments of core's SLO that come from annotations.

    :param freezes: whether its service's document names it among those that freeze.
    """
    options = {
        "alerting": cast("Alerting | None", values.get("alerting")),
        "rerun": cast("Rerun", values.get("rerun", "replace")),
        "confidence": values.get("confidence"),
        "freeze": values.get("freeze", False),
        "thaw_above": values.get("thaw-above"),
        "thaw_after_good_runs": values.get("thaw-after-good-runs"),
        "schedule": _schedule(values, notes),
        "runbook": values.get("runbook", ""),
        "unit": values.get("unit", ""),
        "no_data_after": values.get("no-data-after", "usual"),
    }
    if not (options["freeze"] or freezes):
        for name in ("thaw-above", "thaw-after-good-runs"):
            if name in values:
                notes.warn(_at(name), f'has no effect without {PREFIX}freeze: "true"')
    if "no-data-after" in values and values.get("cadence") and values.get("deadline", "cadence") is not None:
        notes.warn(_at("no-data-after"), "has no effect where runs have a deadline: silence becomes missing runs")
    if "cadence" not in values:
        for name in _SCHEDULE_ONLY:
            if name in values:
                notes.warn(_at(name), f"has no effect without {PREFIX}cadence")
        if options["alerting"] == "pipeline":
            notes.error(_at("alerting"), f"pipeline counts runs; give {PREFIX}cadence, such as 1d, or use workbook")
    return options


def freeze_policy(values: Mapping[str, Any]) -> FreezePolicy:
    """How a service freezes, from its annotations."""
    return FreezePolicy(
        slos=values.get("freeze-slos", ()),
        thaw_above=values.get("thaw-above"),
        thaw_after_good_runs=values.get("thaw-after-good-runs"),
        for_at_most=values.get("freeze-for-at-most"),
        mode=values.get("freeze-mode", "hard"),
        exempt_labels=values.get("exempt-labels", EXEMPT_LABELS),
    )


def _schedule(values: Mapping[str, Any], notes: Notes) -> Schedule | None:
    if "cadence" not in values:
        return None
    zone = values.get("timezone", "UTC")
    start, end = (_local(values.get(name), zone) for name in ("start", "end"))
    if start is not None and end is not None and end <= start:
        notes.error(_at("end"), f"{end.isoformat()} is not after the start")
    return Schedule(
        cadence=values["cadence"],
        zone=zone,
        start=start,
        end=end,
        deadline=values.get("deadline", "cadence"),
        late=cast("Literal['bad', 'accept']", values.get("late", "bad")),
    )


def _local(instant: datetime | None, zone: str) -> datetime | None:
    """In UTC; one without a zone is in the schedule's."""
    if instant is None:
        return None
    return (instant.replace(tzinfo=ZoneInfo(zone)) if instant.tzinfo is None else instant).astimezone(UTC)


def _unknown(name: str, kind: str, known: Collection[str]) -> str:
    if not known:
        return f"annotations under {PREFIX} have no effect on {kind}"
    return f"unknown annotation{nearest(name, known)}; known on {kind}: {', '.join(known)}"


def _at(name: str) -> Path:
    return ("metadata", "annotations", f"{PREFIX}{name}")

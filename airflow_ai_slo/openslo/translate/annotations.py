"""The annotations under ``airflow-ai-slo/``: what OpenSLO has no field for."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

from airflow_ai_slo.core.definition import Alerting, Rerun, Schedule
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.target import check_mention, check_takes
from airflow_ai_slo.openslo.documents import scalars
from airflow_ai_slo.openslo.documents.values import Table
from airflow_ai_slo.openslo.problems import Notes, Path, listed, nearest
from airflow_ai_slo.openslo.rules.objectives import zone_of
from airflow_ai_slo.openslo.translate.cadence import runs_per_day

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
    runs_per_day(text)
    return " ".join(text.split())


def _zone(text: str) -> str:
    zone = zone_of(text)
    if zone is None:
        raise ValueError(f"{text[:60]!r} is not an IANA time zone such as Europe/Berlin")
    return zone.key


def _start(text: str) -> datetime:
    try:
        start = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text[:60]!r} is not an instant; write ISO 8601, such as 2026-01-01T06:00:00Z") from None
    if not 1970 <= start.year < 2200:
        raise ValueError(f"{text[:60]!r} lies outside the years 1970 to 2199")
    return start


def _deadline(text: str) -> Duration | None:
    if text == "none":
        return None
    duration = Duration.parse(text)
    if duration.is_calendar:
        raise ValueError(f"{text!r}: a deadline is in m, h, d or w, or none")
    return duration


def _share(text: str, *, from_zero: bool) -> Fraction:
    share = scalars.number(text)
    if share is None or not (0 < share < 1 or (from_zero and share == 0)):
        lowest = "at least 0" if from_zero else "above 0"
        raise ValueError(f"{text[:60]!r} is not a number {lowest} and below 1, such as 0.95")
    return share


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


ON_SLO: Mapping[str, Reader] = {
    "alerting": _choice("workbook", "seed", "pipeline", "none"),
    "cadence": _cadence,
    "timezone": _zone,
    "start": _start,
    "deadline": _deadline,
    "late": _choice("bad", "accept"),
    "rerun": _choice("replace", "first", "worst"),
    "confidence": lambda text: _share(text, from_zero=False),
    "freeze": lambda text: _choice("true", "false")(text) == "true",
    "thaw-above": lambda text: _share(text, from_zero=True),
    "thaw-after-good-runs": _runs,
    "notify": _names,
    "runbook": _url,
}
ON_SERVICE: Mapping[str, Reader] = {"notify": _names}
ON_TARGET: Mapping[str, Reader] = {"channel": str, "connection": str, "takes": _takes, "mention": _mention}
_SCHEDULE_ONLY = ("timezone", "start", "deadline", "late")


def read_annotations(document: Table, kind: str, notes: Notes, base: Path = ()) -> dict[str, Any]:
    """The annotations of one document that are ours, read; wrong ones are noted and left out.

    :param base: where the object stands in its document, for inline ones.
    """
    metadata = document.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, Table) else None
    known = {"SLO": ON_SLO, "Service": ON_SERVICE, "AlertNotificationTarget": ON_TARGET}.get(kind, {})
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


def slo_options(values: Mapping[str, Any], notes: Notes) -> dict[str, Any]:
    """Keyword arguments of core's SLO that come from annotations."""
    options = {
        "alerting": cast("Alerting | None", values.get("alerting")),
        "rerun": cast("Rerun", values.get("rerun", "replace")),
        "confidence": values.get("confidence"),
        "freeze": values.get("freeze", False),
        "thaw_above": values.get("thaw-above", Fraction(1, 20)),
        "thaw_after_good_runs": values.get("thaw-after-good-runs"),
        "schedule": _schedule(values),
        "runbook": values.get("runbook", ""),
    }
    if not options["freeze"]:
        for name in ("thaw-above", "thaw-after-good-runs"):
            if name in values:
                notes.warn(_at(name), f'has no effect without {PREFIX}freeze: "true"')
    if "cadence" not in values:
        for name in _SCHEDULE_ONLY:
            if name in values:
                notes.warn(_at(name), f"has no effect without {PREFIX}cadence")
        if options["alerting"] == "pipeline":
            notes.error(_at("alerting"), f"pipeline counts runs; give {PREFIX}cadence, such as 1d, or use workbook")
    return options


def _schedule(values: Mapping[str, Any]) -> Schedule | None:
    if "cadence" not in values:
        return None
    zone = values.get("timezone", "UTC")
    start = values.get("start")
    if start is not None and start.tzinfo is None:
        start = start.replace(tzinfo=ZoneInfo(zone))
    return Schedule(
        cadence=values["cadence"],
        zone=zone,
        start=None if start is None else start.astimezone(UTC),
        deadline=values.get("deadline", "cadence"),
        late=cast("Literal['bad', 'accept']", values.get("late", "bad")),
    )


def _unknown(name: str, kind: str, known: Collection[str]) -> str:
    if not known:
        return f"annotations under {PREFIX} have no effect on {kind}"
    return f"unknown annotation{nearest(name, known)}; known on {kind}: {', '.join(known)}"


def _at(name: str) -> Path:
    return ("metadata", "annotations", f"{PREFIX}{name}")

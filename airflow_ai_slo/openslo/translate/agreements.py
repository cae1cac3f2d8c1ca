"""The annotations of a service level agreement: ``sla``, ``sla-credits``, ``sla-window``."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.errors import DefinitionError
from airflow_ai_slo.core.periods import CALENDAR
from airflow_ai_slo.core.sla import SLA
from airflow_ai_slo.core.windows import CalendarWindow, Window
from airflow_ai_slo.openslo.documents import scalars
from airflow_ai_slo.openslo.problems import Notes, Path, listed
from airflow_ai_slo.openslo.rules.objectives import zone_of

_PREFIX = "airflow-ai-slo/"
_FIELDS = {"sla": "sla", "sla.credits": "sla-credits", "sla.period": "sla-window", "sla.zone": "sla-window"}
_KINDS = {str(duration): kind for kind, duration in CALENDAR.items()}


def read_target(text: str) -> Fraction:
    """Compliance that is owed.

    :raises ValueError: not above 0 and below 1.
    """
    share = scalars.number(text)
    if share is None or not 0 < share < 1:
        raise ValueError(f"{text[:60]!r} is not a number above 0 and below 1, such as 0.95")
    return share


def read_credits(text: str) -> dict[Fraction, Fraction]:
    """``0.95: 10%, 0.9: 25%``: below which compliance, what share of the fee is owed.

    :raises ValueError: what is wrong.
    """
    tiers: dict[Fraction, Fraction] = {}
    for part in text.split(","):
        below, colon, share = (scalars.number(side) if side != ":" else side for side in part.partition(":"))
        if not isinstance(below, Fraction) or not isinstance(share, Fraction) or not colon:
            raise ValueError(f"{part.strip()[:60]!r} is no tier; write compliance: share of the fee, such as 0.95: 10%")
        if below in tiers:
            raise ValueError(f"{float(below):g} is given twice")
        tiers[below] = share
    return tiers


def read_window(text: str) -> tuple[str, ZoneInfo | None]:
    """``month``, ``1M`` or ``month Europe/Berlin``.

    :raises ValueError: no calendar period, or no zone.
    """
    words = text.split()
    kind = _KINDS.get(words[0], words[0]) if words else ""
    if kind not in CALENDAR or len(words) > 2:
        longer = _is_rolling(words)
        why = "an agreement is kept over calendar periods; " if longer else ""
        kinds = listed([*CALENDAR])
        raise ValueError(f"{text[:60]!r}: {why}write one of {kinds}, and a zone after it where it is not the SLO's")
    if len(words) == 1:
        return kind, None
    zone = zone_of(words[1])
    if zone is None:
        raise ValueError(f"{words[1][:60]!r} is not an IANA time zone such as Europe/Berlin")
    return kind, zone


def _is_rolling(words: list[str]) -> bool:
    try:
        return bool(words) and bool(Duration.parse(words[0]))
    except ValueError:
        return False


READERS = {"sla": read_target, "sla-credits": read_credits, "sla-window": read_window}


def build_sla(values: Mapping[str, Any], window: Window, objective: Fraction, notes: Notes) -> SLA | None:
    """The agreement of an SLO; None without one, or (noted) where it is wrong.

    :param values: the SLO's annotations, read.
    :param window: the SLO's; the agreement keeps its zone where it has one, else that of its cadence.
    """
    if "sla" not in values:
        for name in ("sla-credits", "sla-window"):
            if name in values:
                notes.warn(_at(name), f"has no effect without {_PREFIX}sla")
        return None
    kind, zone = values.get("sla-window", ("month", None))
    own = window.zone if isinstance(window, CalendarWindow) else ZoneInfo(values.get("timezone", "UTC"))
    try:
        sla = SLA(values["sla"], credits=values.get("sla-credits", {}), period=kind, zone=zone or own)
    except DefinitionError as error:
        notes.error(_at(_FIELDS.get(error.path, "sla")), error.message)
        return None
    if sla.target >= objective:
        notes.warn(
            _at("sla"),
            f"{float(sla.target):g} is not below the objective {float(objective):g}: "
            "the budget is spent only once the agreement is missed; an SLA is weaker than its SLO",
        )
    return sla


def _at(name: str) -> Path:
    return ("metadata", "annotations", f"{_PREFIX}{name}")

"""What is promised: services, SLOs and the burn rules that watch them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from fractions import Fraction
from typing import Any, Literal, get_args

from airflow_ai_slo.core.durations import Duration, Span
from airflow_ai_slo.core.errors import DefinitionError
from airflow_ai_slo.core.names import LONGEST_NAME, is_name
from airflow_ai_slo.core.numbers import exact
from airflow_ai_slo.core.windows import CalendarWindow, RollingWindow, Window


class Severity(IntEnum):
    """How loud an alert is; a page outranks a ticket."""

    TICKET = 1
    PAGE = 2

    @property
    def label(self) -> str:
        return self.name.lower()


class Budgeting(StrEnum):
    """OpenSLO's ``budgetingMethod``."""

    OCCURRENCES = "Occurrences"
    TIMESLICES = "Timeslices"
    RATIO_TIMESLICES = "RatioTimeslices"


Alerting = Literal["workbook", "seed", "pipeline", "none"]
Rerun = Literal["replace", "first", "worst"]
Operator = Literal["gt", "gte", "lt", "lte"]

MOST_RULES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnRule:
    """Fires when burn over ``long``, and over ``short`` where given, is beyond ``factor``.

    :param min_bad_long: bad runs the long window must hold at least; ``min_bad_short`` likewise.
    :param op: how burn is compared with the factor; presets use ``gt``.
    """

    severity: Severity
    long: Span
    short: Span | None
    factor: Fraction
    min_bad_long: int = 1
    min_bad_short: int = 1
    op: Operator = "gt"

    def __str__(self) -> str:
        spans = f"{self.long} and {self.short}" if self.short else f"{self.long}"
        return f"{self.severity.label}: burn {self.op} {float(self.factor):g} over {spans}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When runs are expected.

    :param cadence: a duration (``1d``) or a cron expression (``0 6 * * *``).
    :param deadline: how long after a run's ``at`` it may come in; None expects nothing, "cadence" is the default.
    """

    cadence: str
    zone: str = "UTC"
    start: datetime | None = None
    deadline: Duration | Literal["cadence"] | None = "cadence"
    late: Literal["bad", "accept"] = "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """What is measured.

    :param source: ``airflow``, ``great-expectations``, ``sql`` or ``recorded`` (OpenSLO's ``metricSource.type``).
    :param spec: the measuring part of the definition, as plain JSON values.
    """

    source: str = "recorded"
    spec: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What the users depend on; freezes apply to a service.

    :param notify: targets that are told of all its SLOs, beside those that the SLOs name.
    """

    name: str
    description: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    notify: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "notify", tuple(self.notify))


@dataclass(frozen=True, slots=True, init=False)
class SLO:
    """One service level objective, as written in OpenSLO or in Python.

    :param objective: share of good, above 0 and below 1; ``0.995`` is read as exactly 995/1000.
    :param window: ``"28d"`` for a rolling window, or a window object.
    :param alerting: preset; default ``pipeline`` with a schedule, else ``workbook``; ``none`` with ``rules``.
    :param rules: burn rules of one's own, beside the preset.
    :param freeze: whether a spent budget freezes the service.
    :param thaw_after_good_runs: None takes the default (5 where fewer than 3 bad runs are allowed).
    :param notify: targets that are told, beside those of the service.
    :param runbook: url of what to do about it; alerts link to it.
    :raises DefinitionError: which field is wrong, and what would be right.
    """

    name: str
    service: str
    objective: Fraction
    window: Window
    indicator: Indicator
    display_name: str
    description: str
    budgeting: Budgeting
    slice_target: Fraction | None
    slice_window: Duration | None
    alerting: Alerting
    rules: tuple[BurnRule, ...]
    schedule: Schedule | None
    rerun: Rerun
    confidence: Fraction | None
    freeze: bool
    thaw_above: Fraction
    thaw_after_good_runs: int | None
    labels: Mapping[str, str]
    notify: tuple[str, ...]
    runbook: str

    def __init__(
        self,
        *,
        name: str,
        service: str,
        objective: Fraction | float | str,
        window: Window | str = "30d",
        indicator: Indicator | None = None,
        display_name: str = "",
        description: str = "",
        budgeting: Budgeting | str = Budgeting.OCCURRENCES,
        slice_target: Fraction | float | str | None = None,
        slice_window: Duration | str | None = None,
        alerting: Alerting | None = None,
        rules: Sequence[BurnRule] = (),
        schedule: Schedule | None = None,
        rerun: Rerun = "replace",
        confidence: Fraction | float | str | None = None,
        freeze: bool = False,
        thaw_above: Fraction | float | str = Fraction(1, 20),
        thaw_after_good_runs: int | None = None,
        labels: Mapping[str, str] | None = None,
        notify: Sequence[str] = (),
        runbook: str = "",
    ) -> None:
        default: Alerting = "none" if rules else "pipeline" if schedule else "workbook"
        values: dict[str, Any] = {
            "name": name,
            "service": service,
            "objective": _share("objective", objective),
            "window": window if not isinstance(window, str) else RollingWindow(_duration("window", window)),
            "indicator": indicator or Indicator(),
            "display_name": display_name,
            "description": description,
            "budgeting": _choice("budgeting", budgeting, Budgeting),
            "slice_target": None if slice_target is None else _number("slice_target", slice_target),
            "slice_window": _duration("slice_window", slice_window) if isinstance(slice_window, str) else slice_window,
            "alerting": _choice("alerting", alerting or default, get_args(Alerting)),
            "rules": tuple(rules),
            "schedule": schedule,
            "rerun": _choice("rerun", rerun, get_args(Rerun)),
            "confidence": None if confidence is None else _share("confidence", confidence),
            "freeze": freeze,
            "thaw_above": _number("thaw_above", thaw_above),
            "thaw_after_good_runs": thaw_after_good_runs,
            "labels": dict(labels or {}),
            "notify": tuple(notify),
            "runbook": runbook,
        }
        for field_name, value in values.items():
            object.__setattr__(self, field_name, value)
        self._check()

    def _check(self) -> None:
        names = [("name", self.name), ("service", self.service), *(("notify", target) for target in self.notify)]
        for path, name in names:
            if not is_name(name, LONGEST_NAME):
                raise DefinitionError(f"{name!r:.60} is not text of 1 to {LONGEST_NAME} characters", path=path)
        if not isinstance(self.window, RollingWindow | CalendarWindow):
            raise DefinitionError(f"{self.window!r:.60} is not a window; write 28d", path="window")
        if not 0 <= self.thaw_above < 1:
            raise DefinitionError(f"{float(self.thaw_above):g} must be at least 0 and below 1", path="thaw_above")
        good_runs = self.thaw_after_good_runs
        if good_runs is not None and (not isinstance(good_runs, int) or good_runs < 1):
            raise DefinitionError(f"{good_runs!r} is not a whole number above 0", path="thaw_after_good_runs")
        if len(self.rules) > MOST_RULES:
            raise DefinitionError(f"{len(self.rules)} rules; at most {MOST_RULES} can be watched", path="rules")
        for number, rule in enumerate(self.rules):
            _check_factor(rule, self.objective, f"rules[{number}].factor")

    @property
    def title(self) -> str:
        return self.display_name or self.name

    @property
    def fingerprint(self) -> str:
        """Identity of what is measured; another one starts a new generation."""
        measured = [self.indicator.source, self.indicator.spec]
        return hashlib.sha256(json.dumps(measured, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _choice(name: str, value: str, known: Iterable[str]) -> Any:
    """One of the known values, as its own type."""
    found = next((one for one in known if one == value), None)
    if found is None:
        raise DefinitionError(f"{value!r:.60} is not one of {', '.join(known)}", path=name)
    return found


def _check_factor(rule: BurnRule, objective: Fraction, path: str) -> None:
    """0 < factor < 1 / (1 - objective), the highest burn rate there is."""
    highest = 1 / (1 - objective)
    if rule.factor <= 0:
        raise DefinitionError(f"{float(rule.factor):g} is not above 0; 1 spends the budget in time", path=path)
    if rule.op in ("gt", "gte") and rule.factor >= highest:
        raise DefinitionError(
            f"{float(rule.factor):g} could never fire: burn rates reach {float(highest):g} at most", path=path
        )


def _number(name: str, value: object) -> Fraction:
    try:
        return Fraction(exact(value))
    except ValueError as error:
        raise DefinitionError(str(error), path=name) from None


def _share(name: str, value: object) -> Fraction:
    share = _number(name, value)
    if not 0 < share < 1:
        raise DefinitionError(f"{float(share):g} must be above 0 and below 1, such as 0.995", path=name)
    return share


def _duration(name: str, value: str) -> Duration:
    try:
        return Duration.parse(value)
    except ValueError as error:
        raise DefinitionError(str(error), path=name) from None

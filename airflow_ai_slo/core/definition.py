"""What is promised: services and SLOs."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import Any, Literal, get_args

from airflow_ai_slo.core import fields
from airflow_ai_slo.core.burn_rule import MOST_RULES, BurnRule, Operator, Severity, check_rules
from airflow_ai_slo.core.durations import Duration, Runs
from airflow_ai_slo.core.errors import DefinitionError
from airflow_ai_slo.core.freeze_policy import FreezePolicy, check_thaw
from airflow_ai_slo.core.names import LONGEST_NAME, LONGEST_UNIT, is_name
from airflow_ai_slo.core.sla import SLA
from airflow_ai_slo.core.windows import CalendarWindow, RollingWindow, Window

__all__ = [
    "MOST_RULES", "SLO", "Alerting", "Budgeting", "BurnRule", "Indicator", "Operator", "Rerun", "Schedule", "Service",
    "Severity", "Shape",
]  # fmt: skip


class Budgeting(StrEnum):
    """OpenSLO's ``budgetingMethod``."""

    OCCURRENCES = "Occurrences"
    TIMESLICES = "Timeslices"
    RATIO_TIMESLICES = "RatioTimeslices"


Alerting = Literal["workbook", "seed", "pipeline", "none"]
Rerun = Literal["replace", "first", "worst"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When runs are expected.

    :param cadence: a duration (``1d``) or a cron expression (``0 6 * * *``).
    :param start: nothing is expected before; ``end``: nor after.
    :param deadline: how long after a run's ``at`` it may come in; None expects nothing, "cadence" is the default.
    """

    cadence: str
    zone: str = "UTC"
    start: datetime | None = None
    end: datetime | None = None
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

    :param freeze: how it freezes and thaws.
    :param notify: targets that are told of all its SLOs, beside those that the SLOs name.
    """

    name: str
    description: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    freeze: FreezePolicy = field(default_factory=FreezePolicy)
    notify: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "notify", tuple(self.notify))


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """What decides which windows and rules an SLO has; SLOs alike in that share one, so it compares by identity."""

    window: Window
    objective: Fraction
    alerting: Alerting
    rules: tuple[BurnRule, ...]
    schedule: Schedule | None
    confidence: Fraction | None
    budgeting: Budgeting


_shape = lru_cache(maxsize=8192)(Shape)


@dataclass(frozen=True, slots=True, init=False)
class SLO:
    """One service level objective, as written in OpenSLO or in Python.

    :param objective: share of good, above 0 and below 1; ``0.995`` is read as exactly 995/1000.
    :param window: ``"28d"`` for a rolling window, or a window object.
    :param alerting: preset; default ``pipeline`` with a schedule, else ``workbook``; ``none`` with ``rules``.
    :param rules: burn rules of one's own, beside the preset.
    :param freeze: whether a spent budget freezes the service.
    :param thaw_above: share of the budget above which the service thaws; None takes the service's, else 0.05.
    :param thaw_after_good_runs: None takes the service's, else 5 where fewer than 3 bad runs are allowed.
    :param notify: targets that are told, beside those of the service.
    :param runbook: url of what to do about it; alerts link to it.
    :param unit: plural noun of what is counted, such as ``rows``; empty reads as slices, runs or events.
    :param no_data_after: how long nothing may come in before it is told; None never tells, "usual" goes by the cadence,
        else by its own history. Where every run has a deadline, silence becomes missing runs instead.
    :param sla: what is agreed with somebody outside, weaker than the objective.
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
    thaw_above: Fraction | None
    thaw_after_good_runs: int | None
    labels: Mapping[str, str]
    notify: tuple[str, ...]
    runbook: str
    unit: str
    no_data_after: Duration | Literal["usual"] | None
    sla: SLA | None
    shape: Shape = field(compare=False, repr=False)

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
        thaw_above: Fraction | float | str | None = None,
        thaw_after_good_runs: int | None = None,
        labels: Mapping[str, str] | None = None,
        notify: Sequence[str] = (),
        runbook: str = "",
        unit: str = "",
        no_data_after: Duration | str | None = "usual",
        sla: SLA | None = None,
    ) -> None:
        default: Alerting = "none" if rules else "pipeline" if schedule else "workbook"
        values: dict[str, Any] = {
            "name": name,
            "service": service,
            "objective": fields.share("objective", objective),
            "window": window if not isinstance(window, str) else RollingWindow(fields.duration("window", window)),
            "indicator": indicator or Indicator(),
            "display_name": display_name,
            "description": description,
            "budgeting": fields.choice("budgeting", budgeting, Budgeting),
            "slice_target": None if slice_target is None else fields.number("slice_target", slice_target),
            "slice_window": (
                fields.duration("slice_window", slice_window) if isinstance(slice_window, str) else slice_window
            ),
            "alerting": fields.choice("alerting", alerting or default, get_args(Alerting)),
            "rules": tuple(rules),
            "schedule": schedule,
            "rerun": fields.choice("rerun", rerun, get_args(Rerun)),
            "confidence": None if confidence is None else fields.share("confidence", confidence),
            "freeze": freeze,
            "thaw_above": None if thaw_above is None else fields.number("thaw_above", thaw_above),
            "thaw_after_good_runs": thaw_after_good_runs,
            "labels": dict(labels or {}),
            "notify": tuple(notify),
            "runbook": runbook,
            "unit": unit,
            "no_data_after": fields.patience("no_data_after", no_data_after),
            "sla": sla,
        }
        for field_name, value in values.items():
            object.__setattr__(self, field_name, value)
        self._check()
        object.__setattr__(self, "shape", _shape(*(values[one.name] for one in dataclasses.fields(Shape))))

    def _check(self) -> None:
        names = [("name", self.name), ("service", self.service), *(("notify", target) for target in self.notify)]
        for path, name in names:
            if not is_name(name, LONGEST_NAME):
                raise DefinitionError(f"{name!r:.60} is not text of 1 to {LONGEST_NAME} characters", path=path)
        if not isinstance(self.window, RollingWindow | CalendarWindow):
            raise DefinitionError(f"{self.window!r:.60} is not a window; write 28d", path="window")
        if self.unit and not (is_name(self.unit, LONGEST_UNIT) and self.unit.isprintable()):
            raise DefinitionError(f"{self.unit!r:.60} is not a noun of 1 to {LONGEST_UNIT} characters", path="unit")
        check_thaw(self.thaw_above, self.thaw_after_good_runs)
        check_rules(self.rules, self.objective)
        self._check_together()

    def _check_together(self) -> None:
        """What one field asks of another."""
        if self.alerting == "pipeline" and self.schedule is None:
            raise DefinitionError("pipeline counts expected runs; give a schedule, or use workbook", path="alerting")
        sliced = self.budgeting is not Budgeting.OCCURRENCES
        if sliced and (self.slice_window is None or self.slice_window.is_calendar):
            raise DefinitionError(f"{self.budgeting} needs one in m, h, d or w, such as 5m", path="slice_window")
        if self.budgeting is Budgeting.TIMESLICES and not (self.slice_target and 0 < self.slice_target <= 1):
            raise DefinitionError("Timeslices need one above 0 and at most 1, such as 0.99", path="slice_target")

    @property
    def watches_runs(self) -> bool:
        """Whether any rule's windows count settled runs."""
        return self.alerting == "pipeline" or any(isinstance(rule.long, Runs) for rule in self.rules)

    @property
    def title(self) -> str:
        return self.display_name or self.name

    @property
    def fingerprint(self) -> str:
        """Identity of what is measured; another one starts a new generation."""
        measured: list[Any] = [self.indicator.source, self.indicator.spec]
        if self.budgeting is not Budgeting.OCCURRENCES:
            measured += [self.budgeting, str(self.slice_window)]
        return hashlib.sha256(json.dumps(measured, sort_keys=True, default=str).encode()).hexdigest()[:16]

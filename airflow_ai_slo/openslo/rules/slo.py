"""The SLO: its fields, and how objectives, budgeting and indicator fit together."""

from __future__ import annotations

from collections.abc import Iterator

from airflow_ai_slo.openslo.documents import scalars
from airflow_ai_slo.openslo.documents.values import Items, Table
from airflow_ai_slo.openslo.problems import Notes, Path
from airflow_ai_slo.openslo.rules import alerts, checks, indicators
from airflow_ai_slo.openslo.rules.common import BUDGETING, description
from airflow_ai_slo.openslo.rules.objectives import objective, windows
from airflow_ai_slo.openslo.rules.record import expected, optional, record, required


def objectives_of(spec: Table, at: Path) -> Iterator[tuple[Table, Path]]:
    """Every objective that is a mapping, with its path; a lone mapping counts as a list of one."""
    held = spec.get("objectives")
    if isinstance(held, Table):
        yield held, (*at, "objectives")
    elif isinstance(held, Items):
        for index, each in enumerate(held):
            if isinstance(each, Table):
                yield each, (*at, "objectives", index)


def _one_target(spec: Table, at: Path, notes: Notes) -> None:
    for each, here in objectives_of(spec, at):
        given = [key for key in ("target", "targetPercent") if each.get(key) is not None]
        if len(given) > 1:
            notes.error(here, "gives both target and targetPercent; keep one")
        elif not given:
            notes.error(here, "needs target, such as 0.995, or targetPercent, such as 99.5")


def _indicator_place(spec: Table, at: Path, notes: Notes) -> None:
    """One indicator for the SLO, or (composite SLOs) one for each objective."""
    on_spec = _indicators(spec)
    on_objectives = [here for each, here in objectives_of(spec, at) if _indicators(each)]
    if len(on_spec) > 1:
        notes.error(at, "gives both indicator and indicatorRef; keep one")
    for each, here in objectives_of(spec, at):
        if len(_indicators(each)) > 1:
            notes.error(here, "gives both indicator and indicatorRef; keep one")
    if not on_spec and not on_objectives:
        notes.letter(
            at,
            "needs an indicator or an indicatorRef"
            if notes.strict
            else "gives neither indicator nor indicatorRef; counts are taken as recorded",
        )
    elif on_spec and on_objectives:
        notes.letter(at, "gives an indicator both here and in an objective; the one here is used")


def _indicators(value: Table) -> list[str]:
    return [key for key in ("indicator", "indicatorRef") if value.get(key) is not None]


def _slices(spec: Table, at: Path, notes: Notes) -> None:
    """Timeslices needs a target and a window for each slice, RatioTimeslices a window."""
    method = scalars.choose(spec.get("budgetingMethod"), BUDGETING)
    needs = {"Timeslices": ("timeSliceTarget", "timeSliceWindow"), "RatioTimeslices": ("timeSliceWindow",)}
    for each, here in objectives_of(spec, at):
        for key in needs.get(method or "", ()):
            if each.get(key) is None:
                notes.error((*here, key), f"is missing; {method} needs it")


def _threshold_or_ratio(spec: Table, at: Path, notes: Notes) -> None:
    """``op`` and ``value`` go with a threshold metric, and with nothing else."""
    indicator = spec.get("indicator")
    sli = indicator.get("spec") if isinstance(indicator, Table) else None
    if not isinstance(sli, Table):
        return
    each_objective = list(objectives_of(spec, at))
    if sli.get("thresholdMetric") is not None:
        if len(each_objective) > 1 and notes.strict:
            notes.error((*at, "objectives"), "only one objective is allowed with a thresholdMetric")
        compare_with_threshold(each_objective, notes)
    elif sli.get("ratioMetric") is not None:
        for each, here in each_objective:
            for key in ("op", "value"):
                if each.get(key) not in (None, ""):
                    notes.letter((*here, key), "has no meaning with a ratioMetric; leave it out")


def compare_with_threshold(objectives: list[tuple[Table, Path]], notes: Notes) -> None:
    """A threshold metric is compared with a value."""
    for each, here in objectives:
        for key in ("op", "value"):
            if each.get(key) in (None, ""):
                notes.letter((*here, key), "is missing; a thresholdMetric is compared by op with value")


slo_spec = record(
    {
        "description": optional(description),
        "service": required(checks.text()),
        "indicator": optional(indicators.inline),
        "indicatorRef": optional(checks.name),
        "budgetingMethod": expected(checks.choice(*BUDGETING), "Occurrences"),
        "timeWindow": expected(windows, "a rolling window of 30d"),
        "objectives": required(checks.items(objective)),
        "alertPolicies": optional(alerts.policies),
    },
    _one_target,
    _indicator_place,
    _slices,
    _threshold_or_ratio,
)

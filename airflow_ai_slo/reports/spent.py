"""What spent the budget: by cause, and by version and task where measurements say so."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence

from airflow_ai_slo.core.attribution import NOT_GIVEN, OTHER_GROUPS, Attribution, Group
from airflow_ai_slo.reports.figures import count, percent, plural
from airflow_ai_slo.reports.model import SLOReport
from airflow_ai_slo.reports.tables import Cell, Table, cause_name, heads, time_of

_LONGEST = 120
_MOST_ROWS = 8
_HEADS = {"cause": "Cause", "version": "Version", "dag": "DAG", "task": "DAG / task"}
_PLACES = {"version": "under", "dag": "in", "task": "in"}
_CAPTIONS = {"version": ", by version", "dag": ", by DAG", "task": ", by task"}


def spent(slo: SLOReport, unit: str) -> Iterable[Table]:
    """A table for each grouping that says anything; where one group spent all, a line below the causes says so."""
    told = [found for found in slo.spent if found.is_given]
    alone = [found for found in told if found.by != "cause" and len(found.groups) == 1]
    for found in told:
        if found.by == "cause":
            yield _table(found, unit, more=_all_of_it(alone))
        elif found not in alone:
            yield _table(found, unit)


def _all_of_it(alone: Sequence[Attribution]) -> str:
    groups = [f"{_PLACES.get(found.by, _attribute(found.by))} {_name(found.by, found.groups[0])}" for found in alone]
    return f"All of it {', '.join(groups)}." if groups else ""


def _table(found: Attribution, unit: str, more: str = "") -> Table:
    # Where runs are what is counted, how many of them are bad is said already.
    runs = unit != "runs"
    names = [f"#Bad {unit}", "#Of the budget", *["#Bad runs"][: int(runs)], "Newest (UTC)"]
    about = "≈" if found.evaluation.budget.estimate else ""
    header = heads(_HEADS.get(found.by, _attribute(found.by)), "Share of what was spent", *names)
    rows = tuple(tuple(_row(found.by, group, about, runs=runs)) for group in found.groups[:_MOST_ROWS])
    more = " ".join(part for part in (_left_out(found), more) if part)
    return Table(f"causes by-{found.by.partition(':')[0]}", f"What spent it{_caption(found.by)}", header, rows, more)


def _left_out(found: Attribution) -> str:
    if len(found.groups) <= _MOST_ROWS:
        return ""
    command = f"ai-slo spent {shlex.quote(found.evaluation.slo.name)} --by {shlex.quote(found.by)}"
    return f"{plural(len(found.groups) - _MOST_ROWS, 'smaller group')} left out here; {command} shows more."


def _row(by: str, group: Group, about: str, *, runs: bool) -> Iterable[Cell]:
    of_budget = percent(group.of_budget, places=0)
    yield Cell(_name(by, group))
    yield Cell(percent(group.share, places=0), "bar", share=float(group.share))
    yield Cell(count(group.bad), "number")
    yield Cell(of_budget if group.of_budget is None else about + of_budget, "number")
    if runs:
        yield Cell(f"{group.bad_runs:,}", "number")
    yield time_of(group.newest)


def _name(by: str, group: Group) -> str:
    if not group.values:
        return {OTHER_GROUPS: "Other groups", NOT_GIVEN: "Not given"}[group.name]
    if by == "cause":
        return cause_name(group.name)
    return group.name if len(group.name) <= _LONGEST else f"{group.name[: _LONGEST - 1]}…"


def _caption(by: str) -> str:
    return "" if by == "cause" else _CAPTIONS.get(by, f", by {_attribute(by)}")


def _attribute(by: str) -> str:
    return by.removeprefix("attribute:")

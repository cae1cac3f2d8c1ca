"""Spent budget by what it can be laid to: causes, versions, DAGs, tasks, or any attribute of the measurements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import NamedTuple

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.evaluation import Evaluation
from airflow_ai_slo.core.names import LONGEST_NAME, is_name
from airflow_ai_slo.core.numbers import Exact

MOST_GROUPS = 20
"""The largest groups that are shown by name; the rest is :data:`OTHER_GROUPS`."""

OTHER_GROUPS = "other groups"
NOT_GIVEN = "not given"

_ATTRIBUTE = "attribute:"
_ATTRIBUTES = {
    "version": ("model_version", "prompt_version", "version"),
    "dag": ("dag",),
    "task": ("dag", "task"),
}
_RATHER = {"task": ("failed_task", "task")}
"""A task that judges others says which of them failed."""

_PREFIXES = {"model_version": "model ", "prompt_version": "prompt "}


@dataclass(frozen=True, slots=True)
class By:
    """What measurements are grouped by.

    :param text: how it is asked for: ``cause``, ``version``, ``dag``, ``task`` or ``attribute:NAME``.
    :param attributes: whose values make a group together; none means the cause.
    """

    text: str
    attributes: tuple[str, ...] = ()

    @property
    def sources(self) -> tuple[tuple[str, ...], ...]:
        """For each of ``attributes``, those that may give its value: the first that a measurement has."""
        return tuple(_RATHER.get(name, (name,)) if self.text == name else (name,) for name in self.attributes)

    def name_of(self, values: Sequence[str]) -> str:
        """What a group is called; empty values are those that measurements do not have."""
        given = [(name, value) for name, value in zip(self.attributes, values, strict=True) if value]
        if not given:
            return NOT_GIVEN
        if self.text == "task":
            return "/".join(value for _, value in given)
        return ", ".join(f"{_PREFIXES.get(name, '') if self.text == 'version' else ''}{value}" for name, value in given)


class Row(NamedTuple):
    """What a store counts of one group.

    :param values: of the grouping's attributes, empty where not given, or the cause alone; None for all that is left
        beyond the largest groups.
    :param bad: bad events.
    :param bad_runs: bad runs to which the group has added.
    :param newest: the newest run in which it spent.
    """

    values: tuple[str, ...] | None
    bad: Exact
    bad_runs: int
    newest: datetime


@dataclass(frozen=True, slots=True)
class Group:
    """One group's part of what was spent.

    :param name: what people call it.
    :param values: value by attribute, those not given left out; None for :data:`OTHER_GROUPS`.
    :param bad: bad events, in the unit of the SLO.
    :param share: of all that was spent, above 0 and at most 1.
    :param of_budget: of the budget allowed; above 1 where the group alone has spent more. None while unknown.
    :param bad_runs: bad runs to which it has added; one run may count for several groups.
    :param newest: the newest run in which it spent.
    """

    name: str
    values: Mapping[str, str] | None
    bad: Exact
    share: Fraction
    of_budget: Fraction | None
    bad_runs: int
    newest: datetime


@dataclass(frozen=True, slots=True)
class Attribution:
    """Who spent the budget of an SLO's window, the largest first.

    :param by: see :class:`By`.
    :param start: where the window begins; it ends with the evaluation.
    """

    by: str
    evaluation: Evaluation
    start: datetime
    groups: tuple[Group, ...]

    @property
    def is_given(self) -> bool:
        """Whether any measurement says what it is grouped by."""
        return any(group.values is None or group.values for group in self.groups)


def parse_by(text: str) -> By:
    """Read what to group by.

    :raises ConfigurationError: it is none of the groupings there are.
    """
    if text == "cause":
        return By(text)
    if text in _ATTRIBUTES:
        return By(text, _ATTRIBUTES[text])
    name = text.removeprefix(_ATTRIBUTE)
    if name != text and is_name(name, LONGEST_NAME):
        return By(text, (name,))
    raise ConfigurationError(f"by={text!r}: write cause, version, dag, task or attribute:NAME")


def attribute(by: By, rows: Iterable[Row], evaluation: Evaluation, start: datetime) -> Attribution:
    """Shares of each group, the largest first, what is left beyond the largest last."""
    found = sorted(rows, key=lambda row: (row.values is None, -row.bad, row.values or ()))
    spent = sum((row.bad for row in found), Fraction(0))
    allowed = evaluation.budget.allowed
    groups = tuple(
        Group(
            name=_name(by, row),
            values=_values(by, row),
            bad=row.bad,
            share=Fraction(row.bad) / spent,
            of_budget=Fraction(row.bad) / allowed if allowed else None,
            bad_runs=row.bad_runs,
            newest=row.newest,
        )
        for row in found
    )
    return Attribution(by.text, evaluation, start, groups)


def _name(by: By, row: Row) -> str:
    if row.values is None:
        return OTHER_GROUPS
    return by.name_of(row.values) if by.attributes else row.values[0]


def _values(by: By, row: Row) -> Mapping[str, str] | None:
    if row.values is None:
        return None
    return {name: value for name, value in zip(by.attributes or ("cause",), row.values, strict=True) if value}

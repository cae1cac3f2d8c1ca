"""Alert policies into burn rules and the names of those to be told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

from airflow_ai_slo.core.definition import BurnRule, Operator, Severity
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.target import Target
from airflow_ai_slo.openslo.documents import scalars
from airflow_ai_slo.openslo.documents.values import Table
from airflow_ai_slo.openslo.problems import Notes, Path, show
from airflow_ai_slo.openslo.rules.common import OPERATORS
from airflow_ai_slo.openslo.translate import read
from airflow_ai_slo.openslo.translate.annotations import read_annotations
from airflow_ai_slo.openslo.translate.catalogue import Catalogue

_PAGES = ("page", "critical", "crit", "high", "urgent", "emergency", "fatal", "sev0", "sev1", "p0", "p1")
_TICKETS = ("ticket", "warning", "warn", "medium", "low", "minor", "info", "sev2", "sev3", "sev4", "p2", "p3", "p4")


@dataclass(slots=True)
class Alerting:
    """What the policies of one SLO come to."""

    rules: list[BurnRule]
    notify: list[str]
    inline_targets: list[Target]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where to note a problem: the exact field of an inline object, or the reference that led to another document."""

    at: Path
    inline: bool
    whose: str = ""

    def field(self, *keys: str | int) -> Path:
        return (*self.at, *keys) if self.inline else self.at

    def said(self, message: str) -> str:
        return f"{self.whose}: {message}" if self.whose else message

    def resolved(self, at: Path, inline: bool, whose: str) -> _Place:
        return _Place(at if self.inline else self.at, inline and self.inline, whose or self.whose)


def build_alerting(spec: Table, objective: Fraction, catalogue: Catalogue, notes: Notes) -> Alerting:
    """The burn rules and targets of ``spec.alertPolicies``."""
    alerting = Alerting([], [], [])
    root = _Place(("spec",), True)
    for policy, place in _objects(spec, "alertPolicies", "alertPolicyRef", "AlertPolicy", root, catalogue, notes):
        if scalars.flag(policy.get("alertWhenBreaching")) is False:
            notes.warn(
                place.field("alertWhenBreaching"),
                place.said("alertWhenBreaching is false, so its conditions alert on nothing and are left out"),
            )
            continue
        if scalars.flag(policy.get("alertWhenNoData")):
            notes.warn(
                place.field("alertWhenNoData"),
                place.said("alertWhenNoData is not applied; with airflow-ai-slo/cadence a missing run is a bad run"),
            )
        for condition, where in _objects(
            policy, "conditions", "conditionRef", "AlertCondition", place, catalogue, notes
        ):
            rule = _rule(condition, objective, where, notes)
            if rule is not None and rule not in alerting.rules:
                alerting.rules.append(rule)
        _targets(policy, place, alerting, catalogue, notes)
    return alerting


def _objects(
    holder: Table, key: str, ref: str, kind: str, place: _Place, catalogue: Catalogue, notes: Notes
) -> Iterator[tuple[Table, _Place]]:
    """The spec of every object in a list of references and inline objects."""
    for entry, below in read.entries(holder, key):
        at = place.field(*below)
        name = entry if isinstance(entry, str) else read.text(entry, ref) if isinstance(entry, Table) else ""
        if not name:
            yield read.table(entry, "spec"), place.resolved((*at, "spec"), True, "")
            continue
        here = at if isinstance(entry, str) or not place.inline else (*at, ref)
        found = catalogue.find(kind, name, here, notes)
        if found is not None:
            yield read.table(found.value, "spec"), place.resolved(here, False, f"{kind} {show(name)}")


def _rule(spec: Table, objective: Fraction, place: _Place, notes: Notes) -> BurnRule | None:
    condition = read.table(spec, "condition")
    op = cast("Operator", scalars.choose(condition.get("op"), OPERATORS) or "gt")
    factor = scalars.number(condition.get("threshold"))
    at = place.field("condition", "threshold")
    if factor is None:
        return None
    if not _can_fire(factor, op, objective, at, place, notes):
        return None
    try:
        window = Duration.parse(read.text(condition, "lookbackWindow"))
    except ValueError as error:
        notes.error(place.field("condition", "lookbackWindow"), place.said(str(error)))
        return None
    if read.text(condition, "alertAfter").lstrip("0")[:1].isdigit():
        notes.warn(
            place.field("condition", "alertAfter"),
            place.said("alertAfter is not applied: the alert opens as soon as the condition holds on a new bad run"),
        )
    severity = _severity(spec, place, notes)
    # OpenSLO asks for no bad run beside the burn, and op lt may fire without any.
    return BurnRule(severity=severity, long=window, short=None, factor=factor, op=op, min_bad_long=0, min_bad_short=0)


def _can_fire(factor: Fraction, op: str, objective: Fraction, at: Path, place: _Place, notes: Notes) -> bool:
    """0 < factor < 1 / (1 - objective), the highest burn rate there is."""
    highest = 1 / (1 - objective)
    shown, most = f"{float(factor):g}", f"{float(highest):g}"
    if factor <= 0:
        notes.error(at, place.said(f"{shown} is not above 0; burn rates begin at 0, and 1 spends the budget in time"))
        return False
    if op in ("gt", "gte"):
        if factor >= highest:
            notes.error(
                at,
                place.said(
                    f"{shown} could never fire: with an objective of {float(objective):g} "
                    f"burn rates reach {most} at most; write less than {most}"
                ),
            )
            return False
        if factor < 1:
            notes.warn(at, place.said(f"{shown} is below 1: it fires on a burn that can be kept up"))
    else:
        notes.warn(place.field("condition", "op"), place.said(f"op {op} fires while little budget burns"))
    return True


def _severity(spec: Table, place: _Place, notes: Notes) -> Severity:
    written = read.text(spec, "severity")
    if written in ("page", "ticket"):
        return Severity[written.upper()]
    if not written:
        return Severity.TICKET
    severity = Severity.PAGE if scalars.choose(written, _PAGES) else Severity.TICKET
    known = scalars.choose(written, (*_PAGES, *_TICKETS)) is not None
    said = f"is taken as {severity.label}" if known else "is not known and taken as ticket"
    notes.warn(place.field("severity"), place.said(f"severity {show(written)} {said}; write page or ticket"))
    return severity


def _targets(policy: Table, place: _Place, alerting: Alerting, catalogue: Catalogue, notes: Notes) -> None:
    for entry, below in read.entries(policy, "notificationTargets"):
        at = place.field(*below)
        name = entry if isinstance(entry, str) else read.text(entry, "targetRef") if isinstance(entry, Table) else ""
        if name:
            here = at if isinstance(entry, str) or not place.inline else (*at, "targetRef")
            found = catalogue.find("AlertNotificationTarget", name, here, notes)
            name = name if found else ""
        elif isinstance(entry, Table):
            target = build_target(entry, notes, at)
            name = target.name
            alerting.inline_targets.append(target)
        if name and name not in alerting.notify:
            alerting.notify.append(name)


def build_target(document: Table, notes: Notes, at: Path = ()) -> Target:
    """The target of an AlertNotificationTarget, inline ones and the short form (its spec alone) included.

    :param at: where an inline one stands.
    """
    spec = document["spec"] if isinstance(document.get("spec"), Table) else document
    kind = read.text(spec, "target")
    return Target(
        name=read.text(read.table(document, "metadata"), "name") or kind,
        kind=kind,
        description=read.text(spec, "description"),
        **read_annotations(document, "AlertNotificationTarget", notes, at),
    )


def named_targets(names: Sequence[str], at: Path, catalogue: Catalogue, notes: Notes) -> list[str]:
    """The targets an annotation names; those that are not defined are noted."""
    return [name for name in names if catalogue.find("AlertNotificationTarget", name, at, notes)]

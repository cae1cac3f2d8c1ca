"""An SLA in words: how it stands, whether it will be kept, and what is owed for periods that are over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from airflow_ai_slo.core.compliance import Agreement, Compliance, Outlook
from airflow_ai_slo.core.sla import SLA
from airflow_ai_slo.core.units import singular
from airflow_ai_slo.reports.figures import count, percent
from airflow_ai_slo.reports.model import SLOReport
from airflow_ai_slo.reports.tables import Cell, Table, heads
from airflow_ai_slo.reports.wording import Sentence, capital, listed

_TONES = {Outlook.MET: "good", Outlook.AT_RISK: "low", Outlook.MISSED: "bad", Outlook.UNKNOWN: "unknown"}
_KINDS = {Outlook.MET: "healthy", Outlook.AT_RISK: "ticket", Outlook.MISSED: "firing", Outlook.UNKNOWN: "unknown"}
_ENDS = {Outlook.MET: "Met", Outlook.AT_RISK: "Missed", Outlook.MISSED: "Missed", Outlook.UNKNOWN: "Unknown"}
_RUNS = {
    Outlook.MET: "On course",
    Outlook.AT_RISK: "At risk",
    Outlook.MISSED: "Missed",
    Outlook.UNKNOWN: "Unknown",
}


def outlook(found: Agreement) -> tuple[str, str]:
    """``On course``, and the tone it is said in; ``Met`` once the period is over."""
    words = _ENDS if found.now.over else _RUNS
    return words[found.now.outlook], _TONES[found.now.outlook]


def detail(found: Agreement, unit: str) -> str:
    """``97.1% in January 2026, agreed 95%; bears 2 more bad runs``."""
    now, target = found.now, found.sla.target
    agreed = f"agreed {percent(target, places=9)}"
    if now.compliance is None:
        return f"nothing measured in {now.period.label}; {agreed}"
    parts = [f"{compliance(found.sla, now)} in {now.period.label}, {agreed}"]
    if now.interval is not None:
        parts.append(f"sampled, {between(now.interval, target)}")
    parts.append(_bears(now, unit))
    if now.outlook is Outlook.AT_RISK:
        parts.append("missed by the end at this pace")
    if now.credit or now.most_credit:
        parts.append(f"{_credit(now)} credit {'owed' if now.over else 'as it stands'}")
    return "; ".join(parts)


def _bears(now: Compliance, unit: str) -> str:
    about = "≈" if now.estimate else ""
    if now.bears is None or now.bears_whole is None:
        return "what it bears is unknown"
    if now.bears < 0:
        noun = singular(unit) if now.bears == -1 else unit
        return f"{about}{count(-now.bears)} bad {noun} more than it {'bore' if now.over else 'bears'}"
    noun = singular(unit) if now.bears_whole == 1 else unit
    if now.over:
        return f"could have borne {now.bears_whole:,} more bad {noun}"
    return f"bears {about}{now.bears_whole:,} more bad {noun}"


def compliance(sla: SLA, found: Compliance) -> str:
    """``97.1%``, on its side of the target and of every tier."""
    return percent(found.compliance, against=(sla.target, *(tier.below for tier in sla.credits)))


def between(interval: tuple[float, float], target: Fraction) -> str:
    """``between 76.39% and 99.11%``, each on its side of a target."""
    low, high = interval_of(interval, target)
    return f"between {low} and {high}"


def interval_of(interval: tuple[float, float], target: Fraction) -> tuple[str, str]:
    """Both ends, each on its side of a target."""
    low, high = (percent(Fraction(end), against=(target,)) for end in interval)
    return low, high


def _credit(found: Compliance) -> str:
    if found.most_credit is None:
        return "unknown"
    if found.credit is None:
        return f"up to {percent(found.most_credit)}"
    return percent(found.credit) if found.credit else "none"


def past(found: Agreement) -> Table | None:
    """Periods that are over, newest first; None where there is none."""
    shown = [*found.past[::-1]]
    if found.now.over:
        shown.insert(0, found.now)
    if not shown:
        return None
    sampled = any(one.interval is not None for one in shown)
    names = ["Period", "#Compliance", *["Interval"][:sampled], "#Bad / total", "SLA", "#Credit owed"]
    rows = tuple(tuple(_row(found.sla, one, sampled=sampled)) for one in shown)
    partly = any(one.coverage < 1 for one in shown)
    more = "≈ marks periods that were not watched in full." if partly else ""
    return Table("agreed", f"SLA, {terms(found.sla)}", heads(*names), rows, more)


def _row(sla: SLA, one: Compliance, *, sampled: bool) -> Iterable[Cell]:
    about = "≈" if one.compliance is not None and one.coverage < 1 else ""
    yield Cell(capital(one.period.label))
    yield Cell(about + compliance(sla, one), "number")
    if sampled:
        yield Cell(" – ".join(interval_of(one.interval, sla.target)) if one.interval else "–")
    yield Cell(f"{count(one.counts.bad)} / {count(one.counts.total)}", "number")
    yield Cell(_ENDS[one.outlook], _KINDS[one.outlook])
    yield Cell(_credit(one), "number")


def terms(sla: SLA) -> str:
    """``95% of each month (Europe/Berlin); credits: 10% below 95%, 25% below 90%``."""
    tiers = ", ".join(f"{percent(one.share)} below {percent(one.below, places=9)}" for one in sla.credits)
    owed = f"; credits: {tiers}" if tiers else ""
    return f"{percent(sla.target, places=9)} of each {sla.period} ({sla.zone.key}){owed}"


def sentences(slos: Sequence[SLOReport]) -> Iterable[Sentence]:
    """Agreements that are missed or at risk, and what is owed for the period that ended last."""
    agreed = [(slo, slo.agreement) for slo in slos if slo.agreement is not None]
    for words, kind in (("SLA missed", Outlook.MISSED), ("SLA at risk", Outlook.AT_RISK)):
        names = [slo.evaluation.slo.title for slo, found in agreed if found.now.outlook is kind]
        if names:
            yield Sentence(f"{words}: {listed(names)}.")
    if agreed and all(found.now.outlook is Outlook.MET for _, found in agreed):
        yield Sentence(f"{'Every' if len(agreed) > 1 else 'Its'} SLA {_kept([found for _, found in agreed])}.")
    owed = []
    for slo, found in agreed:
        over = found.now if found.now.over else found.past[-1] if found.past else None
        if over is not None and over.most_credit:
            owed.append(f"{_credit(over)} for {over.period.label} ({slo.evaluation.slo.title})")
    if owed:
        yield Sentence(f"Credits owed: {listed(owed)}.")


def _kept(found: Sequence[Agreement]) -> str:
    over = {one.now.over for one in found}
    if over == {True}:
        return "was met"
    return "is on course" if over == {False} else "was met or is on course"

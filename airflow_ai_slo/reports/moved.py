"""A period against the one before, as sentences for the top of a report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from airflow_ai_slo.core.comparing import Change, Standing
from airflow_ai_slo.core.periods import Period
from airflow_ai_slo.reports.compared import short
from airflow_ai_slo.reports.model import Report, SLOReport
from airflow_ai_slo.reports.wording import Sentence, listed, plural


def met_sentence(report: Report) -> str:
    """``January 2026: 5 of 7 SLOs met; last month 6 of 7.``; empty where nothing is compared, or known."""
    period, found = report.period, [slo.compared for slo in _compared(report) if slo.compared]
    now = [one.now.met for one in found if one.now.met is not None]
    before = [one.before.met for one in found if one.before and one.before.met is not None]
    if period is None or not now:
        return ""
    text = f"{short(period) if period.is_calendar else f'Within these {period.kind}'}: {_of(now)} met"
    return f"{text}; {period.last_name} {sum(before):,} of {len(before):,}." if before else f"{text}."


def _of(met: Sequence[bool]) -> str:
    return f"{sum(met):,} of {plural(len(met), 'SLO')}"


def moved_sentences(report: Report) -> tuple[Sentence, ...]:
    """What got worse or better than in the period before, what is new and what ended."""
    slos = _compared(report)
    if report.period is None or not slos:
        return ()
    return (*_moved(report.period, slos), *_came_and_went(report, slos))


def _compared(report: Report) -> list[SLOReport]:
    return [slo for service in report.services for slo in service.slos if slo.compared is not None]


def _moved(period: Period, slos: Sequence[SLOReport]) -> Iterable[Sentence]:
    for verdict, words in ((Change.WORSE, "Worse"), (Change.BETTER, "Better")):
        found = [slo for slo in slos if slo.compared and slo.compared.overall is verdict]
        found.sort(key=_shift, reverse=True)
        if found:
            names = listed([slo.evaluation.slo.title for slo in found])
            yield Sentence(f"{words} than {period.last_name}: {names}.")


def _shift(slo: SLOReport) -> Fraction:
    found = slo.compared
    if found is None or found.before is None or found.now.spent is None or found.before.spent is None:
        return Fraction(0)
    return abs(found.now.spent - found.before.spent)


def _came_and_went(report: Report, slos: Sequence[SLOReport]) -> Iterable[Sentence]:
    """New and ended services by name, then the SLOs of others."""
    fresh = {service.service.name for service in report.services if service.slos and all(map(_is_new, service.slos))}
    gone = {one.service for one in report.ended} - {service.service.name for service in report.services}
    kept = [slo for slo in slos if slo.evaluation.slo.service not in fresh]
    ended = [one.slo for one in report.ended if one.service not in gone]
    ended += [slo.evaluation.slo.title for slo in slos if slo.compared and slo.compared.standing is Standing.ENDED]
    anew = [slo.evaluation.slo.title for slo in slos if slo.compared and slo.compared.standing is Standing.ANEW]
    groups = (
        ("New services", sorted(fresh) if len(fresh) < len(report.services) or not kept else []),
        ("New SLOs", [slo.evaluation.slo.title for slo in kept if _is_new(slo)]),
        ("Measured anew", anew),
        ("Ended services", sorted(gone)),
        ("Ended SLOs", ended),
    )
    for label, names in groups:
        if names:
            yield Sentence(f"{label}: {listed(names)}.")


def _is_new(slo: SLOReport) -> bool:
    return slo.compared is not None and slo.compared.standing is Standing.NEW

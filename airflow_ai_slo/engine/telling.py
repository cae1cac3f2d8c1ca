"""A report as one message, into the outbox."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from airflow_ai_slo.alerts import Fact, Kind, Message
from airflow_ai_slo.core.comparing import Change
from airflow_ai_slo.engine import messages
from airflow_ai_slo.engine.digesting import told_of
from airflow_ai_slo.reports.model import Report
from airflow_ai_slo.reports.verdict import summary
from airflow_ai_slo.reports.view import SLOView, view
from airflow_ai_slo.store import Store

_MOST_LINES = 40
_URGENT = ("page", "exhausted", "ticket", "below", "unknown")


def tell_report(store: Store, report: Report, *, key: str, targets: Sequence[str] = ()) -> list[str]:
    """Post what a report comes to: its sentences, and a line for each SLO, those that need care first.

    :param key: the same for the same report, which is posted once.
    :param targets: whom to tell; by default the targets that take ``digest``, else the default one.
    :returns: the targets that are told.
    :raises ConfigurationError: a target that is not stored, or is no place for a digest.
    """
    with store.write() as connection:
        told = told_of(connection, targets, taking="digest")
        messages.post(connection, _message(report, key), told)
    return told


def _message(report: Report, key: str) -> Message:
    lead, *others = [sentence.text for sentence in summary(report)]
    slos = view(report).overview
    care = sum(slo.badges[0].state.value in _URGENT for slo in slos)
    label = report.period.slug if report.period is not None else ""
    return Message(
        kind=Kind.DIGEST,
        title=f"Report: {lead}",
        at=report.generated_at or report.end,
        thread_key=f"report:{key}",
        dedup_key=f"report:{key}",
        facts=tuple(_facts(report, len(slos), care)),
        body=(*others, *_lines(slos)),
        figures={"slos": len(slos), "care": care, "period": label},
    )


def _facts(report: Report, slos: int, care: int) -> Iterable[Fact]:
    yield Fact("SLOs", f"{slos:,}: {care:,} {'needs' if care == 1 else 'need'} care")
    found = [slo.compared for service in report.services for slo in service.slos if slo.compared]
    moved = [one.overall for one in found]
    if any(one is not Change.UNKNOWN for one in moved):
        words = (Change.BETTER, Change.WORSE, Change.SAME)
        last = report.period.last_name if report.period else ""
        yield Fact(f"Against {last}", ", ".join(f"{moved.count(one)} {one.value}" for one in words))
    opened = sum(one.now.incidents for one in found)
    yield Fact("Incidents", f"{opened} opened, {sum(one.before.incidents for one in found if one.before)} before")


def _lines(slos: Sequence[SLOView]) -> Iterable[str]:
    for slo in slos[:_MOST_LINES]:
        state = slo.badges[0].label.lower()
        period = f"{slo.period.sli}, {slo.period.text}" if slo.period else f"SLI {slo.sli}"
        agreed = f"; SLA {slo.sla.figure.lower()}" if slo.sla else ""
        yield f"{slo.title}: {state}; {period}{agreed}"
    if len(slos) > _MOST_LINES:
        yield f"{len(slos) - _MOST_LINES:,} more are in the report."

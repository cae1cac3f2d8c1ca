"""Notices of SLOs that nobody feeds any more. Pure: every instant comes in."""

from __future__ import annotations

from datetime import datetime

from airflow_ai_slo.alerts import words
from airflow_ai_slo.alerts.message import Fact, Kind, Link, Message
from airflow_ai_slo.core.definition import SLO
from airflow_ai_slo.core.silence import Silence


def no_data(slo: SLO, slo_id: int, found: Silence, *, at: datetime) -> Message:
    """Say that nothing came in for longer than usual; once a silence.

    :param slo_id: what tells the generations of an SLO apart.
    """
    return _notice(
        slo,
        slo_id,
        found.since,
        title=f"No data: {slo.title}",
        key="",
        at=at,
        facts=(Fact("No data since", words.instant(found.since)), Fact("Expected by", _expected(found))),
        body=(
            "Nothing was recorded since. Its figures are those of what came in before, and say nothing about now.",
            "Silence decides nothing: no incident opens or resolves, no service freezes or thaws by it.",
        ),
    )


def data_again(slo: SLO, slo_id: int, since: datetime, newest: datetime, *, at: datetime) -> Message:
    """Say that data is back.

    :param since: ``at`` of the newest run before the silence.
    :param newest: ``at`` of the newest run now.
    """
    return _notice(
        slo,
        slo_id,
        since,
        title=f"Data again: {slo.title}",
        key=":back",
        at=at,
        facts=(Fact("Had no data since", words.instant(since)), Fact("Newest run", words.instant(newest))),
        body=("Data comes in again.",),
    )


def silence_line(found: Silence) -> str:
    """``no data since 2026-02-03 06:10 UTC, expected by 2026-02-03 10:10 UTC (4 times its longest usual gap)``."""
    return f"no data since {words.instant(found.since)}, expected by {_expected(found)}"


def _expected(found: Silence) -> str:
    return f"{words.instant(found.expected_by)} ({found.waited})"


def _notice(
    slo: SLO,
    slo_id: int,
    since: datetime,
    *,
    title: str,
    key: str,
    at: datetime,
    facts: tuple[Fact, ...],
    body: tuple[str, ...],
) -> Message:
    thread = f"silence:{slo_id}:{words.stamp(since)}"
    return Message(
        kind=Kind.NOTICE,
        title=title,
        at=at,
        thread_key=thread,
        dedup_key=f"{thread}{key}",
        service=slo.service,
        slo=slo.name,
        since=since,
        facts=(Fact("Service", slo.service), Fact("SLO", slo.name), *facts),
        body=body,
        links=(Link("Runbook", slo.runbook),) if slo.runbook else (),
    )

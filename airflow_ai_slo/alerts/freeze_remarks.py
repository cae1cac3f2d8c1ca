"""What people decide about a freeze that holds, told in its thread. Pure: every instant comes in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from airflow_ai_slo.alerts import words
from airflow_ai_slo.alerts.message import Fact, Kind, Message
from airflow_ai_slo.core.freeze import Override


def override_message(given: Override, *, freeze_id: int, since: datetime, override_id: int) -> Message:
    """Say that somebody lets changes through a freeze.

    :param since: when the service froze.
    """
    return _remark(
        Kind.FREEZE_OVERRIDDEN,
        f"Override by {given.author}: {given.service}",
        given.reason,
        service=given.service,
        key=(freeze_id, f"overridden:{override_id}"),
        since=since,
        at=given.created_at,
        facts=[Fact("Changes pass until", words.instant(given.expires_at))],
    )


def revocation_message(
    ended: Sequence[Override], *, author: str, reason: str, freeze_id: int, since: datetime, at: datetime
) -> Message:
    """Say that somebody ended the overrides of a service that is frozen.

    :param ended: at least one.
    """
    whose = [f"{one.author}, until {words.instant(one.expires_at)}" for one in ended]
    return _remark(
        Kind.FREEZE_OVERRIDE_REVOKED,
        f"Override revoked by {author}: {ended[0].service}",
        reason,
        service=ended[0].service,
        key=(freeze_id, f"revoked:{words.stamp(at)}"),
        since=since,
        at=at,
        facts=[Fact("Was given by", "; ".join(whose))],
    )


def renewal_message(
    service: str, *, author: str, reason: str, ends_at: datetime, freeze_id: int, since: datetime, at: datetime
) -> Message:
    """Say that somebody lets a freeze hold for its longest duration once more."""
    return _remark(
        Kind.FREEZE_RENEWED,
        f"Freeze renewed by {author}: {service}",
        reason,
        service=service,
        key=(freeze_id, f"renewed:{words.stamp(at)}"),
        since=since,
        at=at,
        facts=[Fact("Ends by itself", words.instant(ends_at))],
    )


def _remark(
    kind: Kind,
    title: str,
    reason: str,
    *,
    service: str,
    key: tuple[int, str],
    since: datetime,
    at: datetime,
    facts: Sequence[Fact],
) -> Message:
    freeze_id, what = key
    return Message(
        kind=kind,
        title=title,
        at=at,
        thread_key=f"freeze:{freeze_id}",
        dedup_key=f"freeze:{freeze_id}:{what}",
        service=service,
        since=since,
        facts=(Fact("Service", service), *facts, Fact("Frozen since", words.instant(since))),
        body=(reason,),
    )

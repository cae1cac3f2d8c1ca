from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from airflow_ai_slo.alerts import Fact, Kind, Link, Message, SlackBotChannel
from airflow_ai_slo.core.counts import Counts
from airflow_ai_slo.core.definition import SLO, BurnRule, Severity
from airflow_ai_slo.core.durations import Duration, Runs
from airflow_ai_slo.core.evaluation import Evaluation, Watched, evaluate, plan
from demo.slack_server import SlackServer

AT = datetime(2026, 2, 3, 6, 10, tzinfo=UTC)
RULES = (
    BurnRule(severity=Severity.TICKET, long=Duration(1, "d"), short=Duration(2, "h"), factor=Fraction(3)),
    BurnRule(severity=Severity.PAGE, long=Runs(4), short=Runs(2), factor=Fraction(5)),
)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServer() as server:
        yield server


@pytest.fixture
def channel(slack: SlackServer) -> SlackBotChannel:
    return SlackBotChannel(slack.token, slack.channel_id, base_url=slack.base_url)


@pytest.fixture
def message() -> Callable[..., Message]:
    def build(kind: Kind = Kind.INCIDENT_OPENED, **changes: Any) -> Message:
        values: dict[str, Any] = {
            "kind": kind,
            "title": f"Page: Flights scored ({kind.value})",
            "at": datetime.now(UTC),
            "thread_key": "incident:3",
            "dedup_key": f"incident:3:{kind.value}",
            "severity": Severity.PAGE,
            "service": "flight-delays",
            "slo": "flights-scored",
            "facts": (Fact("Service", "flight-delays"), Fact("Budget left", "33%: 1 of 3 bad runs left")),
            "body": ("Burning budget 20x over 1h and 33x over 5m, beyond 14.4x (page).",),
            "links": (Link("Report", "https://example.org/report?slo=a&run=b"),),
        }
        return Message(**(values | changes))

    return build


@pytest.fixture
def evaluation() -> Callable[..., Evaluation]:
    """An SLO of 9 good runs in 10, over 30 days, at :data:`AT`; 30 runs of which ``bad`` are bad."""

    def build(
        bad: int = 2,
        *,
        runs: int = 30,
        day: tuple[int, int] = (0, 1),
        hours: tuple[int, int] = (0, 1),
        last4: tuple[int, int] = (0, 4),
        last2: tuple[int, int] = (0, 2),
        watched: timedelta = timedelta(days=40),
        objective: str = "0.9",
        **changes: Any,
    ) -> Evaluation:
        options: dict[str, Any] = {"display_name": "Flights scored", "rules": RULES, "alerting": "none"}
        options |= {"name": "flights-scored", "service": "flight-delays", "objective": objective, "window": "30d"}
        slo = SLO(**(options | changes))
        by_span = {Duration(1, "d"): day, Duration(2, "h"): hours, Runs(4): last4, Runs(2): last2}
        needs = plan(slo, AT)
        held = [_counts(bad, runs)] * (len(needs.starts) + len(needs.run_spans))
        for span, place in needs.places:
            held[place] = _counts(*by_span[span])
        return evaluate(slo, needs, held, Watched(AT - watched))

    return build


def _counts(bad: int, total: int) -> Counts:
    return Counts(total - bad, total, bad, total)

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from local_services import Services

from airflow_ai_slo.alerts import AlertmanagerChannel, Kind, Link, Message
from airflow_ai_slo.core.definition import Severity

Build = Callable[..., Message]
PAGE = {"alertname": "SLOBurnRate", "service": "flight-delays", "slo": "flights-scored", "severity": "page"}
TICKET = PAGE | {"severity": "ticket"}


@pytest.fixture
def services() -> Iterator[Services]:
    with Services() as running:
        yield running


@pytest.fixture
def manager(services: Services) -> AlertmanagerChannel:
    return AlertmanagerChannel(f"{services.url}/am/")


def test_an_alert_has_labels_annotations_times_and_a_url(
    services: Services, manager: AlertmanagerChannel, message: Build
) -> None:
    opened = datetime.now(UTC) - timedelta(hours=2)
    links = (Link("Runbook", "https://wiki.example/scores"), Link("Report", "https://example.org/r"))
    manager.send(message(since=opened, links=links), thread=None)
    assert services.firing() == [PAGE]
    (alert,) = services.alerts.values()
    assert alert["startsAt"] == opened
    assert timedelta(hours=25) < alert["endsAt"] - datetime.now(UTC) <= timedelta(hours=26)
    assert alert["generatorURL"] == "https://wiki.example/scores"
    assert alert["annotations"] == {
        "summary": "Page: Flights scored (incident_opened)",
        "description": "Burning budget 20x over 1h and 33x over 5m, beyond 14.4x (page).",
        "service": "flight-delays",
        "budget_left": "33%: 1 of 3 bad runs left",
        "runbook_url": "https://wiki.example/scores",
    }


def test_a_change_of_severity_ends_one_alert_and_starts_the_other_at_once(
    services: Services, manager: AlertmanagerChannel, message: Build
) -> None:
    manager.send(message(severity=Severity.TICKET), thread=None)
    manager.send(message(Kind.INCIDENT_ESCALATED), thread=None)
    assert services.firing() == [PAGE]
    manager.send(message(Kind.INCIDENT_DEESCALATED, severity=Severity.TICKET), thread=None)
    assert services.firing() == [TICKET]
    assert len(services.calls) == 3


@pytest.mark.parametrize("kind", [Kind.INCIDENT_RESOLVED, Kind.INCIDENT_SUPERSEDED])
def test_an_incident_that_ends_ends_its_alerts(
    services: Services, manager: AlertmanagerChannel, message: Build, kind: Kind
) -> None:
    manager.send(message(severity=Severity.TICKET), thread=None)
    manager.send(message(kind, since=datetime.now(UTC) - timedelta(days=1)), thread=None)
    assert services.firing() == []


def test_an_alert_that_is_said_again_stands_longer(services: Services, message: Build) -> None:
    now = datetime.now(UTC)
    clock = [now]
    manager = AlertmanagerChannel(f"{services.url}/am", kept=timedelta(hours=4), clock=lambda: clock[0])
    manager.send(message(), thread=None)
    assert services.firing(now + timedelta(hours=5)) == []
    clock[0] += manager.repeat
    manager.send(message(), thread=None, again=True)
    assert services.firing(now + timedelta(hours=5)) == [PAGE]
    assert len(services.alerts) == 1


def test_a_freeze_is_an_alert_of_its_service(services: Services, manager: AlertmanagerChannel, message: Build) -> None:
    frozen = message(Kind.FREEZE_STARTED, thread_key="freeze:1", severity=None, slo="")
    manager.send(frozen, thread=None)
    assert services.firing() == [{"alertname": "ServiceFrozen", "service": "flight-delays"}]
    manager.send(message(Kind.FREEZE_THAWED, thread_key="freeze:1", severity=None, slo=""), thread=None)
    assert services.firing() == []


def test_a_soft_freeze_is_told_apart_by_its_label_also_once_it_is_none_any_more(
    services: Services, manager: AlertmanagerChannel, message: Build
) -> None:
    freeze = {"thread_key": "freeze:1", "severity": None, "slo": ""}
    manager.send(message(Kind.FREEZE_STARTED, figures={"mode": "soft"}, **freeze), thread=None)
    soft = {"alertname": "ServiceFrozen", "service": "flight-delays", "mode": "soft"}
    assert services.firing() == [soft]
    manager.send(message(Kind.FREEZE_WIDENED, figures={"mode": "hard"}, **freeze), thread=None)
    assert services.firing() == [{"alertname": "ServiceFrozen", "service": "flight-delays"}]
    manager.send(message(Kind.FREEZE_WIDENED, figures={"mode": "soft"}, **freeze), thread=None)
    assert services.firing() == [soft]
    manager.send(message(Kind.FREEZE_THAWED, figures={"mode": "hard"}, **freeze), thread=None)
    assert services.firing() == []


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind.remark])
def test_a_remark_changes_no_alert(
    services: Services, manager: AlertmanagerChannel, message: Build, kind: Kind
) -> None:
    manager.send(message(), thread=None)
    manager.send(message(kind), thread=None)
    assert services.firing() == [PAGE]
    assert len(services.calls) == 1


def test_labels_of_ones_own_are_on_every_alert(services: Services, message: Build) -> None:
    AlertmanagerChannel(f"{services.url}/am", labels={"cluster": "prod", "empty": ""}).send(message(), thread=None)
    assert services.firing() == [PAGE | {"cluster": "prod"}]


def test_only_what_is_taken_starts_an_alert(services: Services, message: Build) -> None:
    manager = AlertmanagerChannel(f"{services.url}/am", takes=("page",))
    manager.send(message(severity=Severity.TICKET), thread=None)
    assert services.firing() == []


def test_an_incident_of_the_past_is_no_error(services: Services, manager: AlertmanagerChannel, message: Build) -> None:
    past = datetime(2026, 1, 1, tzinfo=UTC)
    manager.send(message(Kind.INCIDENT_RESOLVED, at=past, since=past), thread=None)
    assert services.firing() == []

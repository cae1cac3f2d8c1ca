from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from local_services import ROUTING_KEY, Services

from airflow_ai_slo.alerts import Kind, Link, Message, PagerDutyChannel
from airflow_ai_slo.core.definition import Severity
from airflow_ai_slo.core.errors import DeliveryError

Build = Callable[..., Message]


@pytest.fixture
def services() -> Iterator[Services]:
    with Services() as running:
        yield running


@pytest.fixture
def pager(services: Services) -> PagerDutyChannel:
    return PagerDutyChannel(ROUTING_KEY, base_url=services.url)


def states(services: Services) -> dict[str, list[str]]:
    """States of the alerts so far, by the end of their key."""
    return {
        key.rsplit("/", 1)[1]: [alert.state for alert in alerts] for key, alerts in services.pages.items() if alerts
    }


def test_an_event_says_all_that_pagerduty_has_a_field_for(
    services: Services, pager: PagerDutyChannel, message: Build
) -> None:
    said = message(figures={"budget_remaining": 0.33}, links=(Link("Report", "https://example.org/r?a=1&b=2"),))
    pager.send(said, thread=None)
    event = services.calls[0].json
    assert event["event_action"] == "trigger"
    assert event["dedup_key"] == "airflow-ai-slo/flight-delays/flights-scored/incident:3/page"
    assert event["payload"] | {"custom_details": None} == {
        "summary": said.title,
        "source": "airflow-ai-slo: flight-delays",
        "severity": "critical",
        "timestamp": said.at.isoformat(),
        "component": "flights-scored",
        "group": "flight-delays",
        "class": "incident_opened",
        "custom_details": None,
    }
    assert event["payload"]["custom_details"] == {
        "Service": "flight-delays",
        "Budget left": "33%: 1 of 3 bad runs left",
        "What happened": list(said.body),
        "Figures": {"budget_remaining": 0.33},
    }
    assert event["links"] == [{"href": "https://example.org/r?a=1&b=2", "text": "Report"}]
    assert event["client_url"] == "https://example.org/r?a=1&b=2"


@pytest.mark.parametrize(("mode", "severity"), [("hard", "error"), ("soft", "warning")])
def test_a_freeze_is_as_loud_as_its_mode_and_remarks_about_it_call_nobody(
    services: Services, message: Build, mode: str, severity: str
) -> None:
    pager = PagerDutyChannel(ROUTING_KEY, base_url=services.url, takes=("freeze",))
    freeze = {"thread_key": "freeze:1", "severity": None, "slo": "", "figures": {"mode": mode}}
    pager.send(message(Kind.FREEZE_STARTED, **freeze), thread=None)
    assert services.calls[0].json["payload"]["severity"] == severity
    for kind in (Kind.FREEZE_OVERRIDDEN, Kind.FREEZE_OVERRIDE_REVOKED, Kind.FREEZE_RENEWED):
        pager.send(message(kind, **freeze), thread=None)
    assert len(services.calls) == 1
    pager.send(message(Kind.FREEZE_WIDENED, **freeze), thread=None)
    assert states(services) == {"freeze": ["triggered"]}
    pager.send(message(Kind.FREEZE_THAWED, **freeze), thread=None)
    assert states(services) == {"freeze": ["resolved"]}


def test_a_ticket_that_becomes_a_page_calls_somebody(
    services: Services, pager: PagerDutyChannel, message: Build
) -> None:
    pager.send(message(severity=Severity.TICKET), thread=None)
    pager.send(message(Kind.INCIDENT_ESCALATED), thread=None)
    assert states(services) == {"ticket": ["resolved"], "page": ["triggered"]}
    severities = {key[-4:]: alerts[0].severity for key, alerts in services.pages.items()}
    assert severities == {"cket": "warning", "page": "critical"}


def test_a_page_that_comes_back_calls_again_although_it_was_acknowledged(
    services: Services, pager: PagerDutyChannel, message: Build
) -> None:
    pager.send(message(), thread=None)
    pager.send(message(Kind.INCIDENT_ACKNOWLEDGED), thread=None)
    assert states(services)["page"] == ["acknowledged"]
    pager.send(message(Kind.INCIDENT_DEESCALATED, severity=Severity.TICKET), thread=None)
    pager.send(message(Kind.INCIDENT_ESCALATED), thread=None)
    assert states(services) == {"page": ["resolved", "triggered"], "ticket": ["resolved"]}


@pytest.mark.parametrize("kind", [Kind.INCIDENT_RESOLVED, Kind.INCIDENT_SUPERSEDED])
def test_an_incident_that_ends_leaves_nothing_open(
    services: Services, pager: PagerDutyChannel, message: Build, kind: Kind
) -> None:
    pager.send(message(severity=Severity.TICKET), thread=None)
    pager.send(message(Kind.INCIDENT_ESCALATED), thread=None)
    pager.send(message(kind), thread=None)
    assert states(services) == {"ticket": ["resolved"], "page": ["resolved"]}


def test_a_pager_for_pages_alone_is_never_asked_for_tickets(services: Services, message: Build) -> None:
    pager = PagerDutyChannel(ROUTING_KEY, base_url=services.url, takes=("page",))
    pager.send(message(Kind.INCIDENT_ESCALATED), thread=None)
    pager.send(message(Kind.INCIDENT_DEESCALATED, severity=Severity.TICKET), thread=None)
    assert states(services) == {"page": ["resolved"]}


def test_a_freeze_opens_and_its_thaw_resolves(services: Services, message: Build) -> None:
    pager = PagerDutyChannel(ROUTING_KEY, base_url=services.url, takes=("freeze",))
    pager.send(message(Kind.FREEZE_STARTED, thread_key="freeze:1", severity=None, slo=""), thread=None)
    assert [alert.severity for alert in services.pages.popitem()[1]] == ["error"]
    pager.send(message(Kind.FREEZE_STARTED, thread_key="freeze:1", severity=None, slo=""), thread=None)
    pager.send(message(Kind.FREEZE_THAWED, thread_key="freeze:1", severity=None, slo=""), thread=None)
    assert states(services) == {"freeze": ["resolved"]}


def test_two_installations_that_share_a_key_stay_apart(services: Services, message: Build) -> None:
    for source in ("staging", "production"):
        PagerDutyChannel(ROUTING_KEY, base_url=services.url, source=source).send(message(), thread=None)
    assert len(services.pages) == 2


def test_a_lost_answer_midway_ends_in_the_same_state(
    services: Services, pager: PagerDutyChannel, message: Build
) -> None:
    pager.send(message(severity=Severity.TICKET), thread=None)
    services.fail_next("accept_and_drop")
    with pytest.raises(DeliveryError):
        pager.send(message(Kind.INCIDENT_ESCALATED), thread=None)
    pager.send(message(Kind.INCIDENT_ESCALATED), thread=None, again=True)
    assert states(services) == {"ticket": ["resolved"], "page": ["triggered"]}


def test_whatever_text_it_holds_the_event_is_taken(services: Services, pager: PagerDutyChannel, message: Build) -> None:
    wild = "<script>\x00\ud800\n" * 500
    pager.send(message(title=wild, slo="s" * 250, service="ü" * 250, body=(wild,) * 20), thread=None)
    assert services.calls[0].json["payload"]["summary"].endswith("…")
    assert len(services.calls[0].json["dedup_key"]) <= 255


def test_a_wrong_key_is_permanent_and_says_what_pagerduty_says(services: Services, message: Build) -> None:
    with pytest.raises(DeliveryError) as caught:
        PagerDutyChannel("f" * 32, base_url=services.url).send(message(), thread=None)
    assert caught.value.permanent
    assert str(caught.value) == "PagerDuty: answered 400: Event object is invalid; Invalid routing key"


@pytest.mark.parametrize("kind", [Kind.NOTICE, Kind.DIGEST])
def test_what_is_nothing_to_page_for_is_refused(pager: PagerDutyChannel, message: Build, kind: Kind) -> None:
    with pytest.raises(DeliveryError) as caught:
        pager.send(message(kind), thread=None)
    assert caught.value.permanent

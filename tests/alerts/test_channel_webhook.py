from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from local_services import SECRET, Services

from airflow_ai_slo.alerts import Kind, Link, Message, WebhookChannel
from airflow_ai_slo.core.errors import DeliveryError

Build = Callable[..., Message]


@pytest.fixture
def services() -> Iterator[Services]:
    with Services() as running:
        yield running


def test_the_document_is_the_documented_one(services: Services, message: Build) -> None:
    said = message(figures={"sli": None, "objective": 0.9}, since=message().at)
    WebhookChannel(f"{services.url}/hook").send(said, thread=None)
    (document,) = services.hooked.values()
    assert document == {
        "type": "incident.opened",
        "timestamp": said.at.isoformat(),
        "data": {
            "id": "incident:3:incident_opened",
            "thread": "incident:3",
            "title": "Page: Flights scored (incident_opened)",
            "severity": "page",
            "service": "flight-delays",
            "slo": "flights-scored",
            "since": said.since.isoformat() if said.since else None,
            "facts": [
                {"label": "Service", "value": "flight-delays"},
                {"label": "Budget left", "value": "33%: 1 of 3 bad runs left"},
            ],
            "lines": ["Burning budget 20x over 1h and 33x over 5m, beyond 14.4x (page)."],
            "links": [{"label": "Report", "url": "https://example.org/report?slo=a&run=b"}],
            "figures": {"sli": None, "objective": 0.9},
        },
    }


def test_a_signature_is_one_of_standard_webhooks(services: Services, message: Build) -> None:
    WebhookChannel(f"{services.url}/hook/signed", secret=SECRET).send(message(title="ü <&>"), thread=None)
    call = services.calls[0]
    assert call.headers["webhook-id"].startswith("msg_")
    assert "." not in call.headers["webhook-id"]
    assert call.headers["content-type"] == "application/json"
    assert services.hooked


def test_another_secret_is_refused_for_good(services: Services, message: Build) -> None:
    other = "whsec_" + "QUJD" * 10
    with pytest.raises(DeliveryError) as caught:
        WebhookChannel(f"{services.url}/hook/signed", secret=other).send(message(), thread=None)
    assert caught.value.permanent
    assert str(caught.value) == "webhook: answered 401: wrong signature"


def test_the_same_message_has_the_same_id_and_another_one_another(services: Services, message: Build) -> None:
    channel = WebhookChannel(f"{services.url}/hook")
    for kind in (Kind.INCIDENT_OPENED, Kind.INCIDENT_OPENED, Kind.INCIDENT_RESOLVED):
        channel.send(message(kind), thread=None)
    assert len(services.calls) == 3
    assert [document["type"] for document in services.hooked.values()] == ["incident.opened", "incident.resolved"]


def test_authorization_is_sent(services: Services, message: Build) -> None:
    headers = {"Authorization": "Bearer s3cret-token"}
    WebhookChannel(f"{services.url}/hook/bearer", headers=headers).send(message(), thread=None)
    WebhookChannel(f"{services.url}/hook", auth=("me", "pass")).send(message(Kind.NOTICE), thread=None)
    assert services.calls[1].headers["authorization"] == "Basic bWU6cGFzcw=="


def test_any_text_is_json_that_can_be_read(services: Services, message: Build) -> None:
    wild = "a\x00\ud800\u2028<b>"
    WebhookChannel(f"{services.url}/hook").send(message(title=wild, links=(Link(wild, "javascript:x"),)), thread=None)
    assert json.loads(services.calls[0].body)["data"]["title"] == "a\ufffd\n<b>"

"""What every channel by HTTP makes of the answers it gets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from local_services import ROUTING_KEY, SECRET, Services

from airflow_ai_slo.alerts import AlertmanagerChannel, Channel, Message, PagerDutyChannel, WebhookChannel
from airflow_ai_slo.core.errors import ConfigurationError, DeliveryError

Build = Callable[..., Message]
KINDS = ("pagerduty", "alertmanager", "webhook")


@pytest.fixture
def services() -> Iterator[Services]:
    with Services() as running:
        yield running


def channel(kind: str, services: Services, **options: Any) -> Channel:
    options = {"timeout": timedelta(milliseconds=400)} | options
    if kind == "pagerduty":
        return PagerDutyChannel(ROUTING_KEY, base_url=services.url, **options)
    if kind == "alertmanager":
        return AlertmanagerChannel(f"{services.url}/am", **options)
    return WebhookChannel(f"{services.url}/hook/signed", secret=SECRET, **options)


def failing(kind: str, services: Services, message: Message) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        channel(kind, services).send(message, thread=None)
    assert len(services.calls) == 1
    assert ROUTING_KEY not in str(caught.value)
    assert services.url not in str(caught.value)
    assert caught.value.__cause__ is None
    return caught.value


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_is_taken(services: Services, message: Build, kind: str) -> None:
    channel(kind, services).send(message(), thread=None)
    assert len(services.calls) == 1
    assert len(services.pages) + len(services.alerts) + len(services.hooked) == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", ["500", "502", "503", "408", "425", "html", "hang", "drop", "accept_and_drop"])
def test_what_may_pass_is_temporary_and_asked_once(services: Services, message: Build, kind: str, fault: str) -> None:
    services.fail_next(fault, retry_after="")
    error = failing(kind, services, message())
    assert (error.permanent, error.retry_after) == (False, None)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", ["400", "401", "403", "404", "405", "410", "413", "422", "302"])
def test_what_stays_wrong_is_permanent_and_names_the_status(
    services: Services, message: Build, kind: str, fault: str
) -> None:
    services.fail_next(fault)
    error = failing(kind, services, message())
    assert error.permanent
    assert fault in str(error)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", ["429", "503"])
def test_a_wait_that_is_asked_for_is_passed_on(services: Services, message: Build, kind: str, fault: str) -> None:
    services.fail_next(fault, retry_after="42")
    error = failing(kind, services, message())
    assert (error.permanent, error.retry_after) == (False, 42)


def test_a_wait_may_be_written_as_a_date(services: Services, message: Build) -> None:
    services.fail_next("429", retry_after=format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True))
    error = failing("webhook", services, message())
    assert error.retry_after == pytest.approx(89, abs=3)


@pytest.mark.parametrize("wait", ["", "soon", "-3", "nan", "Wed, 21 Oct 2015 07:28:00 GMT"])
def test_a_wait_without_sense_is_none(services: Services, message: Build, wait: str) -> None:
    services.fail_next("429", retry_after=wait)
    error = failing("webhook", services, message())
    assert (error.permanent, error.retry_after) == (False, None)


def test_a_server_that_drips_is_not_waited_for(services: Services, message: Build) -> None:
    services.fail_next("drip")
    began = datetime.now(UTC)
    channel("webhook", services).send(message(), thread=None)
    assert datetime.now(UTC) - began < timedelta(seconds=5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_is_not_there_is_temporary(message: Build, kind: str) -> None:
    gone = Services()
    gone.close()
    with pytest.raises(DeliveryError) as caught:
        channel(kind, gone).send(message(), thread=None)
    assert not caught.value.permanent
    assert "connection failed" in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_that_was_taken_and_not_answered_is_not_doubled(
    services: Services, message: Build, kind: str
) -> None:
    services.fail_next("accept_and_drop")
    failing(kind, services, message())
    channel(kind, services).send(message(), thread=None, again=True)
    assert len(services.calls) == 2
    assert sum(len(alerts) for alerts in services.pages.values()) + len(services.alerts) + len(services.hooked) == 1


def test_a_secret_that_the_answer_repeats_is_not_told(services: Services, message: Build) -> None:
    wrong = WebhookChannel(f"{services.url}/hook/bearer", headers={"Authorization": "Bearer other-token"})
    with pytest.raises(DeliveryError) as caught:
        wrong.send(message(), thread=None)
    assert "401" in str(caught.value)
    assert "other-token" not in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_secrets_are_in_no_repr(services: Services, kind: str) -> None:
    options: dict[str, Any] = {"proxy": "http://user:pr0xy@127.0.0.1:9"}
    if kind != "pagerduty":
        options |= {"auth": ("me", "passw0rd"), "headers": {"X-Token": "t0ken"}}
    shown = repr(channel(kind, services, **options))
    assert not [one for one in (ROUTING_KEY, SECRET, "pr0xy", "passw0rd", "t0ken") if one in shown]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: PagerDutyChannel("short"), "32 letters and digits"),
        (lambda: PagerDutyChannel(ROUTING_KEY, base_url="events.pagerduty.com"), "not an http or https url"),
        (lambda: AlertmanagerChannel("alertmanager:9093"), "not an http or https url"),
        (lambda: AlertmanagerChannel("http://a:9093", labels={"my-label": "x"}), "label 'my-label'"),
        (lambda: AlertmanagerChannel("http://a:9093", kept=timedelta(seconds=1)), "at least a minute"),
        (lambda: WebhookChannel("ftp://a/"), "not an http or https url"),
        (lambda: WebhookChannel("https://a/", secret="hunter2"), "24 to 64 random bytes"),
        (lambda: WebhookChannel("https://a/", headers={"X": "a\r\nY: b"}), "header 'X' cannot be sent"),
    ],
)
def test_a_wrong_option_is_refused_in_one_line(make: Callable[[], object], said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        make()
    assert said in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)

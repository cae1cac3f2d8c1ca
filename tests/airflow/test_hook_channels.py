"""Airflow's connections as channels of every kind, and deliveries through them."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from local_services import ROUTING_KEY, SECRET, Services
from slo_kit import an_slo, daily

from airflow_ai_slo import Service, Target, engine
from airflow_ai_slo.alerts import AlertmanagerChannel, PagerDutyChannel, WebhookChannel
from airflow_ai_slo.hooks.channels import alert_channels
from airflow_ai_slo.hooks.delivery import deliver
from airflow_ai_slo.store import Store
from demo.slack_server import SlackServer

log = logging.getLogger(__name__)


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch, airflow_home: Path) -> Iterator[Services]:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with Services() as running:
        yield running


def connect(patch: pytest.MonkeyPatch, name: str, **fields: Any) -> None:
    patch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(fields))


def made(kind: str, **options: Any) -> Any:
    channels, problems = alert_channels(targets=[Target(name="it", kind=kind, **options)])
    assert "it" not in problems, problems
    return channels["it"]


def problem(kind: str, **options: Any) -> str:
    return alert_channels(targets=[Target(name="it", kind=kind, **options)])[1]["it"]


def test_pagerduty_takes_its_key_from_the_password(monkeypatch: pytest.MonkeyPatch, airflow_home: Path) -> None:
    connect(monkeypatch, "pagerduty_events_default", conn_type="pagerduty_events", password=ROUTING_KEY)
    assert made("pagerduty") == PagerDutyChannel(ROUTING_KEY)
    extra = {"source": "staging", "timeout": 3}
    host = "events.eu.pagerduty.com"
    connect(monkeypatch, "eu", conn_type="generic", password=ROUTING_KEY, host=host, extra=extra)
    assert made("PagerDuty", connection="eu", takes=("page", "freeze")) == PagerDutyChannel(
        ROUTING_KEY,
        base_url="https://events.eu.pagerduty.com",
        source="staging",
        takes=("page", "freeze"),
        timeout=timedelta(seconds=3),
    )


def test_alertmanager_is_an_address_with_labels(monkeypatch: pytest.MonkeyPatch, airflow_home: Path) -> None:
    extra = {"labels": {"cluster": "prod"}, "kept_hours": 8}
    connect(monkeypatch, "am", conn_type="http", host="alertmanager", port=9093, login="me", password="pw", extra=extra)
    assert made("alertmanager", connection="am") == AlertmanagerChannel(
        "http://alertmanager:9093", labels={"cluster": "prod"}, auth=("me", "pw"), kept=timedelta(hours=8)
    )


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        ({"host": "https://a.example/hook?x=1"}, "https://a.example/hook?x=1"),
        ({"host": "a.example/hook"}, "https://a.example/hook"),
        ({"host": "a.example", "port": 8443, "schema": "https"}, "https://a.example:8443"),
        ({"host": "a.example", "schema": "http"}, "http://a.example"),
        ({"host": "a.example/x", "port": 81, "schema": "http"}, "http://a.example:81/x"),
        ({"conn_type": "https", "host": "a.example", "schema": "hook/1"}, "https://a.example/hook/1"),
    ],
)
def test_an_address_is_read_however_it_is_spread_over_the_fields(
    fields: dict[str, Any], url: str, monkeypatch: pytest.MonkeyPatch, airflow_home: Path
) -> None:
    connect(monkeypatch, "webhook_default", **({"conn_type": "generic"} | fields))
    assert made("webhook") == WebhookChannel(url)


def test_a_webhook_may_be_signed_and_carry_a_token(monkeypatch: pytest.MonkeyPatch, airflow_home: Path) -> None:
    extra = {"signing_secret": SECRET, "headers": {"X-Team": "ml"}}
    connect(monkeypatch, "webhook_default", conn_type="generic", host="https://a.example", password="t", extra=extra)
    headers = {"Authorization": "Bearer t", "X-Team": "ml"}
    assert made("http") == WebhookChannel("https://a.example", secret=SECRET, headers=headers)


@pytest.mark.parametrize(
    ("kind", "fields", "said"),
    [
        ("pagerduty", {"conn_type": "generic", "password": "short"}, "the integration key has 32 letters and digits"),
        ("pagerduty", {"conn_type": "pagerduty"}, "the integration key has 32 letters and digits"),
        ("alertmanager", {"conn_type": "generic"}, "host is empty; write the address"),
        ("alertmanager", {"conn_type": "generic", "host": "a", "extra": {"labels": ["x"]}}, "labels in extra: write"),
        ("alertmanager", {"conn_type": "generic", "host": "a", "extra": {"kept_hours": "x"}}, "kept_hours='x'"),
        ("webhook", {"conn_type": "generic", "host": "a", "extra": {"signing_secret": "hunter2"}}, "24 to 64 random"),
        (
            "webhook",
            {"conn_type": "generic", "host": "a", "extra": {"timeout": 0.0001, "headers": 7}},
            "headers in extra",
        ),
        ("email", {"conn_type": "smtp", "host": "a"}, "no sender; give extra from_email"),
        ("email", {"conn_type": "smtp", "host": "a", "extra": {"from_email": "slo@example.org"}}, "nobody to send to"),
        ("email", {"conn_type": "http", "host": "a"}, "type 'http'; use SMTP"),
        ("sms", {"conn_type": "generic"}, "kind 'sms' is none of slack, email, pagerduty, alertmanager, webhook"),
    ],
)
def test_what_a_connection_lacks_is_one_line_and_no_error(
    kind: str, fields: dict[str, Any], said: str, monkeypatch: pytest.MonkeyPatch, airflow_home: Path
) -> None:
    connect(monkeypatch, "it", **fields)
    line = problem(kind, connection="it")
    assert said in line
    assert "hunter2" not in line
    assert "\n" not in line


def test_a_missing_connection_says_what_to_create(airflow_home: Path) -> None:
    assert problem("pagerduty") == (
        "no Airflow connection 'pagerduty_events_default': "
        "create it, with type Generic and the integration key as password"
    )


def burning(store: Store, targets: list[Target], now: datetime) -> None:
    """A service that pages everybody and is frozen."""
    names = tuple(target.name for target in targets if target.name != "default")
    slo = an_slo(alerting="workbook", window="28d", name="done")
    engine.apply(store, [slo], [Service(name="scoring", notify=names)], now=now, targets=targets)
    engine.record(store, daily("." * 26 + "xxxx", until=now), now=now)
    engine.evaluate(store, at=now)


def test_any_deliverer_reaches_every_stored_target(
    store: Store, services: Services, slack: SlackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    port = int(services.url.rpartition(":")[2])
    connect(monkeypatch, "slack_default", conn_type="slack", password=slack.token, extra={"base_url": slack.base_url})
    connect(monkeypatch, "pagerduty_events_default", conn_type="generic", password=ROUTING_KEY, host=services.url)
    connect(monkeypatch, "alertmanager_default", conn_type="http", host="127.0.0.1/am", port=port)
    extra = {"signing_secret": SECRET}
    connect(monkeypatch, "webhook_default", conn_type="generic", host=f"{services.url}/hook/signed", extra=extra)
    burning(
        store,
        [
            Target(name="chat", kind="slack", channel="slo-alerts", mention=("here", "S012AB3CD")),
            Target(name="pager", kind="pagerduty", takes=("page",)),
            Target(name="alerts", kind="alertmanager"),
            Target(name="hook", kind="webhook"),
        ],
        now,
    )
    done = deliver(store, now=now, report_url="https://example.org/slo", log=log)
    assert (done.failed, done.pending, done.problems) == (0, 0, ())
    (page,) = [message for message in slack.messages if "Page" in message["text"]]
    assert page["text"].endswith("<!here> <!subteam^S012AB3CD>")
    assert "https://example.org/slo" in json.dumps(page)
    assert [alert.severity for alerts in services.pages.values() for alert in alerts] == ["critical"]
    assert sorted(labels["alertname"] for labels in services.firing()) == ["SLOBurnRate", "ServiceFrozen"]
    assert sorted(document["type"] for document in services.hooked.values()) == ["freeze.started", "incident.opened"]


def test_a_target_that_cannot_be_reached_is_told_through_the_default_channel_with_a_line_in_the_log(
    store: Store, slack: SlackServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now = datetime.now(UTC)
    extra = {"base_url": slack.base_url, "channel": "slo-alerts"}
    connect(monkeypatch, "slack_default", conn_type="slack", password=slack.token, extra=extra)
    burning(store, [Target(name="pager", kind="pagerduty")], now)
    with caplog.at_level(logging.WARNING):
        assert deliver(store, now=now, log=log).pending == 0
    assert any("Page" in message["text"] for message in slack.messages)
    assert "Target pager: no Airflow connection 'pagerduty_events_default'" in caplog.text


def test_a_target_named_default_takes_the_place_of_slack(
    store: Store, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    connect(monkeypatch, "webhook_default", conn_type="generic", host=f"{services.url}/hook")
    burning(store, [Target(name="default", kind="webhook")], now)
    assert deliver(store, now=now, log=log).pending == 0
    assert len(services.hooked) == 2


def test_a_wrong_report_url_is_left_out_and_told(
    store: Store, airflow_home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        deliver(store, now=datetime.now(UTC), report_url="report.html", log=log)
    assert "report_url='report.html': not an http or https url; left out" in caplog.text


def exit_status(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    from airflow_ai_slo.cli.main import main

    monkeypatch.setattr("sys.argv", ["ai-slo", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    return stopped.value.code


def test_the_command_line_delivers_too(
    store: Store,
    services: Services,
    sqlite_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    connect(monkeypatch, "webhook_default", conn_type="generic", host=f"{services.url}/hook")
    burning(store, [Target(name="hook", kind="webhook"), Target(name="pager", kind="pagerduty")], datetime.now(UTC))
    assert exit_status(monkeypatch, "outbox", "deliver", "--store", sqlite_url) == 0
    captured = capsys.readouterr()
    assert captured.out == "2 sent, 0 failed, 1 waiting\n"
    assert "Target pager: no Airflow connection" in captured.err
    assert "Not told: no Airflow connection 'slack_default'" in captured.err


def test_the_command_line_says_by_its_exit_status_that_a_message_was_given_up(
    store: Store,
    services: Services,
    sqlite_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    connect(monkeypatch, "webhook_default", conn_type="generic", host=f"{services.url}/hook")
    burning(store, [Target(name="hook", kind="webhook")], datetime.now(UTC))
    services.fail_next("401", times=9)
    assert exit_status(monkeypatch, "outbox", "deliver", "--store", sqlite_url) == 1
    assert capsys.readouterr().out == "0 sent, 2 failed, 0 waiting\n"


def test_definitions_in_a_file_bring_their_targets_with_them(
    store: Store, tmp_path: Path, run_dag: Callable[..., Any], services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.sdk import DAG

    from airflow_ai_slo.operators.evaluate import EvaluateSLOsOperator

    connect(monkeypatch, "hook_conn", conn_type="generic", host=f"{services.url}/hook")
    (tmp_path / "slo.yaml").write_text("""\
apiVersion: openslo/v1
kind: Service
metadata: {name: scoring, annotations: {airflow-ai-slo/notify: hook}}
spec: {description: scores}
---
apiVersion: openslo/v1
kind: AlertNotificationTarget
metadata:
  name: hook
  annotations: {airflow-ai-slo/connection: hook_conn, airflow-ai-slo/takes: page}
spec: {target: webhook}
""")
    slo = an_slo(alerting="workbook", window="28d")
    engine.apply(store, [slo], now=datetime.now(UTC))
    engine.record(store, daily("." * 26 + "xxxx", until=datetime.now(UTC)), now=datetime.now(UTC))
    with DAG("applying_targets", schedule=None) as dag:
        EvaluateSLOsOperator(task_id="evaluate", definitions=[str(tmp_path)])
    with DAG("knowing_targets", schedule=None) as other:
        EvaluateSLOsOperator(task_id="evaluate")
    ran = run_dag(dag)
    assert ran.xcom("evaluate")["sent"] == 1
    assert run_dag(other).xcom("evaluate")["pending"] == 1
    assert [document["type"] for document in services.hooked.values()] == ["incident.opened"]


def test_a_short_wait_that_a_channel_asks_for_is_waited_for(
    store: Store, slack: SlackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    extra = {"base_url": slack.base_url, "channel": "slo-alerts"}
    connect(monkeypatch, "slack_default", conn_type="slack", password=slack.token, extra=extra)
    burning(store, [], now)
    slack.fail_next("429", retry_after="0.2")
    done = deliver(store, now=now, log=log)
    assert (done.sent, done.failed, done.pending) == (2, 1, 0)


def test_a_long_wait_is_the_next_deliverys(store: Store, slack: SlackServer, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.now(UTC)
    extra = {"base_url": slack.base_url, "channel": "slo-alerts"}
    connect(monkeypatch, "slack_default", conn_type="slack", password=slack.token, extra=extra)
    burning(store, [], now)
    slack.fail_next("429", retry_after="600")
    done = deliver(store, now=now, log=log)
    assert (done.sent, done.pending) == (0, 2)

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

from airflow_ai_slo.alerts import Kind, Message, SlackBotChannel, SlackWebhookChannel
from demo.slack_server import SlackServer

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def client(slack: SlackServer) -> WebClient:
    return WebClient(slack.token, base_url=slack.base_url, retry_handlers=[])


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def _header(text: str) -> dict[str, Any]:
    return {"type": "header", "text": {"type": "plain_text", "text": text}}


def _fields(count: int, length: int) -> dict[str, Any]:
    return {"type": "section", "fields": [{"type": "mrkdwn", "text": "x" * length}] * count}


def _error(call: Callable[[], object]) -> Any:
    with pytest.raises(SlackApiError) as caught:
        call()
    return caught.value.response


def test_the_token_is_checked(slack: SlackServer, client: WebClient) -> None:
    assert client.auth_test()["bot_id"]
    assert _error(WebClient("xoxb-other", base_url=slack.base_url).auth_test)["error"] == "invalid_auth"
    assert _error(WebClient(base_url=slack.base_url).auth_test)["error"] == "not_authed"


@pytest.mark.parametrize(
    ("blocks", "problem"),
    [
        ([_header("x" * 151)], "must be less than 151 characters [json-pointer:/blocks/0/text/text]"),
        ([_section("x" * 3001)], "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"),
        ([_section("")], "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
        ([_fields(11, 1)], "no more than 10 items allowed [json-pointer:/blocks/0/fields]"),
        ([_fields(1, 2001)], "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]"),
        ([_section("x")] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
        ([{"type": "heading"}], "unsupported type: heading [json-pointer:/blocks/0/type]"),
    ],
)
def test_blocks_beyond_slacks_limits_are_refused_as_slack_refuses_them(
    slack: SlackServer, client: WebClient, blocks: list[Any], problem: str
) -> None:
    answer = _error(lambda: client.chat_postMessage(channel="slo-alerts", text="x", blocks=blocks))
    assert answer["error"] == "invalid_blocks"
    assert answer["errors"] == [problem]
    assert WebhookClient(slack.webhook_url).send(text="x", blocks=blocks).body == "invalid_blocks"
    assert slack.messages == []


def test_blocks_at_slacks_limits_are_taken(slack: SlackServer, client: WebClient) -> None:
    client.chat_postMessage(channel="slo-alerts", text="x", blocks=[_header("x" * 150), _section("x" * 3000)])
    client.chat_postMessage(channel="slo-alerts", text="x", blocks=[_section("x")] * 50)
    answer = _error(lambda: client.chat_postMessage(channel="slo-alerts", text="x", blocks=[_section("x" * 3000)] * 5))
    assert answer["error"] == "msg_blocks_too_long"
    assert len(slack.messages) == 2


def test_forms_are_read_like_json(slack: SlackServer) -> None:
    form = {"token": slack.token, "channel": "#slo-alerts", "text": "é & x", "blocks": json.dumps([_section("x")])}
    with urlopen(Request(f"{slack.base_url}chat.postMessage", urlencode(form).encode())) as response:
        assert json.load(response)["ok"] is True
    with urlopen(slack.webhook_url, urlencode({"payload": json.dumps({"text": "hello"})}).encode()) as response:
        assert response.read() == b"ok"
    assert [m["text"] for m in slack.messages] == ["é & x", "hello"]


def test_history_is_newest_first_and_leaves_replies_to_their_thread(slack: SlackServer, client: WebClient) -> None:
    root = client.chat_postMessage(channel="slo-alerts", text="root")["ts"]
    client.chat_postMessage(channel="slo-alerts", text="quiet", thread_ts=root)
    client.chat_postMessage(channel="slo-alerts", text="loud", thread_ts=root, reply_broadcast=True)
    history = client.conversations_history(channel=slack.channel_id)["messages"]
    replies = client.conversations_replies(channel=slack.channel_id, ts=root)["messages"]
    assert [m["text"] for m in history] == ["loud", "root"]
    assert [m["text"] for m in replies] == ["root", "quiet", "loud"]


def test_history_comes_in_pages_that_the_sdk_can_walk(slack: SlackServer, client: WebClient) -> None:
    for number in range(5):
        client.chat_postMessage(channel="slo-alerts", text=str(number))
    pages = [
        [m["text"] for m in page["messages"]]
        for page in client.conversations_history(channel=slack.channel_id, limit=2)
    ]
    assert pages == [["4", "3"], ["2", "1"], ["0"]]


def test_metadata_is_shown_only_when_asked_for(slack: SlackServer, client: WebClient) -> None:
    about = {"event_type": "x", "event_payload": {"a": 1}}
    client.chat_postMessage(channel="slo-alerts", text="x", metadata=about)
    (plain,) = client.conversations_history(channel=slack.channel_id)["messages"]
    (full,) = client.conversations_history(channel=slack.channel_id, include_all_metadata=True)["messages"]
    assert "metadata" not in plain
    assert full["metadata"] == about


def test_only_posting_takes_a_channel_by_name(client: WebClient) -> None:
    ts = client.chat_postMessage(channel="#slo-alerts", text="x")["ts"]
    assert _error(lambda: client.chat_update(channel="slo-alerts", ts=ts, text="y"))["error"] == "channel_not_found"
    assert _error(lambda: client.conversations_history(channel="slo-alerts"))["error"] == "channel_not_found"
    assert _error(lambda: client.chat_postMessage(channel="nowhere", text="x"))["error"] == "channel_not_found"


def test_messages_are_printed_and_logged_for_people_and_programs(
    tmp_path: Path, message: Callable[..., Message]
) -> None:
    screen, log = StringIO(), tmp_path / "slack.jsonl"
    with SlackServer(echo=screen, log=log) as slack:
        channel = SlackBotChannel(slack.token, "slo-alerts", base_url=slack.base_url)
        thread = channel.send(message(title="Page: R&D"), thread=None).thread
        channel.send(message(Kind.INCIDENT_RESOLVED, title="Resolved: R&D"), thread=thread)
        SlackWebhookChannel(slack.webhook_url).send(message(Kind.NOTICE), thread=None)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [(line["event"], line["via"]) for line in lines] == [
        ("posted", "api"), ("edited", "api"), ("posted", "api"), ("posted", "webhook")
    ]  # fmt: skip
    assert "│ 🔴 Page: R&D\n│ Service      flight-delays\n" in screen.getvalue()
    assert "  │ ✅ Resolved: R&D\n" in screen.getvalue()


def test_it_runs_on_its_own_and_stops_when_told(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "demo.slack_server", "--port", "0", "--log", str(tmp_path / "log.jsonl")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        base_url = process.stdout.readline().split()[3].rstrip(",")
        webhook = process.stdout.readline().split()[-1]
        assert WebhookClient(webhook).send(text="hello").body == "ok"
        assert WebClient("xoxb-local-demo", base_url=base_url).auth_test()["ok"]
        process.send_signal(signal.SIGTERM)
        assert "hello" in process.stdout.read()
        assert process.wait(timeout=60) == 0
    assert "hello" in (tmp_path / "log.jsonl").read_text()


def test_a_port_in_use_is_told_in_one_line(slack: SlackServer) -> None:
    port = slack.origin.rpartition(":")[2]
    command = [sys.executable, "-m", "demo.slack_server", "--port", port]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: 127.0.0.1:{port}: ")
    assert done.stderr.count("\n") == 1

"""E-mail through Airflow's SMTP connection, to a real SMTP server on this machine."""

from __future__ import annotations

import asyncio
import email
import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import Message as Received
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from airflow_ai_slo import Target
from airflow_ai_slo.alerts import Channel, Fact, Kind, Link, Message
from airflow_ai_slo.core.errors import DeliveryError
from airflow_ai_slo.hooks.channels import alert_channels

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
PASSWORD = "correct horse battery"


class Mailbox:
    """Keeps mails; refuses recipients at ``refused.example``, and answers what it is told to."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.mails: list[Received] = []
        self.answers: list[str] = []
        self.connections = 0

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        self.connections += 1
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        if address.endswith("@refused.example"):
            return "550 No such user here"
        if address.endswith("@greylisted.example"):
            return "451 Greylisted, come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer == "hang":
            await asyncio.sleep(30)
        if answer.startswith(("250", "accept and drop")):
            assert isinstance(envelope.content, bytes)
            self.mails.append(email.message_from_bytes(envelope.content, policy=default))
        if answer == "accept and drop":
            assert server.transport is not None
            server.transport.abort()
        return answer


def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=data.password == PASSWORD.encode(), handled=False)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    box = Mailbox(port)
    controller = Controller(
        box, hostname="127.0.0.1", port=port, authenticator=authenticate, auth_require_tls=False, auth_required=True
    )
    controller.start()
    yield box
    controller.stop()


@pytest.fixture
def message() -> Message:
    return Message(
        kind=Kind.INCIDENT_OPENED,
        title="Page: Flights\r\nBcc: everybody@example.org <b>",
        at=datetime(2026, 2, 3, 6, 10, tzinfo=UTC),
        thread_key="incident:3",
        dedup_key="incident:3:opened",
        facts=(Fact("Budget left", "33% <script>alert(1)</script>"),),
        body=("Burning budget & more.",),
        links=(Link("Report", "https://example.org/r?a=1&b=2"), Link("Bad", "javascript:alert(1)")),
    )


def channel(
    patch: pytest.MonkeyPatch, mailbox: Mailbox, to: str = "ml@example.org, ops@example.org", **fields: Any
) -> Channel:
    extra = {"disable_tls": True, "disable_ssl": True, "timeout": 1, "from_email": "slo@example.org", "retry_limit": 5}
    connection = {
        "conn_type": "smtp",
        "host": "127.0.0.1",
        "port": mailbox.port,
        "login": "slo",
        "password": PASSWORD,
        "extra": extra,
    }
    patch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(connection | fields))
    channels, problems = alert_channels(targets=[Target(name="mail", kind="email", channel=to)])
    assert "mail" not in problems, problems
    return channels["mail"]


def failing(channel: Channel, message: Message) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        channel.send(message, thread=None)
    assert PASSWORD not in str(caught.value)
    assert caught.value.__cause__ is None
    return caught.value


def test_a_mail_says_everything_escaped_and_hangs_together(
    monkeypatch: pytest.MonkeyPatch, airflow_home: Path, mailbox: Mailbox, message: Message
) -> None:
    mail = channel(monkeypatch, mailbox)
    mail.send(message, thread=None)
    mail.send(message, thread=None, again=True)
    first, second = mailbox.mails
    assert first["Subject"] == "Page: Flights Bcc: everybody@example.org <b>"
    assert (first["From"], first["To"], first["Bcc"]) == ("slo@example.org", "ml@example.org, ops@example.org", None)
    assert first["Message-ID"] == second["Message-ID"]
    assert first["References"] == second["References"] != first["Message-ID"]
    body = first.get_body(("html",)).get_content()  # type: ignore[attr-defined]
    assert "33% &lt;script&gt;alert(1)&lt;/script&gt;" in body
    assert "<script" not in body
    assert '<a href="https://example.org/r?a=1&amp;b=2">Report</a>' in body
    assert "javascript:" not in body


@pytest.mark.parametrize("answer", ["451 Try again", "421 Busy", "452 Full"])
def test_a_server_that_asks_to_come_back_is_temporary_and_asked_once(
    monkeypatch: pytest.MonkeyPatch, airflow_home: Path, mailbox: Mailbox, message: Message, answer: str
) -> None:
    mailbox.answers = [answer] * 9
    error = failing(channel(monkeypatch, mailbox), message)
    assert not error.permanent
    assert answer[:3] in str(error)
    assert mailbox.connections == 1


@pytest.mark.parametrize("answer", ["550 Refused", "554 Spam", "552 Too big"])
def test_a_server_that_refuses_is_permanent(
    monkeypatch: pytest.MonkeyPatch, airflow_home: Path, mailbox: Mailbox, message: Message, answer: str
) -> None:
    mailbox.answers = [answer]
    assert failing(channel(monkeypatch, mailbox), message).permanent


def test_a_wrong_password_is_permanent_and_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, airflow_home: Path, mailbox: Mailbox, message: Message
) -> None:
    error = failing(channel(monkeypatch, mailbox, password="wrong"), message)
    assert error.permanent
    assert "check login and password" in str(error)
    assert "wrong" not in str(error)


@pytest.mark.parametrize(("domain", "permanent"), [("refused.example", True), ("greylisted.example", False)])
def test_recipients_that_are_all_refused_are_named(
    monkeypatch: pytest.MonkeyPatch,
    airflow_home: Path,
    mailbox: Mailbox,
    message: Message,
    domain: str,
    permanent: bool,
) -> None:
    error = failing(channel(monkeypatch, mailbox, to=f"a@{domain}"), message)
    assert error.permanent is permanent
    assert f"a@{domain}" in str(error)


@pytest.mark.parametrize("answer", ["hang", "accept and drop"])
def test_a_lost_answer_is_temporary_and_asked_once(
    monkeypatch: pytest.MonkeyPatch, airflow_home: Path, mailbox: Mailbox, message: Message, answer: str
) -> None:
    mailbox.answers = [answer]
    mail = channel(monkeypatch, mailbox)
    assert not failing(mail, message).permanent
    assert mailbox.connections == 1
    mail.send(message, thread=None, again=True)
    assert len({received["Message-ID"] for received in mailbox.mails}) == 1


def test_a_server_that_is_not_there_is_temporary(
    monkeypatch: pytest.MonkeyPatch, airflow_home: Path, mailbox: Mailbox, message: Message
) -> None:
    error = failing(channel(monkeypatch, mailbox, port=9), message)
    assert not error.permanent
    assert "no answer" in str(error)

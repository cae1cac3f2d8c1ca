"""A message as an e-mail; who carries it comes in as a function."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from html import escape

from airflow_ai_slo.alerts import slack_text, words
from airflow_ai_slo.alerts.channel import Receipt
from airflow_ai_slo.alerts.message import Link, Message
from airflow_ai_slo.core.errors import ConfigurationError

_LONGEST_SUBJECT = 200
_DOMAIN = "airflow-ai-slo.invalid"
_ADDRESS = re.compile(r"[^\s@,;<>\"()\x00-\x1f]+@[^\s@,;<>\"()\x00-\x1f]+")


@dataclass(frozen=True, slots=True)
class Mail:
    """One e-mail, its body in HTML with nothing loaded from elsewhere."""

    to: tuple[str, ...]
    subject: str
    html: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class EmailChannel:
    """Sends each message as an e-mail; those of one incident hang together by their ``References``.

    A message sent twice has the same ``Message-ID``, which many servers and readers show once.

    :param to: addresses.
    :param carry: sends one e-mail, once; raises DeliveryError.
    :raises ConfigurationError: no address, or one that is none.
    """

    to: Sequence[str]
    carry: Callable[[Mail], None] = field(repr=False, compare=False)
    _: KW_ONLY
    name: str = "email"

    def __post_init__(self) -> None:
        object.__setattr__(self, "to", tuple(self.to))
        if not self.to:
            raise ConfigurationError("e-mail: nobody to send to; give addresses")
        for address in self.to:
            if not _ADDRESS.fullmatch(address):
                raise ConfigurationError(f"e-mail: {address[:60]!r} is not an address such as ml@example.org")

    def send(self, message: Message, *, thread: str | None, again: bool = False) -> Receipt:
        """See :class:`~airflow_ai_slo.alerts.channel.Channel`."""
        headers = {
            "Message-ID": _id(message.dedup_key),
            "References": _id(message.thread_key),
            "Auto-Submitted": "auto-generated",
        }
        subject = slack_text.one_line(message.title)[:_LONGEST_SUBJECT] or message.kind.value
        self.carry(Mail(tuple(self.to), subject, html(message), headers))
        return Receipt()


def html(message: Message) -> str:
    """The message as a small HTML page, every text escaped."""
    facts = "".join(
        f'<tr><th align="left" style="padding-right:1em">{_text(fact.label)}</th><td>{_text(fact.value)}</td></tr>'
        for fact in message.facts
    )
    lines = "".join(f"<p>{_text(line)}</p>" for line in message.body)
    links = " · ".join(_link(link) for link in message.links)
    foot = f"{words.instant(message.at)} · {message.thread_key}"
    return (
        f'<html><body style="font-family:sans-serif"><h2>{_text(message.title)}</h2><table>{facts}</table>{lines}'
        f'<p>{links}</p><p style="color:#666">{_text(foot)}</p></body></html>'
    )


def _link(link: Link) -> str:
    label = _text(link.label or link.url)
    return f'<a href="{escape(link.url)}">{label}</a>' if slack_text.is_web(link.url) else label


def _text(text: str) -> str:
    return escape(slack_text.clean(text)).replace("\n", "<br>")


def _id(key: str) -> str:
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{_DOMAIN}>"

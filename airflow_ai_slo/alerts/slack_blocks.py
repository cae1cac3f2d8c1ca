"""A message as Slack's Block Kit, with the plain text that notifications and screen readers use.

Limits are Slack's (https://docs.slack.dev/reference/block-kit/blocks): a header holds 150 characters, a section 3,000,
a field 2,000, ten fields to a section, 50 blocks to a message. All blocks together may not hold much over 12,000, which
Slack enforces without documenting it (``msg_blocks_too_long``); this stays below.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from airflow_ai_slo.alerts import slack_text, words
from airflow_ai_slo.alerts.message import Fact, Kind, Link, Message
from airflow_ai_slo.core.definition import Severity

HEADER, SECTION, FIELDS = 150, 3000, 10
FALLBACK = 3000
EVENT_TYPE = "slo_alert_sent"

_FACTS, _LABEL, _VALUE = 20, 60, 200
_LINK, _LINKS = 1000, 1500
_TOTAL = 10_000
_IDENTIFIER = 200

_CALLING = (Kind.INCIDENT_OPENED, Kind.INCIDENT_ESCALATED)
_ICONS = {
    Kind.INCIDENT_RESOLVED: "✅",
    Kind.INCIDENT_SUPERSEDED: "⚪",
    Kind.FREEZE_STARTED: "🧊",
    Kind.FREEZE_WIDENED: "🧊",
    Kind.FREEZE_CHANGED: "🧊",
    Kind.FREEZE_RENEWED: "🧊",
    Kind.FREEZE_OVERRIDDEN: "🔓",
    Kind.FREEZE_OVERRIDE_REVOKED: "🔒",
    Kind.FREEZE_THAWED: "🟢",
    Kind.NOTICE: "🔔",
    Kind.DIGEST: "📋",
    Kind.INCIDENT_ACKNOWLEDGED: "👀",
}

Block = dict[str, Any]


def blocks(message: Message, *, note: str = "", mention: Sequence[str] = ()) -> list[Block]:
    """The message as blocks that Slack takes, whatever text it holds.

    :param note: one more line at the foot.
    :param mention: whom a page calls.
    """
    called = calls(message, mention)
    called_section = [{"type": "section", "text": _mrkdwn(called)}] if called else []
    head = [_header(message), *called_section, *_fact_sections(message.facts[:_FACTS])]
    foot = [*_links(message.links), _context(message, note)]
    body = _body(message.body, _TOTAL - _size(head) - _size(foot))
    return [*head, *body, *foot]


def calls(message: Message, mention: Sequence[str]) -> str:
    """Slack's markup that calls people, for a page that opens or an incident that becomes one; else empty."""
    if message.severity is not Severity.PAGE or message.kind not in _CALLING:
        return ""
    return " ".join(_call(whom) for whom in mention)


def _call(whom: str) -> str:
    if whom in ("here", "channel", "everyone"):
        return f"<!{whom}>"
    return f"<!subteam^{whom}>" if whom.startswith("S") else f"<@{whom}>"


def text(message: Message, *, mention: Sequence[str] = ()) -> str:
    """Everything the message says, as one escaped text; the title comes first, because a notification shows that."""
    facts = [f"{fact.label}: {fact.value}" for fact in message.facts[:_FACTS]]
    lines = [_title(message), *facts, *message.body, f"{words.instant(message.at)} · {message.thread_key}"]
    said = slack_text.fit("\n".join(lines), FALLBACK)
    called = calls(message, mention)
    return f"{said}\n{called}" if called else said


def metadata(message: Message) -> dict[str, Any]:
    """What tells a message sent twice apart from two messages. Every app of the workspace can read it: no secrets."""
    payload = {
        "dedup_key": message.dedup_key,
        "thread_key": message.thread_key,
        "kind": message.kind.value,
        "service": message.service,
        "slo": message.slo,
        "severity": message.severity.label if message.severity else "",
    }
    return {"event_type": EVENT_TYPE, "event_payload": {key: _identifier(value) for key, value in payload.items()}}


def _identifier(text: str) -> str:
    """Short texts as they are, long ones by their hash: still the same for the same, and never for another."""
    text = slack_text.clean(text)
    return text if len(text) <= _IDENTIFIER else hashlib.sha256(text.encode()).hexdigest()


def _title(message: Message) -> str:
    icon = _ICONS.get(message.kind) or ("🔴" if message.severity is Severity.PAGE else "🟠")
    return f"{icon} {slack_text.one_line(message.title) or message.kind.value.replace('_', ' ')}"


def _header(message: Message) -> Block:
    return {"type": "header", "text": _plain(slack_text.fit(_title(message), HEADER))}


def _fact_sections(facts: Sequence[Fact]) -> list[Block]:
    fields = [
        _mrkdwn(f"*{slack_text.fit(slack_text.one_line(fact.label), _LABEL)}*\n{slack_text.fit(fact.value, _VALUE)}")
        for fact in facts
    ]
    return [{"type": "section", "fields": fields[i : i + FIELDS]} for i in range(0, len(fields), FIELDS)]


def _body(lines: Sequence[str], room: int) -> list[Block]:
    """Lines packed into as few sections as they need; what finds no room is counted in a last line."""
    sections: list[str] = []
    for index, line in enumerate(lines):
        shown = slack_text.fit(line, SECTION, empty=" ")
        left = room - sum(slack_text.size(section) + 1 for section in sections) - 60
        if slack_text.size(shown) > left:
            sections.append(f"… and {len(lines) - index} more lines")
            break
        if sections and slack_text.size(sections[-1]) + 1 + slack_text.size(shown) <= SECTION:
            sections[-1] += f"\n{shown}"
        else:
            sections.append(shown)
    return [{"type": "section", "text": _mrkdwn(section)} for section in sections if section.strip()]


def _links(links: Sequence[Link]) -> list[Block]:
    shown: list[str] = []
    for link in links:
        markup = slack_text.link(link.label, link.url, most=_LABEL)
        if slack_text.size(markup) <= _LINK and slack_text.size(" · ".join([*shown, markup])) <= _LINKS:
            shown.append(markup)
    return [{"type": "section", "text": _mrkdwn(" · ".join(shown))}] if shown else []


def _context(message: Message, note: str) -> Block:
    parts = [words.instant(message.at), message.thread_key, note]
    said = slack_text.fit(slack_text.one_line(" · ".join(part for part in parts if part)), 300)
    return {"type": "context", "elements": [_plain(said)]}


def _mrkdwn(escaped: str) -> Block:
    """``verbatim`` keeps Slack from reading mentions, channels and links into what is not marked as such."""
    return {"type": "mrkdwn", "text": escaped, "verbatim": True}


def _plain(escaped: str) -> Block:
    return {"type": "plain_text", "text": escaped, "emoji": False}


def _size(built: Sequence[Block]) -> int:
    def total(value: Any) -> int:
        if isinstance(value, dict):
            return sum(slack_text.size(key) + 6 + total(inner) for key, inner in value.items())
        if isinstance(value, list):
            return sum(total(inner) + 1 for inner in value)
        return slack_text.size(value) if isinstance(value, str) else 5

    return total(list(built))

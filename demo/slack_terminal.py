"""A Slack message as a terminal shows it."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from datetime import datetime
from html import unescape
from typing import Any

_LINK = re.compile(r"<([^|>]+)\|([^>]*)>")
_WIDTH = 100


def show(message: Mapping[str, Any], *, channel: str, edited: bool = False, colour: bool = False) -> str:
    """The message with its channel and time, ready to print; replies are set in under their thread."""
    lines: list[str] = []
    for block in message.get("blocks") or [{"type": "section", "text": {"text": message["text"]}}]:
        lines += _block(block, colour=colour)
    at = datetime.fromtimestamp(float(message["ts"])).astimezone()
    what = "edited" if edited else "reply" if "thread_ts" in message else "new"
    if message.get("subtype") == "thread_broadcast":
        what = "reply, shown to the channel"
    head = f"#{channel} · {at:%H:%M:%S} · {what}"
    bar = "  │ " if "thread_ts" in message and not edited else "│ "
    return "\n".join(
        [head if not colour else f"\033[2m{head}\033[0m", *(f"{bar}{line}".rstrip() for line in lines), ""]
    )


def _block(block: Mapping[str, Any], *, colour: bool) -> list[str]:
    if block["type"] == "header":
        title = _plain(block["text"]["text"])
        return [f"\033[1m{title}\033[0m" if colour else title]
    if block["type"] == "context":
        return [_plain(" ".join(element["text"] for element in block["elements"]))]
    if "fields" in block:
        facts = [field["text"].partition("\n") for field in block["fields"]]
        labels = [_plain(label.strip("*")) for label, _, _ in facts]
        width = max(map(len, labels))
        return [
            line
            for label, (_, _, value) in zip(labels, facts, strict=True)
            for line in _wrapped(_plain(value), f"{label:<{width}}  ")
        ]
    return [line for said in _plain(block["text"]["text"]).splitlines() for line in _wrapped(said, "")]


def _wrapped(text: str, first: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=first, subsequent_indent=" " * len(first)) or [first.rstrip()]


def _plain(marked: str) -> str:
    return unescape(_LINK.sub(r"\2 (\1)", marked))

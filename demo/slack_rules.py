"""What Slack refuses in a message, in Slack's words. Limits: https://docs.slack.dev/reference/block-kit/blocks"""

from __future__ import annotations

import json
import re
from typing import Any

MOST_BLOCKS, MOST_BLOCK_TEXT, MOST_METADATA = 50, 13_000, 8_000
_MENTION = re.compile(r"<(?:!|@|#)[^>]*>")
_TEXT_KEYS = {"plain_text": {"type", "text", "emoji"}, "mrkdwn": {"type", "text", "verbatim"}}


def block_problems(blocks: Any) -> list[str]:
    """Everything wrong with a message's blocks, each with its JSON pointer; empty where Slack would take them."""
    if not isinstance(blocks, list):
        return ["must be an array [json-pointer:/blocks]"]
    if len(blocks) > MOST_BLOCKS:
        return [f"no more than {MOST_BLOCKS} items allowed [json-pointer:/blocks]"]
    return [problem for index, block in enumerate(blocks) for problem in _block(block, f"/blocks/{index}")]


def too_long(blocks: list[Any]) -> bool:
    """Slack's limit on all blocks together, which it does not document."""
    return _length(json.dumps(blocks, ensure_ascii=False, separators=(",", ":"))) > MOST_BLOCK_TEXT


def metadata_problem(metadata: Any) -> str:
    """Slack's error code for a message's metadata, or empty."""
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_payload"), dict):
        return "invalid_metadata_format"
    if not isinstance(metadata.get("event_type"), str) or not metadata["event_type"]:
        return "invalid_metadata_format"
    return "metadata_too_large" if len(json.dumps(metadata)) > MOST_METADATA else ""


def mentions(message: dict[str, Any]) -> list[str]:
    """Who a message would call: ``<!channel>``, ``<@U…>``, ``<#C…>`` in its text and in its mrkdwn blocks."""
    return [found for text in _marked_up(message) for found in _MENTION.findall(text)]


def _marked_up(value: Any) -> list[str]:
    if isinstance(value, list):
        return [text for inner in value for text in _marked_up(inner)]
    if not isinstance(value, dict) or value.get("type") == "plain_text":
        return []
    own = [value["text"]] if isinstance(value.get("text"), str) else []
    return own + [text for key, inner in value.items() if key != "metadata" for text in _marked_up(inner)]


def _block(block: Any, at: str) -> list[str]:
    kind = block.get("type") if isinstance(block, dict) else None
    if kind == "header":
        return _text(block.get("text"), f"{at}/text", 150, kinds=("plain_text",))
    if kind == "section":
        return _section(block, at)
    if kind == "context":
        return _items(block.get("elements"), f"{at}/elements", 10, 3000)
    return [] if kind == "divider" else [f"unsupported type: {kind} [json-pointer:{at}/type]"]


def _section(block: dict[str, Any], at: str) -> list[str]:
    if "text" not in block and "fields" not in block:
        return [f"missing required field: text [json-pointer:{at}]"]
    problems = _text(block["text"], f"{at}/text", 3000) if "text" in block else []
    return problems + (_items(block["fields"], f"{at}/fields", 10, 2000) if "fields" in block else [])


def _items(items: Any, at: str, most: int, longest: int) -> list[str]:
    if not isinstance(items, list) or not items:
        return [f"no fewer than 1 items allowed [json-pointer:{at}]"]
    if len(items) > most:
        return [f"no more than {most} items allowed [json-pointer:{at}]"]
    return [problem for index, item in enumerate(items) for problem in _text(item, f"{at}/{index}", longest)]


def _text(text: Any, at: str, longest: int, *, kinds: tuple[str, ...] = ("plain_text", "mrkdwn")) -> list[str]:
    if not isinstance(text, dict) or text.get("type") not in kinds:
        return [f"failed to match all allowed schemas [json-pointer:{at}]"]
    if unknown := text.keys() - _TEXT_KEYS[text["type"]]:
        return [f"additional property: {min(unknown)} [json-pointer:{at}]"]
    said = text.get("text")
    if not isinstance(said, str) or not said:
        return [f"must be more than 0 characters [json-pointer:{at}/text]"]
    return [] if _length(said) <= longest else [f"must be less than {longest + 1} characters [json-pointer:{at}/text]"]


def _length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
